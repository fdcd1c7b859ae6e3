//! `compare`: its sums, quantiles and wins against `predict` request by request, where the soonest changes, its figures, and what it refuses.

use serde_json::Value;
use std::fmt::Write;
use token2metrics_tests::cli::cli;
use token2metrics_tests::experiment::{Experiment, run_in};
use token2metrics_tests::root;

/// The one knows energy and is slow to begin, the other does not and is slow to go on: prefill 1 s + n ms against 10 n ms, a step 0.2 s against 0.1 s.
const ONE: &str = r#"[llm]
name = "Late"
[device]
name = "Abacus"
[preset]
source = "made up"
trained_input_tokens = [1, 400]
trained_output_tokens = [2, 100]
[preset.prefill]
fixed_s = 1
terms = [{ coefficient = 0.001, power = 1 }]
[preset.decode]
terms = [{ coefficient = 0.2, power = 0 }]
[preset.power.prefill]
form = "constant"
watts = 10
[preset.power.decode]
form = "constant"
watts = 20
[preset.bands]
prefill = [0.5, 1, 1.5, 2, 4]
decode = [0.9, 1, 1.1, 1.2, 1.3]
total = [0.75, 1, 1.25, 1.5, 2]
"#;
const OTHER: &str = r#"[llm]
name = "Late"
[device]
name = "Slide rule"
[preset]
source = "made up"
trained_input_tokens = [1, 300]
trained_output_tokens = [2, 100]
[preset.prefill]
terms = [{ coefficient = 0.01, power = 1 }]
[preset.decode]
terms = [{ coefficient = 0.1, power = 0 }]
"#;
/// Knows prefill only.
const MUTE: &str = r#"[llm]
name = "Mute"
[device]
name = "Knots"
[preset]
source = "made up"
trained_input_tokens = [1, 300]
trained_output_tokens = [1, 1]
[preset.prefill]
terms = [{ coefficient = 0.0001, power = 1 }]
"#;
/// 1 + 3 + 2 + 1 + 1 requests and two rows that are none; the last but one is beyond what both know, the last has the first token only.
const WORKLOAD: &str = "input_tokens,output_tokens,cached_tokens,count\n100,11,,\n200,3,0,3\n50,2,,2\n5,0,,1\n1000,21,600,1\n300,1,,1\n7,2,7,4\n";

