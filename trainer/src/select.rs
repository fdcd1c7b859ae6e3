//! Stage 4, `type`: which form a phase is fitted with. `auto` compares forms by cross-validation.

use crate::compare::{Comparison, cross_validate, simplest};
use crate::fit::{FitError, Fitted, fit};
use crate::form::Form;
use crate::loss::Loss;
use crate::measurement::{Phase, Sample};
use clap::ValueEnum;
use serde::{Deserialize, Serialize};

/// What form a phase is fitted with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum Type {
    /// A fixed time and a time per token.
    Linear,
    /// All powers up to the config's degree.
    Polynomial,
    /// The simplest of several forms that is as good as the best.
    #[default]
    Auto,
}

/// How a phase is fitted: the `[prefill]` and `[decode]` tables of a config.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Settings {
    /// The form.
    pub form: Type,
    /// Of `polynomial`: 1 to 3.
    pub degree: u8,
    /// Whether a request has a fixed part.
    pub fit_intercept: bool,
    /// What is minimised.
    pub loss: Loss,
}

/// How rows are kept back: the `[validation]` table of a config.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Validation {
    /// Parts that the rows are cut into for cross-validation.
    pub folds: usize,
    /// Share of the device rows that is set aside where there is no holdout file.
    pub test_size: f64,
    /// Decides which rows.
    pub seed: u64,
}

impl Default for Validation {
    fn default() -> Self {
        Self { folds: 5, test_size: 0.2, seed: 42 }
    }
}

/// A form that was tried, for the report.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Candidate {
    /// The form, as a sum of terms.
    pub form: String,
    /// How many coefficients it has.
    pub coefficients: usize,
    /// How it did.
    #[serde(flatten)]
    pub comparison: Comparison,
}

/// The form that was chosen, and all that were tried.
#[derive(Clone, Debug, PartialEq)]
pub struct Selected {
    /// Fitted on all samples.
    pub fitted: Fitted,
    /// In the order of their complexity; empty where there was no choice.
    pub candidates: Vec<Candidate>,
    /// What is wrong with a form that was not chosen here but asked for.
    pub flaw: Option<String>,
}

/// Fits a phase as its settings say.
///
/// # Errors
/// Samples that no form can be fitted to.
pub fn select(
    phase: Phase,
    settings: &Settings,
    validation: &Validation,
    samples: &[Sample],
) -> Result<Selected, FitError> {
    if samples.is_empty() {
        return Err(FitError::NoRows(phase));
    }
    let polynomial = |degree| Form::polynomial(phase, degree, settings.fit_intercept);
    let only = |form| Selected::only(phase, &form, settings.loss, samples);
    match settings.form {
        Type::Linear => only(polynomial(1)),
        Type::Polynomial => only(polynomial(settings.degree)),
        Type::Auto => {
            let (candidates, fits): (Vec<Candidate>, Vec<_>) = forms(phase, settings.fit_intercept)
                .into_iter()
                .map(|form| try_out(phase, &form, settings.loss, validation, samples))
                .unzip();
            let ways = candidates.iter().map(|candidate| (candidate.coefficients, &candidate.comparison));
            match simplest(ways).map(|index| fits[index].clone()) {
                Some(fitted) => Ok(Selected { fitted: fitted?, candidates, flaw: None }),
                None => Err(FitError::NoForm { phase, reasons: reasons(&candidates) }),
            }
        }
    }
}

impl Selected {
    /// Fits the one form that was asked for.
    ///
    /// # Errors
    /// Samples that do not determine its coefficients.
    pub fn only(phase: Phase, form: &Form, loss: Loss, samples: &[Sample]) -> Result<Self, FitError> {
        let fitted = fit(phase, form, loss, samples)?;
        let flaw = fitted.flaw(|seconds| seconds, samples);
        Ok(Self { fitted, candidates: Vec::new(), flaw })
    }
}

/// The forms that `auto` compares, the simplest first: degrees 1 to 3, and in prefill degrees 1 and 2 with a tile.
fn forms(phase: Phase, intercept: bool) -> Vec<Form> {
    let plain = |degree| Form::polynomial(phase, degree, intercept);
    let mut forms: Vec<Form> = (1..=3).map(plain).collect();
    if phase == Phase::Prefill {
        for tile in [8, 16, 32, 64, 128, 256, 512] {
            for degree in [1, 2] {
                forms.push(plain(degree).with_padded(tile));
                forms.push(plain(degree).with_whole(tile));
            }
        }
    }
    forms.sort_by_key(Form::coefficients);
    forms
}

/// With fewer rows, among so many forms some do well in cross-validation by chance.
const ROWS_A_COEFFICIENT: usize = 4;

fn try_out(
    phase: Phase,
    form: &Form,
    loss: Loss,
    validation: &Validation,
    samples: &[Sample],
) -> (Candidate, Result<Fitted, FitError>) {
    let fitted = fit(phase, form, loss, samples);
    let needed = ROWS_A_COEFFICIENT * form.coefficients();
    let comparison = match &fitted {
        Err(error) => Comparison::rejected(error.to_string()),
        Ok(_) if samples.len() < needed && *form != Form::polynomial(phase, 1, form.intercept) => {
            Comparison::rejected(format!("too few rows to compare it: it takes {needed}, there are {}", samples.len()))
        }
        Ok(fitted) => Comparison::new(
            cross_validate(samples, validation, |known, asked| Ok(fit(phase, form, loss, known)?.seconds(asked))),
            fitted.flaw(|seconds| seconds, samples),
        ),
    };
    (Candidate { form: crate::formula::form(phase, form), coefficients: form.coefficients(), comparison }, fitted)
}

/// Why forms were rejected, each reason once.
fn reasons(candidates: &[Candidate]) -> String {
    let mut reasons: Vec<&str> = Vec::new();
    for reason in candidates.iter().filter_map(|candidate| candidate.comparison.rejected.as_deref()) {
        if !reasons.contains(&reason) {
            reasons.push(reason);
        }
    }
    reasons.join("; ")
}
