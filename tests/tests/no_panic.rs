//! Nothing in the library can panic or allocate. With `prove-no-panic` its panic handler calls a function
//! that does not exist, so that a program links only if no way leads from the library's functions to the handler.

use std::path::Path;
use token2metrics_tests::compiler::{Program, compile};
use token2metrics_tests::library::{Flaw, library_without_panic};
use token2metrics_tests::symbols::symbols;
use token2metrics_tests::{header, root};

/// What compilers take for granted, and what a C string needs.
const FROM_LIBC: [&str; 6] = ["bcmp", "memcmp", "memcpy", "memmove", "memset", "strlen"];

/// A program that calls every function of the library, without the sections that nothing in it needs.
fn link(library: &Path, flags: &[&str]) -> Result<Program, String> {
    let library = library.to_str().expect("the path is UTF-8");
    compile(&root().join("tests/c/every_call.c"), "c99", &[&[library, "-Wl,--gc-sections"], flags].concat())
}

#[test]
fn program_calls_every_function() {
    let source = std::fs::read_to_string(root().join("tests/c/every_call.c")).expect("readable");
    for function in header::functions() {
        assert!(source.contains(&format!("{function}(")), "{function} is not called");
    }
}

#[test]
fn no_panic_can_be_reached() {
    let program = link(&library_without_panic().static_file, &[]).unwrap_or_else(|error| panic!("{error}"));
    let symbols = symbols(&program.path);
    assert!(symbols.defined.contains("t2m_predict"), "the program is stripped");
    for name in symbols.defined.union(&symbols.undefined) {
        let forbidden = ["panic", "__rust_", "rust_begin_unwind", "alloc", "free"];
        assert!(!forbidden.iter().any(|part| name.contains(part)), "{name}");
    }
}

#[test]
fn nothing_else_of_libc_is_needed() {
    let empty = tempfile::NamedTempFile::with_suffix(".c").expect("a file");
    std::fs::write(empty.path(), "int main(void) { return 0; }\n").expect("written");
    let empty = compile::<&str>(empty.path(), "c99", &[]).unwrap_or_else(|error| panic!("{error}"));
    let program = link(&library_without_panic().static_file, &[]).unwrap_or_else(|error| panic!("{error}"));

    let of_every_program = symbols(&empty.path).undefined;
    for name in symbols(&program.path).undefined.difference(&of_every_program) {
        assert!(FROM_LIBC.contains(&name.as_str()), "{name}");
    }
}

/// The same program does not link as soon as it calls a function that can panic: the proof above would notice one.
#[test]
fn a_panic_would_be_noticed() {
    let dir = tempfile::tempdir().expect("a directory");
    let flawed = Flaw::Panic.build(dir.path());

    link(&flawed, &[]).unwrap_or_else(|error| panic!("{error}"));
    let error = link(&flawed, &["-DFLAWED"]).expect_err("the flaw can panic");
    assert!(error.contains("t2m_a_panic_can_be_reached"), "{error}");
}
