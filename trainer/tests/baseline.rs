//! The simpler predictors that `evaluate` compares with, on rows solved by hand.

mod common;

use common::{Folder, decode, prompt, request};
use token2metrics_core::{Profile, Request};
use token2metrics_trainer::baseline::{Baseline, Predictor, compare};
use token2metrics_trainer::calibrate::{Calibrated, Map, Method};
use token2metrics_trainer::clean::Rejection;
use token2metrics_trainer::config::Config;
use token2metrics_trainer::fit::FitError;
use token2metrics_trainer::measurement::{Phase, Sample};
use token2metrics_trainer::score::score;
use token2metrics_trainer::train::{Rows, train};

fn learn(baseline: Baseline, phase: Phase, server: &[Sample], device: &[Sample]) -> Calibrated {
    baseline.learn(phase, server, device).expect("rows that determine it")
}

fn assert_close(found: &[f64], by_hand: &[f64]) {
    assert_eq!(found.len(), by_hand.len(), "{found:?}");
    for (found, by_hand) in found.iter().zip(by_hand) {
        assert!((found - by_hand).abs() < 1e-5 * by_hand.abs().max(1.0), "{found} is {by_hand}");
    }
}

fn coefficients(learned: &Calibrated) -> &[f64] {
    &learned.selected.fitted.coefficients
}

#[test]
fn linear_by_squared_seconds_and_the_mean_ratio() {
    // Means 2 and 3, slope 5 / 2.
    let bent = [prompt(1, 1.0), prompt(2, 2.0), prompt(3, 6.0)];
    let own = learn(Baseline::Linear, Phase::Prefill, &[], &bent);
    assert_close(coefficients(&own), &[-2.0, 2.5]);
    assert_eq!((own.method, own.calibration), (Method::Direct, Map::IDENTITY));

    // The server takes 3 at 2 tokens and 10.5 at 5; 2 and 4 times that are 3 times in the mean.
    let scaled = learn(Baseline::Linear, Phase::Prefill, &bent, &[prompt(2, 6.0), prompt(5, 42.0)]);
    assert_close(coefficients(&scaled), &[-2.0, 2.5]);
    assert_close(&[scaled.calibration.scale, scaled.calibration.offset_s], &[3.0, 0.0]);

    let steps = [decode(10, 2, 0.5, |_| 0.25), decode(99, 6, 0.5, |_| 0.25)];
    assert_close(coefficients(&learn(Baseline::Linear, Phase::Decode, &[], &steps)), &[0.5, 0.25]);
}

#[test]
fn degree_2_by_relative_squares() {
    // Of 1 and 3 seconds, (p - 1)^2 + (p - 3)^2 / 9 is least at 1.2; the square through 1.2, 2.4 and 4.8 is 1.2 - 0.6 n + 0.6 n^2.
    let twice = [(1, 1.0), (2, 2.0), (3, 4.0)].map(|(n, seconds)| [prompt(n, seconds), prompt(n, 3.0 * seconds)]);
    let twice = twice.concat();
    let own = learn(Baseline::DegreeTwo, Phase::Prefill, &[prompt(1, 9.0)], &twice);
    assert_close(coefficients(&own), &[1.2, -0.6, 0.6]);
    assert_eq!(own.method, Method::Direct, "the device's own rows come first");

    let growing = |input, output| decode(input, output, 0.5, |context| 0.25 + 0.125 * context);
    let steps = [growing(1, 2), growing(5, 4), growing(9, 3), growing(2, 9)];
    assert_close(coefficients(&learn(Baseline::DegreeTwo, Phase::Decode, &[], &steps)), &[0.5, 0.25, 0.125]);

    let few = [prompt(2, 3.6), prompt(3, 16.8)];
    let scaled = learn(Baseline::DegreeTwo, Phase::Prefill, &twice, &few);
    assert_close(coefficients(&scaled), &[1.2, -0.6, 0.6]);
    // Ratios 1.5 and 3.5.
    assert_eq!(scaled.method, Method::SimpleScaling);
    assert_close(&[scaled.calibration.scale], &[2.5]);
    let error = Baseline::DegreeTwo.learn(Phase::Prefill, &[], &few).expect_err("two rows, three coefficients");
    assert!(error.to_string().contains("2 rows cannot determine 3 coefficients"), "{error}");
}

#[test]
fn constant_rate_is_all_tokens_over_all_seconds() {
    let cached = Request { input_tokens: 40, cached_tokens: 10, output_tokens: 7 };
    let prompts = [prompt(10, 1.0), Sample { request: cached, seconds: 5.0 }];
    let rate = learn(Baseline::ConstantRate, Phase::Prefill, &[prompt(1, 9.0)], &prompts);
    assert_close(coefficients(&rate), &[6.0 / 40.0]);
    assert_close(&[rate.seconds(request(100, 1))], &[15.0]);

    let steps = [Sample { request: request(9, 3), seconds: 1.0 }, Sample { request: request(5, 7), seconds: 5.0 }];
    let rate = learn(Baseline::ConstantRate, Phase::Decode, &[], &steps);
    assert_close(coefficients(&rate), &[6.0 / 8.0]);
    assert_close(&[rate.seconds(request(100, 5))], &[3.0]);
}

