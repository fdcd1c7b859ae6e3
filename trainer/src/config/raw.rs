//! A config file as it is written, before any value is checked.

use super::spanned::Spanned;
use crate::calibrate::Method;
use crate::import::Assumption;
use crate::loss::Loss;
use crate::power::Curve;
use crate::select::{Type, Validation};
use schemars::JsonSchema;
use serde::de::value::MapAccessDeserializer;
use serde::de::{self, IntoDeserializer, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

/// Of a polynomial whose degree is not said.
pub(super) const DEGREE: u8 = 2;

/// How one LLM on one device is to be trained.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RawConfig {
    /// Which language model.
    pub(super) llm: RawLlm,
    /// Expected use: training warns where the rows do not cover it.
    pub(super) tokens: Option<RawTokens>,
    /// The machine with many rows, if it is not the device itself.
    pub(super) server: Option<RawMachine>,
    /// The machine that the profile is for.
    pub(super) device: RawDevice,
    /// How the prompt is fitted.
    #[serde(default)]
    pub(super) prefill: RawPhase,
    /// How the steps after the first token are fitted.
    #[serde(default)]
    pub(super) decode: RawPhase,
    /// How the server's fit is mapped to the device.
    #[serde(default)]
    pub(super) calibration: RawCalibration,
    /// How rows are kept back.
    #[serde(default)]
    pub(super) validation: RawValidation,
    /// Where the power curves come from.
    pub(super) energy: Option<Spanned<RawEnergy>>,
    /// Prices of the device.
    pub(super) tariff: Option<RawTariff>,
}

/// Which language model.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RawLlm {
    /// Its name, at most 40 bytes.
    #[schemars(length(min = 1))]
    pub(super) name: Spanned<String>,
    /// Its size label, such as 1.5B.
    #[schemars(length(min = 1))]
    pub(super) size: Spanned<String>,
    /// Other names that it can be called by.
    #[serde(default)]
    #[schemars(inner(length(min = 1)))]
    pub(super) aliases: Vec<Spanned<String>>,
}

/// Expected use.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RawTokens {
    /// The least and the greatest number of prompt tokens.
    #[schemars(inner(range(min = 1)))]
    pub(super) input: Option<Spanned<[u32; 2]>>,
    /// The least and the greatest number of generated tokens.
    #[schemars(inner(range(min = 1)))]
    pub(super) output: Option<Spanned<[u32; 2]>>,
}

/// A machine and its measurements.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RawMachine {
    /// Its name.
    #[schemars(length(min = 1))]
    pub(super) name: Spanned<String>,
    /// Its memory.
    #[schemars(extend("exclusiveMinimum" = 0))]
    pub(super) memory_gb: Option<Spanned<f64>>,
    /// Files of measurements, relative to this file.
    #[schemars(length(min = 1))]
    pub(super) data: Spanned<Vec<PathBuf>>,
    /// Which records of a benchmark's file are meant where it mixes several setups, such as threads = 1.
    #[serde(default)]
    pub(super) filter: BTreeMap<String, RawValue>,
    /// Server tables that know the input tokens of a device table's rows.
    #[serde(default)]
    pub(super) join: Vec<PathBuf>,
    /// What may be taken for granted where a benchmark's file does not say it.
    #[serde(default)]
    pub(super) assume: Vec<Assumption>,
}

/// The machine that the profile is for.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RawDevice {
    /// Its name, at most 32 bytes.
    #[schemars(length(min = 1))]
    pub(super) name: Spanned<String>,
    /// Its memory.
    #[schemars(extend("exclusiveMinimum" = 0))]
    pub(super) memory_gb: Option<Spanned<f64>>,
    /// The power that it is limited to, in watts.
    #[schemars(extend("exclusiveMinimum" = 0))]
    pub(super) power_limit_w: Option<Spanned<f64>>,
    /// Power mode, runtime, quantization, at most 32 bytes.
    #[schemars(length(min = 1))]
    pub(super) variant: Option<Spanned<String>>,
    /// Files of measurements, relative to this file.
    #[schemars(length(min = 1))]
    pub(super) data: Spanned<Vec<PathBuf>>,
    /// Files of measurements that are never fitted: what evaluate reads by default.
    #[serde(default)]
    pub(super) holdout: Vec<PathBuf>,
    /// Which records of a benchmark's file are meant where it mixes several setups, such as threads = 1.
    #[serde(default)]
    pub(super) filter: BTreeMap<String, RawValue>,
    /// Server tables that know the input tokens of a device table's rows.
    #[serde(default)]
    pub(super) join: Vec<PathBuf>,
    /// What may be taken for granted where a benchmark's file does not say it.
    #[serde(default)]
    pub(super) assume: Vec<Assumption>,
}

/// A value that files are filtered by; they hold texts.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
pub(super) enum RawValue {
    /// As the file has it.
    Text(String),
    /// A whole number.
    Whole(i64),
    /// A number.
    Number(f64),
    /// `true` or `false`.
    Switch(bool),
}

impl fmt::Display for RawValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => f.write_str(text),
            Self::Whole(number) => number.fmt(f),
            Self::Number(number) => number.fmt(f),
            Self::Switch(switch) => switch.fmt(f),
        }
    }
}

