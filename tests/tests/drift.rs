//! A device that is no longer as its profile says, simulated and replayed: `docs/drift.md` has the table, and what it promises is asserted.

mod drift {
    pub(crate) mod device;
    pub(crate) mod replay;
    pub(crate) mod tally;
}

use drift::device::{CASES, Case};
use drift::tally::Tally;
use std::fmt::Write;
use token2metrics_core::Profile;
use token2metrics_tests::document::clone;
use token2metrics_tests::experiment::run_in;
use token2metrics_tests::{assert_file, root};

/// How far behind a fit to the last 20 requests the drift may be, in percentage points of mean error, once 20 requests were observed.
const BEHIND_REFIT: f64 = 1.0;
/// By how much it may make a steady device worse.
const WORSE_THAN_NOTHING: f64 = 0.5;
/// Of 90 % bands, in percent of all requests, freaks included.
const COVERAGE: std::ops::RangeInclusive<f64> = 80.0..=95.0;

fn profile(stem: &str) -> Profile {
    let clone = clone();
    run_in(clone.path(), &format!("train --model {stem}")).done();
    let blob = std::fs::read(clone.path().join("outputs").join(stem).join("profile.t2m")).expect("a blob");
    Profile::decode(&blob).expect("a profile")
}

/// The rows of the table: a name, and what was counted.
fn measured() -> Vec<(String, Tally)> {
    let simulated = profile("qwen_1_5b");
    let mut rows: Vec<_> = CASES.iter().map(|case| (case.name.to_owned(), case.run(&simulated))).collect();
    for (stem, profile) in [("qwen_1_5b", simulated), ("smollm2_135m", profile("smollm2_135m"))] {
        rows.push((format!("replayed: {stem}, one thread to two and back"), drift::replay::run(stem, &profile)));
    }
    rows
}

fn table(rows: &[(String, Tally)]) -> String {
    let mut table = String::from(
        "| device | settled: profile alone | refit | drift | first 20: profile alone | drift | 20 after a change: refit | drift | bands hold: profile | drift |\n\
         |---|--:|--:|--:|--:|--:|--:|--:|--:|--:|\n",
    );
    for (name, tally) in rows {
        let Tally { settled, starting, changing, .. } = tally;
        let changing =
            changing.map_or("| |".to_owned(), |errors| format!("{:.2} | {:.2} |", errors.refit, errors.drift));
        let [alone, with] = tally.coverage();
        writeln!(
            table,
            "| {name} | {:.2} | {:.2} | {:.2} | {:.2} | {:.2} | {changing} {alone:.1} | {with:.1} |",
            settled.alone, settled.refit, settled.drift, starting.alone, starting.drift
        )
        .expect("a string");
    }
    table
}

#[test]
fn the_page_has_the_table_and_it_keeps_its_promises() {
    let rows = measured();
    let path = root().join("docs/drift.md");
    let page = std::fs::read_to_string(&path).expect("the page");
    let (before, rest) = page.split_once("| device |").expect("a table");
    let (_, after) = rest.split_once("\n\n").expect("text after the table");
    assert_file(&path, &format!("{before}{}\n{after}", table(&rows)));

    for (name, tally) in &rows {
        let settled = tally.settled;
        assert!(settled.drift <= settled.refit + BEHIND_REFIT, "{name}: {settled:?}");
        if name == Case::STEADY {
            for errors in [settled, tally.starting] {
                assert!(errors.drift <= errors.alone + WORSE_THAN_NOTHING, "{name}: {errors:?}");
            }
        }
        let [_, with_drift] = tally.coverage();
        assert!(COVERAGE.contains(&with_drift), "{name}: bands hold for {with_drift} %");
    }
}
