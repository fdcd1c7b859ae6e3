//! One request as a foreign file tells of it.

use super::cell::Reason;
use token2metrics_core::{MAX_TOKENS, Request};

/// A canonical row, and when it was measured.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Imported {
    /// Tokens of the whole prompt; of a decode alone the context that it began with, if that is known.
    pub input_tokens: Option<u32>,
    /// Generated tokens: one more than there were steps.
    pub output_tokens: u32,
    /// Leading tokens of the prompt that were in the prefix cache.
    pub cached_tokens: u32,
    /// Seconds to the first token.
    pub prefill_s: Option<f64>,
    /// Seconds of the steps.
    pub decode_s: Option<f64>,
    /// Joules of the prompt.
    pub prefill_energy_j: Option<f64>,
    /// Joules of the steps.
    pub decode_energy_j: Option<f64>,
    /// When it ran, if the file says so.
    pub times: Option<Times>,
}

/// When a request ran, in seconds of the clock of its file: since 1970 unless that says otherwise.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Times {
    /// It was sent.
    pub start_s: f64,
    /// Its first token came.
    pub first_s: f64,
    /// Its last token came.
    pub end_s: f64,
}

impl Imported {
    /// Whether the row is one that a fit can use.
    pub(super) fn check(&self) -> Result<(), Reason> {
        let Self { input_tokens, output_tokens, cached_tokens, prefill_s, decode_s, .. } = *self;
        if prefill_s.is_none() && decode_s.is_none() {
            return Err("neither prefill nor decode was measured".into());
        }
        // A quotient or a product of sound figures may still be none.
        if [prefill_s, decode_s].into_iter().flatten().any(|time| !time.is_finite() || time <= 0.0) {
            return Err("a time is beyond what seconds can tell".into());
        }
        if output_tokens > MAX_TOKENS || input_tokens.is_some_and(|count| count > MAX_TOKENS) {
            return Err(format!("a token count is above {MAX_TOKENS}").into());
        }
        match input_tokens {
            // A decode alone may begin with an empty context, or with one that nobody knows.
            None | Some(0) if prefill_s.is_none() => Ok(()),
            None => Err("the input tokens are not known".into()),
            Some(input_tokens) => {
                Request { input_tokens, cached_tokens, output_tokens }.check().map_err(|error| error.to_string().into())
            }
        }
    }
}