/// How a phase is fitted.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RawPhase {
    /// The form of the time in tokens.
    #[serde(rename = "type", default)]
    pub(super) form: Type,
    /// Of type polynomial: the degree of the phase's time in tokens.
    #[schemars(range(min = 1, max = 3), extend("default" = DEGREE))]
    pub(super) degree: Option<Spanned<u8>>,
    /// Whether a request has a fixed part.
    #[schemars(extend("default" = true))]
    pub(super) fit_intercept: Option<bool>,
    /// What is minimised.
    #[serde(default)]
    pub(super) loss: Loss,
}

/// How the server's fit is mapped to the device.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RawCalibration {
    /// The map.
    #[serde(default)]
    pub(super) method: Method,
}

/// How rows are kept back.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RawValidation {
    /// Parts that the rows are cut into for cross-validation.
    #[schemars(range(min = 2), extend("default" = Validation::default().folds))]
    pub(super) folds: Option<Spanned<usize>>,
    /// The share of the device rows that is set aside where there is no holdout file.
    #[schemars(extend("exclusiveMinimum" = 0, "exclusiveMaximum" = 1, "default" = Validation::default().test_size))]
    pub(super) test_size: Option<Spanned<f64>>,
    /// Decides which rows.
    #[schemars(extend("default" = Validation::default().seed))]
    pub(super) seed: Option<u64>,
}

/// Where the power curves come from.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RawEnergy {
    /// The power of the prompt.
    pub(super) prefill: Option<RawCurve>,
    /// The power of the steps.
    pub(super) decode: Option<RawCurve>,
}

/// The name of a form to fit, or a table with the numbers of a curve.
#[derive(Debug, JsonSchema)]
#[schemars(untagged)]
pub(super) enum RawCurve {
    /// A form to fit to the energy columns of the measurements.
    Fitted(Curve),
    /// A curve by its numbers.
    Stated(Box<RawStated>),
}

/// The numbers of any form: which of them belong to the one that is named is checked later, by their places in the text.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RawStated {
    /// The form of the curve; which numbers it has follows.
    pub(super) form: Spanned<RawForm>,
    /// Of constant: the watts.
    #[schemars(range(min = 0))]
    pub(super) watts: Option<Spanned<f64>>,
    /// Of log: the watts at the beginning.
    #[schemars(range(min = 0))]
    pub(super) base_w: Option<Spanned<f64>>,
    /// Of log: the watts per ln(1 + seconds).
    #[schemars(range(min = 0))]
    pub(super) slope_w: Option<Spanned<f64>>,
    /// Of ramp and wake: the watts that it nears.
    #[schemars(range(min = 0))]
    pub(super) steady_w: Option<Spanned<f64>>,
    /// Of ramp and wake: what is missing from them at the beginning.
    pub(super) deficit_w: Option<Spanned<f64>>,
    /// Of ramp and wake: the seconds in which all but 1/e of that is made up.
    #[schemars(extend("exclusiveMinimum" = 0))]
    pub(super) tau_s: Option<Spanned<f64>>,
    /// Of wake: the watts before it wakes.
    #[schemars(range(min = 0))]
    pub(super) idle_w: Option<Spanned<f64>>,
    /// Of wake: the seconds from the request until it wakes.
    #[schemars(range(min = 0))]
    pub(super) wake_s: Option<Spanned<f64>>,
}

/// The form of a power curve.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum RawForm {
    /// The same watts all the time.
    Constant,
    /// Watts that rise with the logarithm of time.
    Log,
    /// Watts that near a steady level exponentially.
    Ramp,
    /// Of decode only: idle for a while after the request, then a jump to a ramp.
    Wake,
}

impl<'de> Deserialize<'de> for RawCurve {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(CurveVisitor)
    }
}

struct CurveVisitor;

impl<'de> Visitor<'de> for CurveVisitor {
    type Value = RawCurve;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a form to fit, such as \"auto\", or a table with the form and the numbers of a curve")
    }

    fn visit_str<E: de::Error>(self, name: &str) -> Result<RawCurve, E> {
        Curve::deserialize(name.into_deserializer()).map(RawCurve::Fitted)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<RawCurve, A::Error> {
        RawStated::deserialize(MapAccessDeserializer::new(map)).map(|stated| RawCurve::Stated(Box::new(stated)))
    }
}

/// Prices.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RawTariff {
    /// The three letters of a currency, such as USD.
    #[schemars(regex(pattern = "^[A-Za-z]{3}$"))]
    pub(super) currency: Option<Spanned<String>>,
    /// The price of a kilowatt hour.
    #[schemars(range(min = 0), extend("default" = 0.0))]
    pub(super) per_kwh: Option<Spanned<f64>>,
    /// The price of an hour of the device.
    #[schemars(range(min = 0), extend("default" = 0.0))]
    pub(super) per_hour: Option<Spanned<f64>>,
    /// The price of any request.
    #[schemars(range(min = 0), extend("default" = 0.0))]
    pub(super) per_request: Option<Spanned<f64>>,
}
