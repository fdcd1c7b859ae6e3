//! Stage 5: from a fit made on the server to the device, by the few rows that the device has.

use crate::auto::spread;
use crate::choose::{Comparison, cross_validate, far_off, simplest, trimmed};
use crate::fit::FitError;
use crate::form::{observed, requests};
use crate::loss::Loss;
use crate::measurement::Sample;
use crate::score::{mean, median};
use crate::select::{Selected, Settings, Validation, select};
use crate::solve::solve;
use clap::ValueEnum;
use nalgebra::DMatrix;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use token2metrics_core::{Calibration, Request};

/// How a fit made on one machine is mapped to another.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ValueEnum)]
#[serde(rename_all = "snake_case")]
#[value(rename_all = "snake_case")]
pub enum Method {
    /// A scale: the mean of device / server.
    SimpleScaling,
    /// A scale: the median of device / server.
    MedianRatio,
    /// A scale: least squares through the origin.
    LinearFit,
    /// A scale and an offset: least squares.
    Affine,
    /// No map: a fit on the device rows alone.
    Direct,
    /// The simplest of these that is as good as the best by cross-validation.
    #[default]
    Auto,
}

/// A phase as it goes into a profile.
#[derive(Clone, Debug, PartialEq)]
pub struct Calibrated {
    /// The server's fit, or the device's own with `direct`.
    pub selected: Selected,
    /// From its seconds to the device's.
    pub calibration: Map,
    /// The method; what `auto` chose, if it was that.
    pub method: Method,
    /// What `auto` compared; empty where the config left no choice.
    pub tried: Vec<Tried>,
}

/// `device_s = offset_s + scale * fitted_s`, in the precision of the fit.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Map {
    /// Device seconds per fitted second.
    pub scale: f64,
    /// Device seconds on top.
    pub offset_s: f64,
}

/// A method that `auto` tried, for the report.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Tried {
    /// The method.
    pub method: Method,
    /// How it did on the device rows.
    #[serde(flatten)]
    pub comparison: Comparison,
}

impl Map {
    /// The map of a fit made on the device itself.
    pub const IDENTITY: Self = Self { scale: 1.0, offset_s: 0.0 };

    /// Device seconds for fitted seconds.
    pub fn apply(&self, fitted_s: f64) -> f64 {
        self.offset_s + self.scale * fitted_s
    }
}

impl Calibrated {
    /// The device's seconds of a request, never below 0.
    pub fn seconds(&self, request: Request) -> f64 {
        let fitted_s = self.selected.fitted.seconds(&[request]);
        fitted_s.iter().map(|fitted_s| self.calibration.apply(*fitted_s).max(0.0)).sum()
    }

    /// What the device could not use, within the samples' range.
    pub fn flaw(&self, samples: &[Sample]) -> Option<String> {
        self.selected.fitted.flaw(|seconds| self.calibration.apply(seconds), samples)
    }
}

impl From<Map> for Calibration {
    fn from(map: Map) -> Self {
        Self { scale: map.scale as f32, offset_s: map.offset_s as f32 }
    }
}

/// What a calibration starts from.
pub struct Base<'a> {
    /// The server's fit.
    pub selected: &'a Selected,
    /// How `direct` fits; with `None`, in the form of the server's fit.
    pub settings: Option<&'a Settings>,
    /// What a map minimises.
    pub loss: Loss,
    /// How `auto` compares.
    pub validation: &'a Validation,
}

