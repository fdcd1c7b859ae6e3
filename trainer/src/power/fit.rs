//! The numbers of one form: watts and times.

use super::search::Times;
use super::shape::Curve;
use super::watts::fit_watts;
use crate::measurement::{Phase, Spent};
use crate::solve::SolveError;
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

/// Fits one form to rows: of all times that it has those whose watts, fitted robustly, leave the least error.
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
    let times = Times::new(form, spent);
    let curve = fit_watts(times.shape(&times.search(spent)?), spent)?;
    if is_of_a_machine(&curve) { Ok(curve) } else { Err(PowerError::Range) }
}

/// Whether a blob can hold the curve and any request's energy is finite.
pub(super) fn is_of_a_machine(curve: &PowerCurve) -> bool {
    let most = match *curve {
        PowerCurve::Unknown => 0.0,
        PowerCurve::Constant { watts } => watts,
        PowerCurve::Log { base_w, slope_w } => base_w.max(slope_w),
        PowerCurve::Ramp { steady_w, deficit_w, .. } => steady_w.max(steady_w - deficit_w),
        PowerCurve::Wake { idle_w, steady_w, deficit_w, .. } => idle_w.max(steady_w).max(steady_w - deficit_w),
    };
    most <= 1e9
}
