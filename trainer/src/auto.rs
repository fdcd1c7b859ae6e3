//! Stage 4, `type = "auto"`: the simplest of some hundred forms that predicts unseen rows as well as the best of them.
//!
//! 1. [`scan`] cross-validates every form at every strength of ridge; of each form the best strength counts.
//! 2. Freak rows, which even the best form misses by far, are left out of the scores: they say nothing about forms. They stay in
//!    the fit, whose loss is robust, and the report names them.
//! 3. The one-standard-error rule (L. Breiman et al., "Classification and Regression Trees", 1984), twice: forms in which every part costs
//!    time are preferred if the best of them is within one standard error of the best of all; then the one with the fewest
//!    coefficients within one standard error of the best of those.
//! 4. A form that is negative or falls within the rows' range is passed over, unless there is no other.

use crate::candidates::candidates;
use crate::compare::standard_error;
use crate::fit::{FitError, Fitted, fit};
use crate::form::Form;
use crate::formula;
use crate::measurement::{Phase, Sample};
use crate::outlier::{OUTLIER, modified_z_scores};
use crate::scan::{Scanned, scan};
use crate::score::{mean, quantile};
use crate::select::{Selected, Settings, Validation};
use serde::Serialize;

/// With fewer rows than this times its coefficients, a form is not compared.
const ROWS_A_COEFFICIENT: usize = 2;
/// Rows that forms are compared on; more make no difference to the choice.
const COMPARED_ROWS: usize = 500;
/// Share of the rows that may be freaks.
const FREAKS: usize = 10;
/// The share of the errors that a standard error is of; larger ones are cut off there. A single row at the end of the range, far off
/// for every form that has not seen it, would otherwise excuse any form.
const CUT_OFF: f64 = 0.75;
/// Forms that the report lists.
const LISTED: usize = 16;

/// What `auto` compared, for the report.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Compared {
    /// How many forms.
    pub forms: usize,
    /// The best of them, and the one that was chosen; the best first.
    pub best: Vec<Candidate>,
}

/// A form that was tried.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Candidate {
    /// The form, as a sum of terms.
    pub form: String,
    /// How many coefficients it has.
    pub coefficients: usize,
    /// The strength of ridge that suits it best.
    pub ridge: f64,
    /// The mean absolute percentage error of rows that were not fitted, freaks left out.
    pub cv_mape_percent: f64,
    /// The standard error of that mean, of errors cut off at their 75 % quantile.
    pub standard_error: f64,
    /// What is wrong with it; only the forms that came into question are looked at.
    pub flaw: Option<String>,
    /// Whether it is the one.
    pub chosen: bool,
}

/// A form at its best strength of ridge.
struct Tried<'a> {
    form: &'a Form,
    scanned: &'a Scanned,
    /// Without freaks.
    errors: Vec<f64>,
    score: f64,
    /// Looked at: what is wrong with it, if anything is.
    flaw: Option<Option<String>>,
}

/// Chooses a form and fits it.
///
/// # Errors
/// Samples that do not even determine a line.
pub fn auto(
    phase: Phase,
    settings: &Settings,
    validation: &Validation,
    samples: &[Sample],
) -> Result<Selected, FitError> {
    let some = spread(phase, samples);
    let line = Form::polynomial(phase, 1, settings.fit_intercept);
    let enough = |form: &Form| *form == line || ROWS_A_COEFFICIENT * form.coefficients() <= some.len();
    let forms: Vec<Form> = candidates(phase, settings.fit_intercept, &some).into_iter().filter(enough).collect();
    let scanned = scan(phase, &forms, settings.loss, validation.folds, validation.seed, &some);
    let mut tried = best_strengths(&forms, &scanned);
    let refit = |tried: &Tried<'_>, samples| fit(phase, tried.form, settings.loss, tried.scanned.ridge, samples);
    let look = |tried: &mut Tried<'_>| {
        let flaw =
            || refit(tried, &some).map_or_else(|error| Some(error.to_string()), |fitted| own_flaw(&fitted, &some));
        if tried.flaw.is_none() {
            tried.flaw = Some(flaw());
        }
        tried.flaw == Some(None)
    };
    let Some(chosen) = choose(&mut tried, look) else {
        // Nothing to compare, or nothing sound: the line, with what is wrong with it.
        return Selected::only(phase, &line, settings.loss, 0.0, samples);
    };
    let fitted = refit(&tried[chosen], samples)?;
    let flaw = own_flaw(&fitted, samples);
    Ok(Selected { fitted, compared: Compared::new(phase, forms.len(), &tried, chosen), flaw })
}

fn own_flaw(fitted: &Fitted, samples: &[Sample]) -> Option<String> {
    fitted.flaw(|seconds| seconds, samples)
}

