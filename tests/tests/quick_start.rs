//! What a newcomer does, each command in a process of its own: train, predict, evaluate, the demo, an experiment of one's own.

use serde_json::Value;
use token2metrics_tests::experiment::{CONFIG, Experiment, ROWS, run_in};
use token2metrics_tests::root;

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

#[test]
fn the_four_quick_start_commands() {
    let output = tempfile::tempdir().expect("a folder");
    let output = output.path().display();
    let all = run_in(root(), &format!("train --all-models --output {output}")).done();
    for config in ["gemma3_270m", "llama_8b", "qwen_14b", "qwen_1_5b", "smollm2_135m"] {
        assert!(all.contains(config), "{all}");
    }
    let one = run_in(root(), &format!("train --model 1.5B --output {output}")).done();
    assert!(one.contains("qwen_1_5b") && !one.contains("llama_8b"), "{one}");
    let request = "--model 1.5B --input-tokens 100 --output-tokens 50";
    let predicted = json(&run_in(root(), &format!("predict {request} --model-path {output} --format json")).done());
    let seconds = |key: &str| predicted[key].as_f64().unwrap_or_else(|| panic!("{key}: {predicted}"));
    // Rows near by: 100 tokens took 1.97 s, 61 tokens 2.9 s after a prompt of 74.
    assert!((1.8..2.2).contains(&seconds("prefill_s")), "{predicted}");
    assert!((2.1..2.8).contains(&seconds("decode_s")), "{predicted}");
    let (sum, total) = (seconds("prefill_s") + seconds("decode_s"), seconds("total_s"));
    assert!((sum / total - 1.0).abs() < 1e-6, "{predicted}");
    let demo = run_in(std::env::temp_dir().as_path(), "demo").done();
    assert!(demo.contains("SmolLM2-135M") && demo.contains("| predicted | measured |"), "{demo}");
}

#[test]
fn every_name_of_a_model_finds_it() {
    let experiment = Experiment::default();
    for name in ["1M", "1m", "Tiny", "tiny-llm", "tiny"] {
        experiment.run(&format!("train --model {name} --output {name}")).done();
        assert!(experiment.path(&format!("{name}/tiny/profile.t2m")).is_file(), "{name}");
        experiment
            .run(&format!("predict --model {name} --model-path {name} --input-tokens 9 --output-tokens 9"))
            .done();
    }
    experiment.run("predict --model-path tiny/tiny/profile.t2m --input-tokens 9 --output-tokens 9").done();
}

#[test]
fn an_experiment_is_a_copy_of_a_config() {
    let experiment = Experiment::default();
    let config = CONFIG.replace("Tiny", "Mine").replace("1M", "2M").replace("rows.csv", "mine.csv");
    experiment.write("configs/mine.toml", config.replace("tiny-llm", "my-llm"));
    experiment.write("configs/mine.csv", ROWS.replace("0.25\n", "0.26\n"));
    let table = experiment.run("train --all-models").done();
    assert!(table.contains("mine") && table.contains("tiny"), "{table}");
    let of = |model: &str| {
        experiment.run(&format!("predict --model {model} --input-tokens 9 --output-tokens 9 --format json")).done()
    };
    assert_ne!(json(&of("2M"))["decode_s"], json(&of("1M"))["decode_s"]);
}

#[test]
fn predictions_of_a_case_solved_by_hand() {
    let experiment = Experiment::default();
    experiment.run("train --model 1M").done();
    let close = |value: &Value, expected: f64| (value.as_f64().expect("a number") / expected - 1.0).abs() < 1e-6;
    let one = json(&experiment.run("predict --model 1M --input-tokens 60 --output-tokens 11 --format json").done());
    assert!(close(&one["prefill_s"], 0.7) && close(&one["decode_s"], 2.05) && close(&one["total_s"], 2.75), "{one}");
    assert!(close(&one["tpot_s"], 0.205) && one["energy_j"].is_null() && one["cost"].is_null(), "{one}");
    let extrapolated = |prediction: &Value| prediction["flags"].to_string().matches("extrapolated").count();
    assert_eq!(extrapolated(&one), 0, "{one}");
    let cached = "predict --model 1M --input-tokens 60 --cached-tokens 50 --output-tokens 11 --format json";
    assert!(close(&json(&experiment.run(cached).done())["prefill_s"], 0.2));
    let beyond = experiment.run("predict --model 1M --input-tokens 1000 --output-tokens 100 --format json");
    assert!(beyond.stderr.contains("warn: extrapolated: trained on 10 to 90 input tokens\n"), "{}", beyond.stderr);
    assert_eq!(extrapolated(&json(&beyond.done())), 2);

    experiment.write("requests.csv", "output_tokens,input_tokens\n11,60\n1,1000\n");
    experiment.run("batch-predict --model 1M --input-file requests.csv --output-file p.csv").done();
    let predictions = std::fs::read_to_string(experiment.path("p.csv")).expect("predictions");
    let lines: Vec<&str> = predictions.lines().collect();
    assert!(
        lines[0].starts_with("input_tokens,output_tokens,cached_tokens,prefill_s,decode_s,total_s,tpot_s,"),
        "{}",
        lines[0]
    );
    let bits = |key: &str| one[key].as_f64().expect("a number") as f32;
    let [prefill_s, decode_s] = ["prefill_s", "decode_s"].map(bits);
    assert!(lines[1].starts_with(&format!("60,11,0,{prefill_s},{decode_s},")), "{}", lines[1]);
    assert!(lines[2].starts_with("1000,1,0,") && lines[2].contains(",input_extrapolated"), "{}", lines[2]);
}

