//! Rows at the edge of what can be fitted: very few, all alike, all cached, huge, level.

mod common;

use common::{AUTO, Folder, Noise, SPREAD, auto, decode, form, prompt, request, rows};
use token2metrics_core::{MAX_TOKENS, Request, Term};
use token2metrics_trainer::fit::{FitError, fit};
use token2metrics_trainer::form::{Form, padded};
use token2metrics_trainer::loss::Loss;
use token2metrics_trainer::measurement::{Phase, Sample};
use token2metrics_trainer::scan::{RIDGES, scan};
use token2metrics_trainer::select::{Settings, Validation, select};
use token2metrics_trainer::solve::SolveError;

fn coefficients(phase: Phase, degree: u8, intercept: bool, samples: &[Sample]) -> Result<Vec<f64>, FitError> {
    fit(phase, &Form::polynomial(phase, degree, intercept), Loss::Relative, 0.0, samples)
        .map(|fitted| fitted.coefficients)
}

fn near(found: Result<Vec<f64>, FitError>, expected: &[f64]) -> bool {
    let found = found.expect("rows that determine the fit");
    found.len() == expected.len() && found.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-9 * b.abs().max(1e-3))
}

#[test]
fn as_few_rows_as_coefficients_are_enough() {
    assert!(near(coefficients(Phase::Prefill, 1, false, &[prompt(100, 0.5)]), &[5e-3]));
    assert!(near(coefficients(Phase::Prefill, 1, true, &[prompt(100, 0.5), prompt(200, 0.9)]), &[0.1, 4e-3]));
    let error = coefficients(Phase::Prefill, 1, true, &[prompt(100, 0.5)]);
    let reason = SolveError::TooFewRows { rows: 1, coefficients: 2 };
    assert_eq!(error, Err(FitError::Solve { phase: Phase::Prefill, reason }));
    assert_eq!(coefficients(Phase::Decode, 1, false, &[]), Err(FitError::NoRows(Phase::Decode)));
}

#[test]
fn rows_of_one_length_determine_a_time_per_token_only() {
    let prompts = [prompt(64, 0.9), prompt(64, 1.1)];
    // 0.9 and 1.1 relative: (1/0.9 + 1/1.1) / (1/0.81 + 1/1.21) of a second for 64 tokens.
    let seconds = (1.0 / 0.9 + 1.0 / 1.1) / (1.0 / 0.81 + 1.0 / 1.21);
    assert!(near(coefficients(Phase::Prefill, 1, false, &prompts), &[seconds / 64.0]));
    let error = coefficients(Phase::Prefill, 1, true, &prompts).map_err(|error| error.to_string());
    let advice = "prefill: all rows have 64 input tokens to compute: one length cannot tell a fixed time from one per token; \
                  measure others or set fit_intercept = false";
    assert_eq!(error, Err(advice.to_owned()));
    let reason = SolveError::Dependent { coefficients: 2 };
    assert_eq!(
        coefficients(Phase::Prefill, 2, false, &prompts),
        Err(FitError::Solve { phase: Phase::Prefill, reason })
    );
}

#[test]
fn the_context_tells_steps_of_one_count_apart() {
    let step = |context: f64| 0.02 + 3e-5 * context;
    let samples = [10, 200, 900].map(|input| decode(input, 17, 0.0, step));
    assert!(near(coefficients(Phase::Decode, 2, false, &samples), &[0.02, 3e-5]));
    assert!(matches!(coefficients(Phase::Decode, 2, true, &samples), Err(FitError::OneLength { .. })));
}

#[test]
fn all_prompts_may_be_cached_but_for_some_tokens() {
    let behind = |cached_tokens: u32, tokens: u32| Sample {
        request: Request { cached_tokens, ..request(cached_tokens + tokens, 1) },
        seconds: 0.1 + 2e-3 * f64::from(tokens),
    };
    let samples = [behind(500, 10), behind(300, 20), behind(900, 40), behind(70, 30)];
    assert!(near(coefficients(Phase::Prefill, 1, true, &samples), &[0.1, 2e-3]));
    // All but the last token.
    let samples = [500, 300, 900].map(|cached| behind(cached, 1));
    assert!(matches!(coefficients(Phase::Prefill, 1, true, &samples), Err(FitError::OneLength { .. })));
    assert!(near(coefficients(Phase::Prefill, 1, false, &samples), &[0.102]));
}

