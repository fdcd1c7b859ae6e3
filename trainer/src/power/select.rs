//! Which form a phase's power has.

use super::{Curve, PowerError, fit};
use crate::choose::{Comparison, simplest};
use crate::measurement::{Phase, Spent};
use crate::score::ape_percent;
use crate::select::Validation;
use crate::split::stratified;
use serde::{Deserialize, Serialize};
use token2metrics_core::{PowerCurve, Request};

/// A form that was tried, for the report.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Candidate {
    /// The form.
    pub form: Curve,
    /// How many numbers it has.
    pub parameters: usize,
    /// How it did.
    #[serde(flatten)]
    pub comparison: Comparison,
}

/// A fitted curve, and how it was chosen.
#[derive(Clone, Debug, PartialEq)]
pub struct Selected {
    /// Fitted to all rows.
    pub curve: PowerCurve,
    /// How it did.
    pub comparison: Comparison,
    /// All that was compared.
    pub candidates: Vec<Candidate>,
}

/// With fewer rows, a form of many numbers does well in cross-validation by chance.
const ROWS_A_PARAMETER: usize = 4;

/// Fits the curve that was asked for; `auto` takes the simplest of those that are as good as the best by cross-validation.
///
/// # Errors
/// Rows that determine no curve.
pub fn select(phase: Phase, form: Curve, validation: &Validation, spent: &[Spent]) -> Result<Selected, PowerError> {
    let forms = if form == Curve::Auto { Curve::forms(phase) } else { &[form] };
    let tried: Vec<Tried> = forms.iter().map(|&form| Tried::new(phase, form, forms.len(), validation, spent)).collect();
    let lags = lags(&tried);
    // One row cannot be cross-validated: the first form is all that it gives.
    let chosen = simplest(tried.iter().map(|tried| tried.form.parameters()).zip(&lags)).unwrap_or(0);
    let curve = tried[chosen].curve.clone()?;
    let candidates: Vec<Candidate> = tried.iter().map(Tried::candidate).collect();
    Ok(Selected { curve, comparison: candidates[chosen].comparison.clone(), candidates })
}

/// A form, fitted, and how it did on every row in cross-validation.
struct Tried {
    form: Curve,
    curve: Result<PowerCurve, PowerError>,
    /// Observed and predicted joules, or why there are none.
    joules: Result<Vec<(f64, f64)>, String>,
}

impl Tried {
    fn new(phase: Phase, form: Curve, rivals: usize, validation: &Validation, spent: &[Spent]) -> Self {
        let needed = ROWS_A_PARAMETER * form.parameters();
        let curve = fit(phase, form, spent);
        let joules = match &curve {
            Err(error) => Err(error.to_string()),
            Ok(_) if rivals > 1 && form != Curve::Constant && spent.len() < needed => {
                Err(format!("too few rows to compare it: it takes {needed}, there are {}", spent.len()))
            }
            Ok(_) => {
                cross_validate(phase, form, validation, spent).map_err(|error| format!("cross-validation: {error}"))
            }
        };
        Self { form, curve, joules }
    }

    fn comparison(&self, errors: impl Fn(&[(f64, f64)]) -> Vec<f64>) -> Comparison {
        match &self.joules {
            Ok(joules) => Comparison::new(Ok(errors(joules)), None),
            Err(reason) => Comparison::rejected(reason.clone()),
        }
    }

    fn candidate(&self) -> Candidate {
        let comparison = self.comparison(|joules| joules.iter().map(|(o, p)| ape_percent(*o, *p)).collect());
        Candidate { form: self.form, parameters: self.form.parameters(), comparison }
    }
}

/// How far each form is behind the best one, row by row: a freak row, which all forms miss, says nothing of how they differ, and its error would
/// hide what the others say. By logarithms it is behind by as much as any row, were it off by a hundred times.
fn lags(tried: &[Tried]) -> Vec<Comparison> {
    /// Percent that make no difference: forms that agree are equally good whatever the rounding.
    const NEGLIGIBLE: f64 = 0.01;
    let off = |(observed, predicted): &(f64, f64)| 100.0 * (observed / predicted).ln().abs();
    let known = || tried.iter().filter_map(|tried| tried.joules.as_ref().ok());
    let least = |row: usize| known().map(|joules| off(&joules[row])).fold(f64::INFINITY, f64::min);
    let lag = |(row, joules): (usize, &(f64, f64))| match off(joules) - least(row) {
        lag if lag <= NEGLIGIBLE => 0.0,
        lag => lag,
    };
    tried.iter().map(|tried| tried.comparison(|joules| joules.iter().enumerate().map(lag).collect())).collect()
}

/// The joules of every row, and what the curve of the other folds says of them.
fn cross_validate(
    phase: Phase,
    form: Curve,
    validation: &Validation,
    spent: &[Spent],
) -> Result<Vec<(f64, f64)>, PowerError> {
    let mut joules = Vec::with_capacity(spent.len());
    let lengths: Vec<u64> = spent.iter().map(|row| row.seconds.to_bits()).collect();
    let requests: Vec<Request> = spent.iter().map(|row| row.request).collect();
    for split in stratified(&lengths, &requests, validation.folds, validation.seed) {
        let (known, scored) = split.of(spent);
        let curve = fit(phase, form, &known)?;
        joules.extend(scored.iter().map(|row| (row.joules, row.predicted_j(&curve))));
    }
    Ok(joules)
}
