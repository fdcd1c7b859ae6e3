//! A preset file as it is written, before any value is checked.

use super::raw::{RawStated, RawTariff};
use super::schema::schema_of;
use super::spanned::Spanned;
use crate::preset::Measure;
use schemars::JsonSchema;
use serde::Deserialize;
use std::collections::BTreeMap;
use token2metrics_core::MAX_TOKENS;
use token2metrics_core::polynomial::LARGEST_TILE;

/// A profile by its coefficients.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RawPresetFile {
    /// Which language model.
    pub(super) llm: RawPresetLlm,
    /// The machine that the profile is of.
    pub(super) device: RawPresetDevice,
    /// The coefficients.
    pub(super) preset: Spanned<RawPreset>,
    /// Prices of the device.
    pub(super) tariff: Option<RawTariff>,
}

/// A blob has no size label, and what is written from one may have none either.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RawPresetLlm {
    /// Its name, at most 40 bytes.
    #[schemars(length(min = 1))]
    pub(super) name: Spanned<String>,
    /// Its size label, such as 1.5B.
    #[schemars(length(min = 1))]
    pub(super) size: Option<Spanned<String>>,
    /// Other names that it can be called by.
    #[serde(default)]
    #[schemars(inner(length(min = 1)))]
    pub(super) aliases: Vec<Spanned<String>>,
}

/// The machine that the profile is of.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RawPresetDevice {
    /// Its name, at most 32 bytes.
    #[schemars(length(min = 1))]
    pub(super) name: Spanned<String>,
    /// Power mode, runtime, quantization, at most 32 bytes.
    #[schemars(length(min = 1))]
    pub(super) variant: Option<Spanned<String>>,
}

/// The coefficients, and what is known of them.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RawPreset {
    /// Where the measurements were published.
    #[schemars(length(min = 1))]
    pub(super) source: Spanned<String>,
    /// The least and the greatest number of prompt tokens that were measured.
    #[schemars(inner(range(min = 1)))]
    pub(super) trained_input_tokens: Spanned<[u32; 2]>,
    /// The least and the greatest number of generated tokens that were measured.
    #[schemars(inner(range(min = 1)))]
    pub(super) trained_output_tokens: Spanned<[u32; 2]>,
    /// The seconds of the prompt.
    pub(super) prefill: RawPolynomial,
    /// The seconds of the steps; without it, requests of one output token are answered.
    pub(super) decode: Option<RawPolynomial>,
    /// Power curves.
    #[serde(default)]
    pub(super) power: RawPower,
    /// Error bands.
    pub(super) bands: Option<RawBands>,
    /// How far off predictions were.
    #[schemars(extend("propertyNames" = schema_of::<Measure>()))]
    #[serde(default)]
    pub(super) error: BTreeMap<Measure, RawError>,
}

/// Seconds: offset_s + scale * (fixed_s + the terms).
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RawPolynomial {
    /// Seconds that every request pays.
    #[schemars(extend("default" = 0.0))]
    pub(super) fixed_s: Option<Spanned<f64>>,
    /// At most 8 of prefill, 4 of decode.
    pub(super) terms: Spanned<Vec<RawTerm>>,
    /// Of the calibration.
    #[schemars(extend("default" = 1.0))]
    pub(super) scale: Option<Spanned<f64>>,
    /// Of the calibration.
    #[schemars(extend("default" = 0.0))]
    pub(super) offset_s: Option<Spanned<f64>>,
}

/// coefficient * x(n)^power, with x(n) = ceil(max(n - knot, 0) / tile) * tile.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RawTerm {
    /// Seconds.
    pub(super) coefficient: Spanned<f64>,
    /// Where it begins, in tokens.
    #[schemars(range(max = MAX_TOKENS), extend("default" = 0))]
    pub(super) knot: Option<Spanned<u32>>,
    /// What lengths are padded to a multiple of; of prefill only.
    #[schemars(range(min = 1, max = LARGEST_TILE), extend("default" = 1))]
    pub(super) tile: Option<Spanned<u16>>,
    /// Of the length: 1 to 3 in prefill, 0 to 2 in decode.
    #[schemars(range(max = 3))]
    pub(super) power: Spanned<u8>,
}

/// Power curves by their numbers.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RawPower {
    /// The power of the prompt.
    pub(super) prefill: Option<RawStated>,
    /// The power of the steps.
    pub(super) decode: Option<RawStated>,
}

/// Observed / predicted that 5, 50, 90, 95 and 99 % of the requests do not exceed.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RawBands {
    /// Of prefill_s.
    #[schemars(inner(range(min = 0)))]
    pub(super) prefill: Spanned<[f64; 5]>,
    /// Of decode_s.
    #[schemars(inner(range(min = 0)))]
    pub(super) decode: Spanned<[f64; 5]>,
    /// Of total_s.
    #[schemars(inner(range(min = 0)))]
    pub(super) total: Spanned<[f64; 5]>,
}

/// How far off predictions of a figure were.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RawError {
    /// The mean absolute percentage error.
    #[schemars(range(min = 0))]
    pub(super) mape_percent: Spanned<f64>,
    /// Over how many rows.
    #[schemars(range(min = 1))]
    pub(super) rows: Spanned<usize>,
    /// How it was measured, such as 5-fold cross-validation.
    #[schemars(length(min = 1))]
    pub(super) how: Spanned<String>,
}
