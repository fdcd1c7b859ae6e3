//! Minimises a loss over the residuals of a linear model: the closed form first, then argmin from there.

use crate::loss::{Loss, rho, rise, slope};
use argmin::core::{CostFunction, Executor, Gradient, State};
use argmin::solver::linesearch::MoreThuenteLineSearch;
use argmin::solver::quasinewton::LBFGS;
use nalgebra::{DMatrix, DVector};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::cell::Cell;

/// The least ratio of singular values at which columns count as independent; the basis has 24 bits.
const INDEPENDENT: f64 = 1e-6;
/// How often the threshold of a robust loss is set anew from the residuals of the fit before. A freak row spoils the first
/// residuals, and with them the first thresholds.
const MOST_ROUNDS: usize = 30;
/// The share of a robust loss's threshold at which its rounds begin. Lower, it finds the bulk in spite of freak rows whose first residuals, of a fit
/// to squares, would let the whole threshold settle between them and the bulk; much lower, it would let go of the few rows at the ends of the range.
pub const FIRST_SHARE: f64 = 0.5;
/// The share by which a threshold may differ from the one before and count as settled.
pub const SETTLED: f64 = 0.01;
const MOST_ITERATIONS: u64 = 200;
/// Evaluations of the loss in one round. A handful per iteration is usual; More-Thuente's search has no end of its own where
/// rounding hides the decrease that it looks for.
const MOST_EVALUATIONS: u32 = 1000;
/// The gradient at which the iterative solver stops. Rows and columns are scaled to norm 1, so that predictions are then as far
/// from the best ones, relative to the times.
const TOLERANCE: f64 = 1e-9;
/// The gradient up to which a fit is accepted: beyond the precision of the device, an `f32`.
const ACCEPTED: f64 = 1e-7;

/// The coefficients that minimise the loss, in the order of the columns.
#[derive(Clone, Debug, PartialEq)]
pub struct Solution {
    /// One per column.
    pub coefficients: Vec<f64>,
    /// How they were found.
    pub solver: Solver,
}

/// How a fit was found, for the report.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Solver {
    /// Where it started, and the iterative solver.
    pub name: Cow<'static, str>,
    /// Iterations after the start, over all rounds of the threshold.
    pub iterations: u64,
    /// Why it stopped.
    pub stopped: String,
    /// The loss at the start, per row and relative to the rows' mean square.
    pub start_loss: f64,
    /// The loss at the end.
    pub loss: f64,
    /// The penalty on the squares of the coefficients, of columns of norm 1: what the rows cannot tell apart is shared out among the
    /// columns instead of taken to extremes (A. E. Hoerl and R. W. Kennard, "Ridge Regression", 1970).
    pub ridge: f64,
    /// Of Huber's loss: the relative error beyond which a row pulls no harder.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub huber_threshold: Option<f64>,
}

impl Solver {
    /// Of coefficients that come from a blob.
    pub fn of_a_blob() -> Self {
        Self {
            name: "read from a blob".into(),
            iterations: 0,
            stopped: String::new(),
            start_loss: f64::NAN,
            loss: f64::NAN,
            ridge: 0.0,
            huber_threshold: None,
        }
    }
}

/// Why there is no fit.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum SolveError {
    /// Fewer rows than coefficients.
    #[error(
        "{rows} {} cannot determine {coefficients} coefficients: measure more requests or choose a simpler type",
        if *rows == 1 { "row" } else { "rows" }
    )]
    TooFewRows {
        /// Rows.
        rows: usize,
        /// Coefficients.
        coefficients: usize,
    },
    /// The rows do not tell the coefficients apart.
    #[error(
        "the rows do not tell the {coefficients} coefficients apart: measure more different lengths or choose a simpler type"
    )]
    Dependent {
        /// Coefficients.
        coefficients: usize,
    },
    /// Squares of the times, or of their inverses, are beyond an `f64`.
    #[error("the times are too large, too small or too different to fit: check their units")]
    Range,
    /// The iterative solver failed.
    #[error("the solver failed: {0}")]
    Solver(String),
}

