//! What is known of one (LLM, device) pair.

use crate::BlobError;
use crate::band::{Bands, Ratios};
use crate::calibration::Calibration;
use crate::drift::{LARGEST_RATIO, LARGEST_WIDTH};
use crate::polynomial::{LARGEST_TILE, PREFILL_TERMS, Polynomial, STEP_TERMS, Term};
use crate::power::{CurveError, PowerCurve};
use crate::request::MAX_TOKENS;
use crate::tariff::Tariff;
use core::ops::RangeInclusive;
use heapless::String;
use libm::fabsf;
use serde::Deserialize;

/// Bytes of UTF-8 that the name of an LLM can have.
pub const LLM_NAME: usize = 40;
/// Bytes of UTF-8 that the name of a device, and of a variant, can have.
pub const DEVICE_NAME: usize = 32;

/// The coefficients of one LLM on one device, with all that is needed to predict a request.
///
/// How it is read from a blob is in [`crate::blob`]: what a version added comes after what was there before.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "encode", derive(serde::Serialize))]
pub struct Profile {
    /// Whose profile it is.
    pub identity: Identity,
    /// The token counts it was trained on.
    pub trained: Trained,
    /// Seconds of a prompt, by its length.
    pub prefill: Phase<PREFILL_TERMS>,
    /// Seconds of one step by its context; the polynomial's fixed part is paid once a request. Without terms and without a fixed part, decode
    /// is not known: the profile answers requests of one output token.
    pub decode: Phase<STEP_TERMS>,
    /// Watts of each phase, as far as they are known.
    pub power: Power,
    /// How far off the seconds may be, if that is known.
    pub bands: Option<Bands>,
    /// What a request costs, if that is known.
    pub tariff: Option<Tariff>,
}

/// The power of each phase.
#[derive(Clone, Copy, Debug, Default, PartialEq, Deserialize)]
#[cfg_attr(feature = "encode", derive(serde::Serialize))]
pub struct Power {
    /// Against the seconds since the request began.
    pub prefill: PowerCurve,
    /// Against the seconds since the first token.
    pub decode: PowerCurve,
}

/// What a profile is for.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "encode", derive(serde::Serialize))]
pub struct Identity {
    /// The language model.
    pub llm: String<LLM_NAME, u8>,
    /// The machine that the times are of.
    pub device: String<DEVICE_NAME, u8>,
    /// Power mode, runtime, quantization; may be empty.
    pub variant: String<DEVICE_NAME, u8>,
}

/// Token counts that a profile was trained on. A request outside is answered, and flagged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "encode", derive(serde::Serialize))]
pub struct Trained {
    /// Prompt lengths.
    pub input_tokens: Span,
    /// Generated tokens.
    pub output_tokens: Span,
}

/// The least and the greatest of some token counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "encode", derive(serde::Serialize))]
pub struct Span {
    /// At least 1.
    pub min: u32,
    /// At least `min`, at most [`MAX_TOKENS`].
    pub max: u32,
}

/// One phase of a request: a polynomial, and the map from its seconds to the device's.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[cfg_attr(feature = "encode", derive(serde::Serialize))]
pub struct Phase<const N: usize> {
    /// Fitted on the machine with the most rows.
    pub polynomial: Polynomial<N>,
    /// From that machine to the device.
    pub calibration: Calibration,
}

