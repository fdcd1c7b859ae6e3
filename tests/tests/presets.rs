//! The shipped presets and what the commands do with one, from outside.

use serde_json::Value;
use token2metrics_core::{Profile, Request};
use token2metrics_tests::experiment::{CONFIG, Experiment, ROWS, run_in};
use token2metrics_tests::root;

const ORIN: [&str; 3] = ["jetson_agx_orin_llama_8b", "jetson_agx_orin_qwen_14b", "jetson_agx_orin_qwen_1_5b"];
/// A prompt token takes 10 ms after 0.1 s, a step 0.2 s.
const BOARD: &str = "[llm]\nname = \"Tiny\"\nsize = \"1M\"\n[device]\nname = \"Board\"\n[preset]\nsource = \"a paper\"\n\
    trained_input_tokens = [1, 100]\ntrained_output_tokens = [2, 50]\n\
    [preset.prefill]\nfixed_s = 0.1\nterms = [{ coefficient = 0.01, power = 1 }]\n\
    [preset.decode]\nterms = [{ coefficient = 0.2, power = 0 }]\n\
    [preset.error.total_s]\nmape_percent = 1.5\nrows = 30\nhow = \"holdout rows\"\n";
const REQUEST: &str = "--input-tokens 10 --output-tokens 6";

fn experiment() -> Experiment {
    let experiment = Experiment::new(CONFIG, ROWS);
    experiment.write("configs/presets/board.toml", BOARD);
    experiment
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).expect("JSON")
}

#[test]
fn the_shipped_presets_answer_without_training() {
    let files = std::fs::read_dir(root().join("configs/presets")).expect("a folder").count();
    assert_eq!(files, ORIN.len());
    let empty = tempfile::tempdir().expect("a folder");
    for stem in ORIN {
        let options = format!("--input-tokens 100 --output-tokens 50 --model-path {}", empty.path().display());
        let run = run_in(root(), &format!("predict --model {stem} {options} --format json"));
        assert!(
            run.stderr.starts_with(&format!("info: {stem}: a preset: measurements published with")),
            "{}",
            run.stderr
        );
        let predicted = json(&run.done());
        assert_eq!((&predicted["device"], predicted["total_s"].is_f64()), (&Value::from("Jetson AGX Orin"), true));
        run_in(root(), &format!("train --model {stem} --output {}", empty.path().display())).done();
        let blob = std::fs::read(empty.path().join(stem).join("profile.t2m")).expect("a blob");
        assert!(blob.len() < 256, "{} bytes", blob.len());
        let request = Request { input_tokens: 100, cached_tokens: 0, output_tokens: 50 };
        let by_blob = Profile::decode(&blob).expect("a sound blob").predict(request).expect("a request");
        assert_eq!(predicted["total_s"].as_f64().map(|seconds| seconds as f32), Some(by_blob.total_s));
    }
    // The label of a size keeps meaning what can be trained.
    assert!(
        run_in(root(), "predict --model 8B --model-path nowhere --input-tokens 1 --output-tokens 1")
            .failed(1)
            .contains("train --model llama_8b")
    );
}

#[test]
fn training_writes_the_blob_and_says_that_it_is_stated() {
    let experiment = experiment();
    experiment.run("train --model board").done();
    let report = json(
        &String::from_utf8(std::fs::read(experiment.path("outputs/board/report.json")).expect("a report"))
            .expect("text"),
    );
    assert_eq!(
        report["stated"],
        json(
            "{\"source\": \"a paper\", \"error\": {\"total_s\": {\"mape_percent\": 1.5, \"rows\": 30, \"how\": \"holdout rows\"}}}"
        )
    );
    assert_eq!(report["prefill"]["formula"], "prefill_s = 1e-1 + 1e-2 n");
    let before = experiment.run(&format!("predict --model board {REQUEST} --model-path elsewhere")).done();
    assert_eq!(experiment.run(&format!("predict --model board {REQUEST}")).done(), before);
    assert_eq!(
        experiment.run("train --model board --regression linear").failed(1),
        "error: --regression: board is a preset, which is not fitted: leave it out"
    );
    let trained = json(&experiment.run("train --all-models --format json").done());
    assert_eq!(trained.as_array().expect("reports").len(), 1, "the config alone");
}

#[test]
fn exporting_gives_the_same_preset_again() {
    let experiment = experiment();
    experiment.run("train --model board").done();
    let export = |blob: &str, name: &str| {
        experiment
            .run(&format!(
                "export {blob} --format toml --source paper --alias brett --output configs/presets/{name}.toml"
            ))
            .done();
        experiment.run(&format!("train --model {name}")).done();
        std::fs::read(experiment.path(&format!("outputs/{name}/profile.t2m"))).expect("a blob")
    };
    let blob = std::fs::read(experiment.path("outputs/board/profile.t2m")).expect("a blob");
    assert_eq!(export("outputs/board/profile.t2m", "again"), blob);
    let report = |name: &str| json(&experiment.run(&format!("train --model {name} --format json")).done());
    assert_eq!(report("again")[0]["stated"]["error"], report("board")[0]["stated"]["error"]);
    experiment.run(&format!("predict --model brett {REQUEST}")).done();
    // A fitted profile and its cross-validation.
    experiment.run("train --model tiny").done();
    let blob = std::fs::read(experiment.path("outputs/tiny/profile.t2m")).expect("a blob");
    assert_eq!(export("outputs/tiny/profile.t2m", "fitted"), blob);
    let error = &report("fitted")[0]["stated"]["error"]["prefill_s"];
    assert_eq!((&error["rows"], &error["how"]), (&Value::from(6), &Value::from("5-fold cross-validation")));
    assert!(
        experiment
            .run("export outputs/tiny/profile.t2m --format toml --output a.toml")
            .failed(2)
            .contains("--source <TEXT>")
    );
}

#[test]
fn a_preset_file_is_taken_where_a_blob_is() {
    let experiment = experiment();
    experiment.run("train --model board").done();
    let of = |path: &str| {
        experiment.run(&format!("calibrate --model-path {path} --data configs/rows.csv --output c.t2m")).done();
        experiment.run(&format!("export {path} --format c --output c.h")).done();
        let read = |name: &str| std::fs::read(experiment.path(name)).expect("a file");
        (experiment.run(&format!("inspect {path}")).done(), read("c.t2m"), read("c.h"))
    };
    assert_eq!(of("outputs/board/profile.t2m"), of("configs/presets/board.toml"));
}

#[test]
fn evaluating_needs_rows_of_the_same_device() {
    let experiment = experiment();
    let scores = json(&experiment.run("evaluate --model board --data configs/rows.csv --format json").done());
    assert_eq!(scores["total_s"]["n"], 6);
    assert_eq!(
        experiment.run("evaluate --model board").failed(1),
        "error: board: a preset has no measured requests: give some with --data"
    );
    experiment.run("train --model board").done();
    assert_eq!(
        experiment.run("evaluate --model-path outputs/board/profile.t2m").failed(1),
        "error: the profile is of Tiny on Board, the rows of tiny are of Tiny on Abacus: give requests measured there with --data"
    );
}