/// `sum of rho(residual + basis * step)` over the rows, less the same without a step; the columns of the basis are orthonormal, so
/// that the problem is as well conditioned as can be whatever the units of the data. As a difference from the start, it is exact
/// enough for a line search all the way to the minimum.
struct Problem<'a> {
    basis: &'a DMatrix<f64>,
    /// Without a step.
    residuals: &'a DVector<f64>,
    threshold: f64,
    /// Behind these rows come those of the ridge, whose loss is always squared.
    rows: usize,
    evaluations: Cell<u32>,
}

impl Problem<'_> {
    fn threshold(&self, row: usize) -> f64 {
        if row < self.rows { self.threshold } else { f64::INFINITY }
    }

    fn changes(&self, step: &[f64]) -> DVector<f64> {
        self.basis * DVector::from_column_slice(step)
    }
}

impl CostFunction for Problem<'_> {
    type Param = Vec<f64>;
    type Output = f64;

    fn cost(&self, step: &Self::Param) -> Result<f64, argmin::core::Error> {
        self.evaluations.set(self.evaluations.get() + 1);
        if self.evaluations.get() > MOST_EVALUATIONS {
            return Err(argmin::core::Error::msg("no further decrease"));
        }
        let changes = self.changes(step);
        let rises = self.residuals.iter().zip(&changes).enumerate();
        Ok(rises.map(|(row, (residual, change))| rise(*residual, *change, self.threshold(row))).sum())
    }
}

impl Gradient for Problem<'_> {
    type Param = Vec<f64>;
    type Gradient = Vec<f64>;

    fn gradient(&self, step: &Self::Param) -> Result<Vec<f64>, argmin::core::Error> {
        let mut slopes = self.residuals + self.changes(step);
        slopes.iter_mut().enumerate().for_each(|(row, residual)| *residual = slope(*residual, self.threshold(row)));
        Ok(self.basis.tr_mul(&slopes).as_slice().to_vec())
    }
}

/// Fits `design * coefficients` to `seconds`, with a penalty of `ridge` on the squares of the coefficients; see [`Solver::ridge`].
///
/// # Errors
/// Rows that do not determine the coefficients.
pub fn solve(design: &DMatrix<f64>, seconds: &[f64], loss: Loss, ridge: f64) -> Result<Solution, SolveError> {
    let weights: Vec<f64> = seconds.iter().map(|seconds| loss.weight(*seconds)).collect();
    solve_weighted(design, seconds, &weights, loss, ridge)
}

/// The same with other weights than the loss gives to the rows' residuals.
///
/// # Errors
/// Rows that do not determine the coefficients.
pub fn solve_weighted(
    design: &DMatrix<f64>,
    seconds: &[f64],
    weights: &[f64],
    loss: Loss,
    ridge: f64,
) -> Result<Solution, SolveError> {
    let (rows, coefficients) = design.shape();
    if rows < coefficients {
        return Err(SolveError::TooFewRows { rows, coefficients });
    }
    let mut target =
        DVector::from_iterator(rows, seconds.iter().zip(weights).map(|(seconds, weight)| seconds * weight));
    let size = target.norm();
    target /= size;

    let mut weighted = design.clone();
    for (mut row, weight) in weighted.row_iter_mut().zip(weights) {
        row *= *weight;
    }
    let scales: Vec<f64> = weighted.column_iter().map(|column| column.norm()).collect();
    if !(size.is_normal() && scales.iter().all(|scale| scale.is_finite())) {
        return Err(SolveError::Range);
    }
    if scales.contains(&0.0) {
        return Err(SolveError::Dependent { coefficients });
    }
    for (mut column, scale) in weighted.column_iter_mut().zip(&scales) {
        column /= *scale;
    }
    if ridge > 0.0 {
        weighted = weighted.insert_rows(rows, coefficients, 0.0);
        weighted.view_mut((rows, 0), (coefficients, coefficients)).fill_diagonal(ridge.sqrt());
        target = target.insert_rows(rows, coefficients, 0.0);
    }
    let svd = weighted.svd(true, true);
    let (Some(basis), Some(v_t)) = (svd.u, svd.v_t) else {
        return Err(SolveError::Solver("no singular value decomposition".to_owned()));
    };
    if svd.singular_values.min() < INDEPENDENT * svd.singular_values.max() {
        return Err(SolveError::Dependent { coefficients });
    }

    let start = basis.tr_mul(&target).as_slice().to_vec();
    let (z, mut solver) = minimise(&basis, &target, start, loss, rows)?;
    solver.ridge = ridge;
    solver.huber_threshold = solver.huber_threshold.map(|threshold| threshold * size);
    let unscaled = DVector::from_vec(z).component_div(&svd.singular_values);
    let coefficients = v_t.tr_mul(&unscaled).iter().zip(&scales).map(|(value, scale)| value * size / scale).collect();
    Ok(Solution { coefficients, solver })
}

