//! `rehearse`: how good a calibration from few rows is likely to be.

use crate::calibrate::Method;
use crate::clean::Cleaner;
use crate::import::Reading;
use crate::locate::{Located, ModelArgs};
use crate::rehearse::{Rehearsal, Spread, rehearse};
use crate::table::{Format, percent, table};
use anyhow::{Result, bail};
use clap::Args;
use std::path::{Path, PathBuf};

/// Calibrate a trained profile with many random choices of a few rows, and score each on the other rows
///
/// Tells how many requests are worth measuring on a new device, given many that were measured on one like it.
///
/// Example: token2metrics rehearse --model 14B --data configs/measurements/qwen_1_5b_device.csv --rows 10
#[derive(Debug, Args)]
pub struct Rehearse {
    #[command(flatten)]
    model: ModelArgs,
    /// Requests measured on the device
    #[arg(long, value_name = "CSV")]
    data: PathBuf,
    /// Rows of each calibration
    #[arg(long, value_name = "N", default_value_t = 10)]
    rows: usize,
    /// How often rows are drawn
    #[arg(long, value_name = "N", default_value_t = 200)]
    draws: usize,
    /// How the profile is mapped to the device
    #[arg(long, value_enum, default_value_t)]
    method: Method,
    /// Decides which rows are drawn
    #[arg(long, value_name = "N", default_value_t = 42)]
    seed: u64,
    /// How to print the errors
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

impl Rehearse {
    /// # Errors
    /// A model that is not trained, or too few rows to leave any to score.
    pub fn run(self, config_dir: &Path) -> Result<String> {
        let Located { profile, .. } = self.model.locate(config_dir)?;
        let cleaned = Cleaner::new(self.seed).read(std::slice::from_ref(&self.data), &Reading::default())?;
        cleaned.warn();
        let rows = cleaned.rows;
        if self.rows == 0 || self.rows >= rows.len() {
            bail!(
                "--rows {}: must be from 1 to {}, so that rows are left to score: {} has {} usable rows",
                self.rows,
                rows.len().saturating_sub(1),
                self.data.display(),
                rows.len()
            );
        }
        let rehearsal = rehearse(&profile, self.method, &rows, self.rows, self.draws, self.seed);
        if rehearsal.failed > 0 {
            log::warn!("{} of {} draws determined no calibration and are left out", rehearsal.failed, rehearsal.draws);
        }
        self.format.render(&rehearsal, || text(&rehearsal))
    }
}

fn text(rehearsal: &Rehearsal) -> String {
    let row = |name: &str, spread: &Option<Spread>| {
        let figure = |of: fn(&Spread) -> f64| spread.as_ref().map_or("-".to_owned(), |spread| percent(of(spread)));
        let coverage = spread.as_ref().and_then(|spread| spread.coverage_90);
        [
            name.to_owned(),
            figure(|spread| spread.median_mape_percent),
            figure(|spread| spread.p95_mape_percent),
            figure(|spread| spread.max_mape_percent),
            coverage.map_or("-".to_owned(), |share| percent(100.0 * share)),
        ]
    };
    let rows =
        [row("prefill", &rehearsal.prefill_s), row("decode", &rehearsal.decode_s), row("total", &rehearsal.total_s)];
    let Rehearsal { draws, rows: few, .. } = rehearsal;
    format!("{draws} draws of {few} rows, each scored on the others:\n")
        + &table(["time", "median MAPE %", "95th % MAPE %", "worst MAPE %", "in 90 % band %"], 1, rows)
}
