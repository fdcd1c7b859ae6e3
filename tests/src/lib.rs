//! What the tests of token2metrics from outside share: where things are, how the library is built, and how a C or C++
//! program is compiled and run.

pub mod browser;
pub mod c_source;
pub mod cli;
pub mod compiler;
pub mod document;
pub mod experiment;
pub mod figures;
pub mod header;
pub mod library;
pub mod manual;
pub mod packaging;
pub mod sanitized;
pub mod server;
pub mod symbols;
pub mod valgrind;
pub mod wasm;

use std::path::{Path, PathBuf};

/// The root of the repository.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("this crate is a directory of the repository")
}

/// Where cargo builds: nested builds must be told, or they could not be found.
pub fn target_dir() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), |dir| root().join(dir))
}

/// Asserts that a checked-in file has this content; with `T2M_BLESS=1` in the environment it is written first.
///
/// # Panics
/// Where the file differs, at its first line that does.
pub fn assert_file(path: &Path, expected: &str) {
    if std::env::var_os("T2M_BLESS").is_some_and(|bless| bless == "1") {
        std::fs::write(path, expected).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    }
    let found = std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let lines = found.lines().zip(expected.lines()).zip(1..);
    for ((found, expected), line) in lines {
        assert_eq!(found, expected, "{}:{line}: T2M_BLESS=1 writes the file anew", path.display());
    }
    assert_eq!(found, expected, "{}: T2M_BLESS=1 writes the file anew", path.display());
}