#[test]
fn evaluation_and_calibration() {
    let experiment = Experiment::default();
    experiment.run("train --model 1M").done();
    // Twice as slow as the device that was trained, all over.
    experiment
        .write("slow.csv", "input_tokens,output_tokens,prefill_s,decode_s\n60,11,1.4,4.1\n20,3,0.6,0.9\n40,1,1.0,\n");
    let errors = json(&experiment.run("evaluate --model 1M --data slow.csv --output e --format json").done());
    for (time, rows) in [("prefill_s", 3), ("decode_s", 2), ("total_s", 3)] {
        assert_eq!(errors[time]["n"], rows, "{errors}");
        for figure in ["mape_percent", "median_ape_percent", "p95_ape_percent", "max_ape_percent"] {
            let error = errors[time][figure].as_f64().expect("a number");
            assert!((error - 50.0).abs() < 1e-4, "{time} {figure}: {error}");
        }
    }
    assert_eq!(json(&std::fs::read_to_string(experiment.path("e/evaluation.json")).expect("a file")), errors);
    assert_eq!(std::fs::read_to_string(experiment.path("e/predictions.csv")).expect("a file").lines().count(), 4);

    experiment.run("calibrate --model-path outputs/tiny/profile.t2m --data slow.csv --output slow.t2m").done();
    let after = json(&experiment.run("evaluate --model-path slow.t2m --data slow.csv --format json").done());
    assert!(after["total_s"]["max_ape_percent"].as_f64().expect("a number") < 1e-3, "{after}");
    let renamed = "calibrate --model-path slow.t2m --data slow.csv --device Slate --variant wet --output slate.t2m";
    experiment.run(renamed).done();
    let identity = json(&experiment.run("inspect slate.t2m --format json").done())["identity"].clone();
    assert_eq!(identity, json(r#"{"llm": "Tiny", "device": "Slate", "variant": "wet"}"#));
    let long = experiment.run(&renamed.replace("Slate", "a-name-that-is-longer-than-a-blob-can-hold")).failed(1);
    let problem =
        "the name \"a-name-that-is-longer-than-a-blob-can-hold\" is too long: a blob holds at most 32 bytes of it";
    assert_eq!(long, format!("error: {problem}"));
    let methods = ["simple_scaling", "median_ratio", "linear_fit", "affine", "direct", "auto"];
    for method in methods {
        let calibrate = "calibrate --model-path outputs/tiny/profile.t2m --data slow.csv --output m.t2m --method";
        let run = experiment.run(&format!("{calibrate} {method} --format json"));
        assert!(json(&run.done())["prefill"]["rows"] == 3, "{method}");
    }
}

#[test]
fn flags_of_the_whole_program() {
    let experiment = Experiment::default();
    let cubic = "train --model 1M --cross-validate --regression polynomial";
    let run = experiment.run(&format!("--log-level debug --log-file run.log --config-dir configs {cubic}"));
    assert!(run.stderr.contains("info: tiny: fitted, "), "{}", run.stderr);
    let table = run.done();
    assert!(
        table.contains("1 + n + n^2") && table.contains("tiny: cross-validation of the device rows, 5 folds"),
        "{table}"
    );
    let log = std::fs::read_to_string(experiment.path("run.log")).expect("a log");
    assert!(log.contains(" INFO tiny: fitted, "), "{log}");
    let quiet = experiment.run(&format!("--log-level off {cubic}"));
    assert_eq!(quiet.stderr, "");
    let failed = experiment.run("--log-file run.log train --model 3M").failed(1);
    let log = std::fs::read_to_string(experiment.path("run.log")).expect("a log");
    assert!(log.ends_with(&format!(" ERROR {}\n", failed.trim_start_matches("error: "))), "{log}");
}
