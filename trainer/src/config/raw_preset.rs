//! A preset file as it is written, before any value is checked.

use super::raw::{RawStated, RawTariff};
use crate::preset::Measure;
use serde::Deserialize;
use std::collections::BTreeMap;
use toml::Spanned;

/// The tables of a preset; `[tariff]` may be left out.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawPresetFile {
    pub(super) llm: RawPresetLlm,
    pub(super) device: RawPresetDevice,
    pub(super) preset: Spanned<RawPreset>,
    pub(super) tariff: Option<RawTariff>,
}

/// A blob has no size label, and what is written from one may have none either.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawPresetLlm {
    pub(super) name: Spanned<String>,
    pub(super) size: Option<Spanned<String>>,
    #[serde(default)]
    pub(super) aliases: Vec<Spanned<String>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawPresetDevice {
    pub(super) name: Spanned<String>,
    pub(super) variant: Option<Spanned<String>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawPreset {
    pub(super) source: Spanned<String>,
    pub(super) trained_input_tokens: Spanned<[u32; 2]>,
    pub(super) trained_output_tokens: Spanned<[u32; 2]>,
    pub(super) prefill: RawPolynomial,
    pub(super) decode: Option<RawPolynomial>,
    #[serde(default)]
    pub(super) power: RawPower,
    pub(super) bands: Option<RawBands>,
    #[serde(default)]
    pub(super) error: BTreeMap<Measure, RawError>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawPolynomial {
    pub(super) fixed_s: Option<Spanned<f64>>,
    pub(super) terms: Spanned<Vec<RawTerm>>,
    pub(super) scale: Option<Spanned<f64>>,
    pub(super) offset_s: Option<Spanned<f64>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawTerm {
    pub(super) coefficient: Spanned<f64>,
    pub(super) knot: Option<Spanned<u32>>,
    pub(super) tile: Option<Spanned<u16>>,
    pub(super) power: Spanned<u8>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawPower {
    pub(super) prefill: Option<RawStated>,
    pub(super) decode: Option<RawStated>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawBands {
    pub(super) prefill: Spanned<[f64; 5]>,
    pub(super) decode: Spanned<[f64; 5]>,
    pub(super) total: Spanned<[f64; 5]>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawError {
    pub(super) mape_percent: Spanned<f64>,
    pub(super) rows: Spanned<usize>,
    pub(super) how: Spanned<String>,
}
