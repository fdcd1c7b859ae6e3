//! `method = "auto"` finds how the device differs from the server.

mod common;

use common::{AUTO, Noise, SPREAD, auto, form, prompt, prompts};
use token2metrics_trainer::calibrate::{Base, Calibrated, Map, Method};
use token2metrics_trainer::loss::Loss;
use token2metrics_trainer::measurement::{Phase, Sample};
use token2metrics_trainer::select::Validation;

/// What the device's few rows tell about a server that takes `0.05 + 1e-3 n`.
fn calibrate(loss: Loss, device: &[Sample]) -> Calibrated {
    let server = auto(Phase::Prefill, &prompts(|n| 0.05 + 1e-3 * n));
    let validation = Validation::default();
    let base = Base { selected: &server, settings: Some(&AUTO), loss, validation: &validation };
    base.calibrate(Method::Auto, device).expect("device rows")
}

fn device(rows: u32, seconds: impl Fn(f64) -> f64) -> Vec<Sample> {
    let mut noise = Noise::new(9);
    let length = |k| f64::from(k) * 990.0 / f64::from(rows);
    (1..=rows).map(|k| prompt(length(k) as u32, seconds(length(k).floor()) * noise.factor(SPREAD))).collect()
}

#[test]
fn the_map_to_the_device_is_found() {
    let server = |n: f64| 0.05 + 1e-3 * n;
    let twice = calibrate(Loss::Relative, &device(20, |n| 2.0 * server(n)));
    assert!([Method::MedianRatio, Method::SimpleScaling, Method::LinearFit].contains(&twice.method), "{twice:?}");
    assert!((twice.calibration.scale - 2.0).abs() < 2.0 * SPREAD, "{:?}", twice.calibration);

    let shifted = calibrate(Loss::Relative, &device(20, |n| 0.5 + 2.0 * server(n)));
    assert_eq!(shifted.method, Method::Affine);
    let Map { scale, offset_s } = shifted.calibration;
    assert!((scale - 2.0).abs() < 0.04 && (offset_s - 0.5).abs() < 0.02, "{:?}", shifted.calibration);

    let of_another_shape = calibrate(Loss::Relative, &device(60, |n| 0.2 + 5e-6 * n * n));
    assert_eq!((of_another_shape.method, of_another_shape.calibration), (Method::Direct, Map::IDENTITY));
    assert_eq!(form(&of_another_shape.selected), "1 + n + n^2");
}

#[test]
fn one_and_two_device_rows_are_enough_for_a_ratio() {
    for rows in [1, 2] {
        let calibrated = calibrate(Loss::Relative, &device(rows, |n| 3.0 * (0.05 + 1e-3 * n)));
        assert_eq!(calibrated.calibration.offset_s, 0.0);
        assert!((calibrated.calibration.scale - 3.0).abs() < 3.0 * 2.0 * SPREAD, "{:?}", calibrated.calibration);
        let methods: Vec<Method> = calibrated.tried.iter().map(|tried| tried.method).collect();
        let all = [Method::MedianRatio, Method::SimpleScaling, Method::LinearFit, Method::Affine, Method::Direct];
        assert_eq!(methods, all, "all are listed");
        let affine = calibrated.tried[3].comparison.rejected.as_deref().unwrap_or_default();
        assert!(affine.contains("1 row cannot determine 2 coefficients"), "{affine}");
    }
}

#[test]
fn a_map_that_is_of_no_use_is_rejected() {
    // Against the server's line, squares again start below zero; and on the other device longer prompts take less time.
    let squares = calibrate(Loss::Squared, &device(30, |n| 1e-5 * n * n));
    let falling = calibrate(Loss::Relative, &device(10, |n| 2.0 - 1e-3 * n));
    for (calibrated, reason) in [(squares, "is not above zero at 33 tokens"), (falling, "falls from 99 to 100 tokens")]
    {
        let affine = calibrated.tried.iter().find(|tried| tried.method == Method::Affine).expect("it was tried");
        assert_eq!(affine.comparison.rejected.as_deref(), Some(reason));
        assert_ne!(calibrated.method, Method::Affine);
    }
}
