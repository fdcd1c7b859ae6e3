//! The ridge of the solver: a penalty on the squares of the coefficients of columns of norm 1.

mod common;

use common::Noise;
use nalgebra::{DMatrix, DVector};
use proptest::prelude::*;
use token2metrics_trainer::loss::{Loss, slope};
use token2metrics_trainer::solve::{Solution, SolveError, solve};

fn solved(columns: &[&[f64]], seconds: &[f64], ridge: f64) -> Result<Vec<f64>, SolveError> {
    let columns: Vec<DVector<f64>> = columns.iter().map(|column| DVector::from_column_slice(column)).collect();
    solve(&DMatrix::from_columns(&columns), seconds, Loss::Squared, ridge).map(|solution| solution.coefficients)
}

fn assert_near(found: Result<Vec<f64>, SolveError>, by_hand: &[f64], tolerance: f64) {
    let found = found.expect("a solution");
    let near = found.iter().zip(by_hand).all(|(a, b)| (a - b).abs() <= tolerance * b.abs());
    assert!(near && found.len() == by_hand.len(), "{found:?}, by hand {by_hand:?}");
}

/// One column of norm 1 and a target t: `(z - t)^2 + r z^2` is least at `z = t / (1 + r)`. Without ridge 3 and 4 tokens in 6 and 8 s are 2 s
/// a token. Columns at right angles are so many cases of it.
#[test]
fn a_ridge_shrinks_by_hand() {
    for (ridge, shrunk) in [(0.0, 2.0), (0.25, 1.6), (1.0, 1.0), (3.0, 0.5)] {
        assert_near(solved(&[&[3.0, 4.0]], &[6.0, 8.0], ridge), &[shrunk], 1e-12);
        // 2 (3, 4) + 5 (4, -3) = (26, -7).
        assert_near(solved(&[&[3.0, 4.0], &[4.0, -3.0]], &[26.0, -7.0], ridge), &[shrunk, 2.5 * shrunk], 1e-12);
    }
}

/// Of one column and the same three times over, at norm 1 both are u; the target is 2 sqrt(14) u. `(z + w - t)^2 + r z^2 + r w^2` is least
/// at `z = w = t / (2 + r)`, that is 2 / (2 + r) times the first and a third of it times the second.
#[test]
fn columns_that_are_the_same_share_what_they_have_in_common() {
    let solved = |ridge| solved(&[&[1.0, 2.0, 3.0], &[3.0, 6.0, 9.0]], &[2.0, 4.0, 6.0], ridge);
    assert_eq!(solved(0.0), Err(SolveError::Dependent { coefficients: 2 }));
    for ridge in [1e-5, 1e-4, 1e-3, 1.0] {
        let first = 2.0 / (2.0 + ridge);
        assert_near(solved(ridge), &[first, first / 3.0], 1e-8);
    }
}

prop_compose! {
    /// 2 to 4 columns of any scale, two of them much alike, and times from them.
    fn data()(columns in 2_usize..=4, rows in 8_usize..40, scale in -6..=6, freaks in 0.0..0.2, seed: u64) -> (DMatrix<f64>, Vec<f64>) {
        let mut random = Noise::new(seed);
        let mut design = DMatrix::from_fn(rows, columns, |_, column| 10_f64.powi(scale * column as i32) * random.between(0.1, 1.0));
        for row in 0..rows {
            design[(row, 1)] = 10_f64.powi(scale) * design[(row, 0)] * random.factor(0.01);
        }
        let norms: Vec<f64> = design.column_iter().map(|column| column.norm()).collect();
        let times = &design * DVector::from_fn(columns, |column, _| 1.0 / norms[column]);
        let noisy = times.iter().map(|seconds| {
            seconds * random.factor(0.05) * if random.between(0.0, 1.0) < freaks { 8.0 } else { 1.0 }
        });
        (design.clone(), noisy.collect())
    }
}

/// Rows by their weights and columns at norm 1, with the coefficients for these; the times by their weights.
fn scaled(
    design: &DMatrix<f64>,
    seconds: &[f64],
    loss: Loss,
    found: &Solution,
) -> (DMatrix<f64>, DVector<f64>, DVector<f64>) {
    let weights = DVector::from_iterator(seconds.len(), seconds.iter().map(|seconds| loss.weight(*seconds)));
    let mut design = DMatrix::from_diagonal(&weights) * design;
    let norms: Vec<f64> = design.column_iter().map(|column| column.norm()).collect();
    for (mut column, norm) in design.column_iter_mut().zip(&norms) {
        column /= *norm;
    }
    let at =
        DVector::from_iterator(norms.len(), found.coefficients.iter().zip(&norms).map(|(value, norm)| value * norm));
    (design, at, weights.component_mul(&DVector::from_column_slice(seconds)))
}

proptest! {
    /// Each row of the design is a row of the loss; each coefficient is a row of its own, of its square, whatever the loss.
    #[test]
    fn the_penalised_loss_is_at_its_bottom((design, seconds) in data(), ridge in prop::sample::select(vec![0.0, 1e-5, 1e-3, 0.1])) {
        for loss in [Loss::Squared, Loss::Relative, Loss::Huber] {
            let solution = solve(&design, &seconds, loss, ridge).expect("columns that differ by a percent");
            prop_assert_eq!(solution.solver.ridge, ridge);
            let (design, at, times) = scaled(&design, &seconds, loss, &solution);
            let threshold = solution.solver.huber_threshold.unwrap_or(f64::INFINITY);
            let residuals = &design * &at - &times;
            let gradient = design.tr_mul(&residuals.map(|residual| slope(residual, threshold))) + ridge * &at;
            // The penalty ties the coefficients down, so that its gradient is small in units of the times.
            prop_assert!(gradient.norm() <= 1e-6 * times.norm(), "{loss:?}: {gradient}");
        }
    }

    #[test]
    fn more_ridge_is_shorter((design, seconds) in data()) {
        let lengths = [0.0, 1e-4, 1e-2, 1.0].map(|ridge| {
            let solution = solve(&design, &seconds, Loss::Relative, ridge).expect("columns that differ by a percent");
            scaled(&design, &seconds, Loss::Relative, &solution).1.norm()
        });
        prop_assert!(lengths.is_sorted_by(|a, b| a > b), "{lengths:?}");
    }
}
