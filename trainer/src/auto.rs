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
use crate::choose::{cut_off_error, far_off, trimmed};
use crate::fit::{FitError, Fitted, fit};
use crate::form::Form;
use crate::formula;
use crate::measurement::{Phase, Sample};
use crate::scan::{Scanned, scan};
use crate::score::mean;
use crate::select::{Selected, Settings, Validation};
use serde::{Deserialize, Serialize};

/// With fewer rows than this times its coefficients, a form is not compared.
const ROWS_A_COEFFICIENT: usize = 2;
/// Rows that forms are compared on; more make no difference to the choice.
pub const COMPARED_ROWS: usize = 320;
/// Percent that make no difference: above the device's rounding.
const NEGLIGIBLE: f64 = 1e-4;
/// Forms that the report lists.
const LISTED: usize = 16;

/// What `auto` compared, for the report.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Compared {
    /// How many forms.
    pub forms: usize,
    /// The best of them, and the one that was chosen; the best first.
    pub best: Vec<Candidate>,
}

/// A form that was tried.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
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
    if some.len() < ROWS_A_COEFFICIENT * line.coefficients() {
        return Selected::only(phase, &line, settings.loss, 0.0, samples);
    }
    let enough = |form: &Form| ROWS_A_COEFFICIENT * form.coefficients() <= some.len();
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
pub fn spread(phase: Phase, samples: &[Sample]) -> Vec<Sample> {
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

/// Which rows even the best form misses by far, by its residuals on the rows that it is fitted to: those at the end of the range, which only a
/// fit without them misses, are none.
fn freaks(scanned: &[Scanned]) -> Vec<bool> {
    let pilot = scanned.iter().min_by(|a, b| trimmed(&a.errors).total_cmp(&trimmed(&b.errors)));
    pilot.map_or(Vec::new(), |pilot| far_off(&pilot.deviations))
}

/// The index of the form to take, of forms in the order of their scores; `sound` looks a form over.
fn choose(tried: &mut [Tried<'_>], sound: impl Fn(&mut Tried<'_>) -> bool) -> Option<usize> {
    let best = (0..tried.len()).find(|&index| sound(&mut tried[index]))?;
    let limit = as_good_as(&tried[best]);
    let near: Vec<usize> = (best..tried.len()).filter(|&index| index == best || tried[index].score <= limit).collect();
    let additive = near.into_iter().find(|&index| !tried[index].scanned.negative && sound(&mut tried[index]));
    let first = additive.unwrap_or(best);
    let limit = as_good_as(&tried[first]);
    let mut close: Vec<usize> = (first..tried.len())
        .filter(|&index| tried[index].score <= limit && (additive.is_none() || !tried[index].scanned.negative))
        .collect();
    // Stable: of equally simple forms the better one comes first.
    close.sort_by_key(|&index| tried[index].form.complexity());
    close.into_iter().find(|&index| sound(&mut tried[index])).or(Some(first))
}

/// The score up to which a form is as good as this one.
fn as_good_as(tried: &Tried<'_>) -> f64 {
    tried.score + cut_off_error(&tried.errors) + NEGLIGIBLE
}

impl Compared {
    fn new(phase: Phase, forms: usize, tried: &[Tried<'_>], chosen: usize) -> Self {
        let candidate = |(index, tried): (usize, &Tried<'_>)| Candidate {
            form: formula::form(phase, tried.form),
            coefficients: tried.form.coefficients(),
            ridge: tried.scanned.ridge,
            cv_mape_percent: tried.score,
            standard_error: cut_off_error(&tried.errors),
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
