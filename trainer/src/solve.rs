//! Minimises a loss over the residuals of a linear model: the closed form first, then argmin from there.

use crate::loss::{Loss, rho, slope};
use argmin::core::{CostFunction, Executor, Gradient, State};
use argmin::solver::linesearch::MoreThuenteLineSearch;
use argmin::solver::quasinewton::LBFGS;
use nalgebra::{DMatrix, DVector};
use serde::Serialize;

/// The least ratio of singular values at which columns count as independent; the basis has 24 bits.
const INDEPENDENT: f64 = 1e-6;
/// How often the threshold of a robust loss is set anew from the residuals of the fit before.
const THRESHOLD_ROUNDS: usize = 4;
const MOST_ITERATIONS: u64 = 200;

/// The coefficients that minimise the loss, in the order of the columns.
#[derive(Clone, Debug, PartialEq)]
pub struct Solution {
    /// One per column.
    pub coefficients: Vec<f64>,
    /// How they were found.
    pub solver: Solver,
}

/// How a fit was found, for the report.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Solver {
    /// Where it started, and the iterative solver.
    pub name: &'static str,
    /// Iterations after the start.
    pub iterations: u64,
    /// Why it stopped.
    pub stopped: String,
    /// The loss at the start, per row and relative to the rows' mean square.
    pub start_loss: f64,
    /// The loss at the end.
    pub loss: f64,
}

impl Solver {
    /// Of coefficients that come from a blob.
    pub fn of_a_blob() -> Self {
        Self { name: "read from a blob", iterations: 0, stopped: String::new(), start_loss: f64::NAN, loss: f64::NAN }
    }
}

/// Why there is no fit.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum SolveError {
    /// Fewer rows than coefficients.
    #[error("{rows} rows cannot determine {coefficients} coefficients: measure more requests or choose a simpler type")]
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
    /// The iterative solver failed.
    #[error("the solver failed: {0}")]
    Solver(String),
}

/// `sum of rho(basis * z - target)` over the rows; the columns of the basis are orthonormal, so that the problem is as well conditioned
/// as can be whatever the units of the data.
struct Problem<'a> {
    basis: &'a DMatrix<f64>,
    target: &'a DVector<f64>,
    threshold: f64,
}

impl Problem<'_> {
    fn residuals(&self, z: &[f64]) -> DVector<f64> {
        self.basis * DVector::from_column_slice(z) - self.target
    }
}

impl CostFunction for Problem<'_> {
    type Param = Vec<f64>;
    type Output = f64;

    fn cost(&self, z: &Self::Param) -> Result<f64, argmin::core::Error> {
        Ok(self.residuals(z).iter().map(|residual| rho(*residual, self.threshold)).sum())
    }
}

impl Gradient for Problem<'_> {
    type Param = Vec<f64>;
    type Gradient = Vec<f64>;

    fn gradient(&self, z: &Self::Param) -> Result<Vec<f64>, argmin::core::Error> {
        let slopes = self.residuals(z).map(|residual| slope(residual, self.threshold));
        Ok(self.basis.tr_mul(&slopes).as_slice().to_vec())
    }
}

/// Fits `design * coefficients` to `seconds`.
///
/// # Errors
/// Rows that do not determine the coefficients.
pub fn solve(design: &DMatrix<f64>, seconds: &[f64], loss: Loss) -> Result<Solution, SolveError> {
    let (rows, coefficients) = design.shape();
    if rows < coefficients {
        return Err(SolveError::TooFewRows { rows, coefficients });
    }
    let weights: Vec<f64> = seconds.iter().map(|seconds| loss.weight(*seconds)).collect();
    let mut target =
        DVector::from_iterator(rows, seconds.iter().zip(&weights).map(|(seconds, weight)| seconds * weight));
    let size = target.norm();
    target /= size;

    let mut weighted = design.clone();
    for (mut row, weight) in weighted.row_iter_mut().zip(&weights) {
        row *= *weight;
    }
    let scales: Vec<f64> = weighted.column_iter().map(|column| column.norm()).collect();
    if scales.contains(&0.0) {
        return Err(SolveError::Dependent { coefficients });
    }
    for (mut column, scale) in weighted.column_iter_mut().zip(&scales) {
        column /= *scale;
    }
    let svd = weighted.svd(true, true);
    let (Some(basis), Some(v_t)) = (svd.u, svd.v_t) else {
        return Err(SolveError::Solver("no singular value decomposition".to_owned()));
    };
    if svd.singular_values.min() < INDEPENDENT * svd.singular_values.max() {
        return Err(SolveError::Dependent { coefficients });
    }

    let start = basis.tr_mul(&target).as_slice().to_vec();
    let (z, solver) = minimise(&basis, &target, start, loss)?;
    let unscaled = DVector::from_vec(z).component_div(&svd.singular_values);
    let coefficients = v_t.tr_mul(&unscaled).iter().zip(&scales).map(|(value, scale)| value * size / scale).collect();
    Ok(Solution { coefficients, solver })
}

fn minimise(
    basis: &DMatrix<f64>,
    target: &DVector<f64>,
    start: Vec<f64>,
    loss: Loss,
) -> Result<(Vec<f64>, Solver), SolveError> {
    let mut z = start;
    let mut solver = Solver {
        name: "closed form (singular values), then argmin L-BFGS with More-Thuente line search",
        iterations: 0,
        stopped: String::new(),
        start_loss: f64::NAN,
        loss: f64::NAN,
    };
    for round in 0..THRESHOLD_ROUNDS {
        let squares = Problem { basis, target, threshold: f64::INFINITY };
        let threshold = loss.threshold(squares.residuals(&z).as_slice());
        let lbfgs = LBFGS::new(MoreThuenteLineSearch::new(), 7)
            .with_tolerance_grad(1e-10)
            .and_then(|lbfgs| lbfgs.with_tolerance_cost(0.0))
            .map_err(|error| SolveError::Solver(error.to_string()))?;
        let result = Executor::new(Problem { basis, target, threshold }, lbfgs)
            .configure(|state| state.param(z.clone()).max_iters(MOST_ITERATIONS))
            .timer(false)
            .ctrlc(false)
            .run()
            .map_err(|error| SolveError::Solver(error.to_string()))?;
        let state = result.state();
        if round == 0 {
            let problem = Problem { basis, target, threshold };
            solver.start_loss = problem.cost(&z).map_err(|error| SolveError::Solver(error.to_string()))?;
        }
        solver.iterations += state.get_iter();
        solver.loss = state.get_best_cost();
        solver.stopped = state.get_termination_status().to_string();
        z = state.get_best_param().cloned().unwrap_or(z);
        if threshold == f64::INFINITY {
            break;
        }
    }
    Ok((z, solver))
}
