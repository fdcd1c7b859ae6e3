//! The dump in `docs/blob-format.md` is that of `tests/vectors/version_2.t2m`.

use token2metrics_core::blob::{FORMAT_VERSION, HEADER_LEN, MAX_LEN};
use token2metrics_tests::root;

fn page() -> String {
    std::fs::read_to_string(root().join("docs/blob-format.md")).expect("the page is readable")
}

fn vector(name: &str) -> Vec<u8> {
    std::fs::read(root().join("tests/vectors").join(name)).expect("the vector is readable")
}

/// The bytes of a dump's line: an offset, two spaces, bytes with a space between, two spaces, what they are.
fn parse(line: &str, expected_offset: usize) -> Vec<u8> {
    let hex = |text: &str| u8::from_str_radix(text, 16).unwrap_or_else(|error| panic!("{line}: {error}"));
    let columns = line.split("  ").filter(|column| !column.is_empty()).collect::<Vec<_>>();
    let [offset, bytes, what] = columns[..] else { panic!("{line}: not three columns") };
    assert_eq!(usize::from(hex(offset)), expected_offset, "{line}");
    assert!(!what.is_empty(), "{line}: says nothing");
    bytes.split(' ').map(hex).collect()
}

#[test]
fn dump_is_that_of_the_file() {
    let page = page();
    let dump = page.split("```hexdump\n").nth(1).expect("the page has a dump");
    let dump = dump.split("```").next().expect("the dump ends");
    let mut bytes = Vec::new();
    for line in dump.lines() {
        bytes.extend(parse(line, bytes.len()));
    }
    assert_eq!(bytes, vector("version_2.t2m"));
}

/// As the page says of its example: a later payload begins with an earlier one.
#[test]
fn version_2_begins_with_version_1() {
    let (old, new) = (vector("version_1.t2m"), vector("version_2.t2m"));
    assert_eq!(old[HEADER_LEN..], new[HEADER_LEN..new.len() - 71]);
    assert!(page().contains("without the last 71 bytes"));
}

#[test]
fn numbers_of_the_page_are_those_of_the_source() {
    let page = page();
    assert!(page.contains(&format!("The version described here is {FORMAT_VERSION}.")));
    assert!(page.contains(&format!("A blob has at most {MAX_LEN} bytes")));
}
