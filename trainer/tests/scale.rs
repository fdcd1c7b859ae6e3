//! More rows than are kept: all are read and checked, a sample is fitted, the others are scored, and nothing is dropped silently.

mod common;

#[path = "../examples/generate.rs"]
#[allow(dead_code, reason = "the command line is not tried here")]
mod generate;

use common::{Folder, request};
use token2metrics_core::{Profile, Request};
use token2metrics_trainer::clean::{Cleaned, Cleaner, LISTED};
use token2metrics_trainer::config::Config;
use token2metrics_trainer::ingest::{IngestError, Source};
use token2metrics_trainer::measurement::Measurement;
use token2metrics_trainer::reservoir::MOST;
use token2metrics_trainer::score::{Errors, score};
use token2metrics_trainer::tally::score_all;
use token2metrics_trainer::train::{Trained, train};

const DEVICE: &str = "[device]\nname = \"d\"\ndata = [\"rows.csv\"]\n";
const LINEAR: &str = "[prefill]\ntype = \"linear\"\n[decode]\ntype = \"linear\"\n";

/// Enough for a file that is read in parts, where there are threads.
const MANY: u64 = 400_000;

/// A profile whose times are known: 0.1 s and 2 ms a prompt token, 20 ms a step.
fn profile() -> Profile {
    let folder = Folder::new();
    folder.csv("rows.csv", "8,2,0,0.116,0.02\n100,11,0,0.3,0.2\n500,101,0,1.1,2\n940,31,0,1.98,0.6\n");
    folder.train(&format!("{LINEAR}{DEVICE}")).profile
}

fn generated(rows: u64) -> String {
    let mut text = Vec::new();
    generate::generate(&profile(), rows, 1, &mut text).expect("a vector takes all");
    String::from_utf8(text).expect("figures")
}

fn write(folder: &Folder, name: &str, rows: &str) {
    std::fs::write(folder.path(name), rows).expect("a writable folder");
}

fn folder(rows: &str) -> Folder {
    let folder = Folder::new();
    write(&folder, "rows.csv", rows);
    folder
}

fn cleaned(folder: &Folder, names: &[&str], seed: u64) -> Cleaned {
    let paths: Vec<_> = names.iter().map(|name| folder.path(name)).collect();
    Cleaner::new(seed).read(&paths).expect("sound rows")
}

/// What was measured, in an order that does not depend on the lines.
fn measured(cleaned: &Cleaned) -> Vec<(u32, u32, u64, u64)> {
    let of = |row: &Measurement| {
        let Request { input_tokens, output_tokens, .. } = row.request;
        let bits = |seconds: Option<f64>| seconds.map_or(0, f64::to_bits);
        (input_tokens, output_tokens, bits(row.prefill_s), bits(row.decode_s))
    };
    let mut all: Vec<_> = cleaned.rows.iter().map(of).collect();
    all.sort_unstable();
    all
}

#[test]
fn a_sample_is_fitted_and_the_others_are_scored() {
    let rows = MOST + 8000;
    let trained: Trained = folder(&generated(rows as u64)).train(DEVICE);
    let device = &trained.report.rows.device;
    let fitted = device.fitted.expect("a sample");
    // The least keys, and the ends of the range as far as they are not among these.
    assert!((MOST..=MOST + 4).contains(&fitted), "{fitted}");
    assert_eq!((device.kept, trained.rows.device.rows.len(), device.rejections()), (rows, fitted, 0));
    let holdout = trained.report.holdout;
    assert_eq!(holdout.from, "the device rows beyond the sample that was fitted");
    let total = holdout.scores.and_then(|scores| scores.total_s).expect("errors");
    assert_eq!(total.n, rows - fitted);
    // Noise of 3 %, of which some 2.5 % are the mean size, and one time in a hundred three to ten times as long.
    assert!((1.0..6.0).contains(&total.mape_percent), "{total:?}");
    assert!((0.85..0.95).contains(&total.coverage_90.expect("bands")), "{total:?}");
    let said = format!(
        "device: fitted on {fitted} of {rows} usable rows, drawn by validation.seed; the other {} are what the profile is scored on",
        rows - fitted
    );
    assert_eq!(trained.report.warnings[0], said);

    let sought = profile();
    assert_eq!(trained.profile.trained, sought.trained, "the range is that of all rows");
    for (input_tokens, output_tokens) in [(8, 2), (60, 96), (500, 50), (940, 100)] {
        let [found, sought] =
            [&trained.profile, &sought].map(|of| of.predict(request(input_tokens, output_tokens)).expect("a request"));
        for (found, sought) in [(found.prefill_s, sought.prefill_s), (found.decode_s, sought.decode_s)] {
            assert!((found / sought - 1.0).abs() < 0.01, "{input_tokens}, {output_tokens}: {found} s for {sought} s");
        }
    }
}

