//! Finds the profile that a command is to use: by the model's name among trained outputs and presets, or as a file.

use crate::bundle::{Bundle, Choice};
use crate::config::{Catalog, Config, Model, Preset};
use crate::formula::identity;
use anyhow::{Context, Result, bail, ensure};
use clap::Args;
use std::path::{Path, PathBuf};
use token2metrics_core::{Identity, Profile};

/// Which profile.
#[derive(Clone, Debug, Args)]
pub struct ModelArgs {
    /// The model: its size label (1.5B), name, alias or the stem of its config or preset file; may be left out where --model-path is a file
    #[arg(long, value_name = "NAME", required_unless_present = "model_path")]
    pub model: Option<String>,
    /// A blob, a bundle of blobs, a preset file, or the folder that `train` wrote to
    #[arg(long, value_name = "DIR|FILE", default_value = "outputs")]
    pub model_path: PathBuf,
    /// The variant of the profile, such as a power mode or a quantization: chooses among those of one model in a bundle
    #[arg(long, value_name = "NAME")]
    pub variant: Option<String>,
}

/// A profile that was found.
pub struct Located {
    /// What is in its file.
    pub profile: Profile,
    /// The blob.
    pub bytes: Vec<u8>,
    /// Where it was.
    pub found: Found,
}

/// Where a profile was found.
pub enum Found {
    /// A file of its own.
    Blob(PathBuf),
    /// This bundle.
    Member(PathBuf),
    /// A preset, which needs no blob.
    Preset(Box<Preset>),
}

impl ModelArgs {
    /// Finds and decodes the profile. A preset that has not been trained is taken from its file.
    ///
    /// # Errors
    /// A name that fits nothing, a file that is not there, bytes that are no profile, or a profile of another variant.
    pub fn locate(&self, config_dir: &Path) -> Result<Located> {
        let located = self.find(config_dir)?;
        Choice { llm: None, variant: self.variant.clone() }.check(&located.profile, &self.model_path)?;
        Ok(located)
    }

