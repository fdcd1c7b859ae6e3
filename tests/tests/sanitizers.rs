//! The C, C++ and Rust tests of the boundary under AddressSanitizer, valgrind and helgrind; each is shown to notice what it
//! is there for.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Output;
use token2metrics_tests::compiler::{Program, compile_by, expect_success};
use token2metrics_tests::library::library;
use token2metrics_tests::{root, sanitized, valgrind};

const SANITIZED: [&str; 3] = ["-g", "-fsanitize=address,undefined", "-fno-sanitize-recover=all"];

fn blobs() -> [PathBuf; 3] {
    ["version_2.t2m", "version_1.t2m", "prefill_only.t2m"].map(|name| root().join("tests/vectors").join(name))
}

/// A program of `tests/`, by the compiler of its language.
fn program((compiler, source): (&str, &str), library: &Path, flags: &[&str]) -> Program {
    let library = library.to_str().expect("the path is UTF-8");
    let standard = if source.ends_with(".cpp") { "c++20" } else { "c99" };
    let arguments = [&[library, "-pthread", "-lm"], flags].concat();
    compile_by(OsStr::new(compiler), &root().join("tests").join(source), standard, &arguments)
        .unwrap_or_else(|error| panic!("{error}"))
}

fn assert_finds(output: &Output, finding: &str) {
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && said.contains(finding), "{}: {said}", output.status);
}

#[test]
fn c_and_cpp_are_clean_under_address_sanitizer() {
    let library = sanitized::library().static_file;
    for compiler in [["gcc", "g++"], ["clang", "clang++"]] {
        assert_eq!(program((compiler[0], "c/boundary.c"), &library, &SANITIZED).run(&blobs()), "ok\n");
        assert!(program((compiler[1], "cpp/wrapper.cpp"), &library, &SANITIZED).run(&blobs()).contains(" checks"));

        let flawed = program((compiler[0], "c/boundary.c"), &library, &[&SANITIZED[..], &["-DOVERREAD"]].concat());
        let output = flawed.command().args(blobs()).output().expect("the program runs");
        assert_finds(&output, "AddressSanitizer: heap-buffer-overflow");
    }
}

#[test]
fn rust_is_clean_under_address_sanitizer() {
    let printed = expect_success(sanitized::cargo("test"));
    let passed = |line: &str| line.strip_prefix("test result: ok. ")?.split(' ').next()?.parse::<u32>().ok();
    assert!(printed.lines().filter_map(passed).sum::<u32>() > 20, "{printed}");

    let dir = tempfile::tempdir().expect("a directory");
    let flawed = dir.path().join("overread");
    sanitized::compile(&sanitized::library(), &root().join("tests/flaw/overread.rs"), &flawed);
    let output = std::process::Command::new(flawed).args(blobs()).output().expect("the program runs");
    assert_finds(&output, "AddressSanitizer: heap-buffer-overflow");
}

#[test]
fn c_and_cpp_are_clean_under_valgrind() {
    let library = &library().static_file;
    let boundary = program(("cc", "c/boundary.c"), library, &["-g"]);
    assert_eq!(expect_success(valgrind::run("memcheck", &boundary.path, &blobs())), "ok\n");
    let wrapper = program(("c++", "cpp/wrapper.cpp"), library, &["-g"]);
    assert!(expect_success(valgrind::run("memcheck", &wrapper.path, &blobs())).contains(" checks"));

    let flawed = program(("cc", "c/boundary.c"), library, &["-g", "-DOVERREAD"]);
    let output = valgrind::run("memcheck", &flawed.path, &blobs());
    assert_eq!(output.status.code(), Some(valgrind::FOUND));
    assert_finds(&output, "Invalid read of size 1");
}

/// Not under the compilers' ThreadSanitizer, which does not see the library.
#[test]
fn threads_do_not_race_under_helgrind() {
    let library = &library().static_file;
    let threads = program(("cc", "c/threads.c"), library, &["-g"]);
    let output = valgrind::run("helgrind", &threads.path, &blobs()[..1]);
    assert_eq!(expect_success(output), "the same in all threads\n");

    let flawed = program(("cc", "c/threads.c"), library, &["-g", "-DRACE"]);
    let output = valgrind::run("helgrind", &flawed.path, &blobs()[..1]);
    assert_eq!(output.status.code(), Some(valgrind::FOUND));
    assert_finds(&output, "Possible data race");
}
