//! Predicts how long a language-model request takes on one device, from its token counts alone.
//!
//! The crate is what runs on the device: no `std`, no allocation, no panic, no global state. It reads from
//! the bottom up, one file a layer:
//!
//! - [`polynomial`]: a [`Term`] is a coefficient times a power of a token count, which may be padded to a tile and
//!   start at a knot; a [`Polynomial`] is a fixed part and a few terms. Two closed forms use it: the *rise* between two
//!   prompt lengths (prefill) and the *sum* over the contexts of all steps (decode).
//! - [`calibration`]: maps seconds of the machine that a polynomial was fitted on to seconds of the device.
//! - [`profile`]: what is known of one (LLM, device) pair: its [`Identity`], the token counts it was
//!   trained on, and per phase a polynomial with its calibration.
//! - [`blob`]: a profile as bytes: magic, version, length, CRC-32, postcard payload. Hostile bytes are rejected with a
//!   [`BlobError`] that says why.
//! - [`bundle`]: blobs back to back, as in a flash page, and the search for one by name.
//! - [`request`] and [`prediction`]: token counts in, seconds out.
//!
//! Power curves, error bands, budgets and drift are layers on top of [`prediction`]; each will be a file of its own here.
//!
//! All arithmetic is IEEE 754 single precision in a fixed order, additions, multiplications and
//! one division only, so that a prediction
//! is the same bits on every target.
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

pub mod blob;
pub mod bundle;
pub mod calibration;
pub mod polynomial;
pub mod prediction;
pub mod profile;
pub mod request;

pub use blob::BlobError;
pub use bundle::find;
pub use calibration::Calibration;
pub use polynomial::{Polynomial, Term};
pub use prediction::{Flags, Prediction};
pub use profile::{Identity, Phase, Profile, Span, Trained};
pub use request::{MAX_TOKENS, Request, RequestError};