fn experiment() -> Experiment {
    let experiment = Experiment::default();
    for (name, text) in [("one", ONE), ("other", OTHER), ("mute", MUTE)] {
        experiment.write(&format!("configs/presets/{name}.toml"), text);
    }
    experiment.write("workload.csv", WORKLOAD);
    experiment
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

fn number(value: &Value, key: &str) -> f64 {
    value[key].as_f64().unwrap_or_else(|| panic!("{key}: {value}"))
}

fn near(a: f64, b: f64) -> bool {
    (a / b - 1.0).abs() < 1.0e-6
}

/// Each request that makes one as often as it comes, predicted on its own.
fn predicted(experiment: &Experiment, model: &str, options: &str) -> Vec<Value> {
    let mut all = Vec::new();
    for (input, output, cached, count) in
        [(100, 11, 0, 1), (200, 3, 0, 3), (50, 2, 0, 2), (1000, 21, 600, 1), (300, 1, 0, 1)]
    {
        let request = format!("--input-tokens {input} --output-tokens {output} --cached-tokens {cached}");
        let run = experiment.run(&format!("predict --model {model} {request} --format json {options}"));
        all.extend(std::iter::repeat_n(json(&run.done()), count));
    }
    all
}

#[test]
fn figures_are_those_of_the_requests() {
    let experiment = experiment();
    for options in ["", "--per-hour 3.6 --currency EUR", "--per-kwh 0.3"] {
        let report =
            json(&experiment.run(&format!("compare one other --workload workload.csv --format json {options}")).done());
        assert_eq!((&report["requests"], &report["invalid"]), (&8.into(), &5.into()), "{report}");
        let mut alone = Vec::new();
        for (name, row) in ["one", "other"].into_iter().zip(report["profiles"].as_array().expect("profiles")) {
            let all = predicted(&experiment, name, options);
            assert_eq!((row["profile"].as_str(), row["answered"].as_u64()), (Some(name), Some(8)), "{row}");
            assert_eq!((&row["unanswered"], &row["extrapolated"]), (&0.into(), &1.into()), "{row}");
            for (key, of) in [
                ("total_s", "total_s"),
                ("total_low_s", "total_low_s"),
                ("total_high_s", "total_high_s"),
                ("energy_j", "energy_j"),
                ("cost", "cost"),
            ] {
                let sum = all.iter().map(|one| one[of].as_f64()).sum::<Option<f64>>();
                match (sum, row[key].as_f64()) {
                    (Some(sum), Some(found)) => assert!(near(sum, found), "{key}: {sum}: {row}"),
                    (sum, found) => assert_eq!(sum, found, "{key}: {row}"),
                }
            }
            // Of eight, the fourth and the eighth.
            for (key, of, rank) in [
                ("median_s", "total_s", 3),
                ("p95_s", "total_s", 7),
                ("ttft_median_s", "prefill_s", 3),
                ("ttft_median_low_s", "prefill_low_s", 3),
                ("p95_high_s", "total_high_s", 7),
            ] {
                let mut sorted: Vec<f64> = all.iter().filter_map(|one| one[of].as_f64()).collect();
                sorted.sort_by(f64::total_cmp);
                assert_eq!(sorted.get(rank).copied(), row[key].as_f64(), "{key}: {row}");
            }
            alone.push(all);
        }
        let [one, other] = [0, 1].map(|index| number(&report["profiles"][index], "total_s"));
        let verdict = &report["verdict"][0];
        assert_eq!(verdict["figure"], "total_s");
        assert_eq!(verdict["best"], if one < other { "one" } else { "other" });
        assert!(near(number(&verdict["others"][0], "ratio"), one.max(other) / one.min(other)), "{report}");
        let wins =
            alone[0].iter().zip(&alone[1]).filter(|(one, other)| number(other, "total_s") < number(one, "total_s"));
        let wins = if one < other { wins.count() } else { 8 - wins.count() };
        assert!(0 < wins && wins < 8, "a test of something");
        assert_eq!(verdict["others"][0]["better_on"], wins, "{report}");
        // Only one knows energy, and with a price of it only one has a cost.
        let compared = if options.contains("per-hour") { 2 } else { 1 };
        assert_eq!(report["verdict"].as_array().map(Vec::len), Some(compared), "{report}");
    }
}

#[test]
fn the_table_marks_the_best_and_says_why() {
    let experiment = experiment();
    let run = experiment.run("compare one other mute --workload workload.csv --per-hour 3.6 --format table");
    let text = run.done();
    let line =
        |start: &str| text.lines().find(|line| line.starts_with(start)).unwrap_or_else(|| panic!("{start}: {text}"));
    assert!(line("8 requests").ends_with("one after the other; 5 more make no request"), "{text}");
    assert!(line("one: ").ends_with("Late on Abacus"), "{text}");
    // It takes the least time, but does not answer all.
    assert!(!line("| mute").contains('*') && line("| mute").ends_with(" 0 |          7 |"), "{text}");
    assert!(line("mute knows no decode").contains("does not answer 7 of the requests"), "{text}");
    let [one, other] = ["| one ", "| other "].map(|name| line(name).split('|').map(str::trim).collect::<Vec<_>>());
    assert_eq!((one[8], other[8]), ("247.0 J", "-"), "one figure alone is not the best: {text}");
    assert_eq!(one.iter().zip(&other).filter(|(one, other)| one.ends_with('*') && other.ends_with('*')).count(), 0);
    assert!(line("Soonest: one, ").contains("; other takes 1.10 times as long, and less on 3 of 8 requests"), "{text}");
    assert!(line("Cheapest: one, ").contains(" times as much, and less on "), "{text}");
    assert!(!text.contains("Least energy"), "{text}");
    assert!(text.contains("the ends of the requests' 90 % bands added up"), "{text}");
}

#[test]
fn the_soonest_changes_where_the_lines_cross() {
    let experiment = experiment();
    // 1 + 0.001 n + 0.2 m against 0.01 n + 0.1 m, with m steps: n = (1 + 0.1 m) / 0.009.
    for (output_tokens, crossing) in [(1, 112), (11, 223), (18, 301)] {
        let request = format!("compare one other --input-tokens 20 --output-tokens {output_tokens}");
        let report = json(&experiment.run(&format!("{request} --format json")).done());
        let stretches = report["stretches"].as_array().expect("stretches");
        let soonest: Vec<_> = stretches.iter().filter_map(|stretch| stretch["soonest"].as_str()).collect();
        let expected: &[&str] = if crossing <= 300 { &["other", "one"] } else { &["other"] };
        assert_eq!(soonest, expected, "{report}");
        let text = experiment.run(&request).done();
        if let [before, after] = stretches.as_slice() {
            assert_eq!((&before["from_input_tokens"], &before["to_input_tokens"]), (&1.into(), &(crossing - 1).into()));
            assert_eq!((&after["from_input_tokens"], &after["to_input_tokens"]), (&crossing.into(), &300.into()));
            assert!(text.contains(&format!("; then one from {crossing} input tokens on (tried up to 300)")), "{text}");
        } else {
            assert!(text.contains("other is the soonest at every prompt length up to 300"), "{text}");
        }
    }
    // A longer request is tried as well, though nobody has measured such.
    let far = json(&experiment.run("compare one other --input-tokens 350 --output-tokens 18 --format json").done());
    assert_eq!(far["stretches"][1]["from_input_tokens"], 301, "{far}");
    assert_eq!(far["stretches"][1]["extrapolated"], true, "{far}");
}

#[test]
fn figures_have_every_profile() {
    let experiment = experiment();
    experiment.run("compare one other --workload workload.csv --output both.svg").done();
    experiment.run("compare one other --workload workload.csv --output plots").done();
    let read = |name: &str| std::fs::read_to_string(experiment.path(name)).expect("a figure");
    let (both, prompt, output) = (read("both.svg"), read("plots/prompt_length.svg"), read("plots/output_length.svg"));
    let inside = |svg: &str| svg.split_once('>').map(|(_, body)| body.to_owned()).expect("a drawing");
    assert!(both.contains(&inside(&prompt)) && both.contains(&inside(&output)), "one below the other");
    for svg in [&prompt, &output] {
        // The first two of the colours, and the band of the one that has one.
        assert!(svg.contains("#0072B2") && svg.contains("#D55E00"), "{svg}");
        assert!(svg.contains("\none\n") && svg.contains("\nother\n") && svg.contains("90 % band"), "{svg}");
        assert_eq!(svg.matches("<polygon").count(), 2, "the band, and its place in the legend: {svg}");
    }
    assert!(prompt.contains("input tokens, with 3 output tokens"), "{prompt}");
    assert!(output.contains("output tokens, with 200 input tokens"), "{output}");
}

#[test]
fn a_bundle_takes_part_with_all_its_members() {
    let experiment = experiment();
    experiment.run("bundle configs/presets/one.toml configs/presets/other.toml --output all.t2m").done();
    let request = "--input-tokens 20 --output-tokens 5 --format json";
    let names = |profiles: &str| {
        let report = json(&experiment.run(&format!("compare {profiles} {request}")).done());
        let rows = report["profiles"].as_array().expect("profiles");
        rows.iter().filter_map(|row| row["profile"].as_str().map(str::to_owned)).collect::<Vec<_>>()
    };
    assert_eq!(names("all.t2m"), ["Late on Abacus", "Late on Slide rule"]);
    assert_eq!(names("all.t2m mute"), ["Late on Abacus", "Late on Slide rule", "mute"]);
    let error = experiment.run(&format!("compare one all.t2m {request}")).failed(1);
    assert_eq!(error, "error: \"one\" and \"Late on Abacus\" are the same profile: name it once");
    // A damaged member hides no other, and is named.
    let mut bytes = std::fs::read(experiment.path("all.t2m")).expect("a bundle");
    *bytes.last_mut().expect("bytes") ^= 1;
    experiment.write("damaged.t2m", bytes);
    let run = experiment.run(&format!("compare damaged.t2m mute {request}"));
    assert!(run.stderr.contains("warn: damaged.t2m: damaged: Late on Slide rule"), "{}", run.stderr);
    assert!(run.done().contains("Late on Abacus"));
}

#[test]
fn what_cannot_be_compared_is_refused() {
    let experiment = experiment();
    let error = |arguments: &str| experiment.run(&format!("compare {arguments}")).failed(1);
    let request = "--input-tokens 20 --output-tokens 5";
    assert_eq!(
        error(&format!("one {request}")),
        "error: one profile cannot be compared: name at least two, or a bundle of several"
    );
    assert_eq!(error(&format!("one other one {request}")), "error: \"one\" is named twice: name each profile once");
    assert_eq!(
        error(&format!("one configs/presets/one.toml {request}")),
        "error: \"one\" and \"configs/presets/one.toml\" are the same profile: name it once"
    );
    assert_eq!(error(&format!("one two.t2m {request}")), "error: two.t2m: no such file");
    assert!(error(&format!("one othr {request}")).contains("is \"other\" meant?"));
    assert!(error("one other --input-tokens 0 --output-tokens 5").contains("no row is a request"));
    for (rows, expected) in [
        ("input_tokens,output_tokens\n", "w.csv: the file has no rows: a header and at least one row are needed"),
        (
            "input_tokens,output_tokens\n5,x\n",
            "w.csv:2: column \"output_tokens\": \"x\" is not a number: correct or remove the row",
        ),
        (
            "input_tokens,output_tokens,count\n5,3,1\n5,3,0\n",
            "w.csv:3: column \"count\": \"0\" is not how often a request comes: give a whole number from 1 to 4294967295",
        ),
        (
            "\"input_tokens\",output_tokens,count\n5,3,1.5\n",
            "w.csv:2: column \"count\": \"1.5\" is not how often a request comes: give a whole number from 1 to 4294967295",
        ),
        (
            "input_tokens,count\n5,3\n",
            "w.csv:1: column \"output_tokens\" is missing; the header has: input_tokens, count; is \"input_tokens\" meant? rename it",
        ),
    ] {
        experiment.write("w.csv", rows);
        assert_eq!(error("one other --workload w.csv --output nothing.svg"), format!("error: {expected}"));
    }
    assert!(!experiment.path("nothing.svg").exists());
    for wrong in [
        "one other",
        "one other --input-tokens 5",
        "one other --workload w.csv --input-tokens 5 --output-tokens 5",
        request,
    ] {
        experiment.run(&format!("compare {wrong}")).failed(2);
    }
    for (name, currency) in [("one", "EUR"), ("other", "USD")] {
        let text = std::fs::read_to_string(experiment.path(&format!("configs/presets/{name}.toml"))).expect("a preset");
        let tariff = format!("{text}\n[tariff]\ncurrency = \"{currency}\"\nper_hour = 1\n");
        experiment.write(&format!("configs/presets/{name}.toml"), tariff);
    }
    let text = experiment.run(&format!("compare one other {request}")).done();
    assert!(
        text.contains("The costs are in several currencies and are not compared.") && !text.contains("Cheapest"),
        "{text}"
    );
}

/// A million rows of some 30 bytes, in less memory than they would take.
#[test]
fn a_long_workload_is_not_kept() {
    let experiment = experiment();
    let mut rows = String::from("input_tokens,output_tokens\n");
    for k in 0..1_000_000_u32 {
        writeln!(rows, "{},{}", 1 + k.wrapping_mul(2_654_435_761) % 4001, 1 + k % 7).expect("a string");
    }
    experiment.write("workload.csv", rows);
    let limited =
        format!("ulimit -v 26000; exec {} compare one other --workload workload.csv --format json", cli().display());
    let output = std::process::Command::new("sh").args(["-c", &limited]).current_dir(experiment.path("")).output();
    let output = output.expect("sh runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let report = json(&String::from_utf8(output.stdout).expect("text"));
    assert_eq!(report["requests"], 1_000_000);
    // A row longer than all others is a long request.
    assert_eq!(report["output_tokens"], 4);
}

/// One definition of a workload for both commands.
#[test]
fn a_batch_counts_as_well() {
    let experiment = experiment();
    experiment.write("w.csv", "count,output_tokens,input_tokens\n3,5,20\n,1,7\n");
    let batch = experiment.run("batch-predict --model one --input-file w.csv --output-file p.csv --format json").done();
    let compared = json(&experiment.run("compare one other --workload w.csv --format json").done());
    let (batch, row) = (json(&batch), &compared["profiles"][0]);
    assert_eq!((&batch["n"], &row["answered"]), (&4.into(), &4.into()));
    assert_eq!((&batch["total_s"], &batch["energy_j"]), (&row["total_s"], &row["energy_j"]));
    let rows = std::fs::read_to_string(experiment.path("p.csv")).expect("a file");
    assert!(rows.starts_with("input_tokens,output_tokens,cached_tokens,count,prefill_s,"), "{rows}");
    assert!(rows.contains("\n20,5,0,3,") && rows.contains("\n7,1,0,1,"), "{rows}");
    let model = run_in(root(), "compare --help").done();
    assert!(model.contains("Example: token2metrics compare "), "{model}");
}
