//! The numbers of one form: its watts by the solver of the latency fits, its times by a search around that.

use super::shape::{Curve, Shape};
use crate::fit::FitError;
use crate::loss::{Loss, slope};
use crate::measurement::{Phase, Spent};
use crate::score::{mean, median};
use crate::solve::{SolveError, solve};
use argmin::core::{CostFunction, Executor, State};
use argmin::solver::neldermead::NelderMead;
use nalgebra::{DMatrix, DVector};
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

/// Fits one form to rows: of all time constants the one whose watts, fitted robustly, leave the least error.
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
pub(super) fn is_of_a_machine(curve: &PowerCurve) -> bool {
    let most = match *curve {
        PowerCurve::Unknown => 0.0,
        PowerCurve::Constant { watts } => watts,
        PowerCurve::Log { base_w, slope_w } => base_w.max(slope_w),
        PowerCurve::Ramp { steady_w, deficit_w, .. } => steady_w.max(steady_w - deficit_w),
    };
    most <= 1e9
}

/// How often the watts of a shape are fitted, each time to joules that are cut to how far the rows of the fit before are off.
const MOST_ROUNDS: usize = 20;
/// The share by which joules may differ from those of the fit before and count as settled: near the precision of the device.
const SETTLED: f64 = 1e-6;

/// The watts of a shape, none below 0, that minimise Huber's loss over the logarithm of observed / predicted joules: a row of ten times or a
/// tenth of its joules is a freak alike, where the tenth would pull ten times as hard on a relative loss.
///
/// Each round fits joules that are cut to the threshold around the prediction before, as shares of it (P. J. Huber, "Robust Statistics", 1981, modified
/// residuals), beginning with the median power, which no freak moves.
fn fit_watts(shape: Shape, spent: &[Spent]) -> Result<PowerCurve, SolveError> {
    let units = shape.units();
    let design = DMatrix::from_fn(spent.len(), units.len(), |row, unit| spent[row].predicted_j(&units[unit]));
    let watts = median(spent.iter().map(|row| row.joules / row.seconds).collect());
    let mut predicted: Vec<f64> = spent.iter().map(|row| watts * row.seconds).collect();
    let mut coefficients = Vec::new();
    for _ in 0..MOST_ROUNDS {
        let ratios: Vec<f64> = spent.iter().zip(&predicted).map(|(row, joules)| (row.joules / joules).ln()).collect();
        let threshold = Loss::Huber.threshold(&ratios);
        let cut: Vec<f64> = ratios.iter().map(|ratio| slope(*ratio, threshold).exp()).collect();
        let shares = DMatrix::from_fn(design.nrows(), design.ncols(), |row, unit| design[(row, unit)] / predicted[row]);
        coefficients = not_below_zero(&shares, &cut)?;
        let before = predicted;
        let joules = &design * DVector::from_column_slice(&coefficients);
        // Above 0, for the logarithm.
        predicted = joules.iter().map(|joules| joules.max(f64::MIN_POSITIVE)).collect();
        if predicted.iter().zip(&before).all(|(now, before)| (now - before).abs() <= SETTLED * before) {
            break;
        }
    }
    Ok(shape.curve(&coefficients))
}

/// The coefficients of least squares that are not below 0.
///
/// The loss is convex: where its minimum has coefficients below 0, the least that is allowed leaves out some columns.
fn not_below_zero(design: &DMatrix<f64>, target: &[f64]) -> Result<Vec<f64>, SolveError> {
    let columns = design.ncols();
    let with = |set: usize| {
        let chosen: Vec<usize> = (0..columns).filter(|column| set >> column & 1 == 1).collect();
        let solution = solve(&design.select_columns(&chosen), target, Loss::Squared)?;
        let mut coefficients = vec![0.0; columns];
        for (column, coefficient) in chosen.into_iter().zip(solution.coefficients) {
            coefficients[column] = coefficient;
        }
        Ok((solution.solver.loss, coefficients))
    };
    let is_allowed = |(_, coefficients): &(f64, Vec<f64>)| coefficients.iter().all(|coefficient| *coefficient >= 0.0);
    let all = (1 << columns) - 1;
    let free = with(all);
    if free.as_ref().is_ok_and(is_allowed) {
        return free.map(|(_, coefficients)| coefficients);
    }
    let others = (1..all).flat_map(with).filter(is_allowed);
    match others.min_by(|a, b| a.0.total_cmp(&b.0)) {
        Some((_, coefficients)) => Ok(coefficients),
        None => Err(free.err().unwrap_or(SolveError::Range)),
    }
}

/// How far a curve is off on the mean: the logarithm of observed / predicted joules, without its sign.
///
/// It compares fits of different shapes, whose losses have thresholds of their own.
fn mean_error(curve: &PowerCurve, spent: &[Spent]) -> f64 {
    mean(&spent.iter().map(|row| (row.joules / row.predicted_j(curve)).ln().abs()).collect::<Vec<_>>())
}

/// Where the search for the times of a shape starts: from the best of so many values of each, evenly spread over their logarithms.
const STARTS: usize = 12;
/// Steps of the search from there.
const MOST_ITERATIONS: u64 = 60;
/// The spread of errors, as shares, at which it stops.
const TOLERANCE: f64 = 1e-7;
/// The error of what is no curve: worse than any other, and finite so that the search can compare it.
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
