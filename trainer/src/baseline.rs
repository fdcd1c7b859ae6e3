//! What a profile has to beat: three simpler predictors, learned from the same rows.

use crate::calibrate::{Base, Calibrated, Map, Method};
use crate::fit::FitError;
use crate::form::Form;
use crate::ingest::IngestError;
use crate::loss::Loss;
use crate::measurement::{Phase, Sample};
use crate::score::{Errors, Scores};
use crate::select::{Selected, Validation};
use crate::train::Rows;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use token2metrics_core::{Power, Profile, Request};

/// How a predictor that is compared with a profile learns a phase.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Baseline {
    /// A fixed time and a time per token, by squared seconds on the server's rows, scaled by the mean of device / server; without such rows
    /// fitted on the device.
    Linear,
    /// A time of degree 2 in tokens, by relative squares on the device's rows; where these do not determine it, on the server's, scaled by
    /// the mean of device / server.
    DegreeTwo,
    /// Tokens per second: all tokens of the device's rows over all of their seconds.
    ConstantRate,
}

/// The errors of one of the predictors that are compared.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Predictor {
    /// What it is called.
    pub name: Cow<'static, str>,
    /// Of prefill; `None` where the predictor knows nothing of it.
    pub prefill_s: Option<Errors>,
    /// Of decode.
    pub decode_s: Option<Errors>,
    /// Of both.
    pub total_s: Option<Errors>,
    /// What was in the way of learning it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

/// What a profile is called among the predictors.
pub const THIS_PROFILE: &str = "this profile";

impl Predictor {
    /// Its errors by what they are of.
    pub fn times(&self) -> [(&'static str, Option<Errors>); 3] {
        [("prefill", self.prefill_s), ("decode", self.decode_s), ("total", self.total_s)]
    }

    /// The profile that is evaluated.
    pub fn this_profile(scores: &Scores) -> Self {
        let Scores { prefill_s, decode_s, total_s, .. } = *scores;
        Self { name: THIS_PROFILE.into(), prefill_s, decode_s, total_s, notes: Vec::new() }
    }
}

/// A profile's errors on the rows to score, and beside them those of every baseline that its config's other rows teach. The rows are scored by what is
/// given.
///
/// # Errors
/// A file to score that is not what it was.
pub fn compare(
    profile: &Profile,
    rows: &Rows,
    score: impl FnOnce(&[&Profile]) -> Result<Vec<Scores>, IngestError>,
) -> Result<(Scores, Vec<Predictor>), IngestError> {
    let learned = Baseline::ALL.map(|baseline| baseline.learn_both(profile, rows));
    let profiles: Vec<&Profile> = [profile].into_iter().chain(learned.iter().map(|learned| &learned.profile)).collect();
    let scores = score(&profiles)?;
    let own = scores.first().copied().unwrap_or_default();
    let others = learned.iter().zip(scores.iter().skip(1)).map(|(learned, scores)| learned.predictor(&own, scores));
    Ok((own, [Predictor::this_profile(&own)].into_iter().chain(others).collect()))
}

/// A baseline that has learned what it can.
struct Learned {
    baseline: Baseline,
    profile: Profile,
    notes: Vec<String>,
}

impl Learned {
    fn predictor(&self, own: &Scores, scores: &Scores) -> Predictor {
        let Scores { prefill_s, decode_s, total_s, .. } = *scores;
        // Without a phase the whole of a request is not known, or of other requests than the profile's.
        let same_rows = |total: &Errors| own.total_s.is_some_and(|own| own.n == total.n);
        let known = |errors: Option<Errors>| errors.filter(|_| self.profile.prefill.is_known());
        Predictor {
            name: self.baseline.name().into(),
            prefill_s: known(prefill_s),
            decode_s,
            total_s: known(total_s).filter(same_rows),
            notes: self.notes.clone(),
        }
    }
}

impl Baseline {
    /// Every baseline.
    pub const ALL: [Self; 3] = [Self::Linear, Self::DegreeTwo, Self::ConstantRate];