impl Base<'_> {
    /// Maps the server's fit to the device.
    ///
    /// # Errors
    /// Device samples that do not determine the map.
    pub fn calibrate(&self, method: Method, samples: &[Sample]) -> Result<Calibrated, FitError> {
        let Selected { fitted: base, .. } = self.selected;
        let phase = base.phase;
        if samples.is_empty() {
            return Err(FitError::NoRows(phase));
        }
        let (observed, fitted) = (observed(samples), base.seconds(&requests(samples)));
        let ratios = || observed.iter().zip(&fitted).map(|(observed, fitted)| observed / fitted).collect::<Vec<_>>();
        let mapped =
            |calibration| Calibrated { selected: self.selected.clone(), calibration, method, tried: Vec::new() };
        let scaled = |scale| Ok(mapped(Map { scale, offset_s: 0.0 }));
        let solved = |columns: usize| {
            let design =
                DMatrix::from_fn(fitted.len(), columns, |row, column| if column == 0 { fitted[row] } else { 1.0 });
            solve(&design, &observed, self.loss, 0.0).map_err(|reason| FitError::Solve { phase, reason })
        };
        match method {
            Method::SimpleScaling => scaled(mean(&ratios())),
            Method::MedianRatio => scaled(median(ratios())),
            Method::LinearFit => scaled(solved(1)?.coefficients[0]),
            Method::Affine => {
                let coefficients = solved(2)?.coefficients;
                Ok(mapped(Map { scale: coefficients[0], offset_s: coefficients[1] }))
            }
            Method::Direct => {
                let selected = match self.settings {
                    Some(settings) => select(phase, settings, self.validation, samples)?,
                    None => Selected::only(phase, &base.form, self.loss, base.solver.ridge, samples)?,
                };
                Ok(Calibrated { selected, calibration: Map::IDENTITY, method, tried: Vec::new() })
            }
            Method::Auto => self.auto(samples),
        }
    }

    /// Compares the methods; those of one number of coefficients count as equally simple.
    fn auto(&self, samples: &[Sample]) -> Result<Calibrated, FitError> {
        let phase = self.selected.fitted.phase;
        let methods = [Method::MedianRatio, Method::SimpleScaling, Method::LinearFit, Method::Affine, Method::Direct];
        // A form that was asked for in spite of its flaw is not held against the methods.
        let asked_for = self.selected.fitted.flaw(|seconds| seconds, samples).is_some();
        let predict = |method| {
            move |known: &[Sample], asked: &[Request]| {
                let Calibrated { selected, calibration, .. } = self.calibrate(method, known)?;
                Ok(selected.fitted.seconds(asked).into_iter().map(|seconds| calibration.apply(seconds)).collect())
            }
        };
        let mut calibrated: Vec<_> = methods.iter().map(|method| self.calibrate(*method, samples)).collect();
        let some = spread(phase, samples);
        let errors = methods.map(|method| cross_validate(phase, &some, self.validation, predict(method)));
        // A row that even the best method misses by far says nothing about methods.
        let best = errors.iter().flatten().min_by(|a, b| trimmed(a).total_cmp(&trimmed(b)));
        let freaks = best.map_or(Vec::new(), |errors| far_off(errors));
        let without_freaks = |errors: Vec<f64>| -> Vec<f64> {
            errors.into_iter().zip(&freaks).filter(|(_, freak)| !**freak).map(|(error, _)| error).collect()
        };
        let compare = |((method, errors), calibrated): ((Method, Result<_, _>), &Result<Calibrated, FitError>)| {
            let comparison = match calibrated {
                Err(error) => Comparison::rejected(error.to_string()),
                Ok(calibrated) => {
                    let flaw = if asked_for { None } else { calibrated.flaw(samples) };
                    Comparison::new(errors.map(without_freaks), flaw)
                }
            };
            Tried { method, comparison }
        };
        let tried: Vec<Tried> = methods.into_iter().zip(errors).zip(&calibrated).map(compare).collect();
        let chosen = simplest(tried.iter().map(|tried| (complexity(tried.method), &tried.comparison)));
        // One row cannot be cross-validated; its ratio, the first method, is all that there is.
        Ok(Calibrated { tried, ..calibrated.swap_remove(chosen.unwrap_or(0))? })
    }
}

/// Methods of fewer coefficients come first.
fn complexity(method: Method) -> usize {
    match method {
        Method::SimpleScaling | Method::MedianRatio | Method::LinearFit => 1,
        Method::Affine => 2,
        Method::Direct | Method::Auto => 3,
    }
}
