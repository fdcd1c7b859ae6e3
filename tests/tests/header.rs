//! The header is what cbindgen makes of the Rust source, and compiles wherever it is included.

use std::mem::offset_of;
use token2metrics::{t2m_abi_version, t2m_band, t2m_prediction, t2m_profile, t2m_request, t2m_status};
use token2metrics_core::Flags;
use token2metrics_tests::compiler::compile;
use token2metrics_tests::library::library;
use token2metrics_tests::{assert_file, header, root};

const STANDARDS: [&str; 5] = ["c99", "c11", "c17", "c++11", "c++17"];

#[test]
fn header_is_that_of_the_source() {
    let config = cbindgen::Config::from_file(root().join("ffi/cbindgen.toml")).expect("cbindgen.toml is right");
    let bindings = cbindgen::Builder::new().with_crate(root().join("ffi")).with_config(config).generate();
    let mut text = Vec::new();
    bindings.expect("the source has bindings").write(&mut text);
    assert_file(&header::path(), std::str::from_utf8(&text).expect("the header is UTF-8"));
}

#[test]
fn compiles_alone() {
    let dir = tempfile::tempdir().expect("a directory");
    for standard in STANDARDS {
        let source = dir.path().join(if standard.starts_with("c++") { "alone.cpp" } else { "alone.c" });
        // Twice: it has a guard.
        std::fs::write(&source, "#include \"token2metrics.h\"\n#include <token2metrics.h>\n").expect("written");
        compile(&source, standard, &["-c"]).unwrap_or_else(|error| panic!("{error}"));
    }
}

/// Prints what the compiler makes of the header; the statuses are appended.
const PROGRAM: &str = r#"
#include "token2metrics.h"
#include <stdio.h>
#define PRINT(number) printf("%ld\n", (long)(number))
struct aligned { char first; t2m_profile profile; };
int main(void) {
    PRINT(t2m_abi_version());
    PRINT(T2M_ABI_VERSION);
    PRINT(T2M_FLAG_INPUT_EXTRAPOLATED);
    PRINT(T2M_FLAG_OUTPUT_EXTRAPOLATED);
    PRINT(T2M_FLAG_RAISED_TO_ZERO);
    PRINT(T2M_FLAG_NO_ENERGY);
    PRINT(T2M_FLAG_NO_COST);
    PRINT(T2M_FLAG_NO_BANDS);
    PRINT(sizeof(t2m_status));
    PRINT(sizeof(t2m_profile));
    PRINT(offsetof(struct aligned, profile));
    PRINT(sizeof(t2m_request));
    PRINT(sizeof(t2m_band));
    PRINT(sizeof(t2m_prediction));
    PRINT(offsetof(t2m_prediction, flags));
"#;

/// A number in the header is text that the compiler of the library never saw.
#[test]
fn numbers_are_those_of_the_library() {
    let abi = i64::from(t2m_abi_version());
    let mut expected = vec![abi, abi];
    let extrapolated = [Flags::INPUT_EXTRAPOLATED, Flags::OUTPUT_EXTRAPOLATED, Flags::RAISED_TO_ZERO];
    let unknown = [Flags::NO_ENERGY, Flags::NO_COST, Flags::NO_BANDS];
    expected.extend(extrapolated.iter().chain(&unknown).map(|flag| i64::from(flag.bits())));
    let sizes = [size_of::<t2m_status>(), size_of::<t2m_profile>(), align_of::<t2m_profile>()];
    let floats = [size_of::<t2m_request>(), size_of::<t2m_band>(), size_of::<t2m_prediction>()];
    let flags = offset_of!(t2m_prediction, flags);
    expected
        .extend(sizes.iter().chain(&floats).chain([&flags]).map(|size| i64::try_from(*size).expect("a size is small")));
    let mut source = PROGRAM.to_owned();
    for status in t2m_status::ALL {
        source += &format!("    PRINT({status:?});\n");
        expected.push(status as i64);
    }
    source += "    return 0;\n}\n";

    let dir = tempfile::tempdir().expect("a directory");
    for (standard, name) in [("c99", "numbers.c"), ("c++11", "numbers.cpp")] {
        let path = dir.path().join(name);
        std::fs::write(&path, &source).expect("written");
        let program = compile(&path, standard, &[&library().static_file]).unwrap_or_else(|error| panic!("{error}"));
        let printed = program.run::<&str>(&[]).lines().map(str::parse).collect::<Result<Vec<i64>, _>>();
        assert_eq!(printed.expect("all lines are numbers"), expected, "{standard}");
    }
}
