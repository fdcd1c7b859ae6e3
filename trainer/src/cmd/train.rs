//! `train`: configs to blobs and reports.

use crate::clean::warn_of;
use crate::config::{Catalog, Config, Model, Preset};
use crate::measurement::Phase;
use crate::output::write_all;
use crate::page::page;
use crate::plot::figures;
use crate::power::{PhasePower, Source};
use crate::preset;
use crate::report::{PhaseReport, Report, RowCounts};
use crate::score::{Errors, Residual, Residuals, Scores};
use crate::select::Type;
use crate::table::{Format, name, percent, table};
use crate::train::{Trained, train};
use anyhow::{Context, Result, bail};
use clap::Args;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde::Serialize;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use token2metrics_core::Request;

/// Fit models to their measurements and write a blob and a report with figures for each
///
/// A preset is not fitted: its blob is written, and a report.json with its stated errors.
///
/// Example: token2metrics train --all-models --output outputs
#[derive(Debug, Args)]
pub struct Train {
    #[command(flatten)]
    which: Which,
    /// Fit both phases with this type, whatever the configs say
    #[arg(long, value_name = "TYPE")]
    regression: Option<Type>,
    /// Show the cross-validated errors of the device rows as well (the report always has them)
    #[arg(long)]
    cross_validate: bool,
    /// Where to write, in a folder named like the config file: profile.t2m, the report as report.html and report.json, its figures as .svg, and cross_validation.csv with each row as the others predict it
    #[arg(long, value_name = "DIR", default_value = "outputs")]
    output: PathBuf,
    /// How to print the report
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
struct Which {
    /// The model: its size label (1.5B), name, alias or the stem of its config or preset file
    #[arg(long, value_name = "NAME")]
    model: Option<String>,
    /// Every config of the folder; presets, which have no measurements, are not among them
    #[arg(long)]
    all_models: bool,
}

impl Train {
    /// Trains everything first and writes only if all of it could be trained.
    ///
    /// # Errors
    /// The first config, measurement file or fit that fails.
    pub fn run(self, config_dir: &Path) -> Result<String> {
        let catalog = Catalog::open(config_dir)?;
        let mut configs = match &self.which.model {
            Some(name) => match catalog.find(name)? {
                Model::Config(config) => vec![*config],
                Model::Preset(preset) => return self.preset(&preset),
            },
            None => catalog.all()?,
        };
        for config in &mut configs {
            if let Some(form) = self.regression {
                config.prefill.form = form;
                config.decode.form = form;
            }
        }
        let trained = train_all(&configs)?;
        let reports: Vec<&Report> = trained.iter().map(|trained| &trained.report).collect();
        write_all(&files(&self.output, &trained)?)?;
        self.format.render(&reports, || text(&reports, self.cross_validate))
    }

    fn preset(&self, preset: &Preset) -> Result<String> {
        if self.regression.is_some() {
            bail!("--regression: {} is a preset, which is not fitted: leave it out", preset.stem);
        }
        let report = preset::Report::new(preset);
        let folder = self.output.join(&preset.stem);
        write_all(&[
            (folder.join("profile.t2m"), preset.blob.clone()),
            (folder.join("report.json"), serde_json::to_vec_pretty(&report)?),
        ])?;
        log::info!("{}: a preset, {} bytes", preset.stem, preset.blob.len());
        self.format.render(&[&report], || report.text())
    }
}

/// Trains some configs in turn, with a progress bar once that takes over a second.
///
/// # Errors
/// The first that fails, by its name.
pub fn train_all(configs: &[Config]) -> Result<Vec<Trained>> {
    let begin = Instant::now();
    let bar = ProgressBar::with_draw_target(Some(configs.len() as u64), ProgressDrawTarget::hidden());
    if let Ok(style) = ProgressStyle::with_template("{bar:24} {pos}/{len} {msg}") {
        bar.set_style(style);
    }
    let mut all = Vec::with_capacity(configs.len());
    for config in configs {
        if bar.is_hidden() && begin.elapsed() > Duration::from_secs(1) {
            bar.set_draw_target(ProgressDrawTarget::stderr());
        }
        bar.set_message(config.stem.clone());
        let trained = train(config).with_context(|| format!("model {}", config.stem))?;
        bar.suspend(|| tell(&trained.report));
        bar.inc(1);
        all.push(trained);
    }
    bar.finish_and_clear();
    Ok(all)
}

/// Says on stderr what was set aside and what to know before trusting the profile.
fn tell(report: &Report) {
    let RowCounts { server, device, holdout } = &report.rows;
    for rows in server.iter().chain([device, holdout]) {
        warn_of(&rows.rejected, rows.unlisted);
    }
    for warning in &report.warnings {
        log::warn!("{}: {warning}", report.model);
    }
    log::info!("{}: fitted, {} bytes", report.model, report.blob.bytes);
}

fn files(output: &Path, trained: &[Trained]) -> Result<Vec<(PathBuf, Vec<u8>)>> {
    let mut files = Vec::new();
    for Trained { profile, blob, report, rows, unseen } in trained {
        let folder = output.join(&report.model);
        files.push((folder.join("profile.t2m"), blob.clone()));
        files.push((folder.join("report.json"), serde_json::to_vec_pretty(report)?));
        files.push((folder.join("cross_validation.csv"), csv_of(unseen)?));
        let figures = figures(profile, rows)?;
        files.push((folder.join("report.html"), page(report, &figures, blob)?.into_bytes()));
        files.extend(
            figures.into_iter().map(|figure| (folder.join(figure.name).with_extension("svg"), figure.svg.into_bytes())),
        );
    }
    Ok(files)
}

/// A row of `cross_validation.csv`.
#[derive(Serialize)]
struct Row {
    figure: &'static str,
    input_tokens: u32,
    output_tokens: u32,
    cached_tokens: u32,
    observed: f64,
    predicted: f64,
}

fn csv_of(unseen: &Residuals) -> Result<Vec<u8>> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    for (figure, Residual { request, observed, predicted, .. }) in unseen.named() {
        let Request { input_tokens, output_tokens, cached_tokens } = *request;
        let (observed, predicted) = (*observed, *predicted);
        writer.serialize(Row { figure, input_tokens, output_tokens, cached_tokens, observed, predicted })?;
    }
    Ok(writer.into_inner()?)
}

