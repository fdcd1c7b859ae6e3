//! `evaluate`: its keys, what it compares with, and the rows that it refuses.

use serde_json::Value;
use token2metrics_tests::experiment::{CONFIG, Experiment, ROWS};

/// Rows that the experiment's config does not name; the last is one that it does.
const UNSEEN: &str = "input_tokens,output_tokens,prefill_s,decode_s\n60,11,0.7,2.05\n30,4,0.4,0.65\n";

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

/// A trained experiment with rows to score.
fn trained(config: &str) -> Experiment {
    let experiment = Experiment::new(config, ROWS);
    experiment.write("unseen.csv", UNSEEN);
    experiment.write("configs/holdout.csv", UNSEEN);
    experiment.run("train --all-models").done();
    experiment
}

fn names(report: &Value) -> Vec<&str> {
    let predictors = report["predictors"].as_array().expect("a list");
    predictors.iter().map(|predictor| predictor["name"].as_str().expect("a name")).collect()
}

const ALL: [&str; 4] = ["this profile", "linear, mean ratio", "degree 2", "constant rate"];

fn with_holdout() -> String {
    CONFIG.replace("data = [\"rows.csv\"]", "data = [\"rows.csv\"]\nholdout = [\"holdout.csv\"]")
}

#[test]
fn predictors_stand_side_by_side_and_a_fitted_row_is_not_scored() {
    let experiment = trained(CONFIG);
    let run = experiment.run("evaluate --model 1M --data unseen.csv");
    let fitted = "warn: unseen.csv:3: row not used: the same row as configs/rows.csv:4, to the last digit\n";
    assert_eq!(run.stderr, fitted);
    let text = run.done();
    assert!(text.contains("| prefill |    1 |"), "{text}");
    assert!(text.contains("| predictor          | prefill MAPE % | decode MAPE % | total MAPE % |\n"), "{text}");
    for name in ALL {
        assert!(text.contains(&format!("\n| {name:18} |")), "{text}");
    }
    let report = json(&experiment.run("evaluate --model 1M --data unseen.csv --format json").done());
    assert_eq!((names(&report), &report["rows"]), (ALL.to_vec(), &Value::from(1)));
    // 240 tokens in 3 s and 41 steps in 8.5 s.
    let rate = [("prefill_s", 60.0 * 3.0 / 240.0, 0.7), ("decode_s", 10.0 * 8.5 / 41.0, 2.05)];
    for (time, predicted, observed) in rate {
        assert_eq!(report["predictors"][0][time], report[time]);
        let mape = report["predictors"][3][time]["mape_percent"].as_f64().expect("a number");
        let by_hand: f64 = 100.0 * (predicted - observed) / observed;
        assert!((mape - by_hand.abs()).abs() < 1e-3, "{time}: {mape} is {by_hand}");
        assert_eq!(report["predictors"][3][time]["n"], 1);
    }
}

#[test]
fn without_the_rows_of_its_device_a_profile_is_scored_alone() {
    let experiment = trained(CONFIG);
    let blob = "evaluate --model-path outputs/tiny/profile.t2m --data unseen.csv --format json";
    assert_eq!(names(&json(&experiment.run(blob).done())), ALL);
    let alone = |reason: &str| {
        let run = experiment.run(blob);
        assert_eq!(run.stderr, format!("info: no comparison with simpler predictors: {reason}\n"));
        let report = json(&run.done());
        assert_eq!((names(&report), &report["total_s"]["n"]), (vec!["this profile"], &Value::from(2)));
        assert_eq!(report["predictors"][0]["total_s"], report["total_s"]);
        let text = experiment.run(blob.trim_end_matches(" --format json")).done();
        assert!(!text.contains("predictor"), "{text}");
    };
    experiment.write("configs/tiny.toml", CONFIG.replace("Abacus", "Slate"));
    alone(
        "the profile is of Tiny on Abacus, the rows of tiny are of Tiny on Slate: give requests measured there with --data",
    );
    experiment.write("configs/tiny.toml", CONFIG.replace("rows.csv", "gone.csv"));
    alone("configs/gone.csv: cannot read the file: No such file or directory (os error 2)");
    experiment.write("configs/other.toml", CONFIG.replace("Tiny", "Other"));
    std::fs::remove_file(experiment.path("configs/tiny.toml")).expect("a file");
    alone("no model \"Tiny\" in configs; is \"tiny-llm\" meant? there are: 1M (other)");
}

