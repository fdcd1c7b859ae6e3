//! `batch-predict`: a file of requests.

use super::tariff::{TariffArgs, currency_of};
use crate::figures::{Figures, flag_names, is_doubtful};
use crate::ingest::{IngestError, Source};
use crate::locate::{Located, ModelArgs};
use crate::output;
use crate::table::{Format, joules, money, seconds};
use anyhow::{Context, Result, bail};
use clap::Args;
use serde::Serialize;
use std::path::{Path, PathBuf};
use token2metrics_core::{Prediction, Request};

/// Predict every request of a CSV file
///
/// The input has the columns input_tokens and output_tokens, and optionally cached_tokens. The output has one row per
/// input row, in the same order; what the model does not know is an empty cell.
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
    #[command(flatten)]
    tariff: TariffArgs,
    /// How to print the summary
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// All requests together; a sum of which a part is not known is not known.
#[derive(Serialize)]
struct Summary<'a> {
    n: usize,
    /// Extrapolated, or raised to 0.
    flagged: usize,
    total_s: f64,
    energy_j: Option<f64>,
    cost: Option<f64>,
    currency: Option<&'a str>,
}

impl Summary<'_> {
    fn add(&mut self, prediction: &Prediction) {
        let sum = |sum: Option<f64>, value: Option<f32>| Some(sum? + f64::from(value?));
        self.n += 1;
        self.flagged += usize::from(is_doubtful(prediction.flags));
        self.total_s += f64::from(prediction.total_s);
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
        let source = Source::open_canonical(&self.input_file)?;
        let mut output = output::begin(&self.output_file)?;
        let mut writer = csv::WriterBuilder::new().has_headers(false).buffer_capacity(1 << 16).from_writer(&mut output);
        source.each(|row| {
            let place = || format!("{}:{}", self.input_file.display(), row.line);
            let prediction = profile.predict(row.request).with_context(place)?;
            let Request { input_tokens, cached_tokens, output_tokens } = row.request;
            let figures = Figures::from(&prediction);
            if summary.n == 0 {
                let counts = ["input_tokens", "output_tokens", "cached_tokens"];
                writer.write_record(counts.into_iter().chain(figures.names()).chain(["flags"]))?;
            }
            let values: Vec<Option<f32>> = figures.values().collect();
            let flags = flag_names(prediction.flags).join(" ");
            writer.serialize((input_tokens, output_tokens, cached_tokens, values, flags))?;
            summary.add(&prediction);
            anyhow::Ok(())
        })?;
        if summary.n == 0 {
            bail!(IngestError::Empty { path: self.input_file });
        }
        self.tariff.warn_of_no_cost(summary.cost.is_some());
        writer.flush().with_context(|| format!("{}: cannot write", self.output_file.display()))?;
        drop(writer);
        output::finish(output, &self.output_file)?;
        self.format.render(&summary, || format!("{}{}\n", summary.text(), self.output_file.display()))
    }
}
