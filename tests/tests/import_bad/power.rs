//! Logs of power that do not fit.

use super::case::{Made, import_in};
use token2metrics_tests::experiment::Experiment;

/// A request from 11-25-2026 03:11:52.5 for 4 s, of which 2 s are the prompt's.
fn request() -> String {
    let start = 1_795_576_312_500_000_000_u64;
    format!(
        r#"{{"metadata": {{"request_start_ns": {start}}}, "metrics": {{"time_to_first_token": {{"value": 2, "unit": "s"}}, "request_latency": {{"value": 4, "unit": "s"}}, "input_sequence_length": {{"value": 8}}, "output_sequence_length": {{"value": 3}}}}}}"#
    )
}

/// A log with a line a second, of a board with these rails.
fn log(rails: &str) -> Vec<String> {
    (50..60).map(|second| format!("11-25-2026 03:11:{second} RAM 1/2MB (lfb 1x4MB) GR3D_FREQ 0% {rails}")).collect()
}

fn join(lines: &[String], options: &str) -> Result<Made, String> {
    let experiment = Experiment::default();
    experiment.write("a.jsonl", request());
    experiment.write("power.log", lines.join("\n"));
    import_in(&experiment, &format!("a.jsonl --power power.log {options}"))
}

#[test]
fn rails() {
    let agx = log("VDD_GPU_SOC 5000mW/4980mW VDD_CPU_CV 1000mW/980mW");
    assert_eq!(join(&agx, "--rail VDD_GPU_SOC").expect("sound").rows, ["8,3,0,2.0,2.0,10.0,10.0"]);
    assert_eq!(join(&agx, "--rail VDD_GPU_SOC --rail VDD_CPU_CV").expect("sound").rows, ["8,3,0,2.0,2.0,12.0,12.0"]);
    for (options, error) in [
        ("", "name the rail with --rail; there are: VDD_CPU_CV, VDD_GPU_SOC"),
        ("--rail VDD_GPU_SOX", "no rail VDD_GPU_SOX; is VDD_GPU_SOC meant?; there are: VDD_CPU_CV, VDD_GPU_SOC"),
        ("--rail VDD_IN", "no rail VDD_IN; there are: VDD_CPU_CV, VDD_GPU_SOC"),
        ("--rail VDD_IN --rail VDD_SOC", "VDD_IN is the power of the whole board: do not add others to it"),
        ("--rail VDD_GPU_SOC --rail VDD_GPU_SOC", "the rail VDD_GPU_SOC is named twice"),
    ] {
        assert_eq!(join(&agx, options), Err(format!("error: power.log: {error}")));
    }
}

#[test]
fn a_clock_that_jumps() {
    let mut back = log("VDD_IN 5000mW/5000mW");
    back[6] = back[6].replace("03:11:56", "02:11:56");
    let error = "error: power.log:7: the clock jumps back by 3599 s: cut the log there";
    assert_eq!(join(&back, "--rail VDD_IN"), Err(error.to_owned()));
    let mut forward = log("VDD_IN 5000mW/5000mW");
    for line in &mut forward[6..] {
        *line = line.replace("03:11", "03:12");
    }
    let made = join(&forward, "--rail VDD_IN").expect("the row stays");
    assert_eq!(made.rows, ["8,3,0,2.0,2.0,10.0,"]);
    let gap = "the log has a gap of more than 4 sampling periods there";
    assert_eq!(made.report["power"]["unfilled_phases"][gap], 1);
}

#[test]
fn samples_that_are_none() {
    let mut lines = log("VDD_IN 5000mW/5000mW");
    lines[4] = lines[4].replace("5000mW/", "-20mW/");
    lines[5] = lines[5].replace("5000mW/5000mW", "NA");
    lines[6] = lines[6].replace("5000mW/5000mW", "5");
    lines.push("11-25-2026 03:12:0".to_owned());
    lines.push("not a date VDD_IN 5000mW/5000mW".to_owned());
    let made = join(&lines, "--rail VDD_IN").expect("the row stays");
    let rejected = &made.report["power"]["rejected_samples"];
    let expected = [
        ("a negative power", 1),
        ("no power", 2),
        ("a line without any rail", 1),
        ("no date and time at the begin of the line", 1),
    ];
    for (reason, count) in expected {
        assert_eq!(rejected[reason], count, "{rejected}");
    }
    assert_eq!(made.rows, ["8,3,0,2.0,2.0,10.0,10.0"]);
}

#[test]
fn requests_beyond_the_log() {
    let lines: Vec<String> = log("VDD_IN 5000mW/5000mW").iter().map(|line| line.replace("03:11", "05:11")).collect();
    let made = join(&lines, "--rail VDD_IN").expect("the row stays");
    assert_eq!(made.rows, ["8,3,0,2.0,2.0,,"]);
    let reason = "beyond the log's begin, by -2 h: are the clocks in different time zones? --power-shift has seconds";
    assert_eq!(made.report["power"]["unfilled_phases"][reason], 2);
    let shifted = join(&lines, "--rail VDD_IN --power-shift -7200").expect("sound");
    assert_eq!(shifted.rows, ["8,3,0,2.0,2.0,10.0,10.0"]);
    let made = join(&lines, "--rail VDD_IN --power-shift 1e300").expect("the row stays");
    assert_eq!(made.rows, ["8,3,0,2.0,2.0,,"]);
}

#[test]
fn csv_of_powers() {
    let at = |second: u64| 1_795_576_310 + second;
    let mut lines = vec!["time_s,power_w".to_owned()];
    lines.extend((0..20).map(|half| format!("{}.{},5", at(half / 2), 5 * (half % 2))));
    assert_eq!(join(&lines, "").expect("sound").rows, ["8,3,0,2.0,2.0,10.0,10.0"]);
    for (row, bad) in [(2, "x,5"), (4, "NaN,5"), (8, ",5")] {
        lines[row] = bad.to_owned();
    }
    for (row, bad) in [(10, "x"), (12, "-5"), (14, "inf"), (16, "1e9"), (18, "")] {
        lines[row] = format!("{},{bad}", lines[row].split(',').next().expect("a time"));
    }
    lines.insert(11, "1795576314".to_owned());
    let made = join(&lines, "").expect("sound");
    let rejected = &made.report["power"]["rejected_samples"];
    for (reason, count) in [
        ("no time", 3),
        ("no power", 3),
        ("a negative power", 1),
        ("a power that no device has", 1),
        ("a cut-off row", 1),
    ] {
        assert_eq!(rejected[reason], count, "{rejected}");
    }
    assert_eq!(made.rows, ["8,3,0,2.0,2.0,10.0,10.0"]);
    assert_eq!(
        join(&lines, "--rail VDD_IN"),
        Err("error: power.log: a CSV of times and powers has no rails: leave --rail out".to_owned())
    );
    lines.push("5,5".to_owned());
    let error = join(&lines, "").expect_err("back");
    assert!(error.starts_with("error: power.log:23: the clock jumps back by 1795576314 s"), "{error}");
    assert_eq!(
        join(&["time_s,power_w".to_owned(), "1,2".to_owned()], ""),
        Err("error: power.log: fewer than two samples of power at different times".to_owned())
    );
    let other = join(&["input_tokens,output_tokens,prefill_s".to_owned(), "1,2,3".to_owned()], "").expect_err("no log");
    assert_eq!(
        other,
        "error: power.log: measurements of canonical, not a log of power: give tegrastats' output or a CSV with time_s,power_w"
    );
}
