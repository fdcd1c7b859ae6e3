//! Follows a device that is no longer as its profile says: throttled, in another power mode, under other load.
//!
//! Per phase, an exponentially weighted mean of `ln(observed / predicted)`, the *log ratio*, whose first values count more than later ones.
//! What is far from it is held in doubt: one such value is a freak and changes nothing, three in a row that agree are a device that has
//! changed, and the log ratio jumps to their mean. The bands follow by a factor on their width, which grows by a miss nine times as much as
//! it shrinks by a hit, so that in the long run nine in ten hit whatever the noise is (adaptive conformal inference: Gibbs and Candès, 2021).
//!
//! ```
//! use token2metrics_core::{Drift, Measured, Profile, Request};
//!
//! let profile = Profile::decode(include_bytes!("../../tests/vectors/version_2.t2m")).expect("the blob is whole");
//! let request = Request { input_tokens: 100, cached_tokens: 0, output_tokens: 50 };
//! let predicted = profile.predict(request).expect("the request has tokens");
//!
//! // A device that takes a fifth longer than it did, request by request.
//! let mut drift = Drift::NEW;
//! for _ in 0..20 {
//!     let measured = Measured { prefill_s: 1.2 * predicted.prefill_s, decode_s: 1.2 * predicted.decode_s };
//!     drift.observe(&profile, request, measured).expect("times above 0");
//! }
//! let correction = drift.correction().expect("a state that observing leads to");
//! let now = profile.predict_corrected(&correction, request).expect("the request has tokens");
//! assert!((now.total_s / predicted.total_s - 1.2).abs() < 0.01);
//! ```

use crate::band::{Bands, Ratios};
use crate::correction::{Correction, Widths};
use crate::{Flags, Profile, Request, RequestError};
use core::ffi::CStr;

/// What has been seen of one device with one profile: plain, of constant size, to be kept over a restart as it is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Drift {
    /// [`Drift::VERSION`]; anything else was not written by this version of the library.
    pub version: u32,
    /// Of `prefill_s`.
    pub prefill: Track,
    /// Of `decode_s`.
    pub decode: Track,
    /// Factor on the width of the band of `total_s`.
    pub total_width: f32,
}

/// What has been seen of one phase.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Track {
    /// The natural logarithm of `ratio`.
    pub log_ratio: f32,
    /// Observed / predicted seconds now, 1/8 to 8.
    pub ratio: f32,
    /// Factor on the width of the phase's band, 1/4 to 64.
    pub width: f32,
    /// Mean log ratio of the values in doubt.
    pub doubt: f32,
    /// Requests that the ratio was learned from; predictions use it from [`Drift::NEEDED`] on.
    pub observed: u16,
    /// Values in doubt: the last so many, all far from the ratio and near to each other.
    pub doubted: u16,
}

/// How long the phases of a request took.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Measured {
    /// Seconds from submission to the first token.
    pub prefill_s: f32,
    /// Seconds from the first token to the last; not read where there is no step.
    pub decode_s: f32,
}

/// Why a drift cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DriftError {
    /// It was never begun, or its values are none that observing leads to.
    Damaged,
    /// Another version of the library has written it.
    Version,
}

/// Why a request was not observed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ObserveError {
    /// The state itself.
    Drift(DriftError),
    /// The counts make no request, or the profile does not answer it.
    Request(RequestError),
    /// A measured time is zero, negative, NaN or infinite.
    Time,
}

const MARK: u32 = u32::from_le_bytes([0, b'T', b'2', b'D']);
/// Weight of a new value in the long run: half of what is known is from the last four or five requests.
const WEIGHT: f32 = 1.0 / 7.0;
/// A log ratio this far from what is known is in doubt, or further where the band is wide.
const GATE: f32 = 0.2;
/// The same in widths of the band from its middle to its end.
const GATE_WIDTHS: f32 = 1.75;
/// Values in doubt that make a changed device.
const AGREEING: u16 = 3;
/// The largest ratio that is believed, and its logarithm; the least is one in so many.
pub(crate) const LARGEST_RATIO: f32 = 8.0;
const LARGEST: f32 = 2.079_441_5;
/// The largest factor on a band's width.
pub(crate) const LARGEST_WIDTH: f32 = 64.0;
const WIDTHS: (f32, f32) = (0.25, LARGEST_WIDTH);

impl Default for Drift {
    fn default() -> Self {
        Self::NEW
    }
}

impl Drift {
    /// The mark and number of this layout.
    pub const VERSION: u32 = MARK | 1;
    /// Requests that must have been observed before predictions use them.
    pub const NEEDED: u16 = 3;
    /// Nothing observed yet.
    pub const NEW: Self = Self { version: Self::VERSION, prefill: Track::NEW, decode: Track::NEW, total_width: 1.0 };

