//! A config file as it is written, before any value is checked.

use crate::calibrate::Method;
use crate::loss::Loss;
use crate::select::Type;
use serde::Deserialize;
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
    pub(super) tariff: Option<Spanned<RawTariff>>,
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

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(dead_code, reason = "read so that a wrong key or value is found; nothing uses the values")]
pub(super) struct RawEnergy {
    prefill: Option<RawCurve>,
    decode: Option<RawCurve>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum RawCurve {
    Constant,
    Log,
    Ramp,
    Auto,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(dead_code, reason = "read so that a wrong key or value is found; nothing uses the values")]
pub(super) struct RawTariff {
    currency: Option<String>,
    per_kwh: Option<f64>,
    per_hour: Option<f64>,
    per_request: Option<f64>,
}
