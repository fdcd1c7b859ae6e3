//! `inspect`: what is in a blob.

use crate::formula;
use crate::locate::{self, Located};
use crate::measurement::Phase;
use crate::table::Format;
use anyhow::Result;
use clap::Args;
use serde::Serialize;
use std::path::PathBuf;
use token2metrics_core::Profile;
use token2metrics_core::blob::FORMAT_VERSION;

/// Show what is in a blob
///
/// Example: token2metrics inspect outputs/qwen_1_5b/profile.t2m
#[derive(Debug, Args)]
pub struct Inspect {
    /// The blob
    blob: PathBuf,
    /// How to print it
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// A profile with its blob's figures: what `inspect` and `export --format json` give.
#[derive(Serialize)]
pub struct Report<'a> {
    format_version: u8,
    bytes: u64,
    #[serde(flatten)]
    profile: &'a Profile,
    prefill_formula: String,
    decode_formula: String,
}

impl<'a> Report<'a> {
    /// Gathers the report of a blob that was read.
    ///
    /// # Errors
    /// A file that is gone since.
    pub fn new(located: &'a Located) -> Result<Self> {
        let Profile { prefill, decode, .. } = &located.profile;
        Ok(Self {
            format_version: FORMAT_VERSION,
            bytes: std::fs::metadata(&located.path)?.len(),
            profile: &located.profile,
            prefill_formula: formula::phase(Phase::Prefill, &prefill.polynomial, &prefill.calibration),
            decode_formula: formula::phase(Phase::Decode, &decode.polynomial, &decode.calibration),
        })
    }
}

impl Inspect {
    /// # Errors
    /// A file that is no blob.
    pub fn run(self) -> Result<String> {
        let located = locate::read(&self.blob)?;
        let report = Report::new(&located)?;
        self.format.render(&report, || {
            let Profile { identity, trained, .. } = report.profile;
            let (input, output) = (trained.input_tokens, trained.output_tokens);
            format!(
                "LLM      {}\ndevice   {}\nvariant  {}\nblob     {} bytes, format version {}\n\
                 trained  {} to {} input tokens, {} to {} output tokens\n{}\n{}\n{}\n",
                identity.llm,
                identity.device,
                identity.variant,
                report.bytes,
                report.format_version,
                input.min,
                input.max,
                output.min,
                output.max,
                report.prefill_formula,
                report.decode_formula,
                formula::LEGEND,
            )
        })
    }
}