    /// Whether the state is one that observing leads to; every use of it asks.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn check(&self) -> Result<(), DriftError> {
        let within = |value: f32, (low, high): (f32, f32)| value >= low && value <= high;
        let sound = |track: &Track| {
            within(track.log_ratio, (-LARGEST, LARGEST))
                // An exponential is a little off at the ends.
                && within(track.ratio, (0.999 / LARGEST_RATIO, 1.001 * LARGEST_RATIO))
                && within(track.width, WIDTHS)
                && within(track.doubt, (-LARGEST, LARGEST))
                && track.doubted < AGREEING
        };
        if self.version != Self::VERSION {
            Err(if self.version & !0xFF == MARK { DriftError::Version } else { DriftError::Damaged })
        } else if sound(&self.prefill) && sound(&self.decode) && within(self.total_width, WIDTHS) {
            Ok(())
        } else {
            Err(DriftError::Damaged)
        }
    }

    /// What predictions take from it.
    ///
    /// # Errors
    /// Those of [`Drift::check`].
    pub fn correction(&self) -> Result<Correction, DriftError> {
        self.check()?;
        Ok(self.trusted())
    }

    fn trusted(&self) -> Correction {
        let Self { prefill, decode, total_width: total, .. } = *self;
        let ratio = |track: Track| if track.is_known() { track.ratio } else { 1.0 };
        let widths = Widths { prefill: prefill.width, decode: decode.width, total };
        Correction {
            prefill: ratio(prefill),
            decode: ratio(decode),
            widths: (prefill.is_known() || decode.is_known()).then_some(widths),
        }
    }

    /// Learns from a request that has run: from as many output tokens as it really had, if it was stopped early. A phase
    /// for which the profile predicts no time at all is left out.
    ///
    /// # Errors
    /// [`ObserveError`]; the state is then as it was.
    pub fn observe(&mut self, profile: &Profile, request: Request, measured: Measured) -> Result<(), ObserveError> {
        self.check().map_err(ObserveError::Drift)?;
        profile.check_request(request).map_err(ObserveError::Request)?;
        let is_time = |seconds: f32| seconds.is_finite() && seconds > 0.0;
        let steps = request.output_tokens > 1;
        if !is_time(measured.prefill_s) || (steps && !is_time(measured.decode_s)) {
            return Err(ObserveError::Time);
        }
        let decode_s = if steps { measured.decode_s } else { 0.0 };
        let ratios = |of: fn(&Bands) -> Ratios| profile.bands.as_ref().map_or(Ratios::TYPICAL, of);
        let known = self.trusted();
        let mut flags = Flags::default();
        let predicted_prefill_s = profile.prefill_s(&Correction::NONE, request, &mut flags);
        let predicted_decode_s =
            profile.decode_s(&Correction::NONE, request.input_tokens, request.output_tokens - 1, &mut flags);

        // First, and with what was known before this request.
        let total_s = predicted_prefill_s * known.prefill + predicted_decode_s * known.decode;
        if total_s > 0.0 {
            let ratio = (measured.prefill_s + decode_s) / total_s;
            let observed = if steps { self.prefill.observed.min(self.decode.observed) } else { self.prefill.observed };
            if observed >= Self::NEEDED {
                adapt(&mut self.total_width, observed, ratio, ratios(|bands| bands.total));
            }
        }
        self.prefill.observe(measured.prefill_s, predicted_prefill_s, ratios(|bands| bands.prefill));
        if steps {
            self.decode.observe(decode_s, predicted_decode_s, ratios(|bands| bands.decode));
        }
        Ok(())
    }
}

impl Track {
    const NEW: Self = Self { log_ratio: 0.0, ratio: 1.0, width: 1.0, doubt: 0.0, observed: 0, doubted: 0 };

    fn is_known(&self) -> bool {
        self.observed >= Drift::NEEDED
    }

    fn observe(&mut self, measured_s: f32, predicted_s: f32, ratios: Ratios) {
        if predicted_s <= 0.0 {
            return;
        }
        // A quotient that overflows or underflows is clamped all the same.
        let ratio = clamp(measured_s / predicted_s, (1.0 / LARGEST_RATIO, LARGEST_RATIO));
        let log_ratio = libm::logf(ratio);
        if self.is_known() {
            adapt(&mut self.width, self.observed, ratio / self.ratio, ratios);
        }
        let gate = libm::fmaxf(GATE, GATE_WIDTHS * self.width * ratios.drifted_spread());
        if libm::fabsf(log_ratio - self.log_ratio) <= gate {
            let weight = libm::fmaxf(1.0 / (2.0 + f32::from(self.observed)), WEIGHT);
            self.know(self.log_ratio + weight * (log_ratio - self.log_ratio), 1);
            return;
        }
        if self.doubted > 0 && libm::fabsf(log_ratio - self.doubt) <= gate {
            self.doubted += 1;
            self.doubt += (log_ratio - self.doubt) / f32::from(self.doubted);
        } else {
            self.doubted = 1;
            self.doubt = log_ratio;
        }
        if self.doubted == AGREEING {
            self.know(self.doubt, AGREEING);
        }
    }

    fn know(&mut self, log_ratio: f32, more: u16) {
        self.log_ratio = clamp(log_ratio, (-LARGEST, LARGEST));
        self.ratio = libm::expf(self.log_ratio);
        self.observed = self.observed.saturating_add(more);
        (self.doubted, self.doubt) = (0, 0.0);
    }
}

/// Widens a band by a miss and narrows it by a hit; in balance one in ten misses. Early ones count more.
fn adapt(width: &mut f32, observed: u16, ratio: f32, ratios: Ratios) {
    let weight = libm::fmaxf(3.0 / (2.0 + f32::from(observed)), 0.15);
    let hit = ratios.drifted_band_has(ratio, *width);
    *width = clamp(*width * if hit { 1.0 - 0.1 * weight } else { 1.0 + 0.9 * weight }, WIDTHS);
}

fn clamp(value: f32, (low, high): (f32, f32)) -> f32 {
    libm::fminf(libm::fmaxf(value, low), high)
}

impl DriftError {
    /// The text of the error, for C and Rust alike.
    pub const fn message(self) -> &'static CStr {
        match self {
            Self::Damaged => c"the drift was never begun or is damaged: begin a new one",
            Self::Version => c"another version of the library has written the drift: begin a new one",
        }
    }
}

impl ObserveError {
    /// The text of the error, for C and Rust alike.
    pub const fn message(self) -> &'static CStr {
        match self {
            Self::Drift(error) => error.message(),
            Self::Request(error) => error.message(),
            Self::Time => c"a measured time is zero, negative, NaN or infinite: seconds above 0 are needed",
        }
    }
}
