//! `docs/accuracy.md` states what `evaluate --all-models` prints, and simpler predictors are not ahead of the profiles.

use serde_json::Value;
use std::path::Path;
use tempfile::TempDir;
use token2metrics_tests::document::{as_measured, clone};
use token2metrics_tests::experiment::run_in;
use token2metrics_tests::{assert_file, root};

/// By how much a simpler predictor may be ahead, in percentage points: less than the repeats of a request differ by.
const AHEAD: f64 = 1.0;

fn trained() -> TempDir {
    let clone = clone();
    run_in(clone.path(), "train --all-models").done();
    clone
}

fn table(folder: &Path) -> String {
    run_in(folder, "evaluate --all-models").done()
}

#[test]
fn the_page_has_the_table() {
    let path = root().join("docs/accuracy.md");
    let page = std::fs::read_to_string(&path).expect("the page");
    assert_file(&path, &as_measured(&page, trained().path(), table));
}

#[test]
fn no_simpler_predictor_is_ahead() {
    let reports = run_in(trained().path(), "evaluate --all-models --format json").done();
    let reports: Vec<Value> = serde_json::from_str(&reports).expect("a list");
    assert_eq!(reports.len(), 5);
    for report in &reports {
        let predictors = report["predictors"].as_array().expect("a list");
        assert_eq!(predictors.len(), 4, "{report}");
        for time in ["prefill_s", "decode_s", "total_s"] {
            let mape = |of: &Value| of[time]["mape_percent"].as_f64().expect("a number");
            assert_eq!(predictors[0][time], report[time], "the first is the profile");
            for simpler in &predictors[1..] {
                let ahead = mape(&predictors[0]) - mape(simpler);
                assert!(ahead < AHEAD, "{}: {time}: {} is ahead by {ahead}", report["llm"], simpler["name"]);
            }
        }
    }
}