#[test]
fn more_rows_than_are_kept_are_all_scored_and_written() {
    let experiment = trained(CONFIG);
    // Twice as long as the profile says; of the 1520 pairs of token counts no two rows are the same, and the last line is a copy.
    let row = |k: u32| {
        let (input, output) = (10 + k % 80, 2 + k % 19);
        let [prefill_s, decode_s] = [0.1 + 0.01 * f64::from(input), 0.05 + 0.2 * f64::from(output - 1)];
        format!("{input},{output},{:.7},{:.7}\n", 2.0 * prefill_s + 1e-7 * f64::from(k / 1520), 2.0 * decode_s)
    };
    let rows: String = (0..40_000).map(row).collect();
    experiment.write("many.csv", format!("input_tokens,output_tokens,prefill_s,decode_s\n{rows}{}", row(0)));
    let run = experiment.run("evaluate --model 1M --data many.csv --output e --format json");
    assert_eq!(run.stderr, "warn: many.csv:40002: row not used: the same row as many.csv:2, to the last digit\n");
    let report = json(&run.done());
    assert_eq!((names(&report), &report["rows"]), (ALL.to_vec(), &Value::from(40_000)));
    for time in ["prefill_s", "decode_s", "total_s"] {
        let figure = |key: &str| report[time][key].as_f64().expect("a number");
        assert_eq!(figure("n"), 40_000.0);
        for key in ["mape_percent", "median_ape_percent", "p95_ape_percent", "max_ape_percent"] {
            assert!((figure(key) - 50.0).abs() < 0.1, "{time} {key}: {report}");
        }
    }
    let predictions = std::fs::read_to_string(experiment.path("e/predictions.csv")).expect("a file");
    let tokens: Vec<&str> =
        predictions.lines().skip(1).map(|line| line.split(",0,").next().unwrap_or_default()).collect();
    let expected: Vec<String> = (0..40_000).map(|k| format!("{},{}", 10 + k % 80, 2 + k % 19)).collect();
    assert_eq!(tokens, expected, "in the order of the file");
}

#[test]
fn rows_that_are_all_fitted_are_none() {
    let experiment = trained(CONFIG);
    let error = experiment.run("--log-level error evaluate --model 1M --data configs/rows.csv").failed(1);
    assert_eq!(error, "error: no usable row in configs/rows.csv");
}

#[test]
fn a_profile_without_decode_is_scored_on_prompts() {
    let rows = "input_tokens,output_tokens,prefill_s\n10,1,0.2\n20,1,0.3\n30,8,0.4\n40,1,0.5\n";
    let experiment = Experiment::new(CONFIG, rows);
    experiment.write("unseen.csv", "input_tokens,output_tokens,prefill_s,decode_s\n60,11,1.4,2.05\n90,1,2.0,\n");
    experiment.run("train --model 1M").done();
    let run = experiment.run("evaluate --model 1M --data unseen.csv --output e --format json");
    assert_eq!(run.stderr, "");
    let report = json(&run.done());
    assert_eq!(names(&report), ALL);
    for predictor in report["predictors"].as_array().expect("a list") {
        assert_eq!((&predictor["prefill_s"]["n"], &predictor["total_s"]["n"]), (&Value::from(2), &Value::from(1)));
        assert!(predictor["decode_s"].is_null(), "{predictor}");
    }
    let mape = report["prefill_s"]["mape_percent"].as_f64().expect("a number");
    assert!((mape - 50.0).abs() < 1e-3, "{report}");
    let predictions = std::fs::read_to_string(experiment.path("e/predictions.csv")).expect("a file");
    let decode: Vec<&str> = predictions.lines().skip(1).filter_map(|line| line.rsplit(',').next()).collect();
    assert_eq!(decode, ["", "0.0"], "{predictions}");
}

#[test]
fn all_models_are_one_table_and_one_list() {
    let experiment = trained(&with_holdout());
    experiment
        .write("configs/without.toml", CONFIG.replace("Tiny", "Bare").replace("1M", "2M").replace("tiny-llm", ""));
    let error = experiment.run("evaluate --all-models").failed(1);
    assert!(error.contains("configs/without.toml"), "an alias cannot be empty: {error}");
    experiment.write("configs/without.toml", CONFIG.replace("Tiny", "Bare").replace("1M", "2M").replace("tiny-", "b-"));
    let error = experiment.run("evaluate --all-models").failed(1);
    let train = "run `token2metrics train --model without --output outputs`";
    assert_eq!(error, format!("error: outputs/without/profile.t2m: \"without\" is not trained yet: {train}"));

    experiment.run("train --all-models").done();
    let run = experiment.run("evaluate --all-models --output e");
    assert!(run.stderr.contains("warn: without: the config names no [device] holdout"), "{}", run.stderr);
    let table = run.done();
    let heads = "| model | rows | predictor          | prefill MAPE % | decode MAPE % | total MAPE % |\n";
    assert!(table.starts_with(heads) && table.lines().count() == 6, "{table}");
    assert!(table.contains("\n| Tiny  | 1    | degree 2           |           0.00 |"), "{table}");
    let list = json(&experiment.run("evaluate --all-models --format json").done());
    assert_eq!(list.as_array().map(Vec::len), Some(1));
    assert_eq!(json(&std::fs::read_to_string(experiment.path("e/tiny/evaluation.json")).expect("a file")), list[0]);

    for (also, code) in [("--model 1M", 2), ("--data unseen.csv", 2), ("--model-path outputs/tiny/profile.t2m", 1)] {
        let error = experiment.run(&format!("evaluate --all-models {also}")).failed(code);
        assert!(error.contains("--all-models"), "{error}");
    }
    experiment.write("configs/tiny.toml", CONFIG);
    let error = experiment.run("--log-level error evaluate --all-models").failed(1);
    assert_eq!(error, "error: configs: no config names a [device] holdout: nothing to compare with");
}
