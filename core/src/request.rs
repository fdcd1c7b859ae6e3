//! What is asked: the token counts of one request.

use core::ffi::CStr;

/// The largest token count that is answered, 2^24: up to it every count is exact in an `f32`.
pub const MAX_TOKENS: u32 = 1 << 24;

/// One request: a single stream, no queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Request {
    /// Tokens of the whole prompt, cached ones included; at least 1.
    pub input_tokens: u32,
    /// Leading tokens of the prompt that are in the prefix cache already; fewer than `input_tokens`.
    pub cached_tokens: u32,
    /// Tokens to generate; at least 1. The first comes with prefill, each further one takes a step.
    pub output_tokens: u32,
}

/// Why a request has no prediction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RequestError {
    /// `input_tokens` is 0.
    NoInputTokens,
    /// `output_tokens` is 0.
    NoOutputTokens,
    /// `cached_tokens` is not below `input_tokens`.
    CachedTokens,
    /// A count is above [`MAX_TOKENS`].
    TooManyTokens,
    /// More than one output token, and the profile has no decode.
    NoDecode,
}

impl Request {
    /// Whether the counts make a request at all; whatever passes has a prediction from every profile that knows decode.
    ///
    /// # Errors
    /// The first count that is out of bounds.
    pub fn check(&self) -> Result<(), RequestError> {
        if self.input_tokens == 0 {
            Err(RequestError::NoInputTokens)
        } else if self.output_tokens == 0 {
            Err(RequestError::NoOutputTokens)
        } else if self.cached_tokens >= self.input_tokens {
            Err(RequestError::CachedTokens)
        } else if self.input_tokens > MAX_TOKENS || self.output_tokens > MAX_TOKENS {
            Err(RequestError::TooManyTokens)
        } else {
            Ok(())
        }
    }
}

impl RequestError {
    /// The text of the error, for C and Rust alike.
    pub const fn message(self) -> &'static CStr {
        match self {
            Self::NoInputTokens => c"input_tokens is 0: a request has at least one prompt token",
            Self::NoOutputTokens => c"output_tokens is 0: a request generates at least one token",
            Self::CachedTokens => c"cached_tokens must be below input_tokens: the last prompt token is always computed",
            Self::TooManyTokens => c"a token count is above 16777216, the largest that is answered",
            Self::NoDecode => {
                c"the profile knows prefill only: ask for one output token, or train it on rows that have decode_s"
            }
        }
    }
}