#[test]
fn the_seed_and_what_was_measured_decide_which_rows_are_kept() {
    let text = generated(MANY);
    let folder = folder(&text);
    let sample = cleaned(&folder, &["rows.csv"], 1);
    assert!(sample.is_sample() && sample.usable == MANY as usize);
    assert_eq!(measured(&sample), measured(&cleaned(&folder, &["rows.csv"], 1)));
    assert_ne!(measured(&sample), measured(&cleaned(&folder, &["rows.csv"], 2)));

    // In two files, the second one with blank lines, line ends from Windows and a quoted cell, so that it is read otherwise.
    let (header, rows) = text.split_once('\n').expect("lines");
    let (first, second) = rows.split_at(rows[..rows.len() / 3].rfind('\n').expect("a line") + 1);
    write(&folder, "first.csv", &format!("{header}\n{first}"));
    write(&folder, "second.csv", &format!("{header},note\n\n{}", second.replace('\n', ",\"a, b\"\r\n")));
    let parted = cleaned(&folder, &["first.csv", "second.csv"], 1);
    assert_eq!((measured(&parted), parted.usable), (measured(&sample), sample.usable));
    // Each row knows its line.
    let lines: Vec<&str> = text.lines().collect();
    for row in sample.rows.iter().step_by(1000) {
        let Request { input_tokens, output_tokens, .. } = row.request;
        assert!(lines[row.line as usize - 1].starts_with(&format!("{input_tokens},{output_tokens},")), "{row:?}");
    }
}

#[test]
fn a_row_is_as_likely_kept_whatever_its_length() {
    let folder = folder(&generated(MANY));
    let sample = cleaned(&folder, &["rows.csv"], 3);
    let share = sample.rows.len() as f64 / sample.usable as f64;
    let mut all = 0;
    let short = |row: &Measurement| row.request.input_tokens < 100;
    sample
        .each(|row| {
            all += usize::from(short(row));
            Ok::<(), IngestError>(())
        })
        .expect("the same rows");
    let kept = sample.rows.iter().filter(|row| short(row)).count() as f64;
    let expected = share * all as f64;
    assert!((kept - expected).abs() < 5.0 * expected.sqrt(), "{kept} of {all}, expected {expected}");
}

#[test]
fn a_bad_cell_is_an_error_wherever_it_is() {
    let text = generated(MANY);
    for row in [90_000, 390_000] {
        let mut lines: Vec<&str> = text.lines().collect();
        lines[row] = "30,4,0.4,fast";
        let folder = folder(&lines.join("\n"));
        let error = Cleaner::new(1).read(&[folder.path("rows.csv")]).expect_err("a bad cell").to_string();
        let place = format!("{}:{}: column \"decode_s\": \"fast\" ", folder.path("rows.csv").display(), row + 1);
        assert!(error.starts_with(&place), "{error}");
    }
    let error = |line: &str| {
        let folder = folder(&format!("{text}{line}\n"));
        Cleaner::new(1).read(&[folder.path("rows.csv")]).expect_err("a bad row").to_string()
    };
    assert!(error("1,2,3").ends_with("not a CSV file"), "{}", error("1,2,3"));
    assert!(error("16777217,2,1,1").contains("is above 16777216"));
}

