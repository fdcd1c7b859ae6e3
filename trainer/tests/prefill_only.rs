//! Rows without `decode_s`: the profile answers what prefill alone can.

mod common;

use common::{Folder, prompts, request, rows};
use std::process::{Command, Output};
use token2metrics_core::{Profile, RequestError};
use token2metrics_trainer::measurement::Phase;

const DEVICE: &str = "[device]\nname = \"d\"\ndata = [\"rows.csv\"]\n";
const WARNING: &str = "no row has decode_s: the profile answers requests of one output token only";

fn folder() -> Folder {
    let folder = Folder::new();
    folder.csv("rows.csv", &rows(Phase::Prefill, &prompts(|n| 0.05 + 1e-3 * n)));
    folder
}

#[test]
fn one_output_token_is_predicted_and_more_are_refused() {
    let trained = folder().train(DEVICE);
    assert_eq!(trained.report.warnings, [WARNING]);
    assert!(trained.report.decode.is_none());
    let scores = trained.report.cross_validation.expect("eighty rows");
    assert_eq!((scores.prefill_s.map(|errors| errors.n), scores.decode_s), (Some(80), None));
    // As a device reads it.
    let profile = Profile::decode(&trained.blob).expect("a sound blob");
    let prediction = profile.predict(request(450, 1)).expect("no step");
    assert!((prediction.prefill_s - 0.5).abs() < 0.005 && prediction.decode_s == 0.0, "{prediction:?}");
    assert_eq!(profile.predict(request(450, 2)), Err(RequestError::NoDecode));
}

fn run(folder: &Folder, arguments: &str) -> (Option<i32>, String, String) {
    let Output { status, stdout, stderr } = Command::new(env!("CARGO_BIN_EXE_token2metrics"))
        .args(["--config-dir", "."])
        .args(arguments.split(' '))
        .current_dir(folder.path(""))
        .output()
        .expect("the program runs");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (status.code(), text(&stdout), text(&stderr))
}

#[test]
fn the_command_line_says_what_to_do() {
    let folder = folder();
    folder.config(DEVICE);
    let (code, table, said) = run(&folder, "train --model tiny");
    assert!(code == Some(0) && said.contains(&format!("warn: tiny: {WARNING}\n")), "{said}");
    assert!(table.contains("| prefill |") && !table.contains("| decode "), "{table}");

    let (code, predicted, said) =
        run(&folder, "predict --model tiny --input-tokens 450 --output-tokens 1 --format json");
    assert_eq!((code, said.as_str()), (Some(0), ""));
    let predicted: serde_json::Value = serde_json::from_str(&predicted).expect("JSON");
    assert!((predicted["total_s"].as_f64().expect("a number") - 0.5).abs() < 0.005, "{predicted}");

    let (code, predicted, said) = run(&folder, "predict --model tiny --input-tokens 450 --output-tokens 9");
    assert_eq!((code, predicted.as_str()), (Some(1), ""));
    assert!(
        said.contains(
            "the profile knows prefill only: ask for one output token, or train it on rows that have decode_s"
        ),
        "{said}"
    );
    let (code, _, said) = run(&folder, "inspect outputs/tiny/profile.t2m");
    assert_eq!(code, Some(0), "{said}");
    // Rows that were fitted are not scored.
    folder.csv("unseen.csv", &rows(Phase::Prefill, &prompts(|n| 0.0501 + 1e-3 * n)));
    let (code, errors, said) = run(&folder, "evaluate --model tiny --data unseen.csv --format json");
    let errors: serde_json::Value = serde_json::from_str(&errors).expect("JSON");
    assert!(code == Some(0) && errors["prefill_s"]["n"] == 80 && errors["decode_s"].is_null(), "{said}{errors}");
}
