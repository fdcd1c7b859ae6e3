//! The fast cross-validation agrees with fits made one by one.

mod common;

use common::{Noise, decode, prompt};
use nalgebra::{DMatrix, DVector};
use token2metrics_core::Term;
use token2metrics_trainer::fit::fit;
use token2metrics_trainer::form::{Form, knotted, observed, padded, padded_beyond, requests, whole};
use token2metrics_trainer::loss::Loss;
use token2metrics_trainer::measurement::{Phase, Sample};
use token2metrics_trainer::scan::{RIDGES, Scanned, scan};
use token2metrics_trainer::split::stratified;

const FOLDS: usize = 5;
const SEED: u64 = 42;
/// The cuts into folds that a score is the mean of.
const CUTS: u64 = 8;
/// Relative to the times: the normal equations square the condition of columns that are much alike.
const NEAR: f64 = 1e-6;

fn prompts(freak: f64) -> Vec<Sample> {
    let mut noise = Noise::new(3);
    let seconds = |n: f64| 0.05 + 1e-3 * n + 2e-3 * (n / 128.0).ceil() * 128.0;
    let mut samples = |k| {
        let n = noise.tokens(1, 2000);
        prompt(n, seconds(n.into()) * noise.factor(0.05) * if k % 13 == 5 { freak } else { 1.0 })
    };
    (0..70).map(&mut samples).collect()
}

fn decodes() -> Vec<Sample> {
    let mut noise = Noise::new(4);
    let mut sample = || {
        let exact = decode(noise.tokens(1, 900), noise.tokens(2, 200), 0.1, |c| 0.02 + 3e-5 * c);
        Sample { seconds: exact.seconds * noise.factor(0.05), ..exact }
    };
    (0..50).map(|_| sample()).collect()
}

fn forms() -> Vec<Form> {
    let (line, square) = (Term::plain(1.0, 1), Term::plain(1.0, 2));
    let form = |intercept, terms: &[Term]| Form { intercept, terms: terms.to_vec() };
    vec![
        form(true, &[line]),
        form(false, &[line, square]),
        form(true, &[line, whole(16)]),
        form(true, &[line, padded(128, 1)]),
        form(true, &[line, padded(64, 1), padded(256, 1), padded(256, 2), padded_beyond(256)]),
        form(true, &[line, padded(128, 1), knotted(512, 1), knotted(512, 2)]),
    ]
}

fn assert_near(found: &[f64], expected: &[f64], tolerance: f64, what: &str) {
    assert_eq!(found.len(), expected.len());
    for (row, (found, expected)) in found.iter().zip(expected).enumerate() {
        assert!((found - expected).abs() <= tolerance, "{what}, row {row}: {found}, one by one {expected}");
    }
}

fn scan_all(phase: Phase, forms: &[Form], loss: Loss, samples: &[Sample]) -> Vec<Scanned> {
    let scanned = scan(phase, forms, loss, FOLDS, SEED, samples);
    let found: Vec<(usize, f64)> = scanned.iter().map(|scanned| (scanned.form, scanned.ridge)).collect();
    let all: Vec<(usize, f64)> = (0..forms.len()).flat_map(|form| RIDGES.map(|ridge| (form, ridge))).collect();
    // Without a penalty some columns are too much alike.
    let determined: Vec<(usize, f64)> =
        all.iter().copied().filter(|pair| pair.1 > 0.0 || found.contains(pair)).collect();
    assert_eq!(found, determined, "every form at every strength");
    assert!(found.len() + 2 > all.len(), "{found:?}");
    scanned
}

/// `predicted / observed - 1` of a fit to all samples.
fn deviations(phase: Phase, form: &Form, loss: Loss, ridge: f64, samples: &[Sample]) -> Vec<f64> {
    let fitted = fit(phase, form, loss, ridge, samples).expect("enough rows");
    let seconds = fitted.seconds(&requests(samples));
    seconds.iter().zip(observed(samples)).map(|(predicted, observed)| predicted / observed - 1.0).collect()
}

#[test]
fn the_deviations_are_those_of_a_fit() {
    let steps: Vec<Form> = (1..=3).map(|degree| Form::polynomial(Phase::Decode, degree, true)).collect();
    for (phase, forms, samples) in [(Phase::Prefill, forms(), prompts(1.0)), (Phase::Decode, steps, decodes())] {
        for Scanned { form, ridge, deviations: found, .. } in scan_all(phase, &forms, Loss::Relative, &samples) {
            let expected = deviations(phase, &forms[form], Loss::Relative, ridge, &samples);
            assert_near(&found, &expected, NEAR, &format!("{phase} {form} {ridge}"));
        }
    }
}