#[test]
fn copies_and_useless_rows_are_counted_and_the_first_are_listed() {
    let text = generated(MANY);
    let (_, rows) = text.split_once('\n').expect("lines");
    let copied: Vec<&str> = rows.lines().skip(7).step_by(200).collect();
    let useless = "0,2,0.1,0.1\n".repeat(1500);
    let folder = folder(&format!("{text}{}\n{useless}", copied.join("\n")));
    let trained = folder.train(&format!("{LINEAR}{DEVICE}"));
    let device = &trained.report.rows.device;
    assert_eq!((device.kept, device.rejected.len()), (MANY as usize, LISTED));
    assert_eq!(device.rejections(), copied.len() + 1500);
    let first = &device.rejected[0];
    let same = format!("the same row as {}:9, to the last digit", folder.path("rows.csv").display());
    assert_eq!((first.line, first.reason.as_str()), (MANY + 2, same.as_str()));
    // Copies are neither fitted twice nor scored twice.
    let fitted = device.fitted.expect("a sample");
    let scored = trained.report.holdout.scores.and_then(|scores| scores.prefill_s).expect("errors").n;
    assert_eq!(fitted + scored, MANY as usize);
    let mut distinct = measured(&trained.rows.device);
    distinct.dedup();
    assert_eq!(distinct.len(), fitted);

    let page = token2metrics_trainer::page::page(&trained.report, &[], &trained.blob).expect("a page");
    assert!(page.contains(&format!("{} rejected", device.rejections())), "all are counted");
    assert!(page.contains(&format!("{} more were rejected and counted", device.unlisted)));
}

#[test]
fn a_holdout_of_many_rows_is_scored_in_full() {
    let text = generated(MANY);
    let (header, rows) = text.split_once('\n').expect("lines");
    // The first rows are fitted; the holdout has them too.
    let few: String = rows.split_inclusive('\n').take(500).collect();
    let folder = folder(&format!("{header}\n{few}"));
    write(&folder, "holdout.csv", &text);
    let config: Config = folder.config(&format!("{LINEAR}{DEVICE}holdout = [\"holdout.csv\"]\n"));
    let trained = train(&config).expect("rows that can be fitted");
    let holdout = &trained.rows.holdout;
    assert_eq!((holdout.usable, holdout.rejected.len()), (MANY as usize - 500, 500));
    let mut all = Vec::new();
    holdout
        .each(|row| {
            all.push(*row);
            Ok::<(), IngestError>(())
        })
        .expect("the same rows");
    let exact = score(&trained.profile, &all);
    let told = trained.report.holdout.scores.expect("scores");
    assert_eq!(Some(told), score_all(&trained.profile, holdout).ok(), "the same every time");
    let near = |told: Option<Errors>, exact: Option<Errors>| {
        let (told, exact) = (told.expect("errors"), exact.expect("errors"));
        let close = |a: f64, b: f64| (a / b - 1.0).abs() < 2e-3;
        assert_eq!((told.n, told.max_ape_percent), (exact.n, exact.max_ape_percent));
        assert_eq!((told.coverage_90, told.coverage_99), (exact.coverage_90, exact.coverage_99));
        assert!(close(told.mape_percent, exact.mape_percent), "{told:?} {exact:?}");
        assert!(close(told.median_ape_percent, exact.median_ape_percent), "{told:?} {exact:?}");
        assert!(close(told.p95_ape_percent, exact.p95_ape_percent), "{told:?} {exact:?}");
    };
    near(told.prefill_s, exact.prefill_s);
    near(told.decode_s, exact.decode_s);
    near(told.total_s, exact.total_s);
}

#[test]
fn a_file_that_changes_between_two_readings_is_an_error() {
    let folder = folder(&generated(10));
    let source = Source::open(&folder.path("rows.csv")).expect("a header");
    let count = |source: &Source| source.fold(|| 0, |count, _| *count += 1).map(|counts| counts.iter().sum::<i32>());
    assert_eq!(count(&source).expect("rows"), 10);
    write(&folder, "rows.csv", &generated(11));
    let error = count(&source).expect_err("another file").to_string();
    assert!(error.ends_with("the file has changed while it was read: run the command again"), "{error}");
}
