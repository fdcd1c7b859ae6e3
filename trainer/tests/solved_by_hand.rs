//! Fits and calibrations of cases that were solved by hand.

mod common;

use common::{decode, prompt, request};
use token2metrics_core::Request;
use token2metrics_trainer::calibrate::{Base, Map, Method};
use token2metrics_trainer::fit::fit;
use token2metrics_trainer::form::Form;
use token2metrics_trainer::loss::Loss;
use token2metrics_trainer::measurement::{Phase, Sample};
use token2metrics_trainer::select::{Selected, Validation};

// How far from the solution by hand, relative to it.
/// The terms are whole numbers that an `f32` has exactly: what is left is rounding of `f64` in the decomposition.
const EXACT: f64 = 1e-9;
/// Sums of squared contexts are rounded to `f32`, as on the device; the coefficients amplify that.
const ROUNDED: f64 = 1e-3;
/// What one freak row in 31 may do to a robust fit; a row ten times faster than the others pulls ten times as hard on a relative loss,
/// but no harder than that.
const ROBUST: f64 = 0.03;

const LOSSES: [Loss; 3] = [Loss::Squared, Loss::Relative, Loss::Huber];

fn coefficients(phase: Phase, form: &Form, loss: Loss, samples: &[Sample]) -> Vec<f64> {
    fit(phase, form, loss, 0.0, samples).expect("rows that determine the fit").coefficients
}

fn assert_near(found: &[f64], by_hand: &[f64], tolerance: f64) {
    let near = |(found, by_hand): (&f64, &f64)| (found - by_hand).abs() <= tolerance * by_hand.abs();
    let all = found.len() == by_hand.len() && found.iter().zip(by_hand).all(near);
    assert!(all, "{found:?}, by hand {by_hand:?}");
}

#[test]
fn exact_prompts_give_their_coefficients_back() {
    for loss in LOSSES {
        for by_hand in [vec![0.05, 2e-3], vec![0.05, 2e-3, 3e-6], vec![0.05, 2e-3, 3e-6, 4e-10]] {
            let seconds = |n: f64| by_hand.iter().rev().fold(0.0, |sum, coefficient| sum * n + coefficient);
            let samples: Vec<Sample> = (1..=12).map(|k| prompt(20 * k, seconds(f64::from(20 * k)))).collect();
            let form = Form::polynomial(Phase::Prefill, by_hand.len() as u8 - 1, true);
            assert_near(&coefficients(Phase::Prefill, &form, loss, &samples), &by_hand, EXACT);
            // Without the fixed part.
            let samples: Vec<Sample> = samples.iter().map(|s| Sample { seconds: s.seconds - 0.05, ..*s }).collect();
            let form = Form { intercept: false, ..form };
            assert_near(&coefficients(Phase::Prefill, &form, loss, &samples), &by_hand[1..], EXACT);
        }
    }
}

#[test]
fn exact_steps_give_their_coefficients_back() {
    let start_s = 0.03;
    for by_hand in [vec![0.02], vec![0.02, 3e-5], vec![0.02, 3e-5, 4e-8]] {
        let step = |context: f64| by_hand.iter().rev().fold(0.0, |sum, coefficient| sum * context + coefficient);
        let pairs = [(1, 2), (10, 30), (500, 3), (100, 300), (900, 90), (40, 700), (3, 15)];
        let with_start = pairs.map(|(input, output)| decode(input, output, start_s, step));
        let without = pairs.map(|(input, output)| decode(input, output, 0.0, step));
        for loss in LOSSES {
            let form = |intercept| Form::polynomial(Phase::Decode, by_hand.len() as u8, intercept);
            let found = coefficients(Phase::Decode, &form(true), loss, &with_start);
            assert_near(&found, &[&[start_s], by_hand.as_slice()].concat(), ROUNDED);
            assert_near(&coefficients(Phase::Decode, &form(false), loss, &without), &by_hand, ROUNDED);
        }
    }
}

/// 4 s for 2 tokens behind 3 cached ones, 10 s for 4 behind 6: with `seconds = a ((d + n)^2 - d^2)`, the rises are 5^2 - 3^2 = 16 and
/// 10^2 - 6^2 = 64; with a term of n alone they are 2 and 4. `2 b + 16 a = 4` and `4 b + 64 a = 10` give a = 1/16, b = 3/2.
#[test]
fn cached_tokens_deepen_the_context() {
    let behind = |cached_tokens, tokens, seconds| Sample {
        request: Request { cached_tokens, ..request(cached_tokens + tokens, 1) },
        seconds,
    };
    let form = Form::polynomial(Phase::Prefill, 2, false);
    let samples = [behind(3, 2, 4.0), behind(6, 4, 10.0)];
    assert_near(&coefficients(Phase::Prefill, &form, Loss::Relative, &samples), &[1.5, 0.0625], EXACT);
}

