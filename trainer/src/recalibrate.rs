//! Stage 5 once more, for a profile that is trained already: to another device, or to the same one after a change, by a few rows.

use crate::auto::Compared;
use crate::band::AllQuantiles;
use crate::calibrate::{Base, Calibrated, Map, Method};
use crate::emit;
use crate::fit::{FitError, Fitted};
use crate::form::Form;
use crate::loss::Loss;
use crate::measurement::{Measurement, Phase};
use crate::score::Residuals;
use crate::select::{Selected, Validation};
use crate::solve::Solver;
use crate::split::stratified;
use serde::Serialize;
use token2metrics_core::{Polynomial, Profile, Request, Term};

/// A profile for the device that some rows are of.
#[derive(Clone, Debug)]
pub struct Recalibrated {
    /// The profile: its times, bands and trained range.
    pub profile: Profile,
    /// What became of prefill; `None` where no row has it, and it keeps its calibration.
    pub prefill: Option<Change>,
    /// The same of decode.
    pub decode: Option<Change>,
    /// What the bands come from: rows that were predicted from the others.
    pub quantiles: AllQuantiles,
}

/// What became of one phase.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Change {
    /// Rows that have it.
    pub rows: usize,
    /// How it was mapped.
    pub method: Method,
    /// The map.
    pub map: Map,
    /// The error of rows that were predicted from the others; of `auto` only.
    pub cv_mape_percent: Option<f64>,
}

/// Maps both phases of a profile to the device of some rows. Power stays as it is.
///
/// # Errors
/// Rows that do not determine the map.
pub fn recalibrate(profile: &Profile, method: Method, rows: &[Measurement]) -> Result<Recalibrated, FitError> {
    let mut recalibrated = latency(profile, method, rows)?;
    let quantiles = unseen(profile, method, rows).map(|residuals| residuals.quantiles()).unwrap_or_default();
    recalibrated.profile.bands = quantiles.bands(recalibrated.profile.decode.is_known());
    Ok(Recalibrated { quantiles, ..recalibrated })
}

fn latency(profile: &Profile, method: Method, rows: &[Measurement]) -> Result<Recalibrated, FitError> {
    let mut profile = Profile { bands: None, ..profile.clone() };
    let prefill = phase(Phase::Prefill, &mut profile.prefill, method, rows)?;
    let decode = phase(Phase::Decode, &mut profile.decode, method, rows)?;
    // A phase that is fitted on these rows alone knows no others.
    let direct = |change: &Option<Change>| change.is_some_and(|change| change.method == Method::Direct);
    if (direct(&prefill) || direct(&decode))
        && let Ok(input_tokens) = emit::input_tokens(rows)
    {
        profile.trained.input_tokens = input_tokens;
    }
    if direct(&decode) {
        profile.trained.output_tokens = emit::output_tokens(rows);
    }
    Ok(Recalibrated { profile, prefill, decode, quantiles: AllQuantiles::default() })
}

/// Residuals of each row from the profile that the other folds give; `None` where they give none.
fn unseen(profile: &Profile, method: Method, rows: &[Measurement]) -> Option<Residuals> {
    let Validation { folds, seed, .. } = Validation::default();
    let lengths: Vec<u32> = rows.iter().map(|row| row.request.input_tokens).collect();
    let mut residuals = Residuals::default();
    let requests: Vec<Request> = rows.iter().map(|row| row.request).collect();
    for split in stratified(&lengths, &requests, folds, seed) {
        let (known, scored) = split.of(rows);
        residuals.observe(&latency(profile, method, &known).ok()?.profile, &scored);
    }
    Some(residuals)
}

/// Maps one phase in place, if it was measured.
fn phase<const N: usize>(
    phase: Phase,
    of_profile: &mut token2metrics_core::Phase<N>,
    method: Method,
    rows: &[Measurement],
) -> Result<Option<Change>, FitError> {
    let samples = phase.samples(rows);
    if samples.is_empty() || !of_profile.is_known() {
        return Ok(None);
    }
    let selected =
        Selected { fitted: as_fitted(phase, &of_profile.polynomial), compared: Compared::default(), flaw: None };
    let validation = Validation::default();
    let base = Base { selected: &selected, settings: None, loss: Loss::default(), validation: &validation };
    let Calibrated { selected, calibration, method, tried } = base.calibrate(method, &samples)?;
    if let Ok(polynomial) = selected.fitted.polynomial() {
        of_profile.polynomial = polynomial;
    }
    of_profile.calibration = calibration.into();
    let chosen = tried.iter().find(|tried| tried.method == method);
    let cv_mape_percent = chosen.and_then(|tried| tried.comparison.cv_mape_percent);
    Ok(Some(Change { rows: samples.len(), method, map: calibration, cv_mape_percent }))
}

/// A profile's polynomial as the fit that it came from.
fn as_fitted<const N: usize>(phase: Phase, polynomial: &Polynomial<N>) -> Fitted {
    let unit = |term: &Term| Term { coefficient: 1.0, ..*term };
    let intercept = polynomial.fixed_s != 0.0;
    let fixed = intercept.then_some(polynomial.fixed_s);
    let coefficients = fixed.into_iter().chain(polynomial.terms.iter().map(|term| term.coefficient));
    Fitted {
        phase,
        form: Form { intercept, terms: polynomial.terms.iter().map(unit).collect() },
        coefficients: coefficients.map(f64::from).collect(),
        solver: Solver::of_a_blob(),
    }
}
