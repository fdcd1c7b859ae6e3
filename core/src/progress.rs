//! How long a running request still takes.
//!
//! ```
//! use token2metrics_core::{Correction, Profile, Progress, Request};
//!
//! let profile = Profile::decode(include_bytes!("../../tests/vectors/version_2.t2m")).expect("the blob is whole");
//! let request = Request { input_tokens: 100, cached_tokens: 0, output_tokens: 50 };
//! // The first token came after half a second, the tenth after one.
//! let progress = Progress { generated_tokens: 10, elapsed_s: 1.0, prefill_s: 0.5 };
//! let left = profile.remaining(&Correction::NONE, request, progress).expect("a request that runs");
//! assert_eq!(left.total_s, 1.0 + left.remaining_s);
//! ```

use crate::drift::LARGEST_RATIO;
use crate::prediction::Flags;
use crate::{Correction, Profile, Request, RequestError};
use core::ffi::CStr;
use libm::{fmaxf, fminf};

/// How far a request has come.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Progress {
    /// Tokens generated so far; 0 while the prompt is being computed.
    pub generated_tokens: u32,
    /// Seconds since the request was submitted.
    pub elapsed_s: f32,
    /// Seconds from submission to the first token; not read while there is none.
    pub prefill_s: f32,
}

/// What is left of a request.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    /// Seconds until its last token.
    pub remaining_s: f32,
    /// Joules until then; `None` where the profile has no power curve.
    pub remaining_energy_j: Option<f32>,
    /// `elapsed_s + remaining_s`.
    pub total_s: f32,
    /// `elapsed_s / total_s`, 0 to 1.
    pub fraction: f32,
    /// What to know before trusting the figures.
    pub flags: Flags,
}

/// Why nothing can be said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProgressError {
    /// The counts make no request, or the profile does not answer it.
    Request(RequestError),
    /// A time is negative, NaN or infinite, or the first token is later than now.
    Time,
    /// More tokens are generated than the request has.
    Tokens,
}

/// How many steps on the predicted pace the prediction is worth: after so many, the pace of the request itself counts as much.
const STEPS: f32 = 8.0;

impl Profile {
    /// What is left of a request that has come so far, by the model and by the request's own pace.
    ///
    /// Its decode is on the predicted pace if the prediction has its last token before now and the next one after; otherwise the pace is the measured time
    /// against that of the nearer of the two, with eight predicted steps added to both. On the predicted pace the remaining seconds
    /// fall as the elapsed ones rise.
    ///
    /// # Errors
    /// [`ProgressError`].
    pub fn remaining(
        &self,
        correction: &Correction,
        request: Request,
        progress: Progress,
    ) -> Result<Estimate, ProgressError> {
        self.check_request(request).map_err(ProgressError::Request)?;
        let Progress { generated_tokens, elapsed_s, prefill_s } = progress;
        let is_time = |seconds: f32| seconds >= 0.0 && seconds.is_finite();
        if generated_tokens > request.output_tokens {
            return Err(ProgressError::Tokens);
        } else if !is_time(elapsed_s) || (generated_tokens > 0 && !(is_time(prefill_s) && prefill_s <= elapsed_s)) {
            return Err(ProgressError::Time);
        }
        let mut flags = self.range_flags(request);
        let steps = request.output_tokens - 1;
        let predicted_prefill_s = self.prefill_s(correction, request, &mut flags);
        let decode_s = self.decode_s(correction, request.input_tokens, steps, &mut flags);

        let (remaining_s, energy_j) = if generated_tokens == 0 {
            // A prompt that is late is taken to be about to end.
            let prefill_s = fmaxf(predicted_prefill_s, elapsed_s);
            let prefill = self.power.prefill;
            let energy_j = prefill.energy_j(prefill_s).zip(prefill.energy_j(elapsed_s)).map(|(all, spent)| all - spent);
            let decode_j = self.decode_energy_j(prefill_s, decode_s, steps);
            let energy_j = energy_j.zip(decode_j).map(|(prefill_j, decode_j)| fmaxf(prefill_j, 0.0) + decode_j);
            (prefill_s - elapsed_s + decode_s, energy_j)
        } else {
            let done = generated_tokens - 1;
            let at = |steps| self.decode_s(correction, request.input_tokens, steps, &mut Flags::default());
            let (last_s, next_s) = (at(done), at(steps.min(done + 1)));
            let since_first_s = elapsed_s - prefill_s;
            let remaining_s = rest(Steps { count: steps, last_s, next_s, decode_s }, since_first_s);
            let energy = |seconds| self.decode_energy_j(prefill_s, seconds, steps);
            let spent = energy(since_first_s);
            (remaining_s, energy(since_first_s + remaining_s).zip(spent).map(|(all, spent)| all - spent))
        };
        flags.set_if(energy_j.is_none(), Flags::NO_ENERGY);
        // Absurd times from the caller may have overflowed.
        let finite = |value: f32| fminf(fmaxf(value, 0.0), f32::MAX);
        let remaining_s = finite(remaining_s);
        let total_s = finite(elapsed_s + remaining_s);
        Ok(Estimate {
            remaining_s,
            remaining_energy_j: energy_j.map(finite),
            total_s,
            fraction: if total_s > 0.0 {
                fminf(elapsed_s / total_s, 1.0)
            } else {
                f32::from(u8::from(generated_tokens == request.output_tokens))
            },
            flags,
        })
    }
}

/// Predicted seconds from the first token.
struct Steps {
    /// Steps of the request.
    count: u32,
    /// To the last token that is there.
    last_s: f32,
    /// To the next one.
    next_s: f32,
    /// To the end.
    decode_s: f32,
}

/// Seconds to the end of decode, so long after the first token.
fn rest(steps: Steps, since_first_s: f32) -> f32 {
    let Steps { count, last_s, next_s, decode_s } = steps;
    let expected_s = fminf(fmaxf(since_first_s, last_s), next_s);
    let prior_s = STEPS * decode_s / fmaxf(count as f32, 1.0);
    let believed_s = prior_s + expected_s;
    let pace = if believed_s > 0.0 { (prior_s + since_first_s) / believed_s } else { 1.0 };
    let pace = fminf(fmaxf(pace, 1.0 / LARGEST_RATIO), LARGEST_RATIO);
    // The last token is there, and the next one is not.
    let (most_s, least_s) = (pace * (decode_s - last_s), pace * (decode_s - next_s));
    fminf(fmaxf(pace * decode_s - since_first_s, least_s), most_s)
}

impl ProgressError {
    /// The text of the error, for C and Rust alike.
    pub const fn message(self) -> &'static CStr {
        match self {
            Self::Request(error) => error.message(),
            Self::Time => {
                c"elapsed_s or prefill_s is negative, NaN or infinite, or prefill_s is above elapsed_s: give seconds since submission"
            }
            Self::Tokens => c"generated_tokens is above the request's output_tokens",
        }
    }
}
