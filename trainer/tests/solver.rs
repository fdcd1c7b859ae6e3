//! The solver on any data: it converges, to the minimum that is found independently here.

mod common;

use common::Noise;
use nalgebra::{DMatrix, DVector};
use proptest::prelude::*;
use token2metrics_trainer::loss::{Loss, rho, slope};
use token2metrics_trainer::solve::{Solution, SolveError, solve};

/// Predictions that may differ from the minimum's, as a share of the norm of the times; the normal equations square the condition
/// of the design, and the solver stops at a gradient of 1e-9.
const PREDICTIONS: f64 = 1e-7;
/// The gradient with rows and columns scaled to norm 1.
const GRADIENT: f64 = 1e-7;

/// A design and times from it, of any scale.
#[derive(Debug)]
struct Data {
    design: DMatrix<f64>,
    seconds: Vec<f64>,
}

prop_compose! {
    /// 1 to 4 columns of scales from 1e-6 to 1e12, up to 30 % noise, and up to 30 % of the rows ten times slower.
    fn data()(columns in 1_usize..=4, spare in 2_usize..60, scales in prop::array::uniform4(-6..=12), seconds_scale in -6..=6,
              noise in 0.0..0.3, freaks in 0.0..0.3, seed: u64) -> Data {
        let mut random = Noise::new(seed);
        let rows = 2 * columns + spare;
        let scale = |column: usize| 10_f64.powi(scales[column]);
        let design = DMatrix::from_fn(rows, columns, |_, column| scale(column) * random.between(0.05, 1.0));
        let coefficients = DVector::from_fn(columns, |column, _| random.between(0.1, 1.0) / scale(column));
        let mut seconds = &design * coefficients * 10_f64.powi(seconds_scale);
        for seconds in seconds.iter_mut() {
            *seconds *= random.factor(noise) * if random.between(0.0, 1.0) < freaks { 10.0 } else { 1.0 };
        }
        Data { design, seconds: seconds.as_slice().to_vec() }
    }
}

impl Data {
    fn solve(&self, loss: Loss) -> Solution {
        solve(&self.design, &self.seconds, loss, 0.0).unwrap_or_else(|error| panic!("{loss:?}: {error}"))
    }

    /// Rows times their weights, columns divided by their norms, so that they can be compared; and the times.
    fn scaled(&self, loss: Loss) -> (DMatrix<f64>, Vec<f64>, DVector<f64>) {
        let weights = DVector::from_iterator(self.seconds.len(), self.seconds.iter().map(|s| loss.weight(*s)));
        let mut design = DMatrix::from_diagonal(&weights) * &self.design;
        let norms: Vec<f64> = design.column_iter().map(|column| column.norm()).collect();
        for (mut column, norm) in design.column_iter_mut().zip(&norms) {
            column /= *norm;
        }
        (design, norms, weights.component_mul(&DVector::from_column_slice(&self.seconds)))
    }

    /// Coefficients for the columns divided by their norms.
    fn scaled_coefficients(solution: &Solution, norms: &[f64]) -> DVector<f64> {
        DVector::from_iterator(norms.len(), solution.coefficients.iter().zip(norms).map(|(value, norm)| value * norm))
    }
}

