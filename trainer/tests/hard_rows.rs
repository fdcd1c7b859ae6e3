//! Rows that `type = "auto"` meets and cannot choose: too few, too many, in other units.

mod common;

use common::{AUTO, Folder, Noise, SPREAD, auto, decode, form, prompt, prompts, request, rows};
use token2metrics_trainer::fit::FitError;
use token2metrics_trainer::measurement::{Phase, Sample};
use token2metrics_trainer::select::{Settings, Validation, select};
use token2metrics_trainer::train::train;

const DEVICE: &str = "[device]\nname = \"d\"\ndata = [\"rows.csv\"]\n";

#[test]
fn one_row_is_too_few_and_two_make_a_line() {
    let folder = Folder::new();
    folder.csv("rows.csv", "100,11,0,0.5,0.2\n");
    let error = train(&folder.config(DEVICE)).expect_err("one row").to_string();
    assert_eq!(
        error,
        "device rows: prefill: 1 row cannot determine 2 coefficients: measure more requests or choose a simpler type"
    );

    folder.csv("rows.csv", "100,11,0,0.5,0.2\n300,31,0,0.9,0.6\n");
    let trained = folder.train(DEVICE);
    // 0.3 s and 2 ms a token; 20 ms a step.
    let prediction = trained.profile.predict(request(200, 21)).expect("a request");
    assert!((prediction.prefill_s - 0.7).abs() < 1e-6 && (prediction.decode_s - 0.4).abs() < 1e-6, "{prediction:?}");
    let report = trained.report;
    assert_eq!((report.holdout.scores.is_none(), report.cross_validation), (true, None));
    for warning in
        ["too few device rows to set any aside: no holdout errors", "too few device rows for cross-validation"]
    {
        assert!(report.warnings.iter().any(|given| given == warning), "{:?}", report.warnings);
    }
}

#[test]
fn rows_of_one_length_need_a_form_without_a_fixed_part() {
    let same: Vec<Sample> = (0..20).map(|k| prompt(64, 0.5 + 0.001 * f64::from(k))).collect();
    let error = select(Phase::Prefill, &AUTO, &Validation::default(), &same).expect_err("one length");
    assert!(matches!(error, FitError::OneLength { phase: Phase::Prefill, .. }), "{error}");
    let settings = Settings { fit_intercept: false, ..AUTO };
    let selected = select(Phase::Prefill, &settings, &Validation::default(), &same).expect("a time per token");
    assert_eq!((form(&selected).as_str(), &selected.flaw), ("n", &None));
    assert!((selected.fitted.seconds(&[request(64, 1)])[0] - 0.5095).abs() < 1e-3);
}

/// Relative errors have no unit: in years and in attoseconds the same form comes out, and the same times.
#[test]
fn the_unit_of_the_times_makes_no_difference() {
    let stairs = prompts(|n| 0.02 + 1e-4 * n + 1e-3 * (n / 128.0).ceil() * 128.0);
    let steps: Vec<Sample> = (1..=40).map(|k| decode(20 * k, 2 + 3 * (k % 13), 0.1, |c| 0.02 + 3e-5 * c)).collect();
    for (phase, samples) in [(Phase::Prefill, stairs), (Phase::Decode, steps)] {
        let own = auto(phase, &samples);
        for unit in [1e-30, 1e30] {
            let scaled: Vec<Sample> = samples.iter().map(|s| Sample { seconds: unit * s.seconds, ..*s }).collect();
            let other = auto(phase, &scaled);
            assert_eq!(form(&other), form(&own));
            let seconds = own.fitted.seconds(&[samples[0].request, samples[39].request]);
            let in_unit = other.fitted.seconds(&[samples[0].request, samples[39].request]);
            for (seconds, in_unit) in seconds.iter().zip(in_unit) {
                assert!((in_unit / unit / seconds - 1.0).abs() < 1e-6, "{in_unit} for {seconds}");
            }
        }
    }
}

#[test]
fn of_many_rows_all_are_fitted_and_some_compared() {
    let mut noise = Noise::new(6);
    let lengths: Vec<u32> = (0..10_000).map(|_| noise.tokens(1, 4000)).collect();
    let seconds = |n: u32| 0.02 + 1e-4 * f64::from(n) + 1e-3 * f64::from(n.div_ceil(128) * 128);
    let samples: Vec<Sample> = lengths.iter().map(|n| prompt(*n, seconds(*n) * noise.factor(SPREAD))).collect();
    let selected = auto(Phase::Prefill, &samples);
    assert_eq!(form(&selected), "1 + n + pad(n, 128)");
    // The mean of ten thousand rows of 1 % is known to some hundredths of a percent.
    for n in [1, 128, 129, 4000] {
        let predicted = selected.fitted.seconds(&[request(n, 1)])[0];
        assert!((predicted / seconds(n) - 1.0).abs() < 2e-3, "{n}: {predicted} for {}", seconds(n));
    }
}

/// Longer prompts took less time, in every row: what comes of it falls too, and the report says so.
#[test]
fn rows_that_fall_are_trained_and_warned_of() {
    let folder = Folder::new();
    let falling: Vec<Sample> = (1..=30).map(|k| prompt(30 * k, 2.0 - 2e-3 * f64::from(30 * k))).collect();
    let steps: Vec<Sample> = (1..=30).map(|k| decode(10, 1 + k, 0.0, |_| 0.02)).collect();
    folder.csv("rows.csv", &(rows(Phase::Prefill, &falling) + &rows(Phase::Decode, &steps)));
    let trained = folder.train(DEVICE);
    let warnings: Vec<&String> = trained.report.warnings.iter().filter(|warning| warning.contains("falls")).collect();
    assert_eq!(warnings, ["prefill: the fit falls from 30 to 31 tokens: choose another type"]);
}