impl Profile {
    /// Whether every value makes sense; blobs are checked with it on the way in and out.
    pub(crate) fn check(&self) -> Result<(), BlobError> {
        self.trained.input_tokens.check()?;
        self.trained.output_tokens.check()?;
        let prefill_s = self.prefill.check(1..=3, LARGEST_TILE, |term| term.rise(0, MAX_TOKENS))?;
        // A step has no padded length: the sum over its contexts has no closed form there.
        let decode_s = self.decode.check(0..=2, 1, |term| term.sum(0, 2 * MAX_TOKENS))?;
        let total_s = prefill_s + decode_s;
        // A request begins with prefill: there is nothing that could have woken it.
        if matches!(self.power.prefill, PowerCurve::Wake { .. }) {
            return Err(BlobError::Watts);
        }
        let energy = check_curve(self.power.prefill, prefill_s)? + check_curve(self.power.decode, decode_s)?;
        let longest_s = match self.bands {
            Some(bands) if !bands.rising() => return Err(BlobError::Band),
            Some(_) => WIDEST * total_s,
            None => total_s,
        };
        let mut cost = 0.0;
        if let Some(tariff) = &self.tariff {
            let [per_kwh, per_hour, per_request] = tariff.prices();
            if ![per_kwh, per_hour, per_request].iter().all(|price| price.is_finite()) {
                return Err(BlobError::NotFinite);
            } else if per_kwh < 0.0 || per_hour < 0.0 || per_request < 0.0 {
                return Err(BlobError::Price);
            }
            cost = energy * per_kwh + total_s * per_hour + per_request;
        }
        if (SLOWER * (longest_s + energy + cost)).is_finite() { Ok(()) } else { Err(BlobError::Overflow) }
    }
}

/// How much slower than the profile says a drifting device may be, twice that for the roundings on the way to the sums.
const SLOWER: f32 = 2.0 * LARGEST_RATIO;
/// Where the widest band of such a device ends, in times of its seconds.
const WIDEST: f32 = 1.0 + LARGEST_WIDTH * Ratios::MAX;

/// Checks a phase's curve, and gives an upper bound of the joules and watts that so many seconds can come to.
fn check_curve(curve: PowerCurve, seconds: f32) -> Result<f32, BlobError> {
    match curve.check() {
        Ok(()) => Ok(curve.bound(seconds)),
        Err(CurveError::NotFinite) => Err(BlobError::NotFinite),
        Err(CurveError::Watts) => Err(BlobError::Watts),
    }
}

impl Span {
    fn check(&self) -> Result<(), BlobError> {
        if 1 <= self.min && self.min <= self.max && self.max <= MAX_TOKENS { Ok(()) } else { Err(BlobError::Range) }
    }
}

impl<const N: usize> Phase<N> {
    /// A phase that was never measured.
    pub const UNKNOWN: Self = Self {
        polynomial: Polynomial { fixed_s: 0.0, terms: heapless::Vec::new() },
        calibration: Calibration::IDENTITY,
    };

    /// Whether anything is known of the phase: its polynomial has a fixed part or a term.
    pub fn is_known(&self) -> bool {
        self.polynomial.fixed_s != 0.0 || !self.polynomial.terms.is_empty()
    }

    /// Checks every value, and gives an upper bound of the seconds that the phase can come to: all coefficients made positive,
    /// at the longest request.
    fn check(
        &self,
        powers: RangeInclusive<u8>,
        largest_tile: u16,
        longest: impl Fn(Term) -> f32,
    ) -> Result<f32, BlobError> {
        let Self { polynomial, calibration } = self;
        if ![polynomial.fixed_s, calibration.scale, calibration.offset_s].iter().all(|value| value.is_finite()) {
            return Err(BlobError::NotFinite);
        }
        let mut fitted_s = fabsf(polynomial.fixed_s);
        for term in &polynomial.terms {
            term.check(&powers, largest_tile)?;
            fitted_s += longest(Term { coefficient: fabsf(term.coefficient), ..*term });
        }
        Ok(fabsf(calibration.offset_s) + fabsf(calibration.scale) * fitted_s)
    }
}

impl Term {
    fn check(&self, powers: &RangeInclusive<u8>, largest_tile: u16) -> Result<(), BlobError> {
        if !self.coefficient.is_finite() {
            Err(BlobError::NotFinite)
        } else if self.tile == 0 || self.tile > largest_tile {
            Err(BlobError::Tile)
        } else if self.knot > MAX_TOKENS {
            Err(BlobError::Knot)
        } else if !powers.contains(&self.power) {
            Err(BlobError::Power)
        } else {
            Ok(())
        }
    }
}
