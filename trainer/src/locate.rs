//! Finds the blob that a command is to use: by the model's name among trained outputs, or as a file.

use crate::config::{Catalog, Config};
use anyhow::{Context, Result, bail};
use clap::Args;
use std::path::{Path, PathBuf};
use token2metrics_core::Profile;

/// Which profile.
#[derive(Clone, Debug, Args)]
pub struct ModelArgs {
    /// The model: its size label (1.5B), name, alias or config file stem; may be left out where --model-path is a blob
    #[arg(long, value_name = "NAME", required_unless_present = "model_path")]
    pub model: Option<String>,
    /// A blob, or the folder that `train` wrote to
    #[arg(long, value_name = "DIR|BLOB", default_value = "outputs")]
    pub model_path: PathBuf,
}

/// A profile that was found.
pub struct Located {
    /// The file.
    pub path: PathBuf,
    /// What is in it.
    pub profile: Profile,
}

impl ModelArgs {
    /// Finds and decodes the profile.
    ///
    /// # Errors
    /// A name that fits nothing, a file that is not there, or bytes that are no profile.
    pub fn locate(&self, config_dir: &Path) -> Result<Located> {
        if self.model_path.is_file() {
            let located = read(&self.model_path)?;
            if let Some(name) = &self.model {
                self.check_name(name, &located.profile, config_dir)?;
            }
            return Ok(located);
        }
        let Some(name) = &self.model else {
            bail!(
                "{}: no such blob; give a blob's file, or --model with the folder of trained profiles",
                self.model_path.display()
            );
        };
        // A folder named like the model needs no config to be found.
        let stem =
            if self.profile_of(name).is_file() { name.clone() } else { Catalog::open(config_dir)?.find(name)?.stem };
        let path = self.profile_of(&stem);
        if !path.is_file() {
            bail!(
                "{}: \"{name}\" is not trained yet: run `token2metrics train --model {stem} --output {}`",
                path.display(),
                self.model_path.display()
            );
        }
        read(&path)
    }

    /// The config of the model, where there is one.
    ///
    /// # Errors
    /// A name that fits no config.
    pub fn config(&self, config_dir: &Path, profile: &Profile) -> Result<Config> {
        let name = self.model.as_deref().unwrap_or(&profile.identity.llm);
        Ok(Catalog::open(config_dir)?.find(name)?)
    }

    fn profile_of(&self, stem: &str) -> PathBuf {
        self.model_path.join(stem).join("profile.t2m")
    }

    fn check_name(&self, name: &str, profile: &Profile, config_dir: &Path) -> Result<()> {
        let llm = &profile.identity.llm;
        if llm.eq_ignore_ascii_case(name) || Catalog::open(config_dir)?.find(name)?.llm == llm.as_str() {
            return Ok(());
        }
        bail!(
            "{}: the profile is of {llm}, not of \"{name}\": name that model or another blob",
            self.model_path.display()
        )
    }
}

/// Reads and decodes a blob.
///
/// # Errors
/// A file that cannot be read, or bytes that are no profile.
pub fn read(path: &Path) -> Result<Located> {
    let bytes = std::fs::read(path).with_context(|| format!("{}: cannot read the blob", path.display()))?;
    let profile = Profile::decode(&bytes).with_context(|| path.display().to_string())?;
    Ok(Located { path: path.to_owned(), profile })
}
