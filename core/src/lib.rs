//! Predicts how long a language-model request takes on one device, how much energy it uses and what it costs, from its token counts
//! alone.
//!
//! The crate is what runs on the device: no `std`, no allocation, no panic, no global state. It reads from
//! the bottom up, one file a layer:
//!
//! - [`polynomial`]: a [`Term`] is a coefficient times a power of a token count, which may be padded to a tile and
//!   start at a knot; a [`Polynomial`] is a fixed part and a few terms. Two closed forms use it: the *rise* between two
//!   prompt lengths (prefill) and the *sum* over the contexts of all steps (decode).
//! - [`calibration`]: maps seconds of the machine that a polynomial was fitted on to seconds of the device.
//! - [`power`]: watts over the time of a phase, and the joules that are their integral.
//! - [`band`]: how far off predictions were on requests that no fit had seen, as ratios.
//! - [`tariff`]: what joules, seconds and a request cost.
//! - [`name`]: the short texts of a profile.
//! - [`profile`]: what is known of one (LLM, device) pair: its [`Identity`], the token counts it was
//!   trained on, per phase a polynomial with its calibration, and as far as it is known power, bands and a tariff.
//! - [`blob`]: a profile as bytes: magic, version, length, CRC-32, postcard payload. Hostile bytes are rejected with a
//!   [`BlobError`] that says why. What is between header and end is read by `payload`.
//! - [`bundle`]: blobs back to back, as in a flash page: its members, damaged ones included, and the search for one by name and variant.
//! - [`request`] and [`prediction`]: token counts in; seconds, joules and cost out. [`batch`] computes many at once.
//!
//! What a runtime does with a prediction:
//!
//! - [`budget`]: the largest count of output tokens within a limit of time, energy or cost.
//! - [`progress`]: what is left of a request that is running.
//! - [`drift`]: a small state that follows a device which slows down or speeds up, and the [`correction`] that it puts on all of the above.
//!
//! All arithmetic is IEEE 754 single precision in a fixed order: additions, multiplications and divisions, of which the logarithm and the exponential
//! in `elementary` are made too, so that a prediction is the same bits on every target. A drift takes those of `libm`, in software likewise.
//!
//! ```
//! use token2metrics_core::{Profile, Request};
//!
//! // In firmware: the flash page or the array that `token2metrics export --format c` writes.
//! let blob = include_bytes!("../../tests/vectors/version_1.t2m");
//! let profile = Profile::decode(blob).expect("the blob is whole");
//! let prediction = profile
//!     .predict(Request { input_tokens: 100, cached_tokens: 0, output_tokens: 50 })
//!     .expect("the request has tokens");
//! assert_eq!(prediction.total_s, prediction.prefill_s + prediction.decode_s);
//! ```
#![no_std]
#![forbid(unsafe_code)]

pub mod band;
pub mod batch;
pub mod blob;
pub mod budget;
pub mod bundle;
pub mod calibration;
pub mod correction;
pub mod drift;
mod elementary;
pub mod name;
mod payload;
pub mod polynomial;
pub mod power;
pub mod prediction;
pub mod profile;
pub mod progress;
pub mod request;
pub mod tariff;

pub use band::{Band, Bands, Level, Ratios};
pub use blob::BlobError;
pub use budget::{Budget, BudgetError, Limit, Quantity};
pub use bundle::{Member, find, members};
pub use calibration::Calibration;
pub use correction::Correction;
pub use drift::{Drift, DriftError, Measured, ObserveError, Track};
pub use name::Name;
pub use polynomial::{Polynomial, Term};
pub use power::PowerCurve;
pub use prediction::{Figures, Flags, Prediction};
pub use profile::{Identity, Phase, Power, Profile, Span, Trained};
pub use progress::{Estimate, Progress, ProgressError};
pub use request::{MAX_TOKENS, Request, RequestError};
pub use tariff::Tariff;

/// Errors whose text is that of their `message`.
macro_rules! errors {
    ($($error:ty),*) => {$(
        impl core::fmt::Display for $error {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                f.write_str(self.message().to_str().unwrap_or_default())
            }
        }

        impl core::error::Error for $error {}
    )*};
}
errors!(RequestError, BudgetError, ProgressError, DriftError, ObserveError);
