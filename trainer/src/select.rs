//! Stage 4, `type`: which form a phase is fitted with.

use crate::auto::{Compared, auto};
use crate::fit::{FitError, Fitted, fit};
use crate::form::Form;
use crate::loss::Loss;
use crate::measurement::{Phase, Sample};
use clap::ValueEnum;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What form a phase is fitted with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ValueEnum)]
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

/// The form that was chosen, and all that were tried.
#[derive(Clone, Debug, PartialEq)]
pub struct Selected {
    /// Fitted on all samples.
    pub fitted: Fitted,
    /// What was compared; empty where there was no choice.
    pub compared: Compared,
    /// What is wrong with a form that was asked for, or that the rows force.
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
    let only = |form| Selected::only(phase, &form, settings.loss, 0.0, samples);
    match settings.form {
        Type::Linear => only(polynomial(1)),
        Type::Polynomial => only(polynomial(settings.degree)),
        Type::Auto => auto(phase, settings, validation, samples),
    }
}

impl Selected {
    /// Fits the one form that was asked for.
    ///
    /// # Errors
    /// Samples that do not determine its coefficients.
    pub fn only(phase: Phase, form: &Form, loss: Loss, ridge: f64, samples: &[Sample]) -> Result<Self, FitError> {
        let fitted = fit(phase, form, loss, ridge, samples)?;
        let flaw = fitted.flaw(|seconds| seconds, samples);
        Ok(Self { fitted, compared: Compared::default(), flaw })
    }
}