    /// What it is called.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Linear => "linear, mean ratio",
            Self::DegreeTwo => "degree 2",
            Self::ConstantRate => "constant rate",
        }
    }

    /// Learns a phase from a config's rows.
    ///
    /// # Errors
    /// Rows that do not determine it, or none of the device.
    pub fn learn(self, phase: Phase, server: &[Sample], device: &[Sample]) -> Result<Calibrated, FitError> {
        if device.is_empty() {
            return Err(FitError::NoRows(phase));
        }
        let only = |form, loss, samples| Selected::only(phase, &form, loss, 0.0, samples);
        let direct =
            |selected| Calibrated { selected, calibration: Map::IDENTITY, method: Method::Direct, tried: Vec::new() };
        let scaled = |form, loss| {
            let selected = &only(form, loss, server)?;
            Base { selected, settings: None, loss, validation: &Validation::default() }
                .calibrate(Method::SimpleScaling, device)
        };
        let (line, square) = (Form::polynomial(phase, 1, true), Form::polynomial(phase, 2, true));
        match self {
            Self::Linear if server.is_empty() => only(line, Loss::Squared, device).map(direct),
            Self::Linear => scaled(line, Loss::Squared),
            Self::DegreeTwo => match only(square.clone(), Loss::Relative, device) {
                Err(_) if !server.is_empty() => scaled(square, Loss::Relative),
                selected => selected.map(direct),
            },
            // A line through the origin and the one request that all rows add up to.
            Self::ConstantRate => {
                only(Form::polynomial(phase, 1, false), Loss::Squared, &[sum(phase, device)]).map(direct)
            }
        }
    }

    /// Learns both phases.
    fn learn_both(self, profile: &Profile, rows: &Rows) -> Learned {
        let mut notes = Vec::new();
        let prefill = self.try_to_learn(Phase::Prefill, rows, &mut notes);
        let decode = self.try_to_learn(Phase::Decode, rows, &mut notes);
        let profile = Profile {
            prefill: prefill.as_ref().and_then(to_device).unwrap_or(token2metrics_core::Phase::UNKNOWN),
            decode: decode.as_ref().and_then(to_device).unwrap_or(token2metrics_core::Phase::UNKNOWN),
            power: Power::default(),
            bands: None,
            tariff: None,
            ..profile.clone()
        };
        Learned { baseline: self, profile, notes }
    }

    /// Learns a phase, and notes what was in the way; nothing of a phase without rows, as there is nothing to compare.
    fn try_to_learn(self, phase: Phase, rows: &Rows, notes: &mut Vec<String>) -> Option<Calibrated> {
        let server = phase.samples(rows.server.as_ref().map_or(&[], |server| &server.rows));
        match self.learn(phase, &server, &phase.samples(&rows.device.rows)) {
            Ok(learned) => {
                if self == Self::DegreeTwo && learned.method != Method::Direct {
                    notes.push(format!(
                        "{phase}: fitted on the server's rows and scaled by the mean ratio: the device's are too few"
                    ));
                }
                Some(learned)
            }
            Err(FitError::NoRows(_)) => None,
            Err(reason) => {
                notes.push(format!("not compared: {reason}"));
                None
            }
        }
    }
}

/// A phase as the device has it. Every form here has few enough terms for that.
fn to_device<const N: usize>(learned: &Calibrated) -> Option<token2metrics_core::Phase<N>> {
    let polynomial = learned.selected.fitted.polynomial().ok()?;
    Some(token2metrics_core::Phase { polynomial, calibration: learned.calibration.into() })
}

/// One request with all tokens and all seconds of a phase.
fn sum(phase: Phase, samples: &[Sample]) -> Sample {
    let tokens = |Request { input_tokens, cached_tokens, output_tokens }: Request| match phase {
        Phase::Prefill => input_tokens - cached_tokens,
        Phase::Decode => output_tokens - 1,
    };
    let all = samples.iter().fold(0, |all: u32, sample| all.saturating_add(tokens(sample.request)));
    let request = match phase {
        Phase::Prefill => Request { input_tokens: all, cached_tokens: 0, output_tokens: 1 },
        Phase::Decode => Request { input_tokens: 1, cached_tokens: 0, output_tokens: all.saturating_add(1) },
    };
    Sample { request, seconds: samples.iter().map(|sample| sample.seconds).sum() }
}
