//! A config file as it is written, before any value is checked.

use crate::calibrate::Method;
use crate::import::Assumption;
use crate::loss::Loss;
use crate::power::Curve;
use crate::select::Type;
use serde::de::value::MapAccessDeserializer;
use serde::de::{self, IntoDeserializer, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use toml::Spanned;

/// The tables of a config; all but the first two have defaults.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawConfig {
    pub(super) llm: RawLlm,
    pub(super) tokens: Option<RawTokens>,
    pub(super) server: Option<RawMachine>,
    pub(super) device: RawDevice,
    #[serde(default)]
    pub(super) prefill: RawPhase,
    #[serde(default)]
    pub(super) decode: RawPhase,
    #[serde(default)]
    pub(super) calibration: RawCalibration,
    #[serde(default)]
    pub(super) validation: RawValidation,
    pub(super) energy: Option<Spanned<RawEnergy>>,
    pub(super) tariff: Option<RawTariff>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawLlm {
    pub(super) name: Spanned<String>,
    pub(super) size: Spanned<String>,
    #[serde(default)]
    pub(super) aliases: Vec<Spanned<String>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawTokens {
    pub(super) input: Option<Spanned<[u32; 2]>>,
    pub(super) output: Option<Spanned<[u32; 2]>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawMachine {
    pub(super) name: Spanned<String>,
    pub(super) memory_gb: Option<Spanned<f64>>,
    pub(super) data: Spanned<Vec<PathBuf>>,
    #[serde(default)]
    pub(super) filter: BTreeMap<String, RawValue>,
    #[serde(default)]
    pub(super) join: Vec<PathBuf>,
    #[serde(default)]
    pub(super) assume: Vec<Assumption>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawDevice {
    pub(super) name: Spanned<String>,
    pub(super) memory_gb: Option<Spanned<f64>>,
    pub(super) power_limit_w: Option<Spanned<f64>>,
    pub(super) variant: Option<Spanned<String>>,
    pub(super) data: Spanned<Vec<PathBuf>>,
    #[serde(default)]
    pub(super) holdout: Vec<PathBuf>,
    #[serde(default)]
    pub(super) filter: BTreeMap<String, RawValue>,
    #[serde(default)]
    pub(super) join: Vec<PathBuf>,
    #[serde(default)]
    pub(super) assume: Vec<Assumption>,
}

/// A value that files are filtered by; they hold texts.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum RawValue {
    Text(String),
    Whole(i64),
    Number(f64),
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

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawPhase {
    #[serde(rename = "type", default)]
    pub(super) form: Type,
    pub(super) degree: Option<Spanned<u8>>,
    pub(super) fit_intercept: Option<bool>,
    #[serde(default)]
    pub(super) loss: Loss,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawCalibration {
    #[serde(default)]
    pub(super) method: Method,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawValidation {
    pub(super) folds: Option<Spanned<usize>>,
    pub(super) test_size: Option<Spanned<f64>>,
    pub(super) seed: Option<u64>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawEnergy {
    pub(super) prefill: Option<RawCurve>,
    pub(super) decode: Option<RawCurve>,
}

/// The name of a form to fit, or a table with the numbers of a curve.
#[derive(Debug)]
pub(super) enum RawCurve {
    Fitted(Curve),
    Stated(Box<RawStated>),
}

/// The numbers of any form: which of them belong to the one that is named is checked later, by their places in the text.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawStated {
    pub(super) form: Spanned<RawForm>,
    pub(super) watts: Option<Spanned<f64>>,
    pub(super) base_w: Option<Spanned<f64>>,
    pub(super) slope_w: Option<Spanned<f64>>,
    pub(super) steady_w: Option<Spanned<f64>>,
    pub(super) deficit_w: Option<Spanned<f64>>,
    pub(super) tau_s: Option<Spanned<f64>>,
    pub(super) idle_w: Option<Spanned<f64>>,
    pub(super) wake_s: Option<Spanned<f64>>,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum RawForm {
    Constant,
    Log,
    Ramp,
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

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawTariff {
    pub(super) currency: Option<Spanned<String>>,
    pub(super) per_kwh: Option<Spanned<f64>>,
    pub(super) per_hour: Option<Spanned<f64>>,
    pub(super) per_request: Option<Spanned<f64>>,
}