    fn find(&self, config_dir: &Path) -> Result<Located> {
        if self.model_path.is_file() {
            let located = match open(&self.model_path)? {
                Contents::Profile(located) => *located,
                Contents::Bundle(bundle) => return self.member(&bundle, config_dir),
            };
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
        let path = self.profile_of(name);
        if path.is_file() {
            return read(&path);
        }
        let model = Catalog::open(config_dir)?.find(name)?;
        let path = self.profile_of(model.stem());
        match model {
            _ if path.is_file() => read(&path),
            Model::Preset(preset) => Ok(stated(*preset)),
            Model::Config(config) => bail!(
                "{}: \"{name}\" is not trained yet: run `token2metrics train --model {} --output {}`",
                path.display(),
                config.stem,
                self.model_path.display()
            ),
        }
    }

    /// The config of the model, where there is one.
    ///
    /// # Errors
    /// A name that fits no config, or only one of another device.
    pub fn config(&self, config_dir: &Path, profile: &Profile) -> Result<Config> {
        let name = self.model.as_deref().unwrap_or(&profile.identity.llm);
        match Catalog::open(config_dir)?.find(name)? {
            Model::Preset(preset) => {
                bail!("{}: a preset has no measured requests: give some with --data", preset.stem)
            }
            Model::Config(config) => check_device(profile, &config).map(|()| *config),
        }
    }

    /// The member of a bundle that goes by the model's name: there, or else in the configs.
    fn member(&self, bundle: &Bundle, config_dir: &Path) -> Result<Located> {
        let is_there = |name: &str| bundle.members.iter().any(|entry| entry.llm.eq_ignore_ascii_case(name));
        let llm = self.model.as_ref().map(|name| {
            let configured = || Some(Catalog::open(config_dir).ok()?.find(name).ok()?.llm().to_owned());
            if is_there(name) { name.clone() } else { configured().unwrap_or_else(|| name.clone()) }
        });
        bundle.choose(&Choice { llm, variant: self.variant.clone() })
    }

    fn profile_of(&self, stem: &str) -> PathBuf {
        self.model_path.join(stem).join("profile.t2m")
    }

    fn check_name(&self, name: &str, profile: &Profile, config_dir: &Path) -> Result<()> {
        let llm = &profile.identity.llm;
        if llm.eq_ignore_ascii_case(name) || Catalog::open(config_dir)?.find(name)?.llm() == llm.as_str() {
            return Ok(());
        }
        bail!(
            "{}: the profile is of {llm}, not of \"{name}\": name that model or another blob",
            self.model_path.display()
        )
    }
}

/// Whether a config's requests were measured where the profile is of.
///
/// # Errors
/// Another LLM, device or variant, by name.
pub fn check_device(profile: &Profile, config: &Config) -> Result<()> {
    let of_profile = &profile.identity;
    let profiles = identity(&of_profile.llm, &of_profile.device, &of_profile.variant);
    let configs = identity(&config.llm, &config.device.name, &config.variant);
    ensure!(
        profiles == configs,
        "the profile is of {profiles}, the rows of {} are of {configs}: give requests measured there with --data",
        config.stem
    );
    Ok(())
}

/// What a file holds.
pub enum Contents {
    /// One profile: a blob, or a preset.
    Profile(Box<Located>),
    /// Blobs back to back, or one in a flash page.
    Bundle(Bundle),
}

impl Contents {
    /// The one profile that was chosen.
    ///
    /// # Errors
    /// None that fits.
    pub fn choose(self, choice: &Choice, path: &Path) -> Result<Located> {
        match self {
            Self::Profile(located) => choice.check(&located.profile, path).map(|()| *located),
            Self::Bundle(bundle) => bundle.choose(choice),
        }
    }
}

impl Choice {
    fn check(&self, profile: &Profile, path: &Path) -> Result<()> {
        let Identity { llm, device, variant } = &profile.identity;
        ensure!(
            self.fits(llm, variant),
            "{}: the profile is of {}, not of {}{}",
            path.display(),
            identity(llm, device, variant),
            self.text(),
            match self.meant(std::iter::once((llm.as_str(), variant.as_str()))).as_str() {
                "" => String::new(),
                meant => format!(":{meant}"),
            }
        );
        Ok(())
    }
}

/// Reads a blob, a bundle, or a preset: a file whose name ends in `.toml`.
///
/// # Errors
/// A file that cannot be read, bytes that are neither a profile nor several, or what is wrong with the preset.
pub fn open(path: &Path) -> Result<Contents> {
    if path.extension().is_some_and(|extension| extension == "toml") {
        return Ok(Contents::Profile(Box::new(stated(Preset::load(path)?))));
    }
    let bytes = std::fs::read(path).with_context(|| format!("{}: cannot read the blob", path.display()))?;
    let error = match Profile::decode(&bytes) {
        Ok(profile) => {
            return Ok(Contents::Profile(Box::new(Located { profile, bytes, found: Found::Blob(path.to_owned()) })));
        }
        Err(error) => error,
    };
    let bundle = Bundle::new(path, bytes);
    if bundle.is_bundle() { Ok(Contents::Bundle(bundle)) } else { Err(error).context(path.display().to_string()) }
}

/// Reads the one profile of a file.
///
/// # Errors
/// What [`open`] says, or a file with several.
pub fn read(path: &Path) -> Result<Located> {
    match open(path)? {
        Contents::Bundle(bundle) if bundle.members.len() > 1 => bail!(
            "{0}: a bundle of {1} profiles, where one is needed: take it out with `token2metrics export {0} --model NAME --format bin \
             --output ONE.t2m`",
            path.display(),
            bundle.members.len()
        ),
        contents => contents.choose(&Choice::default(), path),
    }
}

/// A preset as it is, which nobody has measured here.
fn stated(preset: Preset) -> Located {
    log::info!("{}: a preset: {}", preset.stem, preset.source);
    Located { profile: preset.profile.clone(), bytes: preset.blob.clone(), found: Found::Preset(Box::new(preset)) }
}
