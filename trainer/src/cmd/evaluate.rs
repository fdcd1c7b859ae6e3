//! `evaluate`: a profile against measured requests.

use crate::clean::{Cleaned, Cleaner, Rejection, warn_of};
use crate::formula;
use crate::locate::{Located, ModelArgs};
use crate::output::write_all;
use crate::score::{Scores, score};
use crate::table::{self, Format};
use crate::train::read;
use anyhow::{Result, bail};
use clap::Args;
use serde::Serialize;
use std::path::{Path, PathBuf};
use token2metrics_core::Profile;

/// Compare a trained model with measured requests, by default with its config's holdout
///
/// Example: token2metrics evaluate --model 1.5B --model-path outputs
#[derive(Debug, Args)]
pub struct Evaluate {
    #[command(flatten)]
    model: ModelArgs,
    /// Measured requests that the model was not trained on, instead of the config's holdout
    #[arg(long, value_name = "CSV")]
    data: Option<PathBuf>,
    /// Also write evaluation.json and predictions.csv to this folder
    #[arg(long, value_name = "DIR")]
    output: Option<PathBuf>,
    /// How to print the errors
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

#[derive(Serialize)]
struct Report {
    llm: String,
    device: String,
    variant: String,
    data: Vec<PathBuf>,
    rejected: Vec<Rejection>,
    #[serde(flatten)]
    scores: Scores,
}

/// A row of `predictions.csv`.
#[derive(Serialize)]
struct Row {
    input_tokens: u32,
    output_tokens: u32,
    cached_tokens: u32,
    observed_prefill_s: Option<f64>,
    predicted_prefill_s: f32,
    observed_decode_s: Option<f64>,
    predicted_decode_s: f32,
}

impl Evaluate {
    /// # Errors
    /// A model that is not trained, or no rows to compare it with.
    pub fn run(self, config_dir: &Path) -> Result<String> {
        let Located { profile, .. } = self.model.locate(config_dir)?;
        let data = self.data(config_dir, &profile)?;
        let Cleaned { rows, rejected, .. } = Cleaner::default().clean(&read(&data)?);
        warn_of(&rejected);
        if rows.is_empty() {
            bail!("no usable row in {}", join(&data));
        }
        let identity = &profile.identity;
        let report = Report {
            llm: identity.llm.to_string(),
            device: identity.device.to_string(),
            variant: identity.variant.to_string(),
            data,
            rejected,
            scores: score(&profile, &rows),
        };
        if let Some(folder) = &self.output {
            let mut writer = csv::Writer::from_writer(Vec::new());
            for row in &rows {
                let predicted = profile.predict(row.request)?;
                writer.serialize(Row {
                    input_tokens: row.request.input_tokens,
                    output_tokens: row.request.output_tokens,
                    cached_tokens: row.request.cached_tokens,
                    observed_prefill_s: row.prefill_s,
                    predicted_prefill_s: predicted.prefill_s,
                    observed_decode_s: row.decode_s,
                    predicted_decode_s: predicted.decode_s,
                })?;
            }
            write_all(&[
                (folder.join("evaluation.json"), serde_json::to_vec_pretty(&report)?),
                (folder.join("predictions.csv"), writer.into_inner()?),
            ])?;
        }
        self.format.render(&report, || {
            let whose = formula::identity(&report.llm, &report.device, &report.variant);
            format!("{whose}: errors on {}\n", join(&report.data)) + &table::scores(&report.scores)
        })
    }

    fn data(&self, config_dir: &Path, profile: &Profile) -> Result<Vec<PathBuf>> {
        if let Some(data) = &self.data {
            return Ok(vec![data.clone()]);
        }
        let config = self.model.config(config_dir, profile)?;
        if config.holdout.is_empty() {
            bail!(
                "{}: the config names no [device] holdout, and all other rows were fitted: give rows that were not with --data",
                config.stem
            );
        }
        Ok(config.holdout)
    }
}

fn join(paths: &[PathBuf]) -> String {
    paths.iter().map(|path| path.display().to_string()).collect::<Vec<_>>().join(", ")
}