proptest! {
    #[test]
    fn squares_agree_with_the_normal_equations(data in data()) {
        for loss in [Loss::Squared, Loss::Relative] {
            let (design, norms, times) = data.scaled(loss);
            let normal = design.tr_mul(&design).cholesky();
            let minimum = normal.expect("independent columns").solve(&design.tr_mul(&times));
            let solution = data.solve(loss);
            let difference = &design * (Data::scaled_coefficients(&solution, &norms) - minimum);
            prop_assert!(difference.norm() <= PREDICTIONS * times.norm(), "{loss:?}: {difference}");
            prop_assert_eq!(solution.solver.huber_threshold, None);
        }
    }

    #[test]
    fn huber_is_at_the_bottom_of_its_loss(data in data(), seed: u64) {
        let (design, norms, times) = data.scaled(Loss::Huber);
        let solution = data.solve(Loss::Huber);
        let threshold = solution.solver.huber_threshold.unwrap_or(f64::INFINITY);
        let at = Data::scaled_coefficients(&solution, &norms);
        let residuals = |at: &DVector<f64>| &design * at - &times;
        let gradient = design.tr_mul(&residuals(&at).map(|residual| slope(residual, threshold)));
        prop_assert!(gradient.norm() <= GRADIENT * times.norm(), "{gradient}");

        let loss = |at: &DVector<f64>| residuals(at).iter().map(|residual| rho(*residual, threshold)).sum::<f64>();
        let mut random = Noise::new(seed);
        for size in [1e-1, 1e-3, 1e-5] {
            let near = at.map(|value| value + size * times.norm() * random.between(-1.0, 1.0));
            // In rounding, a loss far above zero hides the smallest rises.
            prop_assert!(loss(&at) <= loss(&near) * (1.0 + 1e-12), "{} at {size}: {}", loss(&at), loss(&near));
        }
    }

    #[test]
    fn the_report_says_how_the_fit_was_found(data in data()) {
        for loss in [Loss::Squared, Loss::Relative, Loss::Huber] {
            let solver = data.solve(loss).solver;
            prop_assert!(solver.name.contains("argmin L-BFGS"), "{}", solver.name);
            prop_assert!(solver.iterations < 1000, "{}", solver.iterations);
            prop_assert_eq!(solver.stopped, "Solver converged");
            prop_assert!(solver.loss <= solver.start_loss * (1.0 + 1e-12), "{} from {}", solver.loss, solver.start_loss);
            prop_assert!(solver.loss >= 0.0);
        }
    }
}

/// A line search over the plain loss does not return from a third of these: close to the minimum its rounding hides the decrease.
#[test]
fn huber_ends_where_rounding_hides_the_last_decreases() {
    for seed in 1..=12 {
        let mut random = Noise::new(seed);
        let lengths: Vec<f64> = (0..400).map(|_| random.between(1.0, 2e4)).collect();
        let design = DMatrix::from_fn(lengths.len(), 4, |row, power| lengths[row].powi(power as i32));
        let seconds: Vec<f64> = lengths.iter().map(|length| (0.05 + 1e-4 * length) * random.factor(0.05)).collect();
        let solver = solve(&design, &seconds, Loss::Huber, 0.0).expect("independent columns").solver;
        assert!(solver.iterations < 100, "{solver:?}");
        assert_eq!(solver.stopped, "Solver converged");
    }
}

#[test]
fn rows_that_determine_nothing_are_errors() {
    let solve = |columns: &[&[f64]], seconds: &[f64]| {
        let columns: Vec<DVector<f64>> = columns.iter().map(|column| DVector::from_column_slice(column)).collect();
        solve(&DMatrix::from_columns(&columns), seconds, Loss::Relative, 0.0).map(|solution| solution.coefficients)
    };
    let error = solve(&[&[1.0], &[2.0]], &[3.0]);
    assert_eq!(error, Err(SolveError::TooFewRows { rows: 1, coefficients: 2 }));
    let dependent = Err(SolveError::Dependent { coefficients: 2 });
    assert_eq!(
        solve(&[&[1.0, 2.0, 3.0], &[3.0, 6.0, 9.0]], &[1.0, 2.0, 3.0]),
        dependent,
        "one is three times the other"
    );
    assert_eq!(solve(&[&[1.0, 2.0, 3.0], &[0.0, 0.0, 0.0]], &[1.0, 2.0, 3.0]), dependent, "one is zero");
    // Weights of 1e200 have no square in an f64; a time of zero has no relative error.
    assert_eq!(solve(&[&[1.0, 2.0]], &[1e-200, 2e-200]), Err(SolveError::Range));
    assert_eq!(solve(&[&[1.0, 2.0]], &[0.0, 1.0]), Err(SolveError::Range));
}
