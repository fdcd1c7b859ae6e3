//! `schema`: what an editor needs to complete and check the files of `configs/`.

use crate::config::{config_schema, preset_schema};
use anyhow::Result;
use clap::{Args, ValueEnum};

/// Print the JSON Schema of configs or of presets
///
/// It is configs/config.schema.json or configs/preset.schema.json, which the first line of a file names.
///
/// Example: token2metrics schema preset
#[derive(Debug, Args)]
pub struct Schema {
    /// Of which files
    #[arg(value_enum, default_value_t)]
    of: Kind,
}

#[derive(Clone, Copy, Debug, Default, ValueEnum)]
enum Kind {
    /// Measurements and how to fit them
    #[default]
    Config,
    /// Coefficients
    Preset,
}

impl Schema {
    /// # Errors
    /// None that is known of.
    pub fn run(self) -> Result<String> {
        let schema = match self.of {
            Kind::Config => config_schema(),
            Kind::Preset => preset_schema(),
        };
        Ok(serde_json::to_string_pretty(&schema)? + "\n")
    }
}
