//! `type = "auto"` finds the form that the data were made with.

mod common;

use common::{AUTO, Noise, SPREAD, auto, decode, form, prompt, prompts, request};
use token2metrics_core::Request;
use token2metrics_trainer::auto::{Candidate, Compared};
use token2metrics_trainer::candidates::candidates;
use token2metrics_trainer::fit::FitError;
use token2metrics_trainer::form::Form;
use token2metrics_trainer::loss::Loss;
use token2metrics_trainer::measurement::{Phase, Sample};
use token2metrics_trainer::select::{Selected, Settings, Validation, select};
use token2metrics_trainer::solve::SolveError;

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
    assert_eq!(find(0.0, |_| 0.02), "sum(1)", "noise is no reason for a degree");
    assert_eq!(find(0.0, |c| 0.02 + 3e-5 * c), "sum(1 + c)");
    assert_eq!(find(0.1, |_| 0.02), "1 + sum(1)");
    assert_eq!(find(0.1, |c| 0.02 + 3e-5 * c), "1 + sum(1 + c)");
    assert_eq!(find(0.1, |c| 0.02 + 3e-8 * c * c), "1 + sum(1 + c + c^2)");
}

#[test]
fn the_comparison_is_listed_best_first() {
    let samples = prompts(|n| 0.05 + 1e-3 * n);
    let selected = auto(Phase::Prefill, &samples);
    let Compared { forms, best } = &selected.compared;
    // Eighty rows are enough for all forms.
    assert_eq!(*forms, candidates(Phase::Prefill, true, &samples).len());
    assert!((100..1000).contains(forms) && (16..30).contains(&best.len()), "{} of {forms}", best.len());
    assert!(best.is_sorted_by(|a, b| a.cv_mape_percent <= b.cv_mape_percent), "{best:?}");
    let chosen: Vec<&Candidate> = best.iter().filter(|candidate| candidate.chosen).collect();
    assert!(chosen.len() == 1 && chosen[0].form == "1 + n" && chosen[0].coefficients == 2, "{chosen:?}");
    assert_eq!(chosen[0].ridge, selected.fitted.solver.ridge);
    // Evenly spread over 1 %: a mean of about half of it, and a standard error of 1 % / sqrt(12 * 80) less what is cut off.
    assert!((0.4..0.6).contains(&chosen[0].cv_mape_percent), "{chosen:?}");
    assert!((0.01..0.04).contains(&chosen[0].standard_error), "{chosen:?}");
    for plain in ["1 + n", "1 + n + n^2", "1 + n + n^2 + n^3"] {
        assert_eq!(best.iter().filter(|candidate| candidate.form == plain).count(), 1, "{plain}");
    }
}

#[test]
fn a_form_with_more_coefficients_than_half_the_rows_is_not_compared() {
    let forms = |rows| auto(Phase::Decode, &decodes(0.1, |_| 0.02)[..rows]).compared.best;
    let largest = |rows| forms(rows).iter().map(|candidate| candidate.coefficients).max();
    assert_eq!([5, 6, 7, 8].map(largest), [Some(2), Some(3), Some(3), Some(4)]);
    // Of so few rows the line is taken without a comparison.
    assert!(forms(3).is_empty());
    assert_eq!(form(&auto(Phase::Decode, &decodes(0.1, |_| 0.02)[..3])), "1 + sum(1)");
}

fn flaw<'a>(selected: &'a Selected, form: &str) -> Option<&'a str> {
    selected.compared.best.iter().find(|candidate| candidate.form == form)?.flaw.as_deref()
}

/// Too short for tiles and knots: a parabola with its top at 6.25 of 8 tokens, which nothing but a parabola follows.
#[test]
fn a_form_that_falls_is_passed_over_while_another_is_sound() {
    let samples: Vec<Sample> = (0..40)
        .map(|k| k % 8 + 1)
        .map(|n| (n, f64::from(n)))
        .map(|(n, x)| prompt(n, 1.0 + 0.5 * x - 0.04 * x * x))
        .collect();
    let selected = auto(Phase::Prefill, &samples);
    assert_eq!(flaw(&selected, "1 + n + n^2"), Some("falls from 6 to 7 tokens"));
    assert_eq!((form(&selected).as_str(), &selected.flaw), ("1 + n", &None));
    let best = &selected.compared.best;
    let of = |form: &str| best.iter().find(|candidate| candidate.form == form).map(|c| c.cv_mape_percent);
    assert!(of("1 + n + n^2") < of("1 + n"), "it would have been the best: {best:?}");
}

/// Times of a pure square: the line of least squared seconds through them starts below zero.
#[test]
fn a_form_that_is_negative_is_never_chosen_while_another_is_sound() {
    let squares: Vec<Sample> = (1..=40).map(|k| prompt(10 * k, 1e-4 * f64::from(k * k))).collect();
    let settings = Settings { loss: Loss::Squared, ..AUTO };
    let line = Selected::only(Phase::Prefill, &Form::polynomial(Phase::Prefill, 1, true), Loss::Squared, 0.0, &squares);
    assert_eq!(line.expect("forty rows").flaw.as_deref(), Some("is not above zero at 10 tokens"));
    for samples in [squares.clone(), squares[..12].to_vec()] {
        let selected = select(Phase::Prefill, &settings, &Validation::default(), &samples).expect("a fit");
        assert!(selected.flaw.is_none() && form(&selected) != "1 + n", "{} {:?}", form(&selected), selected.flaw);
    }
}

#[test]
fn where_every_form_falls_the_line_is_taken_with_its_flaw() {
    let falling: Vec<Sample> = (1..=30).map(|k| prompt(30 * k, 2.0 - 2e-3 * f64::from(30 * k))).collect();
    let selected = auto(Phase::Prefill, &falling);
    assert_eq!(form(&selected), "1 + n");
    assert!(selected.flaw.as_deref().is_some_and(|flaw| flaw.starts_with("falls from 30 to ")), "{:?}", selected.flaw);
}

#[test]
fn a_fall_far_up_a_long_range_is_seen() {
    // The top of 20 n - n^2 / 10000 is at 100,000 of the 131,072 tokens.
    let seconds = |n: f64| 20.0 * n - n * n / 1e4;
    let samples: Vec<Sample> = (1..=64).map(|k| prompt(2048 * k, seconds(f64::from(2048 * k)))).collect();
    let parabola =
        Selected::only(Phase::Prefill, &Form::polynomial(Phase::Prefill, 2, false), Loss::Relative, 0.0, &samples);
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
    let line = Selected::only(Phase::Prefill, &Form::polynomial(Phase::Prefill, 1, true), Loss::Squared, 0.0, &samples);
    let line = line.expect("four rows for two coefficients");
    assert_eq!(line.flaw.as_deref(), Some("is not above zero at 1000 tokens"), "{:?}", line.fitted.coefficients);
}

#[test]
fn rows_that_determine_no_line_are_an_error() {
    let error = select(Phase::Decode, &AUTO, &Validation::default(), &[decode(5, 9, 0.1, |_| 0.02)]);
    let reason = SolveError::TooFewRows { rows: 1, coefficients: 2 };
    assert_eq!(error, Err(FitError::Solve { phase: Phase::Decode, reason }));

    let same: Vec<Sample> = (1..=30).map(|k| prompt(64, f64::from(k))).collect();
    let error = select(Phase::Prefill, &AUTO, &Validation::default(), &same).expect_err("one length").to_string();
    assert!(error.starts_with("prefill: all rows have 64 input tokens to compute: "), "{error}");
}
