//! The numbers of one form: its watts by the solver of the latency fits, its times by a search around that.

use super::shape::{Curve, Shape};
use crate::fit::FitError;
use crate::loss::Loss;
use crate::measurement::{Phase, Spent};
use crate::solve::{SolveError, solve};
use argmin::core::{CostFunction, Executor, State};
use argmin::solver::neldermead::NelderMead;
use nalgebra::DMatrix;
use token2metrics_core::PowerCurve;

/// Why rows give no power curve.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum PowerError {
    /// No row has both seconds and joules.
    #[error("no row has both {} and {}", .0.energy_column(), .0.column())]
    NoRows(Phase),
    /// The watts cannot be determined.
    #[error(transparent)]
    Solve(#[from] SolveError),
    /// The watts are those of no machine.
    #[error("the watts are beyond 1e9: check the units of joules and seconds")]
    Range,
}

impl PowerError {
    pub(super) fn into_fit_error(self, phase: Phase) -> FitError {
        match self {
            Self::NoRows(phase) => FitError::NoRows(phase),
            Self::Solve(reason) => FitError::Solve { phase, reason },
            Self::Range => FitError::Solve { phase, reason: SolveError::Range },
        }
    }
}

/// Fits one form to rows: the least of the absolute relative errors that robust fits of the watts leave over all times of the shape.
///
/// # Errors
/// Rows that do not determine the form.
pub fn fit(phase: Phase, form: Curve, spent: &[Spent]) -> Result<PowerCurve, PowerError> {
    let (rows, coefficients) = (spent.len(), form.parameters());
    if rows == 0 {
        return Err(PowerError::NoRows(phase));
    } else if rows < coefficients {
        return Err(SolveError::TooFewRows { rows, coefficients }.into());
    }
    let curve = match form {
        Curve::Constant | Curve::Auto => fit_watts(Shape::Constant, spent)?,
        Curve::Log => fit_watts(Shape::Log, spent)?,
        Curve::Ramp => fit_watts(Shape::Ramp { tau_s: search_tau(spent)? }, spent)?,
    };
    if is_of_a_machine(&curve) { Ok(curve) } else { Err(PowerError::Range) }
}

/// Whether a blob can hold the curve and any request's energy is finite.
fn is_of_a_machine(curve: &PowerCurve) -> bool {
    let most = match *curve {
        PowerCurve::Unknown => 0.0,
        PowerCurve::Constant { watts } => watts,
        PowerCurve::Log { base_w, slope_w } => base_w.max(slope_w),
        PowerCurve::Ramp { steady_w, deficit_w, .. } => steady_w.max(steady_w - deficit_w),
    };
    most <= 1e9
}

/// The watts of a shape that minimise Huber's loss over the relative errors, none below 0.
fn fit_watts(shape: Shape, spent: &[Spent]) -> Result<PowerCurve, SolveError> {
    let units = shape.units();
    let joules: Vec<f64> = spent.iter().map(|row| row.joules).collect();
    let solve_with = |columns: &[usize]| {
        let design =
            DMatrix::from_fn(spent.len(), columns.len(), |row, column| spent[row].predicted_j(&units[columns[column]]));
        let mut watts = vec![0.0; units.len()];
        for (column, watt) in columns.iter().zip(solve(&design, &joules, Loss::Huber)?.coefficients) {
            watts[*column] = watt;
        }
        Ok(watts)
    };
    let all: Vec<usize> = (0..units.len()).collect();
    let free = solve_with(&all);
    if free.as_ref().is_ok_and(|watts| watts.iter().all(|watt| *watt >= 0.0)) {
        return free.map(|watts| shape.curve(&watts));
    }
    // The loss is convex: where its minimum has watts below 0, the least that is allowed leaves out some units.
    let subsets = (1..(1_usize << units.len()) - 1).map(|set| {
        let columns: Vec<usize> = all.iter().copied().filter(|column| set >> column & 1 == 1).collect();
        solve_with(&columns)
    });
    let curves =
        subsets.flatten().filter(|watts| watts.iter().all(|watt| *watt >= 0.0)).map(|watts| shape.curve(&watts));
    let best = curves.min_by(|a, b| mean_error(a, spent).total_cmp(&mean_error(b, spent)));
    best.map_or_else(|| free.map(|watts| shape.curve(&watts)), Ok)
}

/// The mean absolute relative error. It compares fits of different shapes: their losses have thresholds of their own.
fn mean_error(curve: &PowerCurve, spent: &[Spent]) -> f64 {
    let errors = spent.iter().map(|row| (row.predicted_j(curve) / row.joules - 1.0).abs());
    errors.sum::<f64>() / spent.len() as f64
}

/// Where the search for the times of a shape starts: from the best of so many values of each, evenly spread over their logarithms.
const STARTS: usize = 12;
/// Steps of the search from there.
const MOST_ITERATIONS: u64 = 60;
/// The spread of errors, as shares, at which it stops.
const TOLERANCE: f64 = 1e-7;
/// The error of what cannot be a curve: worse than any other, and finite so that the search can compare it.
const WORST: f64 = 1e30;

/// The time constant that leaves the least error.
fn search_tau(spent: &[Spent]) -> Result<f64, SolveError> {
    let times = spent.iter().map(|row| row.seconds);
    let (least, most) = times.fold((f64::INFINITY, 0.0_f64), |(least, most), s| (least.min(s), most.max(s)));
    // A ramp far shorter or longer than any row is one that no row shows.
    let [from, to] = [0.1 * least, 10.0 * most].map(|tau_s| tau_s.clamp(1e-9, 1e9).ln());
    let problem = Problem { spent, from, to };
    let step = (to - from) / (STARTS - 1) as f64;
    let starts = (0..STARTS).map(|start| from + step * start as f64).map(|tau| (problem.error(tau), tau));
    let (_, best) = starts.min_by(|a, b| a.0.total_cmp(&b.0)).unwrap_or((WORST, from));

    let failed = |error: argmin::core::Error| SolveError::Solver(error.to_string());
    let simplex = vec![vec![best], vec![best + 0.5 * step]];
    let solver = NelderMead::new(simplex).with_sd_tolerance(TOLERANCE).map_err(failed)?;
    let search = Executor::new(problem, solver).configure(|state| state.max_iters(MOST_ITERATIONS));
    let found = search.timer(false).ctrlc(false).run().map_err(failed)?;
    Ok(found.state().get_best_param().map_or(best, |tau| tau[0]).exp())
}

/// The error against the logarithm of the time constant, between two bounds.
struct Problem<'a> {
    spent: &'a [Spent],
    from: f64,
    to: f64,
}

impl Problem<'_> {
    fn error(&self, tau: f64) -> f64 {
        if !(self.from..=self.to).contains(&tau) {
            return WORST;
        }
        let curve = fit_watts(Shape::Ramp { tau_s: tau.exp() }, self.spent);
        curve.map_or(WORST, |curve| mean_error(&curve, self.spent).min(WORST))
    }
}

impl CostFunction for Problem<'_> {
    type Param = Vec<f64>;
    type Output = f64;

    fn cost(&self, tau: &Self::Param) -> Result<f64, argmin::core::Error> {
        Ok(self.error(tau[0]))
    }
}
