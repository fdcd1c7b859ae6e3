//! The WebAssembly module built anew: what is checked in is what the sources give.

use std::process::Command;
use token2metrics_tests::wasm::{MODULE, assert_vectors};
use token2metrics_tests::{root, target_dir};

fn first_line(program: &str) -> String {
    let output = Command::new(program).arg("--version").output().unwrap_or_else(|error| panic!("{program}: {error}"));
    String::from_utf8(output.stdout).expect("text").lines().next().expect("a line").to_owned()
}

#[test]
fn a_fresh_module_is_the_one_that_is_checked_in() {
    let fresh = target_dir().join("fresh.wasm");
    let built = Command::new(root().join("tests/wasm/build")).arg(&fresh).output().expect("the script runs");
    assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
    assert_vectors(&fresh);

    let note = std::fs::read_to_string(root().join("tests/wasm/compiler.txt")).expect("the note");
    let compilers = [first_line("/usr/bin/rustc"), first_line("wasm-ld")];
    if note.lines().eq(compilers) {
        let read = |path| std::fs::read(path).expect("a module");
        assert!(read(fresh) == read(root().join(MODULE)), "the sources have changed: tests/wasm/build renews {MODULE}");
    }
}
