//! `type = "auto"` finds the form that the data were made with.

mod common;

use common::{AUTO, Noise, SPREAD, auto, decode, form, prompt, prompts, request};
use token2metrics_core::Request;
use token2metrics_trainer::fit::FitError;
use token2metrics_trainer::form::Form;
use token2metrics_trainer::loss::Loss;
use token2metrics_trainer::measurement::{Phase, Sample};
use token2metrics_trainer::select::{Candidate, Selected, Settings, Validation, select};

/// Eighty requests up to 1000 prompt and 200 generated tokens, noisy.
fn decodes(start_s: f64, step: impl Fn(f64) -> f64) -> Vec<Sample> {
    let mut noise = Noise::new(8);
    let counts: Vec<(u32, u32)> = (0..80).map(|_| (noise.tokens(1, 1000), noise.tokens(2, 200))).collect();
    let exact = counts.into_iter().map(|(input, output)| decode(input, output, start_s, &step));
    exact.map(|sample| Sample { seconds: sample.seconds * noise.factor(SPREAD), ..sample }).collect()
}

fn whole(n: f64, tile: f64) -> f64 {
    (n / tile).floor() * tile
}

#[test]
fn the_form_of_the_prompts_is_found() {
    let find = |seconds: fn(f64) -> f64| form(&auto(Phase::Prefill, &prompts(seconds)));
    assert_eq!(find(|n| 0.05 + 1e-3 * n), "1 + n");
    assert_eq!(find(|n| 0.05 + 1e-3 * n + 1e-6 * n * n), "1 + n + n^2");
    // Full tiles take half as long per token as the remainder.
    assert_eq!(find(|n| 0.02 + 2e-3 * n - 1e-3 * whole(n, 16.0)), "1 + n + whole(n, 16)");
    assert_eq!(find(|n| 0.02 + 1e-4 * n + 1e-3 * (n / 128.0).ceil() * 128.0), "1 + n + pad(n, 128)");
    assert_eq!(find(|n| 0.02 + 2e-3 * n - 1e-3 * whole(n, 64.0) + 2e-6 * n * n), "1 + n + n^2 + whole(n, 64)");
}

#[test]
fn the_form_of_the_steps_is_found() {
    let find = |start_s, step: fn(f64) -> f64| form(&auto(Phase::Decode, &decodes(start_s, step)));
    assert_eq!(find(0.0, |_| 0.02), "1 + sum(1)", "noise is no reason for a degree");
    assert_eq!(find(0.1, |_| 0.02), "1 + sum(1)");
    assert_eq!(find(0.1, |c| 0.02 + 3e-5 * c), "1 + sum(1 + c)");
    assert_eq!(find(0.1, |c| 0.02 + 3e-8 * c * c), "1 + sum(1 + c + c^2)");
}

#[test]
fn every_candidate_is_listed_with_its_score_or_why_it_has_none() {
    let selected = auto(Phase::Prefill, &prompts(|n| 0.05 + 1e-3 * n));
    // Degrees 1 to 3; seven tiles, padded and whole, at degrees 1 and 2.
    assert_eq!(selected.candidates.len(), 3 + 7 * 2 * 2);
    assert!(selected.candidates.is_sorted_by_key(|candidate| candidate.coefficients));
    for Candidate { form, comparison, .. } in &selected.candidates {
        assert!(comparison.cv_mape_percent.is_some() && comparison.standard_error.is_some(), "{form}: {comparison:?}");
    }
    // Evenly spread over 1 %: a mean of about half of it.
    let chosen = selected.candidates.iter().find(|candidate| candidate.form == "1 + n").expect("what was chosen");
    assert!((0.3..0.7).contains(&chosen.comparison.cv_mape_percent.expect("scored above")), "{chosen:?}");

    let selected = auto(Phase::Decode, &decodes(0.1, |_| 0.02));
    assert_eq!(
        selected.candidates.iter().map(|c| c.form.as_str()).collect::<Vec<_>>(),
        ["1 + sum(1)", "1 + sum(1 + c)", "1 + sum(1 + c + c^2)"]
    );
}

