//! JSON that is none, and figures that are none.

use super::case::{import, sample};

#[test]
fn garbage_in_the_middle_is_an_error_with_its_line() {
    let text = String::from_utf8(sample("llama-server/completion_timings.jsonl")).expect("UTF-8");
    let mut lines: Vec<&str> = text.lines().collect();
    lines.insert(5, "Segmentation fault (core dumped)");
    let error = "error: a.jsonl: not the JSON of llama-server: expected value at line 6 column 1";
    assert_eq!(import("a.jsonl", lines.join("\n"), ""), Err(error.to_owned()));
}

#[test]
fn deep_nesting() {
    let error = import("a.json", "[".repeat(10_000), "").expect_err("nothing in it");
    assert!(error.starts_with("error: a.json: not recognised: JSON without any field"), "{error}");
    let deep = format!(
        "{{\"n_prompt\": 1, \"n_gen\": 0, \"avg_ns\": 5, \"x\": {}1{}}}",
        "[".repeat(10_000),
        "]".repeat(10_000)
    );
    let error = import("a.json", deep, "").expect_err("too deep");
    assert!(
        error.starts_with("error: a.json: not the JSON of llama-bench: recursion limit exceeded at line 1 "),
        "{error}"
    );
    for format in ["llama-server", "ollama", "vllm", "aiperf", "llama-batched-bench"] {
        import("a.json", "{\"a\":".repeat(10_000), &format!("--from {format}")).expect_err("too deep");
    }
}

/// What Python writes for what is no number, in a field that is needed and in one that is not.
#[test]
fn figures_that_are_none() {
    for figure in ["NaN", "Infinity", "-Infinity", "null", "\"5\"", "true"] {
        let record = |time: &str, other: &str| {
            format!("{{\"n_prompt\": 8, \"n_gen\": 0, \"avg_ns\": {time}, \"stddev_ns\": {other}}}\n")
        };
        let text = record("2e9", figure) + &record(figure, "1") + &record("4e9", "1");
        let made = import("a.jsonl", text, "").expect("one is sound");
        // A text in llama-bench's own CSV and SQL is a number.
        let rows = if figure == "\"5\"" {
            vec!["8,1,0,2.0,,,", "8,1,0,5e-9,,,", "8,1,0,4.0,,,"]
        } else {
            vec!["8,1,0,2.0,,,", "8,1,0,4.0,,,"]
        };
        assert_eq!(made.rows, rows, "{figure}");
        let reason = ("the time of a sample is not a finite number".to_owned(), 1, 2);
        assert_eq!(made.rejected, if rows.len() == 3 { vec![] } else { vec![reason] }, "{figure}");
    }
    let error = import("a.jsonl", "{\"n_prompt\": 8, \"n_gen\": 0, \"avg_ns\": 1e999}", "").expect_err("no number");
    assert!(error.contains("number out of range at line 1 column "), "{error}");
    let error = import("a.jsonl", "{\"n_prompt\": 8, \"n_gen\": 0, \"avg_ns\": Inf}", "").expect_err("no word");
    assert!(error.starts_with("error: a.jsonl: not the JSON of llama-bench: "), "{error}");
}

#[test]
fn times_and_counts_that_cannot_be() {
    let record = |prompt: &str, ns: &str| format!("{{\"n_prompt\": {prompt}, \"n_gen\": 0, \"avg_ns\": {ns}}}\n");
    for (time, reason) in [
        ("0", "the time of a sample is not above zero"),
        ("-5", "the time of a sample is not above zero"),
        ("-0.0", "the time of a sample is not above zero"),
        ("1e-320", "a time is beyond what seconds can tell"),
    ] {
        let made = import("a.jsonl", record("8", "2e9") + &record("8", time), "").expect("one is sound");
        assert_eq!(made.rows, ["8,1,0,2.0,,,"]);
        assert_eq!(made.rejected, [(reason.to_owned(), 1, 2)], "{time}");
    }
    for count in ["-1", "1.5", "16777217", "1e30", "\"many\""] {
        let made = import("a.jsonl", record("8", "2e9") + &record(count, "2e9"), "").expect("one is sound");
        assert_eq!((made.rows.len(), made.reasons()), (1, vec!["n_prompt is not a token count"]), "{count}");
    }
    let made = import("a.jsonl", record("16777216", "2e9") + &record("0", "2e9"), "").expect("one is sound");
    assert_eq!(made.rows, ["16777216,1,0,2.0,,,"]);
    assert_eq!(made.rejected.len(), 1);
}

#[test]
fn whatever_is_no_record() {
    let sound = "{\"n_prompt\": 8, \"n_gen\": 0, \"avg_ns\": 2e9}";
    let made = import("a.json", format!("[{sound}, 5, null, \"text\", [1]]"), "").expect("one is sound");
    assert_eq!(made.rejected, [("not an object".to_owned(), 4, 2)]);
    for (content, error) in [
        ("", "error: a.json: the file is empty"),
        (" \n\t\n", "error: a.json: the file is empty"),
        (
            "{}",
            "error: a.json: not recognised: JSON without any field in its first record; name its format with --from if it is one of the known ones",
        ),
        (
            "[]",
            "error: a.json: not recognised: JSON without any field in its first record; name its format with --from if it is one of the known ones",
        ),
        (
            "{\"a\": 1}",
            "error: a.json: not recognised: JSON with a; name its format with --from if it is one of the known ones",
        ),
    ] {
        assert_eq!(import("a.json", content, ""), Err(error.to_owned()));
    }
}