/// The tables that `train` prints: a row per model and phase, the errors on rows that were not fitted.
pub fn text(reports: &[&Report], cross_validate: bool) -> String {
    let row = |report: &Report, time: &str, form: &str, calibration: String, errors: fn(&Scores) -> Option<Errors>| {
        let errors = report.holdout.scores.as_ref().and_then(errors);
        let figure = |of: fn(&Errors) -> f64| errors.as_ref().map_or("-".to_owned(), |errors| percent(of(errors)));
        [
            report.model.clone(),
            time.to_owned(),
            form.to_owned(),
            calibration,
            errors.map_or(0, |errors| errors.n).to_string(),
            figure(|errors| errors.mape_percent),
            figure(|errors| errors.median_ape_percent),
            figure(|errors| errors.max_ape_percent),
        ]
    };
    let rows = reports.iter().flat_map(|report| {
        let fitted =
            |phase: &str, fit: &PhaseReport, errors| row(report, phase, &fit.form, name(&fit.calibration), errors);
        let prefill = fitted("prefill", &report.prefill, |scores| scores.prefill_s);
        let decode = report.decode.as_ref().map(|decode| fitted("decode", decode, |scores| scores.decode_s));
        let total = row(report, "total", "", String::new(), |scores| scores.total_s);
        [Some(prefill), decode, Some(total)].into_iter().flatten()
    });
    let header = ["model", "time", "form", "calibration", "holdout rows", "MAPE %", "median %", "max %"];
    let mut text = table(header, 4, rows);
    text += &powers(reports);
    text += "\nErrors on holdout rows, which no fit has seen; \"direct\" is a fit on the device's own rows.\n";
    text += crate::formula::LEGEND;
    text.push('\n');
    if cross_validate {
        text += &cross_validation(reports);
    }
    text
}

/// A row per model and phase whose power is known; nothing where none is.
fn powers(reports: &[&Report]) -> String {
    let row = |report: &Report, phase: Phase, power: &PhasePower| {
        let errors = power.comparison.as_ref().and_then(|comparison| comparison.cv_mape_percent);
        let source = match power.source {
            Source::Stated => "stated, not measured".to_owned(),
            source => name(&source),
        };
        let formula = crate::formula::power_curve(phase, &power.curve).unwrap_or("not known".to_owned());
        [report.model.clone(), formula, source, power.rows.to_string(), errors.map_or("-".to_owned(), percent)]
    };
    let known = reports.iter().filter_map(|report| Some((report, report.power.as_ref()?)));
    let rows: Vec<_> = known
        .flat_map(|(report, powers)| {
            [row(report, Phase::Prefill, &powers.prefill), row(report, Phase::Decode, &powers.decode)]
        })
        .collect();
    if rows.is_empty() {
        return String::new();
    }
    table(["model", "power", "source", "rows", "cross-validated energy MAPE %"], 3, rows)
        + crate::formula::POWER_LEGEND
        + "\n"
}

fn cross_validation(reports: &[&Report]) -> String {
    let mut text = String::new();
    for report in reports {
        text += &format!("\n{}: cross-validation of the device rows, {} folds\n", report.model, report.folds);
        text += &match &report.cross_validation {
            Some(scores) => crate::table::scores(scores),
            None => "too few rows\n".to_owned(),
        };
    }
    text
}
