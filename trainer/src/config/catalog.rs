//! The configs of a folder.

use super::{Config, ConfigError};
use std::path::{Path, PathBuf};

/// The config files of a folder, in the order of their names.
#[derive(Clone, Debug)]
pub struct Catalog {
    folder: PathBuf,
    files: Vec<PathBuf>,
}

impl Catalog {
    /// Lists a folder.
    ///
    /// # Errors
    /// A folder that cannot be read or has no configs.
    pub fn open(folder: &Path) -> Result<Self, ConfigError> {
        let error = |source| ConfigError::Read { path: folder.to_owned(), source };
        let entries = std::fs::read_dir(folder).map_err(error)?;
        let paths =
            entries.map(|entry| entry.map(|entry| entry.path())).collect::<Result<Vec<_>, _>>().map_err(error)?;
        let mut files: Vec<PathBuf> =
            paths.into_iter().filter(|path| path.extension().is_some_and(|extension| extension == "toml")).collect();
        files.sort();
        if files.is_empty() {
            return Err(ConfigError::NoConfigs { path: folder.to_owned() });
        }
        Ok(Self { folder: folder.to_owned(), files })
    }

    /// Reads all configs.
    ///
    /// # Errors
    /// The first thing wrong with any of them.
    pub fn all(&self) -> Result<Vec<Config>, ConfigError> {
        self.files.iter().map(|path| Config::load(path)).collect()
    }

    /// Reads the one config that goes by a name.
    ///
    /// # Errors
    /// A name that no config or more than one goes by, and anything wrong with any of them.
    pub fn find(&self, name: &str) -> Result<Config, ConfigError> {
        let mut all = self.all()?;
        // A file's own name is never ambiguous.
        if let Some(index) = all.iter().position(|config| config.stem == name) {
            return Ok(all.swap_remove(index));
        }
        let known = all.iter().map(labels).collect::<Vec<_>>().join(", ");
        let mut called: Vec<Config> = all.into_iter().filter(|config| config.is_called(name)).collect();
        match (called.pop(), called.as_slice()) {
            (Some(config), []) => Ok(config),
            (Some(last), others) => {
                let stems = others.iter().chain([&last]).map(|config| config.stem.clone()).collect();
                Err(ConfigError::Ambiguous { name: name.to_owned(), stems })
            }
            (None, _) => Err(ConfigError::NoModel { name: name.to_owned(), path: self.folder.clone(), known }),
        }
    }
}

/// What a config can be called by, as `size (stem)`.
pub fn labels(config: &Config) -> String {
    format!("{} ({})", config.size, config.stem)
}
