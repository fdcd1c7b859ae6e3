//! `report`: the page of a profile that is there already.

use crate::config::Config;
use crate::known::Known;
use crate::locate::{Found, Located, ModelArgs, check_device};
use crate::output::write_all;
use crate::page::{Subject, page};
use crate::plot::figures;
use crate::report::{Blob, Holdout, RowCounts};
use crate::table::Format;
use crate::train::{FROM_HOLDOUT, Rows};
use crate::unseen::{Unseen, join};
use crate::verdict::{doubts, verdict};
use anyhow::Result;
use clap::Args;
use serde::Serialize;
use std::path::{Path, PathBuf};
use token2metrics_core::{Identity, Profile};

/// Write the report of a model that is trained already as a page with plots, without training again
///
/// Its rows are those of its config, or of --data; what training knew is in it where the report.json next to the blob is of this very blob.
///
/// Example: token2metrics report --model 1.5B
#[derive(Debug, Args)]
pub struct Report {
    #[command(flatten)]
    model: ModelArgs,
    /// Measured requests that the model was not trained on, instead of the config's holdout
    #[arg(long, value_name = "CSV", num_args = 1..)]
    data: Vec<PathBuf>,
    /// Where to write the page, - for stdout; by default next to the blob: report.html for a profile.t2m, else named like the blob
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// How to print the summary
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// What is printed of a page.
#[derive(Serialize)]
struct Summary<'a> {
    output: &'a Path,
    #[serde(flatten)]
    identity: &'a Identity,
    blob: Blob,
    verdict: Vec<String>,
    not_to_trust: Vec<String>,
    holdout: &'a Holdout,
}

/// The rows of a page, and how the profile did on those that it was not fitted to.
struct Gathered {
    rows: Rows,
    counts: RowCounts,
    unseen: Holdout,
}

impl Report {
    /// # Errors
    /// A model that is not trained, or files of `--data` without a usable row.
    pub fn run(self, config_dir: &Path) -> Result<String> {
        let Located { profile, bytes, found } = self.model.locate(config_dir)?;
        let known = Known::new(&found, &bytes);
        let config = self.model.config(config_dir, &profile);
        let (size, server) = config.as_ref().map_or((None, None), |config| {
            (Some(config.size.clone()), config.server.as_ref().map(|server| server.name.clone()))
        });
        let Gathered { rows, counts, unseen } = self.gather(&profile, config, &known)?;
        let subject = Subject {
            profile: &profile,
            blob: Blob::of(&bytes),
            size: known.size().or(size.as_deref()).unwrap_or_default(),
            server: server.as_deref().or(known.server()),
            counts: &counts,
            unseen: &unseen,
            origin: known.origin(),
        };
        let page = page(&subject, &figures(&profile, &rows)?)?;
        let output = self.output.clone().unwrap_or_else(|| self.default_output(&found, &profile));
        if output == Path::new("-") {
            return Ok(page);
        }
        write_all(&[(output.clone(), page.into_bytes())])?;
        let summary = Summary {
            output: &output,
            identity: &profile.identity,
            blob: subject.blob,
            verdict: verdict(&subject),
            not_to_trust: doubts(&subject),
            holdout: &unseen,
        };
        self.format.render(&summary, || {
            format!("{}\n{}\n{}\n", subject.identity(), summary.verdict.join("\n"), output.display())
        })
    }

    /// The rows to draw and to score: of `--data`, or else of the config; without any, what training has written down.
    fn gather(&self, profile: &Profile, config: Result<Config>, known: &Known) -> Result<Gathered> {
        if !self.data.is_empty() {
            return Gathered::scored(profile, config, &self.data, format!("of {}", join(&self.data)));
        }
        let of_config = config.and_then(|config| {
            check_device(profile, &config)?;
            if config.holdout.is_empty() {
                let rows = Rows::with_scored(&config, &[])?;
                return Ok(Gathered { counts: RowCounts::new(&rows), unseen: known.holdout(), rows });
            }
            let holdout = config.holdout.clone();
            Gathered::scored(profile, Ok(config), &holdout, FROM_HOLDOUT.to_owned())
        });
        Ok(of_config.unwrap_or_else(|reason| {
            log::info!("no measured rows to draw: {reason:#}");
            let rows = Rows::default();
            Gathered { counts: known.counts().unwrap_or_else(|| RowCounts::new(&rows)), unseen: known.holdout(), rows }
        }))
    }

    fn default_output(&self, found: &Found, profile: &Profile) -> PathBuf {
        match found {
            Found::Blob(path) if path.ends_with("profile.t2m") => path.with_file_name("report.html"),
            Found::Blob(path) => path.with_extension("html"),
            Found::Member(path) => {
                let Identity { llm, variant, .. } = &profile.identity;
                let stem = path.file_stem().unwrap_or_default().to_string_lossy();
                let name = [&*stem, llm.as_str(), variant.as_str()].join(" ");
                let words = name.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
                path.with_file_name(words.collect::<Vec<_>>().join("_") + ".html")
            }
            Found::Preset(_) if self.model.model_path.is_file() => self.model.model_path.with_extension("html"),
            Found::Preset(preset) => self.model.model_path.join(&preset.stem).join("report.html"),
        }
    }
}

impl Gathered {
    fn scored(profile: &Profile, config: Result<Config>, data: &[PathBuf], from: String) -> Result<Self> {
        let Unseen { rows, scores, predictors } = Unseen::new(profile, config, data)?;
        let unseen = Holdout { from: from.into(), scores: Some(scores), predictors };
        Ok(Self { counts: RowCounts::new(&rows), unseen, rows })
    }
}
