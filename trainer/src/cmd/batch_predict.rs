//! `batch-predict`: a file of requests.

use super::tariff::{TariffArgs, currency_of};
use crate::figures::{Figures, flag_names, is_doubtful};
use crate::ingest::COUNT;
use crate::locate::{Located, ModelArgs};
use crate::output;
use crate::table::{Format, joules, money, seconds};
use crate::workload::{Asked, Workload};
use anyhow::{Context, Result};
use clap::Args;
use serde::Serialize;
use std::path::{Path, PathBuf};
use token2metrics_core::{Prediction, Request};

/// Predict every request of a CSV file
///
/// The input has the columns input_tokens and output_tokens, and optionally cached_tokens and count, how often the request
/// comes. The output has one row per input row, in the same order; what the model does not know is an empty cell.
///
/// Example: token2metrics batch-predict --model 1.5B --input-file configs/measurements/qwen_1_5b_device_holdout.csv --output-file predictions.csv
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
    #[command(flatten)]
    tariff: TariffArgs,
    /// How to print the summary
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// All requests together; a sum of which a part is not known is not known.
#[derive(Serialize)]
struct Summary<'a> {
    n: u64,
    /// Extrapolated, or raised to 0.
    flagged: u64,
    total_s: f64,
    energy_j: Option<f64>,
    cost: Option<f64>,
    currency: Option<&'a str>,
}

impl Summary<'_> {
    fn add(&mut self, prediction: &Prediction, count: u32) {
        let times = f64::from(count);
        let sum = |sum: Option<f64>, value: Option<f32>| Some(sum? + times * f64::from(value?));
        self.n += u64::from(count);
        self.flagged += if is_doubtful(prediction.flags) { u64::from(count) } else { 0 };
        self.total_s += times * f64::from(prediction.total_s);
        self.energy_j = sum(self.energy_j, prediction.energy_j);
        self.cost = sum(self.cost, prediction.cost);
    }

    fn text(&self) -> String {
        let sums = [self.energy_j.map(joules), self.cost.map(|cost| money(cost, self.currency))];
        let sums = sums.into_iter().flatten().map(|sum| format!(", {sum}")).collect::<String>();
        let Self { n, flagged, total_s, .. } = self;
        format!("{n} requests, {}{sums} in all, one after the other; {flagged} with a warning\n", seconds(*total_s))
    }
}

impl BatchPredict {
    /// # Errors
    /// A model that is not trained, prices that make no tariff, or a row that is no request; then nothing is written.
    pub fn run(self, config_dir: &Path) -> Result<String> {
        let Located { mut profile, .. } = self.model.locate(config_dir)?;
        self.tariff.apply(&mut profile)?;
        let currency = currency_of(&profile);
        let mut summary = Summary { n: 0, flagged: 0, total_s: 0.0, energy_j: Some(0.0), cost: Some(0.0), currency };
        let workload = Workload::open(&self.input_file)?;
        let is_counted = workload.is_counted();
        let mut output = output::begin(&self.output_file)?;
        let mut writer = csv::WriterBuilder::new().has_headers(false).buffer_capacity(1 << 16).from_writer(&mut output);
        workload.each(|Asked { line, request, count }| {
            let place = || format!("{}:{line}", self.input_file.display());
            let prediction = profile.predict(request).with_context(place)?;
            let Request { input_tokens, cached_tokens, output_tokens } = request;
            let figures = Figures::from(&prediction);
            if summary.n == 0 {
                let counts = ["input_tokens", "output_tokens", "cached_tokens"];
                let count = is_counted.then_some(COUNT);
                writer.write_record(counts.into_iter().chain(count).chain(figures.names()).chain(["flags"]))?;
            }
            let values: Vec<Option<f32>> = figures.values().collect();
            let flags = flag_names(prediction.flags).join(" ");
            // No column where there was none.
            let counted: &[u32] = if is_counted { &[count] } else { &[] };
            writer.serialize((input_tokens, output_tokens, cached_tokens, counted, values, flags))?;
            summary.add(&prediction, count);
            anyhow::Ok(())
        })?;
        self.tariff.warn_of_no_cost(summary.cost.is_some());
        writer.flush().with_context(|| format!("{}: cannot write", self.output_file.display()))?;
        drop(writer);
        output::finish(output, &self.output_file)?;
        self.format.render(&summary, || format!("{}{}\n", summary.text(), self.output_file.display()))
    }
}
