//! `evaluate`: profiles against measured requests, beside simpler predictors.

use crate::baseline::Predictor;
use crate::clean::{Cleaned, Rejection};
use crate::config::{Catalog, Config};
use crate::formula;
use crate::locate::{Located, ModelArgs};
use crate::measurement::Measurement;
use crate::output::{begin, finish};
use crate::report::is_zero;
use crate::score::Scores;
use crate::table::{self, Format, MAPES};
use crate::unseen::{Unseen, join};
use anyhow::{Context, Result, bail, ensure};
use clap::Args;
use serde::Serialize;
use std::io::Write;
use std::path::{Path, PathBuf};
use tempfile::NamedTempFile;
use token2metrics_core::Profile;

/// Compare trained models, and simpler predictors, with measured requests, by default with the config's holdout
///
/// Example: token2metrics evaluate --model 1.5B --model-path outputs
#[derive(Debug, Args)]
#[command(mut_arg("model", |model| model.required_unless_present("all_models").conflicts_with("all_models")))]
pub struct Evaluate {
    #[command(flatten)]
    model: ModelArgs,
    /// Every config of the folder, each with its holdout: one table of mean errors
    #[arg(long, conflicts_with = "data")]
    all_models: bool,
    /// Measured requests that the model was not trained on, instead of the config's holdout
    #[arg(long, value_name = "CSV")]
    data: Option<PathBuf>,
    /// Also write evaluation.json and predictions.csv to this folder, with --all-models in a folder per model
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
    /// Those that were scored.
    rows: usize,
    rejected: Vec<Rejection>,
    #[serde(skip_serializing_if = "is_zero")]
    unlisted: usize,
    #[serde(flatten)]
    scores: Scores,
    predictors: Vec<Predictor>,
}

/// A profile's report, and the rows that it is about.
struct Evaluated {
    report: Report,
    profile: Profile,
    rows: Cleaned,
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
    predicted_decode_s: Option<f32>,
}

impl Evaluate {
    /// # Errors
    /// A model that is not trained, or no rows to compare it with.
    pub fn run(self, config_dir: &Path) -> Result<String> {
        if self.all_models {
            return self.all(config_dir);
        }
        let Located { profile, .. } = self.model.locate(config_dir)?;
        let config = self.model.config(config_dir, &profile);
        let (config, data) = match &self.data {
            Some(data) => (config, vec![data.clone()]),
            None => config.and_then(holdout).map(|(config, data)| (Ok(config), data))?,
        };
        let evaluated = Evaluated::new(profile, config, data)?;
        if let Some(folder) = &self.output {
            evaluated.files(folder)?.into_iter().try_for_each(|(path, file)| finish(file, &path))?;
        }
        let report = &evaluated.report;
        self.format.render(report, || report.text())
    }

    fn all(&self, config_dir: &Path) -> Result<String> {
        let folder = &self.model.model_path;
        ensure!(
            !folder.is_file(),
            "{}: --all-models takes the folder that `train` wrote to, not a blob",
            folder.display()
        );
        let (mut reports, mut files) = (Vec::new(), Vec::new());
        for config in Catalog::open(config_dir)?.all()? {
            let stem = config.stem.clone();
            let model = ModelArgs { model: Some(stem.clone()), model_path: folder.clone(), variant: None };
            let Located { profile, .. } = model.locate(config_dir)?;
            let (config, data) = match holdout(config) {
                Ok(known) => known,
                Err(reason) => {
                    log::warn!("{reason}");
                    continue;
                }
            };
            let evaluated = Evaluated::new(profile, Ok(config), data)?;
            if let Some(output) = &self.output {
                files.extend(evaluated.files(&output.join(stem))?);
            }
            reports.push(evaluated.report);
        }
        ensure!(
            !reports.is_empty(),
            "{}: no config names a [device] holdout: nothing to compare with",
            config_dir.display()
        );
        files.into_iter().try_for_each(|(path, file)| finish(file, &path))?;
        self.format.render(&reports, || mean_errors(&reports))
    }
}

/// A config with its holdout files, which it must have.
fn holdout(config: Config) -> Result<(Config, Vec<PathBuf>)> {
    if config.holdout.is_empty() {
        bail!(
            "{}: the config names no [device] holdout, and all other rows were fitted: give rows that were not with --data",
            config.stem
        );
    }
    let holdout = config.holdout.clone();
    Ok((config, holdout))
}

impl Evaluated {
    /// Scores a profile on some files, and, as far as its config is known, what else that config's rows can teach.
    fn new(profile: Profile, config: Result<Config>, data: Vec<PathBuf>) -> Result<Self> {
        let Unseen { rows, scores, predictors } = Unseen::new(&profile, config, &data)?;
        let scored = rows.holdout;
        let identity = &profile.identity;
        let report = Report {
            llm: identity.llm.to_string(),
            device: identity.device.to_string(),
            variant: identity.variant.to_string(),
            data,
            rows: scored.usable,
            rejected: scored.rejected.clone(),
            unlisted: scored.unlisted,
            scores,
            predictors,
        };
        Ok(Self { report, profile, rows: scored })
    }

    /// Writes its files under temporary names.
    fn files(&self, folder: &Path) -> Result<[(PathBuf, NamedTempFile); 2]> {
        let [evaluation, predictions] = ["evaluation.json", "predictions.csv"].map(|name| folder.join(name));
        let (mut report, mut rows) = (begin(&evaluation)?, begin(&predictions)?);
        report.write_all(&serde_json::to_vec_pretty(&self.report)?)?;
        let mut writer = csv::Writer::from_writer(&mut rows);
        self.rows.each(|row: &Measurement| {
            let whole = self.profile.predict(row.request);
            let prompt = self.profile.predict(row.prompt().request)?;
            writer.serialize(Row {
                input_tokens: row.request.input_tokens,
                output_tokens: row.request.output_tokens,
                cached_tokens: row.request.cached_tokens,
                observed_prefill_s: row.prefill_s,
                predicted_prefill_s: prompt.prefill_s,
                observed_decode_s: row.decode_s,
                predicted_decode_s: whole.ok().map(|predicted| predicted.decode_s),
            })?;
            anyhow::Ok(())
        })?;
        writer.flush().with_context(|| format!("{}: cannot write", predictions.display()))?;
        drop(writer);
        Ok([(evaluation, report), (predictions, rows)])
    }
}

impl Report {
    fn text(&self) -> String {
        let whose = formula::identity(&self.llm, &self.device, &self.variant);
        let mut text = format!("{whose}: errors on {}\n", join(&self.data)) + &table::scores(&self.scores);
        if self.predictors.len() > 1 {
            text.push('\n');
            text += &table::predictors(&self.predictors);
        }
        text
    }
}

/// A row per model and predictor.
fn mean_errors(reports: &[Report]) -> String {
    let [prefill, decode, total] = MAPES;
    let row = |report: &Report, predictor: &Predictor| {
        let [prefill, decode, total] = table::mapes(predictor);
        [report.llm.clone(), report.rows.to_string(), predictor.name.to_string(), prefill, decode, total]
    };
    let rows = reports.iter().flat_map(|report| report.predictors.iter().map(|predictor| row(report, predictor)));
    table::table(["model", "rows", "predictor", prefill, decode, total], 3, rows)
}
