//! Results of vLLM's benchmark.

use super::case::import;

/// A run of three requests, with some of its lines replaced.
fn run(changes: &[(&str, &str)]) -> String {
    let mut text = r#"{"model_id": "m", "max_concurrency": 1,
"input_lens": [8, 9, 10],
"output_lens": [3, 2, 1],
"ttfts": [0.5, 0.25, 0.125],
"itls": [[0.1, 0.2], [0.5], []],
"start_times": [10.0, 20.0, 30.0],
"errors": ["", "", ""]}
"#
    .to_owned();
    for (from, to) in changes {
        assert!(text.contains(from), "{from}");
        text = text.replacen(from, to, 1);
    }
    text
}

const ROWS: [&str; 3] = ["8,3,0,0.5,0.30000000000000004,,", "9,2,0,0.25,0.5,,", "10,1,0,0.125,,,"];

#[test]
fn requests_that_failed() {
    for (changes, reason) in [
        (&[("[\"\", \"\"", "[\"\", \"Bad Gateway\"")][..], "the request failed"),
        (&[("[0.5]", "[]")], "no times between tokens (empty itls): the request failed or did not stream"),
        (&[("[0.5]", "null")], "no times between tokens (empty itls): the request failed or did not stream"),
        (&[("[0.5]", "[null]")], "the sum of itls is not a finite number"),
        (&[("[0.5]", "[0.5, -0.1]")], "the sum of itls is not a finite number"),
        (&[("[0.5]", "[NaN]")], "the sum of itls is not a finite number"),
        (&[("[0.5]", "[0]")], "the sum of itls is not above zero"),
        (&[("0.25", "0.0")], "ttfts is not above zero"),
        (&[("0.25", "null")], "ttfts is not a finite number"),
        (&[("0.25", "-Infinity")], "ttfts is not a finite number"),
        (&[("9, 10", "null, 10")], "input_lens is not a token count"),
        (&[("9, 10", "9.5, 10")], "input_lens is not a token count"),
        (&[("3, 2, 1", "3, 0, 1")], "the request gave no token"),
        (&[("3, 2, 1", "3, 16777217, 1")], "output_lens is not a token count"),
    ] {
        let made = import("a.json", run(changes), "").expect("two are sound");
        assert_eq!(made.rows, [ROWS[0], ROWS[2]], "{changes:?}");
        assert_eq!(made.rejected, [(reason.to_owned(), 1, 2)], "{changes:?}");
    }
    // Of no request that anything is needed of.
    let changes =
        [("\"max_concurrency\"", "\"mean_ttft_ms\": NaN, \"max_concurrency\""), ("\"\", \"\"]", "\"\", null]")];
    assert_eq!(import("a.json", run(&changes), "").expect("sound").rows, ROWS);
}

#[test]
fn lists_that_do_not_fit() {
    let error = import("a.json", run(&[("3, 2, 1", "3, 2")]), "").expect_err("damaged");
    assert_eq!(error, "error: a.json: input_lens has 3 requests and output_lens 2: the file is damaged");
    let error = import("a.json", run(&[("\"itls\"", "\"other\"")]), "").expect_err("no list");
    assert_eq!(error, "error: a.json: no list itls: the benchmark must be run with --save-detailed");
    let error = import("a.json", r#"{"model_id": "m", "mean_ttft_ms": 4.5, "completed": 3}"#, "").expect_err("no list");
    assert_eq!(
        error,
        "error: a.json: the results of a run without its requests: the benchmark must be run with --save-detailed"
    );
    let error = import("a.json", run(&[("[8, 9, 10]", "5")]), "").expect_err("no list");
    assert!(
        error.starts_with(
            "error: a.json: not the JSON of vllm: invalid type: integer `5`, expected a sequence at line 2"
        ),
        "{error}"
    );
}

#[test]
fn requests_at_the_same_time() {
    let many = ("\"max_concurrency\": 1", "\"max_concurrency\": 8");
    // They were not: each had ended before the next began.
    assert_eq!(import("a.json", run(&[many]), "").expect("sound").rows, ROWS);
    let overlapping = run(&[many, ("20.0", "10.4")]);
    let made = import("a.json", &overlapping, "").expect("one is sound");
    assert_eq!(made.rows, [ROWS[2]]);
    let reason = "ran at the same time as another request: measures a queue or a batch; --assume alone if it does not";
    assert_eq!(made.rejected, [(reason.to_owned(), 2, 1)]);
    assert_eq!(import("a.json", &overlapping, "--assume alone").expect("taken for granted").rows, ROWS);
    let unknown = run(&[many, ("\"start_times\"", "\"other\"")]);
    let error = import("a.json", &unknown, "").expect_err("no row is left");
    assert!(error.contains("max_concurrency is not 1, and when requests ran is not known"), "{error}");
    assert_eq!(import("a.json", &unknown, "--assume alone").expect("taken for granted").rows, ROWS);
}

#[test]
fn runs_one_after_the_other() {
    let made = import("a.json", run(&[]) + &run(&[("0.25", "0")]), "").expect("five are sound");
    assert_eq!(made.rows, [ROWS[0], ROWS[1], ROWS[2], ROWS[0], ROWS[2]]);
    assert_eq!(made.rejected, [("ttfts is not above zero".to_owned(), 1, 5)]);
    let whole = run(&[]) + &run(&[]);
    let made = import("a.json", &whole[..whole.len() - 30], "").expect("three are sound");
    assert_eq!(made.rows, ROWS);
    assert_eq!(made.rejected, [("cut off: the file ends in the middle of a run".to_owned(), 1, 4)]);
    let made = import("a.json", run(&[]) + &run(&[("\"m\"", "\"other\"")]), "").expect("sound");
    assert!(
        made.stderr.contains("rows of several setups: model m, other; choose one by a filter, such as model=m"),
        "{}",
        made.stderr
    );
    let made = import("a.json", run(&[]) + &run(&[("\"m\"", "\"other\"")]), "--filter model=other").expect("sound");
    assert_eq!((made.rows.len(), made.report["files"][0]["filtered"].as_u64()), (3, Some(3)));
}
