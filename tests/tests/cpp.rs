//! `include/token2metrics.hpp` returns what the C calls do, and `ffi/examples/progress.cpp` draws with it.

use std::ffi::OsString;
use std::path::Path;
use token2metrics_tests::compiler::{Program, compile_by};
use token2metrics_tests::library::library;
use token2metrics_tests::{header, root};

const BLOB: &str = "tests/vectors/version_2.t2m";
const STANDARDS: [&str; 2] = ["c++17", "c++20"];
/// What the header promises to work with, and what its users may have on.
const FLAGS: [&str; 4] = ["-Wconversion", "-Wshadow", "-fno-exceptions", "-fno-rtti"];

fn compilers() -> Vec<OsString> {
    let mut compilers = vec![std::env::var_os("CXX").unwrap_or_else(|| "c++".into())];
    if cfg!(feature = "tools") {
        compilers.push("clang++".into());
    }
    compilers
}

/// A program of the wrapper and the library by every compiler in every standard.
fn programs(source: &Path, flags: &[&str]) -> Vec<(&'static str, Program)> {
    let library = library().static_file.to_str().expect("the path is UTF-8");
    let arguments = [&[library, "-pthread"], flags].concat();
    let compile = |compiler: &OsString, standard| {
        compile_by(compiler, source, standard, &arguments).unwrap_or_else(|error| panic!("{error}"))
    };
    let compilers = compilers();
    let pairs = compilers.iter().flat_map(|compiler| STANDARDS.map(|standard| (compiler, standard)));
    pairs.map(|(compiler, standard)| (standard, compile(compiler, standard))).collect()
}

#[test]
fn compiles_alone() {
    let dir = tempfile::tempdir().expect("a directory");
    let source = dir.path().join("alone.cpp");
    // Twice: it has a guard.
    std::fs::write(&source, "#include \"token2metrics.hpp\"\n#include <token2metrics.hpp>\n").expect("written");
    for compiler in compilers() {
        for standard in STANDARDS {
            compile_by(&compiler, &source, standard, &[&FLAGS[..], &["-c"]].concat())
                .unwrap_or_else(|error| panic!("{error}"));
        }
    }
}

#[test]
fn wrapper_returns_the_bits_of_the_c_calls() {
    let source = root().join("tests/cpp/wrapper.cpp");
    let blobs = ["version_1.t2m", "version_2.t2m", "prefill_only.t2m"];
    let blobs = blobs.map(|name| root().join("tests/vectors").join(name));
    for (standard, program) in programs(&source, &FLAGS) {
        let printed = program.run(&blobs);
        assert!(printed.contains(" checks"), "{printed}");
        // Where the standard has spans, those are tested too.
        assert_eq!(printed.ends_with(", with spans\n"), standard == "c++20", "{printed}");
    }
}

#[test]
fn wrapper_has_every_function() {
    let wrapper = std::fs::read_to_string(root().join("include/token2metrics.hpp")).expect("readable");
    let test = std::fs::read_to_string(root().join("tests/cpp/wrapper.cpp")).expect("readable");
    for function in header::functions() {
        assert!(wrapper.contains(&format!("{function}(")), "{function} is not wrapped");
        // The version is compared in the wrapper.
        assert!(function == "t2m_abi_version" || test.contains(&format!("{function}(")), "{function} is not compared");
    }
}

/// The percent and the seconds left of a line such as `[###...]  42.0 %  1.234 s left  5.67 J`.
fn drawn(line: &str) -> (f32, f32) {
    let (_, rest) = line.split_once(']').expect("a bar");
    let cells = rest.split_whitespace().collect::<Vec<_>>();
    assert_eq!((cells[1], cells[3], cells[4]), ("%", "s", "left"), "{line}");
    (cells[0].parse().expect("a number"), cells[2].parse().expect("a number"))
}

#[test]
fn progress_of_a_request_on_the_predicted_pace_never_falls() {
    for (_, program) in programs(&root().join("ffi/examples/progress.cpp"), &FLAGS[..2]) {
        let blob = root().join(BLOB).to_str().expect("the path is UTF-8").to_owned();
        let printed = program.run(&[&blob, "900", "200", "3000"]);
        let (deadline, lines) = printed.split_once('\n').expect("lines");
        assert_eq!(deadline, "within 3000 ms in 95 % of such requests: 120 of 200 tokens");
        let drawn = lines.lines().map(drawn).collect::<Vec<_>>();
        assert!(drawn.len() > 30, "{printed}");
        assert!(drawn.is_sorted_by(|a, b| a.0 <= b.0 && a.1 >= b.1), "{printed}");
        assert_eq!(drawn.last(), Some(&(100.0, 0.0)));

        // A device twice as slow: the bar is behind at first, and still ends full.
        let slow = program.run(&[&blob, "900", "200", "3000", "2"]);
        let slow = slow.lines().skip(1).map(self::drawn).collect::<Vec<_>>();
        assert_eq!(slow.last(), Some(&(100.0, 0.0)));
        assert!(slow[slow.len() / 2].1 > 1.5 * drawn[drawn.len() / 2].1, "{slow:?}");
    }
}

#[test]
fn progress_says_what_is_wrong_and_exits_with_1() {
    let blob = root().join(BLOB).to_str().expect("the path is UTF-8").to_owned();
    let cases: [(&[&str], &str); 5] = [
        (&[&blob], "usage: progress BLOB INPUT_TOKENS OUTPUT_TOKENS DEADLINE_MS [SLOWER]"),
        (&["no.t2m", "1", "1", "1"], "no.t2m: cannot be opened"),
        (&["/dev/null", "1", "1", "1"], "/dev/null: the blob is truncated: copy it again, whole"),
        (&[&blob, "1", "0", "1"], "request: output_tokens is 0: a request generates at least one token"),
        (
            &[&blob, "1", "2", "0"],
            "deadline: the limit is zero, negative, NaN or infinite: a finite number above 0 is needed",
        ),
    ];
    let source = root().join("ffi/examples/progress.cpp");
    let (_, program) = programs(&source, &[]).into_iter().next().expect("a compiler");
    for (arguments, message) in cases {
        let output = program.command().args(arguments).output().expect("the program runs");
        assert_eq!(output.status.code(), Some(1), "{arguments:?}");
        assert_eq!(String::from_utf8_lossy(&output.stderr), format!("progress: {message}\n"));
    }
}
