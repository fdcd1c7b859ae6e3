//! Records of llama-server, Ollama and AIPerf that are no measurement of a single request.

use super::case::{import, sample};

/// A response of llama-server with some fields of its timings changed.
fn response(timings: &str) -> String {
    format!(
        "{{\"timings\": {{\"prompt_ms\": 100.0, \"predicted_ms\": 90.0, \"predicted_per_token_ms\": 30.0, {timings}}}}}\n"
    )
}

#[test]
fn llama_server() {
    let sound = response(r#""cache_n": 2, "prompt_n": 8, "predicted_n": 4"#);
    for (other, reason) in [
        (
            response(r#""cache_n": 2, "prompt_n": 8, "predicted_n": 4, "draft_n": 3"#),
            "speculative decoding: a step gives more than one token",
        ),
        (response(r#""prompt_n": 8, "predicted_n": 4"#), "whether the prompt was cached is not known: no cache_n"),
        ("{\"error\": {\"code\": 500, \"message\": \"no slot\"}}\n".to_owned(), "the request failed"),
        ("{\"content\": \"So\"}\n".to_owned(), "no timings in the response"),
        (
            response(r#""cache_n": 0, "prompt_n": 0, "predicted_n": 4"#),
            "input_tokens is 0: a request has at least one prompt token",
        ),
        (response(r#""cache_n": -1, "prompt_n": 8, "predicted_n": 4"#), "cache_n is not a token count"),
        (response(r#""cache_n": 0, "predicted_n": 4"#), "prompt_n is missing"),
        (
            response(r#""cache_n": 0, "prompt_n": 8, "predicted_n": 4"#).replace("100.0", "-1"),
            "prompt_ms is not above zero",
        ),
        (
            response(r#""cache_n": 0, "prompt_n": 8, "predicted_n": 4"#).replace("30.0", "NaN"),
            "predicted_per_token_ms is not a finite number",
        ),
    ] {
        let made = import("a.jsonl", sound.clone() + &other + &sound, "").expect("two are sound");
        assert_eq!(made.rows, ["10,4,2,0.1,0.09,,"; 2]);
        assert_eq!(made.rejected, [(reason.to_owned(), 1, 2)], "{other}");
    }
    // Not needed: nothing was decoded.
    let one = response(r#""cache_n": 0, "prompt_n": 8, "predicted_n": 1"#).replace("30.0", "NaN");
    assert_eq!(import("a.jsonl", one, "").expect("sound").rows, ["8,1,0,0.1,,,"]);
}

fn answer(fields: &str) -> String {
    format!(
        "{{\"model\": \"m\", \"done\": true, \"prompt_eval_duration\": 100000000, \"eval_count\": 3, \"eval_duration\": 50000000{fields}}}\n"
    )
}

#[test]
fn ollama() {
    let unknown = answer(", \"prompt_eval_count\": 9");
    let reason =
        "whether the prompt was cached is not known: no prompt_eval_cached_count; --assume uncached if none was";
    let error = import("a.jsonl", unknown.repeat(2), "").expect_err("no row is left");
    assert!(error.starts_with("error: no row is left:") && error.contains(reason), "{error}");
    let made = import("a.jsonl", unknown.repeat(2), "--assume uncached").expect("taken for granted");
    assert_eq!(made.rows, ["9,3,0,0.1,0.05,,"; 2]);
    // One that tells speaks for the file: a zero is left out.
    let told = answer(", \"prompt_eval_count\": 9, \"prompt_eval_cached_count\": 4");
    assert_eq!(import("a.jsonl", unknown + &told, "").expect("both").rows, ["9,3,0,0.1,0.05,,", "9,3,4,0.1,0.05,,"]);
    for (other, reason) in [
        (answer(""), "no prompt_eval_count: the prompt came from the cache"),
        ("{\"error\": \"model not found\"}\n".to_owned(), "the request failed"),
        (
            answer(", \"prompt_eval_count\": 9, \"prompt_eval_cached_count\": 9"),
            "cached_tokens must be below input_tokens",
        ),
        (
            answer(", \"prompt_eval_count\": 9.5, \"prompt_eval_cached_count\": 1"),
            "prompt_eval_count is not a token count",
        ),
        (
            answer(", \"prompt_eval_count\": 9, \"prompt_eval_cached_count\": 1").replace("50000000", "0"),
            "eval_duration is not above zero",
        ),
    ] {
        let made = import("a.jsonl", told.clone() + &other, "").expect("one is sound");
        assert_eq!(made.rows, ["9,3,4,0.1,0.05,,"]);
        assert_eq!(made.reasons().len(), 1);
        assert!(made.reasons()[0].contains(reason), "{:?}, not {reason}", made.reasons());
    }
}

/// An AIPerf record with a time to the first token, in some unit, of a request that takes twice as long.
fn record(number: u64, time: f64, unit: &str) -> String {
    let metric = |tag: &str, value: f64, unit: &str| format!("\"{tag}\": {{\"value\": {value}, \"unit\": \"{unit}\"}}");
    let metrics = [
        metric("time_to_first_token", time, unit),
        metric("request_latency", 2.0 * time, unit),
        metric("input_sequence_length", 8.0, "tokens"),
        metric("output_sequence_length", 3.0, "tokens"),
    ];
    let start = number * 1_000_000_000_000;
    let metadata = format!("{{\"request_start_ns\": {start}, \"was_cancelled\": false}}");
    format!("{{\"metadata\": {metadata}, \"metrics\": {{{}}}, \"error\": null}}\n", metrics.join(", "))
}

#[test]
fn units_of_aiperf_are_converted_or_rejected() {
    let text: String = [
        record(1, 500.0, "ms"),
        record(2, 0.5, "s"),
        record(3, 500_000.0, "us"),
        record(4, 500_000_000.0, "ns"),
        record(5, 500.0, "fortnights"),
        record(6, 500.0, ""),
    ]
    .concat();
    let made = import("a.jsonl", text, "").expect("four are sound");
    assert_eq!(made.rows, ["8,3,0,0.5,0.5,,"; 4]);
    let reason = |unit: &str| format!("time_to_first_token: the unit \"{unit}\" is not known");
    assert_eq!(made.rejected, [(reason("fortnights"), 1, 5), (reason(""), 1, 6)]);
}

#[test]
fn aiperf() {
    let sound = record(1, 0.5, "s");
    for (other, reason) in [
        (record(2, 0.5, "s").replace("false", "true"), "the request was cancelled"),
        (
            record(2, 0.5, "s").replace("\"error\": null", "\"error\": {\"code\": 503, \"type\": \"Busy\"}"),
            "the request failed (Busy)",
        ),
        (record(2, 0.5, "s").replace("\"was_c", "\"benchmark_phase\": \"warmup\", \"was_c"), "a warm-up request"),
        (record(2, 0.5, "s").replace("8,", "0,"), "input_tokens is 0: a request has at least one prompt token"),
        (record(2, 0.5, "s").replace("8,", "8.5,"), "input_sequence_length is not a token count"),
        (record(2, -0.5, "s"), "time_to_first_token is not above zero"),
        (
            record(2, 0.5, "s").replace("\"value\": 0.5", "\"value\": 1.5"),
            "request_latency without time_to_first_token is not above zero",
        ),
        (
            record(2, 0.5, "s").replace("\"value\": 0.5", "\"value\": [0.5]"),
            "time_to_first_token is not a finite number",
        ),
        (record(2, 0.5, "s").replace("time_to_first_token", "time_to_any_token"), "time_to_first_token is missing"),
    ] {
        let made = import("a.jsonl", sound.clone() + &other, "").expect("one is sound");
        assert_eq!(made.rows, ["8,3,0,0.5,0.5,,"]);
        assert_eq!(made.rejected, [(reason.to_owned(), 1, 2)], "{other}");
    }
    let both = sound.clone() + &record(1, 0.6, "s");
    import("a.jsonl", &both, "").expect_err("at the same time");
    assert_eq!(import("a.jsonl", &both, "--assume alone").expect("taken for granted").rows.len(), 2);
}

#[test]
fn copies_are_kept_and_left_to_training() {
    let text = String::from_utf8(sample("llama-server/completion_timings.jsonl")).expect("UTF-8");
    let once = import("a.jsonl", &text, "").expect("sound");
    let twice = import("a.jsonl", format!("{text}{text}"), "").expect("sound");
    assert_eq!(twice.rows, [once.rows.clone(), once.rows].concat());
    assert_eq!(twice.rejected, []);
}
