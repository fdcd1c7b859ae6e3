//! `init`: a commented config for measurement files.

use super::import::Files;
use crate::config::Config;
use crate::init::{Draft, Survey, beside, llm, size, stem};
use crate::output::{begin, finish};
use crate::table::{Format, name};
use anyhow::{Context, Result, bail, ensure};
use clap::Args;
use serde::Serialize;
use std::io::Write;
use std::path::{Path, PathBuf};

/// Write a commented config from measurement files, of any format that `import` reads
///
/// What the files say of the model and the device is filled in; the rest stands there to be edited.
///
/// Example: token2metrics init configs/measurements/smollm2_135m_device.csv --name SmolLM2-135M --device "AMD EPYC, 1 thread" --output configs/mine.toml
#[derive(Debug, Args)]
pub struct Init {
    #[command(flatten)]
    files: Files,
    /// The LLM's name, where the files do not say it
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// The device's name, where the files do not say it
    #[arg(long, value_name = "NAME")]
    device: Option<String>,
    /// Where to write the config; in the folder of configs, named like the LLM, unless said
    #[arg(long, value_name = "TOML")]
    output: Option<PathBuf>,
    /// How to print the summary
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// What was written.
#[derive(Serialize)]
struct Report {
    config: PathBuf,
    model: String,
    rows: usize,
    input_tokens: Option<[u32; 2]>,
    output_tokens: Option<[u32; 2]>,
}

impl Init {
    /// # Errors
    /// A file that cannot be read or that mixes setups, or a config that is there already.
    pub fn run(self, config_dir: &Path) -> Result<String> {
        let (files, reading) = (self.files.find()?, self.files.reading());
        let survey = Survey::new(&files, &reading)?;
        let rows = survey.summaries.iter().map(|summary| summary.kept).sum();
        ensure!(rows > 0, "no usable row in {}", files[0].0.display());
        let file_stem = files[0].0.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let (model, llm_from) = match (&self.name, survey.said("model")) {
            (Some(name), _) => (name.clone(), None),
            (None, Some(model)) => (llm(model), None),
            (None, None) => (file_stem.clone(), Some("the file's name: the file does not say which model it was")),
        };
        let (device, device_from) = match (self.device.clone(), survey.device()) {
            (Some(device), _) | (None, Some(device)) => (device, None),
            (None, None) => ("this device".to_owned(), Some("the file does not say which device it was")),
        };
        let output = self.output.clone().unwrap_or_else(|| config_dir.join(stem(&model)).with_extension("toml"));
        if output.exists() {
            bail!("{}: is there already: remove it, or name another file with --output", output.display());
        }
        let stem = output.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let folder = output.parent().unwrap_or(Path::new(""));
        let relative =
            |path: &PathBuf| beside(folder, path).with_context(|| format!("{}: no such folder", path.display()));
        let draft = Draft {
            size: size(&model).unwrap_or_else(|| stem.clone()),
            stem: stem.clone(),
            llm: model,
            llm_from,
            device,
            device_from,
            variant: survey.variant(),
            measured: measured(&survey),
            data: files.iter().map(|(path, _)| relative(path)).collect::<Result<_>>()?,
            filter: self.files.conditions(),
            assume: reading.assume.iter().map(name).collect(),
            join: reading.join.iter().map(relative).collect::<Result<_>>()?,
            input: survey.input,
            output: survey.output,
            has_energy: survey.has_energy,
        };
        let mut file = begin(&output)?;
        writeln!(file, "{}", askama::Template::render(&draft)?)?;
        Config::load(file.path()).context("the config that was written is not sound")?;
        finish(file, &output)?;
        let report =
            Report { config: output, model: stem, rows, input_tokens: survey.input, output_tokens: survey.output };
        self.format.render(&report, || report.text(config_dir))
    }
}

/// The files and how many rows of them are used.
fn measured(survey: &Survey) -> String {
    let file = |summary: &crate::import::Summary| {
        let name = summary.file.file_name().unwrap_or_default().to_string_lossy();
        format!("{name} ({}, {} rows)", summary.format, summary.kept)
    };
    survey.summaries.iter().map(file).collect::<Vec<_>>().join(", ").replace(char::is_control, "?")
}

impl Report {
    fn text(&self, config_dir: &Path) -> String {
        let range = |range: Option<[u32; 2]>| {
            range.map_or("none".to_owned(), |[least, greatest]| format!("{least} to {greatest}"))
        };
        let next = match self.config.parent() {
            Some(folder) if folder == config_dir => String::new(),
            folder => format!(" --config-dir {}", folder.unwrap_or(Path::new(".")).display()),
        };
        format!(
            "{} rows: prefill of {} tokens, decode of {} output tokens\n{}\nlook at it, then: token2metrics{next} train --model {}\n",
            self.rows,
            range(self.input_tokens),
            range(self.output_tokens),
            self.config.display(),
            self.model
        )
    }
}
