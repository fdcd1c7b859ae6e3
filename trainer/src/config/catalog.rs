//! The configs of a folder, and the presets in the folder `presets` below it.

use super::{Config, ConfigError, Preset};
use crate::nearest::nearest;
use std::path::{Path, PathBuf};

/// The files of a folder, in the order of their names.
#[derive(Clone, Debug)]
pub struct Catalog {
    folder: PathBuf,
    configs: Vec<PathBuf>,
    presets: Vec<PathBuf>,
}

/// What a name can stand for.
#[derive(Clone, Debug)]
pub enum Model {
    /// Measurements to train on.
    Config(Box<Config>),
    /// Coefficients that are known already.
    Preset(Box<Preset>),
}

impl Catalog {
    /// Lists a folder.
    ///
    /// # Errors
    /// A folder that cannot be read or has neither configs nor presets.
    pub fn open(folder: &Path) -> Result<Self, ConfigError> {
        let presets = folder.join("presets");
        let catalog = Self {
            folder: folder.to_owned(),
            configs: files(folder)?,
            presets: if presets.is_dir() { files(&presets)? } else { Vec::new() },
        };
        if catalog.configs.is_empty() && catalog.presets.is_empty() { Err(catalog.no_configs()) } else { Ok(catalog) }
    }

    /// Reads all configs; presets are none.
    ///
    /// # Errors
    /// No config, or the first thing wrong with any of them.
    pub fn all(&self) -> Result<Vec<Config>, ConfigError> {
        if self.configs.is_empty() { Err(self.no_configs()) } else { self.configs() }
    }

    /// Reads the one config or preset that goes by a name. A name that both have means the config: a preset does not change what a trained
    /// model is called.
    ///
    /// # Errors
    /// A name that none or more than one goes by, and anything wrong with any of them.
    pub fn find(&self, name: &str) -> Result<Model, ConfigError> {
        let presets = self.presets.iter().map(|path| Preset::load(path)).collect::<Result<Vec<_>, _>>()?;
        let configs = self.configs()?.into_iter().map(|config| Model::Config(Box::new(config)));
        let mut all: Vec<Model> =
            configs.chain(presets.into_iter().map(|preset| Model::Preset(Box::new(preset)))).collect();
        // A file's own name is never ambiguous.
        if let Some(index) = all.iter().position(|model| model.stem() == name) {
            return Ok(all.swap_remove(index));
        }
        let known = all.iter().map(Model::label).collect::<Vec<_>>().join(", ");
        let near = nearest(name, all.iter().flat_map(Model::names)).map(str::to_owned);
        let is_config = |model: &Model| matches!(model, Model::Config(_));
        all.retain(|model| model.is_called(name));
        if all.iter().any(is_config) {
            all.retain(is_config);
        }
        match (all.pop(), all.as_slice()) {
            (Some(model), []) => Ok(model),
            (Some(last), others) => {
                let stems = others.iter().chain([&last]).map(|model| model.stem().to_owned()).collect();
                Err(ConfigError::Ambiguous { name: name.to_owned(), stems })
            }
            (None, _) => Err(ConfigError::NoModel { name: name.to_owned(), path: self.folder.clone(), known, near }),
        }
    }

    fn configs(&self) -> Result<Vec<Config>, ConfigError> {
        self.configs.iter().map(|path| Config::load(path)).collect()
    }

    fn no_configs(&self) -> ConfigError {
        ConfigError::NoConfigs { path: self.folder.clone() }
    }
}

/// The TOML files of a folder.
fn files(folder: &Path) -> Result<Vec<PathBuf>, ConfigError> {
    let error = |source| ConfigError::Read { path: folder.to_owned(), source };
    let entries = std::fs::read_dir(folder).map_err(error)?;
    let paths = entries.map(|entry| entry.map(|entry| entry.path())).collect::<Result<Vec<_>, _>>().map_err(error)?;
    let is_toml = |path: &PathBuf| path.extension().is_some_and(|extension| extension == "toml");
    let mut files: Vec<PathBuf> = paths.into_iter().filter(is_toml).collect();
    files.sort();
    Ok(files)
}

impl Model {
    /// The name of its file, without the extension: that of its folder of outputs.
    pub fn stem(&self) -> &str {
        match self {
            Self::Config(config) => &config.stem,
            Self::Preset(preset) => &preset.stem,
        }
    }

    /// The name of the LLM.
    pub fn llm(&self) -> &str {
        match self {
            Self::Config(config) => &config.llm,
            Self::Preset(preset) => &preset.profile.identity.llm,
        }
    }

    /// Whatever it goes by; last its stem, which is preferred of two that are equally near.
    fn names(&self) -> Vec<&str> {
        let (size, aliases) = match self {
            Self::Config(config) => (Some(&config.size), &config.aliases),
            Self::Preset(preset) => (preset.size.as_ref(), &preset.aliases),
        };
        aliases.iter().chain(size).map(String::as_str).chain([self.llm(), self.stem()]).collect()
    }

    fn is_called(&self, name: &str) -> bool {
        match self {
            Self::Config(config) => config.is_called(name),
            Self::Preset(preset) => preset.is_called(name),
        }
    }

    /// What it can be called by: a config by its size as well as its stem, a preset by its stem.
    fn label(&self) -> String {
        match self {
            Self::Config(config) => format!("{} ({})", config.size, config.stem),
            Self::Preset(preset) => preset.stem.clone(),
        }
    }
}
