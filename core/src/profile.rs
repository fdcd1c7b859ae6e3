//! What is known of one (LLM, device) pair.

use crate::band::Bands;
use crate::calibration::Calibration;
use crate::name::Name;
use crate::polynomial::{PREFILL_TERMS, Polynomial, STEP_TERMS};
use crate::power::PowerCurve;
use crate::tariff::Tariff;

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
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[cfg_attr(feature = "encode", derive(serde::Serialize))]
pub struct Power {
    /// Against the seconds since the request began.
    pub prefill: PowerCurve,
    /// Against the seconds since the first token.
    pub decode: PowerCurve,
}

/// What a profile is for.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "encode", derive(serde::Serialize))]
pub struct Identity {
    /// The language model.
    pub llm: Name<LLM_NAME>,
    /// The machine that the times are of.
    pub device: Name<DEVICE_NAME>,
    /// Power mode, runtime, quantization; may be empty.
    pub variant: Name<DEVICE_NAME>,
}

/// Token counts that a profile was trained on. A request outside is answered, and flagged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "encode", derive(serde::Serialize))]
pub struct Trained {
    /// Prompt lengths.
    pub input_tokens: Span,
    /// Generated tokens.
    pub output_tokens: Span,
}

/// The least and the greatest of some token counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "encode", derive(serde::Serialize))]
pub struct Span {
    /// At least 1.
    pub min: u32,
    /// At least `min`, at most [`crate::MAX_TOKENS`].
    pub max: u32,
}

/// One phase of a request: a polynomial, and the map from its seconds to the device's.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "encode", derive(serde::Serialize))]
pub struct Phase<const N: usize> {
    /// Fitted on the machine with the most rows.
    pub polynomial: Polynomial<N>,
    /// From that machine to the device.
    pub calibration: Calibration,
}

impl Profile {
    /// What a blob is read into.
    #[inline]
    pub fn blank() -> Self {
        // Written out, and no constant: that would stand in flash, zeros and all.
        let unknown = Span { min: 0, max: 0 };
        Self {
            identity: Identity { llm: Name::new(), device: Name::new(), variant: Name::new() },
            trained: Trained { input_tokens: unknown, output_tokens: unknown },
            prefill: Phase::blank(),
            decode: Phase::blank(),
            power: Power { prefill: PowerCurve::Unknown, decode: PowerCurve::Unknown },
            bands: None,
            tariff: None,
        }
    }
}

impl<const N: usize> Phase<N> {
    /// A phase that was never measured.
    pub const UNKNOWN: Self = Self {
        polynomial: Polynomial { fixed_s: 0.0, terms: heapless::Vec::new() },
        calibration: Calibration::IDENTITY,
    };

    fn blank() -> Self {
        Self {
            polynomial: Polynomial { fixed_s: 0.0, terms: heapless::Vec::new() },
            calibration: Calibration { scale: 0.0, offset_s: 0.0 },
        }
    }

    /// Whether anything is known of the phase: its polynomial has a fixed part or a term.
    pub fn is_known(&self) -> bool {
        !self.polynomial.terms.is_empty() || self.polynomial.fixed_s.abs() > 0.0
    }
}