/// One token in 2 s, two in 3 s, and one coefficient c, the seconds per token.
///
/// Squared: `(c - 2)^2 + (2 c - 3)^2` is least at `c = (1 * 2 + 2 * 3) / (1 + 4) = 8/5`.
///
/// Relative: `(c/2 - 1)^2 + (2 c/3 - 1)^2` is least at `c = (1/2 + 2/3) / (1/4 + 4/9) = 42/25`.
///
/// Huber: of the relative residuals at 42/25, -4/25 and 3/25, the median size is 0.14; the threshold `0.14 / 0.6745 * 1.345 = 0.28` is above
/// both, so that the solution is that of the relative squares.
#[test]
fn each_loss_has_its_own_minimum() {
    let form = Form::polynomial(Phase::Prefill, 1, false);
    let samples = [prompt(1, 2.0), prompt(2, 3.0)];
    for (loss, by_hand) in [(Loss::Squared, 8.0 / 5.0), (Loss::Relative, 42.0 / 25.0), (Loss::Huber, 42.0 / 25.0)] {
        assert_near(&coefficients(Phase::Prefill, &form, loss, &samples), &[by_hand], EXACT);
    }
}

/// Thirty prompts at 2 s per token, 1 % apart, and one that is ten times slower or, the harder case for relative errors, faster.
#[test]
fn huber_is_not_moved_by_a_freak_row() {
    let form = Form::polynomial(Phase::Prefill, 1, false);
    let mut samples: Vec<Sample> =
        (1..=30).map(|n| prompt(n, 2.0 * f64::from(n) * if n % 2 == 0 { 1.01 } else { 0.99 })).collect();
    let without = coefficients(Phase::Prefill, &form, Loss::Huber, &samples);
    assert_near(&without, &[2.0], ROBUST);
    for (freak, squares) in [(10.0, Loss::Squared), (0.1, Loss::Relative)] {
        samples.push(prompt(31, 62.0 * freak));
        assert_near(&coefficients(Phase::Prefill, &form, Loss::Huber, &samples), &without, ROBUST);
        let moved = coefficients(Phase::Prefill, &form, squares, &samples)[0];
        assert!((moved / 2.0 - 1.0).abs() > 0.5, "{squares:?}: {moved}");
        samples.pop();
    }
}

/// The server takes 1, 2 and 4 s where the device takes 2, 6 and 9 s.
fn calibrated(method: Method, loss: Loss) -> Map {
    let form = Form::polynomial(Phase::Prefill, 1, false);
    let server = Selected::only(Phase::Prefill, &form, Loss::Squared, 0.0, &[prompt(1, 1.0), prompt(4, 4.0)]);
    let base = Base {
        selected: &server.expect("two rows for one coefficient"),
        settings: None,
        loss,
        validation: &Validation::default(),
    };
    let device = [prompt(1, 2.0), prompt(2, 6.0), prompt(4, 9.0)];
    base.calibrate(method, &device).expect("rows that determine the map").calibration
}

/// Ratios 2, 3 and 9/4: mean 29/12, median 9/4.
///
/// Through the origin, squared: `(1 * 2 + 2 * 6 + 4 * 9) / (1 + 4 + 16) = 50/21`. Relative, with x/y = 1/2, 1/3, 4/9:
/// `(1/2 + 1/3 + 4/9) / (1/4 + 1/9 + 16/81) = (23/18) / (181/324) = 414/181`.
///
/// Affine, squared: means 7/3 and 17/3; `scale = (50 - 7 * 17/3) / (21 - 7 * 7/3) = (31/3) / (14/3) = 31/14`,
/// `offset = 17/3 - 31/14 * 7/3 = 1/2`.
#[test]
fn maps_from_the_server_to_the_device() {
    for (method, loss, scale, offset_s) in [
        (Method::SimpleScaling, Loss::Relative, 29.0 / 12.0, 0.0),
        (Method::MedianRatio, Loss::Relative, 9.0 / 4.0, 0.0),
        (Method::LinearFit, Loss::Squared, 50.0 / 21.0, 0.0),
        (Method::LinearFit, Loss::Relative, 414.0 / 181.0, 0.0),
        (Method::Affine, Loss::Squared, 31.0 / 14.0, 0.5),
        (Method::Direct, Loss::Squared, 1.0, 0.0),
    ] {
        let found = calibrated(method, loss);
        assert_near(&[found.scale, found.offset_s], &[scale, offset_s], EXACT);
    }
}

/// Least squares of 1, 2 and 4 tokens in 2, 6 and 9 s: `(1 * 2 + 2 * 6 + 4 * 9) / (1 + 4 + 16) = 50/21` s per token.
#[test]
fn direct_is_a_fit_on_the_device_alone() {
    let form = Form::polynomial(Phase::Prefill, 1, false);
    let server =
        Selected::only(Phase::Prefill, &form, Loss::Squared, 0.0, &[prompt(1, 1.0)]).expect("one row is enough");
    let validation = Validation::default();
    let base = Base { selected: &server, settings: None, loss: Loss::Squared, validation: &validation };
    let direct = base.calibrate(Method::Direct, &[prompt(1, 2.0), prompt(2, 6.0), prompt(4, 9.0)]);
    assert_near(&direct.expect("three rows").selected.fitted.coefficients, &[50.0 / 21.0], EXACT);
}
