//! `batch-predict`: a file of requests.

use super::predict::flag_names;
use crate::ingest;
use crate::locate::{Located, ModelArgs};
use crate::output;
use crate::table::{Format, seconds};
use anyhow::{Context, Result};
use clap::Args;
use serde::Serialize;
use std::path::{Path, PathBuf};
use token2metrics_core::{Prediction, Request};

/// Predict every request of a CSV file
///
/// The input has the columns input_tokens and output_tokens, and optionally cached_tokens. The output has one row per
/// input row, in the same order.
///
/// Example: token2metrics batch-predict --model 1.5B --input-file requests.csv --output-file predictions.csv
#[derive(Debug, Args)]
pub struct BatchPredict {
    #[command(flatten)]
    model: ModelArgs,
    /// Requests
    #[arg(long, value_name = "CSV")]
    input_file: PathBuf,
    /// Predictions
    #[arg(long, value_name = "CSV")]
    output_file: PathBuf,
    /// How to print the summary
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// A row of the output, and its header.
#[derive(Serialize)]
struct Row {
    input_tokens: u32,
    output_tokens: u32,
    cached_tokens: u32,
    prefill_s: f32,
    decode_s: f32,
    total_s: f32,
    tpot_s: f32,
    flags: String,
}

#[derive(Default, Serialize)]
struct Summary {
    n: usize,
    flagged: usize,
    total_s: f64,
}

impl BatchPredict {
    /// # Errors
    /// A model that is not trained, or a row that is no request; then nothing is written.
    pub fn run(self, config_dir: &Path) -> Result<String> {
        let Located { profile, .. } = self.model.locate(config_dir)?;
        let rows = ingest::read(&self.input_file)?.rows;
        let mut summary = Summary::default();
        let mut writer = csv::Writer::from_writer(Vec::new());
        for row in rows {
            let place = || format!("{}:{}", self.input_file.display(), row.line);
            let prediction = profile.predict(row.request).with_context(place)?;
            let Prediction { prefill_s, decode_s, total_s, tpot_s, flags, .. } = prediction;
            let Request { input_tokens, cached_tokens, output_tokens } = row.request;
            let flags = flag_names(flags).join(" ");
            summary.n += 1;
            summary.flagged += usize::from(!flags.is_empty());
            summary.total_s += f64::from(total_s);
            writer.serialize(Row {
                input_tokens,
                output_tokens,
                cached_tokens,
                prefill_s,
                decode_s,
                total_s,
                tpot_s,
                flags,
            })?;
        }
        output::write_all(&[(self.output_file.clone(), writer.into_inner()?)])?;
        self.format.render(&summary, || {
            format!(
                "{} requests, {} in all, one after the other; {} with a flag\n{}\n",
                summary.n,
                seconds(summary.total_s),
                summary.flagged,
                self.output_file.display()
            )
        })
    }
}
