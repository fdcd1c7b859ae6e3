//! The canonical row, and the two phases that it measures.

use serde::Serialize;
use std::fmt;
use std::path::PathBuf;
use token2metrics_core::Request;

/// The rows of one file.
#[derive(Clone, Debug)]
pub struct Table {
    /// Where they were read.
    pub path: PathBuf,
    /// In the order of the file.
    pub rows: Vec<Measurement>,
}

/// One measured request, in SI units; a phase that was not measured is `None`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Measurement {
    /// Line in its file, from 1.
    pub line: u64,
    /// The request's token counts.
    pub request: Request,
    /// Seconds from submission to the first token.
    pub prefill_s: Option<f64>,
    /// Seconds of the `output_tokens - 1` steps.
    pub decode_s: Option<f64>,
}

/// A part of a request that is fitted on its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Phase {
    /// The prompt, up to the first token.
    Prefill,
    /// The steps after the first token.
    Decode,
}

/// One phase of one measured request.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sample {
    /// What was asked.
    pub request: Request,
    /// How long the phase took.
    pub seconds: f64,
}

impl Sample {
    /// The token count that the phase grows with first of all.
    pub fn length(&self, phase: Phase) -> u32 {
        match phase {
            Phase::Prefill => self.request.input_tokens,
            Phase::Decode => self.request.output_tokens,
        }
    }
}

impl Phase {
    /// The column with the phase's seconds.
    pub const fn column(self) -> &'static str {
        match self {
            Self::Prefill => "prefill_s",
            Self::Decode => "decode_s",
        }
    }

    /// The rows in which the phase was measured.
    pub fn samples(self, rows: &[Measurement]) -> Vec<Sample> {
        let seconds = |row: &Measurement| match self {
            Self::Prefill => row.prefill_s,
            Self::Decode => row.decode_s,
        };
        rows.iter().filter_map(|row| Some(Sample { request: row.request, seconds: seconds(row)? })).collect()
    }
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Prefill => "prefill",
            Self::Decode => "decode",
        })
    }
}
