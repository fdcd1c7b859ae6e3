//! What a server may do instead of answering, and what may be wrong with an answer.

use serde::Serialize;
use std::fmt;

/// Why a request gave no row. The order is that of the summary.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// No connection.
    Unreachable,
    /// No whole answer within the time that a request may take.
    TimedOut,
    /// The connection ended within an answer.
    Cut,
    /// Bytes that are no HTTP.
    NotHttp,
    /// The answer is at another address.
    Redirected,
    /// An HTTP status that is no success.
    Status,
    /// More bytes than an answer of so many tokens has.
    TooLong,
    /// Text that is no JSON, or no events.
    NotJson,
    /// JSON without the times of the request.
    NoTimes,
    /// A time that is zero, negative or no number.
    BadTime,
    /// No token counts, or some that no request can have.
    NoCounts,
    /// Token counts far from those that were asked for.
    FarCounts,
    /// How much of the prompt came from a cache is not known.
    CacheUnknown,
    /// Steps that give more than one token.
    Speculative,
    /// When the first token came is not known.
    FirstTokenUnknown,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unreachable => "cannot connect",
            Self::TimedOut => "no whole answer in time",
            Self::Cut => "the connection ended within the answer",
            Self::NotHttp => "the answer is no HTTP",
            Self::Redirected => "redirected",
            Self::Status => "the server refused",
            Self::TooLong => "the answer is too long",
            Self::NotJson => "the answer is no JSON",
            Self::NoTimes => "no times in the answer",
            Self::BadTime => "a time that is not above zero",
            Self::NoCounts => "no token counts in the answer",
            Self::FarCounts => "token counts far from those asked for",
            Self::CacheUnknown => "whether the prompt was cached is not known",
            Self::Speculative => "speculative decoding",
            Self::FirstTokenUnknown => "when the first token came is not known",
        })
    }
}

/// A request that gave no row: which one, why, and what to do about it.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{url}: {reason}: {detail}")]
pub struct Failure {
    /// What was contacted.
    pub url: String,
    /// Why.
    pub reason: Reason,
    /// What was found, and what to do.
    pub detail: String,
}