fn rejected<'a>(selected: &'a Selected, form: &str) -> Option<&'a str> {
    selected.candidates.iter().find(|candidate| candidate.form == form)?.comparison.rejected.as_deref()
}

#[test]
fn a_form_that_is_of_no_use_is_rejected() {
    // Times of a pure square: the line of least squared seconds through them starts below zero.
    let squares: Vec<Sample> = (1..=40).map(|k| prompt(10 * k, 1e-4 * f64::from(k * k))).collect();
    let squared = Settings { loss: Loss::Squared, ..AUTO };
    let selected = select(Phase::Prefill, &squared, &Validation::default(), &squares).expect("forty rows");
    assert_eq!(rejected(&selected, "1 + n"), Some("is not above zero at 10 tokens"));
    assert_ne!(form(&selected), "1 + n");

    // Times that level off: a parabola through them has its top before the end.
    let level: Vec<Sample> = (1..=40).map(|k| prompt(10 * k, f64::from(k.min(20)))).collect();
    let reason = rejected(&auto(Phase::Prefill, &level), "1 + n + n^2").unwrap_or_default().to_owned();
    assert!(reason.starts_with("falls from ") && reason.ends_with(" tokens"), "{reason:?}");
}

#[test]
fn a_fall_far_up_a_long_range_is_seen() {
    // The top of 20 n - n^2 / 10000 is at 100,000 of the 131,072 tokens.
    let seconds = |n: f64| 20.0 * n - n * n / 1e4;
    let samples: Vec<Sample> = (1..=64).map(|k| prompt(2048 * k, seconds(f64::from(2048 * k)))).collect();
    let parabola =
        Selected::only(Phase::Prefill, &Form::polynomial(Phase::Prefill, 2, false), Loss::Relative, &samples);
    let flaw = parabola.expect("64 rows for two coefficients").flaw.unwrap_or_default();
    let top = flaw.strip_prefix("falls from ").and_then(|flaw| flaw.split(' ').next()?.parse::<u32>().ok());
    assert!(top.is_some_and(|top| top.abs_diff(100_000) < 100), "{flaw:?}");
}

#[test]
fn a_prompt_behind_a_long_prefix_is_above_zero_too() {
    // Whole prompts are far above zero, but what few rows with cached tokens show is a fixed part of -5 s.
    let behind = |cached_tokens, tokens: u32, seconds| Sample {
        request: Request { cached_tokens, ..request(cached_tokens + tokens, 1) },
        seconds,
    };
    let samples = [behind(0, 1000, 5.0), behind(0, 2000, 15.0), behind(995, 5, 1e-3), behind(1990, 10, 2e-3)];
    let line = Selected::only(Phase::Prefill, &Form::polynomial(Phase::Prefill, 1, true), Loss::Squared, &samples);
    let line = line.expect("four rows for two coefficients");
    assert_eq!(line.flaw.as_deref(), Some("is not above zero at 1000 tokens"), "{:?}", line.fitted.coefficients);
}

#[test]
fn where_no_form_can_be_fitted_each_reason_stands_once() {
    let error = select(Phase::Decode, &AUTO, &Validation::default(), &[decode(5, 9, 0.1, |_| 0.02)]);
    let reason = |coefficients| {
        format!(
            "decode: 1 row cannot determine {coefficients} coefficients: measure more requests or choose a simpler type"
        )
    };
    let reasons = [2, 3, 4].map(reason).join("; ");
    assert_eq!(error, Err(FitError::NoForm { phase: Phase::Decode, reasons }));

    let same: Vec<Sample> = (1..=30).map(|k| prompt(64, f64::from(k))).collect();
    let error = select(Phase::Prefill, &AUTO, &Validation::default(), &same).expect_err("one length").to_string();
    assert_eq!(error.matches("all rows have 64 input tokens").count(), 1, "{error}");
}
