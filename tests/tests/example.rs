//! `ffi/examples/predict.c` builds with the plain commands of its manual, and prints what core computes.

use std::process::Command;
use token2metrics::t2m_prediction;
use token2metrics_core::{Profile, Request};
use token2metrics_tests::compiler::{Program, compile, expect_success};
use token2metrics_tests::figures::{as_c, figures};
use token2metrics_tests::library::library;
use token2metrics_tests::root;

const BLOB: &str = "tests/vectors/version_2.t2m";
/// Nothing but seconds.
const OLD: &str = "tests/vectors/version_1.t2m";

/// The example with the static library, and with the shared one; neither needs another library.
fn programs() -> [Program; 2] {
    let mut search = "-L".to_owned();
    search += library().dir.to_str().expect("the path is UTF-8");
    let static_file = library().static_file.to_str().expect("the path is UTF-8");
    [vec![static_file], vec![&search, "-ltoken2metrics"]].map(|arguments| {
        let source = root().join("ffi/examples/predict.c");
        compile(&source, "c99", &arguments).unwrap_or_else(|error| panic!("{error}"))
    })
}

fn command(program: &Program, arguments: &[&str]) -> Command {
    let mut command = program.command();
    command.args(arguments).current_dir(root()).env("LD_LIBRARY_PATH", &library().dir);
    command
}

/// The value of a line, whose f32 has the same bits after `%.9g` and back.
fn parse(line: &str, name: &str) -> u32 {
    let (found, value) = line.split_once(' ').expect("a line is a name and a value");
    assert_eq!(found, name);
    value.parse::<f32>().expect("the value is a number").to_bits()
}

#[test]
fn prints_the_bits_of_core() {
    for (program, blob) in programs().iter().flat_map(|program| [(program, BLOB), (program, OLD)]) {
        let profile = Profile::decode(&std::fs::read(root().join(blob)).expect("readable")).expect("sound");
        for (input_tokens, output_tokens, cached_tokens) in
            [(100, 50, 0), (1, 1, 0), (4096, 1000, 4080), (131_072, 7, 1)]
        {
            let counts = [input_tokens, output_tokens, cached_tokens].map(|count: u32| count.to_string());
            let [input, output, cached] = counts.each_ref().map(String::as_str);
            let arguments = [blob, input, output, cached];
            // The cached tokens may be left out.
            let arguments = if cached_tokens == 0 { &arguments[..3] } else { &arguments };
            let stdout = expect_success(command(program, arguments).output().expect("the program runs"));
            let request = Request { input_tokens, cached_tokens, output_tokens };
            assert_prints(&stdout, &as_c(profile.predict(request).expect("the request is sound")));
        }
    }
}

fn assert_prints(stdout: &str, expected: &t2m_prediction) {
    let lines = stdout.lines().collect::<Vec<_>>();
    let (flags, lines) = lines.split_last().expect("the program prints");
    let expected_figures = figures(expected);
    assert_eq!(lines.len(), expected_figures.len(), "{stdout}");
    for (line, (name, expected)) in lines.iter().zip(expected_figures) {
        assert_eq!(parse(line, name), expected.to_bits(), "{line}");
    }
    assert_eq!(*flags, format!("flags {}", expected.flags));
}

#[test]
fn says_what_is_wrong_and_exits_with_1() {
    let cases: [(&[&str], &str); 8] = [
        (&[BLOB], "usage: predict BLOB INPUT_TOKENS OUTPUT_TOKENS [CACHED_TOKENS]"),
        (&[BLOB, "1", "-1"], "-1: not a token count"),
        (&[BLOB, "1", "4294967296"], "4294967296: not a token count"),
        (&["no.t2m", "1", "1"], "no.t2m: No such file or directory"),
        (&["/dev/null", "1", "1"], "/dev/null: the blob is truncated: copy it again, whole"),
        (&["Cargo.toml", "1", "1"], "Cargo.toml: not a token2metrics blob: it does not begin with the bytes T2M"),
        (&[BLOB, "1", "0"], "request: output_tokens is 0: a request generates at least one token"),
        (
            &["tests/vectors/prefill_only.t2m", "1", "2"],
            "request: the profile knows prefill only: ask for one output token, or train it on rows that have decode_s",
        ),
    ];
    for program in programs() {
        for (arguments, message) in cases {
            let output = command(&program, arguments).env("LC_ALL", "C").output().expect("the program runs");
            assert_eq!(output.status.code(), Some(1), "{arguments:?}");
            assert_eq!(String::from_utf8_lossy(&output.stderr), format!("predict: {message}\n"));
            assert!(output.stdout.is_empty(), "{arguments:?}");
        }
    }
}