/// At most [`COMPARED_ROWS`] samples, the shortest, the longest, and evenly many of all between.
fn spread(phase: Phase, samples: &[Sample]) -> Vec<Sample> {
    if samples.len() <= COMPARED_ROWS {
        return samples.to_vec();
    }
    let mut sorted = samples.to_vec();
    sorted.sort_by_key(|sample| sample.length(phase));
    (0..COMPARED_ROWS).map(|place| sorted[place * (sorted.len() - 1) / (COMPARED_ROWS - 1)]).collect()
}

/// Of each form its best strength, without the rows that are freaks; the best first.
fn best_strengths<'a>(forms: &'a [Form], scanned: &'a [Scanned]) -> Vec<Tried<'a>> {
    let freak = freaks(scanned);
    let mut tried: Vec<Tried<'a>> = Vec::new();
    for scanned in scanned {
        let errors: Vec<f64> =
            scanned.errors.iter().zip(&freak).filter(|(_, freak)| !**freak).map(|(error, _)| *error).collect();
        let score = mean(&errors);
        let this = Tried { form: &forms[scanned.form], scanned, errors, score, flaw: None };
        match tried.last_mut() {
            Some(last) if last.scanned.form == scanned.form => {
                if score < last.score {
                    *last = this;
                }
            }
            _ => tried.push(this),
        }
    }
    tried.sort_by(|a, b| a.score.total_cmp(&b.score));
    tried
}

/// Which rows even the best form misses by far, by the modified Z-score of its residuals.
fn freaks(scanned: &[Scanned]) -> Vec<bool> {
    // The form that is best apart from the rows that it misses most.
    let trimmed = |scanned: &Scanned| {
        let mut errors = scanned.errors.clone();
        errors.sort_by(f64::total_cmp);
        let cut = 10.0 * quantile(&errors, 0.5);
        mean(&errors.iter().map(|error| error.min(cut)).collect::<Vec<_>>())
    };
    let Some(pilot) = scanned.iter().map(|scanned| (trimmed(scanned), scanned)).min_by(|a, b| a.0.total_cmp(&b.0))
    else {
        return Vec::new();
    };
    let scores = modified_z_scores(&pilot.1.deviations);
    let mut order: Vec<usize> = (0..scores.len()).filter(|row| scores[*row].abs() > OUTLIER).collect();
    order.sort_by(|a, b| scores[*b].abs().total_cmp(&scores[*a].abs()));
    order.truncate((scores.len() / FREAKS).max(1));
    (0..scores.len()).map(|row| order.contains(&row)).collect()
}

/// The index of the form to take, of forms in the order of their scores; `sound` looks a form over.
fn choose(tried: &mut [Tried<'_>], sound: impl Fn(&mut Tried<'_>) -> bool) -> Option<usize> {
    let best = (0..tried.len()).find(|&index| sound(&mut tried[index]))?;
    let limit = tried[best].score + error_of(&tried[best].errors);
    let near: Vec<usize> = (best..tried.len()).filter(|&index| index == best || tried[index].score <= limit).collect();
    let additive = near.into_iter().find(|&index| !tried[index].scanned.negative && sound(&mut tried[index]));
    let first = additive.unwrap_or(best);
    let limit = tried[first].score + error_of(&tried[first].errors);
    let mut close: Vec<usize> = (first..tried.len())
        .filter(|&index| tried[index].score <= limit && (additive.is_none() || !tried[index].scanned.negative))
        .collect();
    // Stable: of equally simple forms the better one comes first.
    close.sort_by_key(|&index| tried[index].form.complexity());
    close.into_iter().find(|&index| sound(&mut tried[index])).or(Some(first))
}

/// The standard error of a mean, of errors cut off at [`CUT_OFF`].
fn error_of(errors: &[f64]) -> f64 {
    let mut sorted = errors.to_vec();
    sorted.sort_by(f64::total_cmp);
    let cut = quantile(&sorted, CUT_OFF);
    standard_error(&sorted.into_iter().map(|error| error.min(cut)).collect::<Vec<_>>())
}

impl Compared {
    fn new(phase: Phase, forms: usize, tried: &[Tried<'_>], chosen: usize) -> Self {
        let candidate = |(index, tried): (usize, &Tried<'_>)| Candidate {
            form: formula::form(phase, tried.form),
            coefficients: tried.form.coefficients(),
            ridge: tried.scanned.ridge,
            cv_mape_percent: tried.score,
            standard_error: error_of(&tried.errors),
            flaw: tried.flaw.clone().flatten(),
            chosen: index == chosen,
        };
        let listed = |(index, tried): &(usize, &Tried<'_>)| *index < LISTED || *index == chosen || tried.is_plain();
        Self { forms, best: tried.iter().enumerate().filter(listed).map(candidate).collect() }
    }
}

impl Tried<'_> {
    /// Whether it has neither tiles nor knots.
    fn is_plain(&self) -> bool {
        self.form.terms.iter().all(|term| term.tile == 1 && term.knot == 0)
    }
}
