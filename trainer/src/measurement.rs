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
    /// The request's token counts. Of a decode that was measured alone, `input_tokens` is the context that it began with, and may be 0.
    pub request: Request,
    /// Whether that context is not known; then it counts as 0.
    pub no_context: bool,
    /// Seconds from submission to the first token.
    pub prefill_s: Option<f64>,
    /// Seconds of the `output_tokens - 1` steps.
    pub decode_s: Option<f64>,
    /// Joules of the prompt.
    pub prefill_energy_j: Option<f64>,
    /// Joules of the steps.
    pub decode_energy_j: Option<f64>,
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

impl Measurement {
    /// The row without its decode.
    pub fn prompt(&self) -> Self {
        let request = Request { output_tokens: 1, ..self.request };
        Self { request, decode_s: None, decode_energy_j: None, ..*self }
    }

    /// The request as a profile can be asked for it: one that begins with an empty context has a prompt of one token, which a step can hardly tell from none.
    pub fn asked(&self) -> Request {
        Request { input_tokens: self.request.input_tokens.max(1), ..self.request }
    }
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

/// The energy of one phase of one measured request.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spent {
    /// Line in its file, from 1.
    pub line: u64,
    /// What was asked.
    pub request: Request,
    /// When the phase began, in seconds since the request.
    pub begin_s: f64,
    /// How long the phase took.
    pub seconds: f64,
    /// What it used.
    pub joules: f64,
}

impl Phase {
    /// The column with the phase's seconds.
    pub const fn column(self) -> &'static str {
        match self {
            Self::Prefill => "prefill_s",
            Self::Decode => "decode_s",
        }
    }

    /// The column with the phase's joules.
    pub const fn energy_column(self) -> &'static str {
        match self {
            Self::Prefill => "prefill_energy_j",
            Self::Decode => "decode_energy_j",
        }
    }

    /// The rows in which the phase was measured.
    pub fn samples(self, rows: &[Measurement]) -> Vec<Sample> {
        rows.iter().filter_map(|row| Some(Sample { request: row.request, seconds: self.seconds(row)? })).collect()
    }

    /// The rows in which both the time and the energy of the phase were measured. Where decode was and prefill was not, it began when the
    /// seconds given say.
    pub fn spent(self, rows: &[Measurement], prefill_s: impl Fn(Request) -> f64) -> Vec<Spent> {
        let spent = |row: &Measurement| {
            let (seconds, joules) = (self.seconds(row)?, self.joules(row)?);
            let begin_s = match self {
                Self::Prefill => 0.0,
                Self::Decode => row.prefill_s.unwrap_or_else(|| prefill_s(row.request)),
            };
            Some(Spent { line: row.line, request: row.request, begin_s, seconds, joules })
        };
        rows.iter().filter_map(spent).collect()
    }

    /// Whether a row has both the time and the energy of the phase.
    pub fn has_energy(self, row: &Measurement) -> bool {
        self.seconds(row).is_some() && self.joules(row).is_some()
    }

    /// The seconds of the phase, if they were measured.
    pub const fn seconds(self, row: &Measurement) -> Option<f64> {
        match self {
            Self::Prefill => row.prefill_s,
            Self::Decode => row.decode_s,
        }
    }

    /// The joules of the phase, if they were measured.
    pub const fn joules(self, row: &Measurement) -> Option<f64> {
        match self {
            Self::Prefill => row.prefill_energy_j,
            Self::Decode => row.decode_energy_j,
        }
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