/// Sets the threshold and minimises from there, some rounds for Huber's loss and once for the squares, whose closed form it confirms.
fn minimise(
    basis: &DMatrix<f64>,
    target: &DVector<f64>,
    start: Vec<f64>,
    loss: Loss,
    rows: usize,
) -> Result<(Vec<f64>, Solver), SolveError> {
    let failed = |error: argmin::core::Error| SolveError::Solver(error.to_string());
    let residuals = |z: &DVector<f64>| basis * z - target;
    let start = DVector::from_vec(start);
    let mut z = start.clone();
    let (mut iterations, mut stopped, mut threshold) = (0, String::new(), f64::NAN);
    let mut share = FIRST_SHARE;
    for _ in 0..2 * MOST_ROUNDS {
        let at = residuals(&z);
        let before = threshold;
        threshold = share * loss.threshold(&at.as_slice()[..rows]);
        if threshold == before || (threshold - before).abs() <= SETTLED * before {
            if share == 1.0 || threshold.is_infinite() {
                threshold = before;
                break;
            }
            share = 1.0;
            threshold = loss.threshold(&at.as_slice()[..rows]);
        }
        let lbfgs = LBFGS::new(MoreThuenteLineSearch::new(), 7)
            .with_tolerance_grad(TOLERANCE)
            .and_then(|lbfgs| lbfgs.with_tolerance_cost(0.0))
            .map_err(failed)?;
        let result =
            Executor::new(Problem { basis, residuals: &at, threshold, rows, evaluations: Cell::new(0) }, lbfgs)
                .configure(|state| state.param(vec![0.0; z.len()]).max_iters(MOST_ITERATIONS))
                .timer(false)
                .ctrlc(false)
                .run()
                .map_err(failed)?;
        let state = result.state();
        iterations += state.get_iter();
        stopped = state.get_termination_status().to_string();
        if let Some(step) = state.get_best_param() {
            z += DVector::from_column_slice(step);
        }
    }
    let threshold_of = |row: usize| if row < rows { threshold } else { f64::INFINITY };
    let mut slopes = residuals(&z);
    slopes.iter_mut().enumerate().for_each(|(row, residual)| *residual = slope(*residual, threshold_of(row)));
    let gradient = basis.tr_mul(&slopes).norm();
    if gradient.is_nan() || gradient > ACCEPTED {
        return Err(SolveError::Solver(format!("{stopped}; gradient {gradient:e}")));
    }
    let total = |z: &DVector<f64>| {
        residuals(z).iter().enumerate().map(|(row, residual)| rho(*residual, threshold_of(row))).sum()
    };
    let solver = Solver {
        name: "closed form (singular values), then argmin L-BFGS with More-Thuente line search".into(),
        iterations,
        stopped,
        start_loss: total(&start),
        loss: total(&z),
        ridge: 0.0,
        huber_threshold: threshold.is_finite().then_some(threshold),
    };
    Ok((z.as_slice().to_vec(), solver))
}
