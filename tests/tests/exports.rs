//! The shared library exports what the header declares, and nothing else.

use token2metrics_tests::header;
use token2metrics_tests::library::library;
use token2metrics_tests::symbols::symbols;

#[test]
fn exports_are_the_functions_of_the_header() {
    let declared = header::functions();
    assert!(declared.contains("t2m_predict"), "the header is not read right: {declared:?}");
    assert_eq!(symbols(&library().shared_file).exported, declared);
}