#[test]
fn the_longest_requests_can_be_fitted() {
    let tokens = (1..=64).map(|k| k * (MAX_TOKENS / 64));
    let prompts: Vec<Sample> = tokens.clone().map(|n| prompt(n, 0.1 + 1e-4 * f64::from(n))).collect();
    assert_eq!(form(&auto(Phase::Prefill, &prompts)), "1 + n");
    let decode = |n| Sample { request: request(MAX_TOKENS, n), seconds: 0.02 * f64::from(n - 1) };
    let decodes: Vec<Sample> = tokens.map(decode).collect();
    assert_eq!(form(&auto(Phase::Decode, &decodes)), "sum(1)");
}

#[test]
fn lengths_that_do_not_tell_forms_apart_leave_the_simpler_one() {
    // Multiples of 128 are their own padded length.
    let mut noise = Noise::new(5);
    let seconds = |n: u32| 0.1 + 1e-3 * f64::from(n);
    let samples: Vec<Sample> = (1..=20).map(|k| prompt(128 * k, seconds(128 * k) * noise.factor(SPREAD))).collect();
    let padded = Form { intercept: true, terms: vec![Term::plain(1.0, 1), padded(128, 1)] };
    let scanned = scan(Phase::Prefill, &[padded], Loss::Huber, 5, 42, &samples);
    // Without a penalty nothing decides between the two.
    assert_eq!(scanned.iter().map(|scanned| scanned.ridge).collect::<Vec<_>>(), RIDGES[1..]);
    let chosen = auto(Phase::Prefill, &samples).fitted.form;
    assert!(chosen.terms.iter().all(|term| term.tile == 1 || term.tile > 128), "{chosen:?}");
}

#[test]
fn equal_times_are_a_plateau() {
    let prompts: Vec<Sample> = (1..=50).map(|k| prompt(20 * k, 0.5)).collect();
    let decodes: Vec<Sample> = (1..=50).map(|k| Sample { request: request(10 * k, 2 + 3 * k), seconds: 0.5 }).collect();
    for loss in [Loss::Squared, Loss::Relative, Loss::Huber] {
        for (phase, samples, simplest) in [(Phase::Prefill, &prompts, "1 + n"), (Phase::Decode, &decodes, "1 + sum(1)")]
        {
            let selected =
                select(phase, &Settings { loss, ..AUTO }, &Validation::default(), samples).expect("fifty rows");
            assert_eq!((form(&selected).as_str(), &selected.flaw), (simplest, &None), "{loss:?}");
            let seconds = selected.fitted.seconds(&[samples[0].request, samples[49].request]);
            assert!(seconds.iter().all(|seconds| (seconds - 0.5).abs() < 1e-6), "{seconds:?}");
        }
    }
}

/// From 500 to 1000 tokens the device takes `3e-3 n - 0.9`, the server `1e-3 n + 0.05` from 1 token on: `3 * 0.051 - 1.05` at 1 token.
#[test]
fn a_calibrated_fit_below_zero_is_warned_of() {
    let folder = Folder::new();
    let decodes = rows(Phase::Decode, &[decode(10, 5, 0.0, |_| 0.02), decode(10, 9, 0.0, |_| 0.02)]);
    let prompts = |tokens: [u32; 5], seconds: fn(f64) -> f64| tokens.map(|n| prompt(n, seconds(n.into())));
    let server = prompts([1, 100, 300, 500, 1000], |n| 0.05 + 1e-3 * n);
    let device = prompts([500, 600, 700, 800, 1000], |n| 3e-3 * n - 0.9);
    folder.csv("server.csv", &(rows(Phase::Prefill, &server) + &decodes));
    folder.csv("device.csv", &(rows(Phase::Prefill, &device) + &decodes));
    let trained = folder.train(
        "[prefill]\ntype = \"linear\"\n[decode]\ntype = \"linear\"\nfit_intercept = false\n[calibration]\nmethod = \"affine\"\n\
         [server]\nname = \"s\"\ndata = [\"server.csv\"]\n[device]\nname = \"d\"\ndata = [\"device.csv\"]\n",
    );
    let warnings = trained.report.warnings;
    let warning = "prefill: the calibrated fit is not above zero at 1 tokens: choose another calibration.method";
    assert!(warnings.iter().any(|given| given == warning), "{warnings:?}");
}