#[test]
fn without_device_rows_there_is_no_baseline() {
    let server = [prompt(1, 1.0), prompt(2, 2.0), prompt(3, 3.5), prompt(4, 5.0)];
    for baseline in Baseline::ALL {
        assert_eq!(baseline.learn(Phase::Prefill, &server, &[]), Err(FitError::NoRows(Phase::Prefill)), "{baseline:?}");
    }
}

const LINES: &str =
    "[prefill]\ntype = \"linear\"\n[decode]\ntype = \"linear\"\n[device]\nname = \"Abacus\"\ndata = [\"rows.csv\"]\n";

/// Predictors, and the rows that were not scored.
fn compared(folder: &Folder, config: &Config, scored: &str) -> (Vec<Predictor>, Vec<Rejection>) {
    folder.csv("scored.csv", scored);
    let profile = train(config).expect("rows that can be fitted").profile;
    let rows = Rows::with_scored(config, &[folder.path("scored.csv")]).expect("rows");
    let score_all =
        |profiles: &[&Profile]| Ok(profiles.iter().map(|profile| score(profile, &rows.holdout.rows)).collect());
    let (_, predictors) = compare(&profile, &rows, score_all).expect("the same rows");
    (predictors, rows.holdout.rejected)
}

fn mapes(predictor: &Predictor) -> [Option<f64>; 3] {
    [predictor.prefill_s, predictor.decode_s, predictor.total_s].map(|errors| errors.map(|errors| errors.mape_percent))
}

#[test]
fn predictors_side_by_side_on_rows_that_none_has_seen() {
    let folder = Folder::new();
    // Prompts take 1 + n / 10, steps 1 / 4 each: 9 s for 60 tokens, 3 s for 12 steps.
    folder.csv("rows.csv", "10,5,0,2,1\n20,3,0,3,0.5\n30,7,0,4,1.5\n");
    let (predictors, rejected) = compared(&folder, &folder.config(LINES), "30,7,0,4,1.5\n40,3,0,5,0.5\n100,5,0,22,1\n");
    assert_eq!(rejected.len(), 1, "{rejected:?}");
    assert!(rejected[0].reason.contains("rows.csv:4"), "{rejected:?}");
    let names: Vec<&str> = predictors.iter().map(|predictor| &*predictor.name).collect();
    assert_eq!(names, ["this profile", "linear, mean ratio", "degree 2", "constant rate"]);
    // The line is 5 and 11 s of 5 and 22, the rate of 20 / 3 tokens a second 6 and 15; totals 5.5 and 12, 6.5 and 16 of 5.5 and 23.
    let line = [25.0, 0.0, 50.0 * 11.0 / 23.0];
    let rate = [50.0 * (0.2 + 7.0 / 22.0), 0.0, 50.0 * (1.0 / 5.5 + 7.0 / 23.0)];
    for (predictor, by_hand) in predictors.iter().zip([line, line, line, rate]) {
        let found = mapes(predictor).map(|mape| mape.expect("all three are known"));
        for (found, by_hand) in found.into_iter().zip(by_hand) {
            assert!((found - by_hand).abs() < 1e-3, "{}: {found} is {by_hand}", predictor.name);
        }
        assert_eq!(predictor.total_s.map(|errors| errors.n), Some(2), "the fitted row is not scored");
    }
}

#[test]
fn prefill_alone_is_compared_alone() {
    let folder = Folder::new();
    folder.csv("rows.csv", "10,1,0,2,\n20,9,0,3,\n30,1,0,4,\n");
    // The prompt of a request with a decode that nobody measured is a prompt; the whole of it is not known.
    let (predictors, rejected) = compared(&folder, &folder.config(LINES), "40,8,0,5,\n90,1,0,20,\n");
    assert_eq!(rejected, []);
    assert_eq!(predictors.len(), 4);
    for predictor in &predictors[..3] {
        let [prefill, decode, total] = mapes(predictor);
        assert!((prefill.expect("prompts") - 25.0).abs() < 1e-3 && decode.is_none(), "{predictor:?}");
        assert!((total.expect("the request of one token") - 50.0).abs() < 1e-3, "{predictor:?}");
        assert_eq!(predictor.prefill_s.map(|errors| errors.n), Some(2));
    }
}

#[test]
fn a_baseline_that_its_rows_do_not_determine_is_left_out() {
    let folder = Folder::new();
    // Two rows: enough for lines, not for squares.
    folder.csv("rows.csv", "10,5,0,2,1\n20,3,0,3,0.5\n");
    let (predictors, _) = compared(&folder, &folder.config(LINES), "40,3,0,5,0.5\n");
    let known: Vec<[bool; 3]> =
        predictors.iter().map(|predictor| mapes(predictor).map(|mape| mape.is_some())).collect();
    assert_eq!(known, [[true; 3], [true; 3], [false; 3], [true; 3]]);
}