/// The weights of a robust fit settle to a share, and those of the scan are of one strength.
#[test]
fn the_robust_deviations_are_nearly_those_of_a_fit() {
    for freak in [1.0, 5.0, 0.2] {
        let samples = prompts(freak);
        for Scanned { form, ridge, deviations: found, .. } in scan_all(Phase::Prefill, &forms(), Loss::Huber, &samples)
        {
            let expected = deviations(Phase::Prefill, &forms()[form], Loss::Huber, ridge, &samples);
            let apart: Vec<f64> =
                found.iter().zip(&expected).map(|(a, b)| ((1.0 + a) / (1.0 + b) - 1.0).abs()).collect();
            let mean = apart.iter().sum::<f64>() / apart.len() as f64;
            assert!(mean < 0.005, "freak {freak}, form {form}, ridge {ridge}: {mean}");
        }
    }
}

/// Least relative squares of some rows with a penalty in rows of its own, on columns of the scale that they have over all rows.
fn refit(design: &DMatrix<f64>, scales: &[f64], rows: &[usize], ridge: f64) -> DVector<f64> {
    let columns = design.ncols();
    let penalty = (ridge * rows.len() as f64).sqrt();
    let augmented = DMatrix::from_fn(rows.len() + columns, columns, |row, column| match rows.get(row) {
        Some(&row) => design[(row, column)],
        None if row - rows.len() == column => penalty * scales[column],
        None => 0.0,
    });
    let target = DVector::from_fn(rows.len() + columns, |row, _| if row < rows.len() { 1.0 } else { 0.0 });
    // Of columns of one scale: the decomposition has a threshold.
    let scaled = DMatrix::from_fn(augmented.nrows(), columns, |row, column| augmented[(row, column)] / scales[column]);
    let solved = scaled.svd(true, true).solve(&target, 1e-12).expect("both sides");
    DVector::from_fn(columns, |column, _| solved[column] / scales[column])
}

#[test]
fn the_errors_are_those_of_a_fit_to_every_remainder() {
    let samples = prompts(1.0);
    let lengths: Vec<u32> = samples.iter().map(|sample| sample.length(Phase::Prefill)).collect();
    for Scanned { form, ridge, errors, .. } in scan_all(Phase::Prefill, &forms(), Loss::Relative, &samples) {
        // Relative to the row's time: each row of the design by it, and a target of 1.
        let mut design = forms()[form].design(Phase::Prefill, &requests(&samples));
        for (mut row, seconds) in design.row_iter_mut().zip(observed(&samples)) {
            row /= seconds;
        }
        let scales: Vec<f64> =
            design.column_iter().map(|column| (column.norm_squared() / samples.len() as f64).sqrt()).collect();
        let mut expected = vec![0.0; samples.len()];
        for split in (0..CUTS).flat_map(|cut| stratified(&lengths, &requests(&samples), FOLDS, SEED + cut)) {
            let deviations = &design * refit(&design, &scales, &split.fitted, ridge);
            for row in split.scored {
                expected[row] += 100.0 * (deviations[row] - 1.0).abs() / CUTS as f64;
            }
        }
        assert_near(&errors, &expected, 100.0 * NEAR, &format!("form {form}, ridge {ridge}"));
    }
}

/// Padded 128 costs time and whole 16 saves it: the other way round the sum is the same where no row is a full tile.
#[test]
fn a_part_that_gives_time_back_is_noticed() {
    let samples =
        |seconds: fn(f64) -> f64| (1..=60).map(|k| prompt(15 * k, seconds(f64::from(15 * k)))).collect::<Vec<_>>();
    let (line, square) = (Term::plain(1.0, 1), Term::plain(1.0, 2));
    let negative = |terms: &[Term], seconds: fn(f64) -> f64| {
        let form = Form { intercept: true, terms: terms.to_vec() };
        scan(Phase::Prefill, &[form], Loss::Huber, FOLDS, SEED, &samples(seconds))[0].negative
    };
    let stairs: fn(f64) -> f64 = |n| 0.1 + 1e-3 * n + 1e-3 * (n / 128.0).ceil() * 128.0;
    assert!(!negative(&[line, padded(128, 1)], stairs));
    assert!(negative(&[line, whole(128)], stairs));
    let faster: fn(f64) -> f64 = |n| 0.1 + 2e-3 * n - 1e-3 * (n / 16.0).floor() * 16.0;
    assert!(!negative(&[line, whole(16)], faster));
    assert!(negative(&[line, padded(16, 1)], faster));
    let level: fn(f64) -> f64 = |n| 0.1 + 1e-3 * n - 4e-7 * n * n;
    assert!(negative(&[line, square], level));
    let bend: fn(f64) -> f64 = |n| 0.1 + 1e-3 * n - 5e-4 * (n - 256.0).max(0.0);
    assert!(!negative(&[line, knotted(256, 1)], bend), "a cost may level off");
    let advance: fn(f64) -> f64 = |n| 1e-3 * n - 0.01;
    assert!(negative(&[line], advance), "a fixed part below zero");
}
