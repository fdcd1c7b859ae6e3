//! Configs: one TOML file per LLM. `RawConfig -> check -> Config`, so that a config in hand is a sound one; the same for presets, the files with a
//! profile's coefficients instead of measurements.

mod catalog;
mod energy;
mod error;
mod preset;
mod raw;
mod raw_preset;
mod schema;
mod spanned;

pub use catalog::{Catalog, Model};
pub use error::ConfigError;
pub use preset::Preset;
pub use schema::{config_schema, preset_schema};

use crate::calibrate::Method;
use crate::import::{Content, Filter, Format, Reading, detect};
use crate::power::EnergySettings;
use crate::select::{Settings, Type, Validation};
use error::Text;
use raw::{DEGREE, RawConfig, RawPhase, RawValidation, RawValue};
use serde::de::DeserializeOwned;
use spanned::Spanned;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use token2metrics_core::Tariff;
use token2metrics_core::profile::{DEVICE_NAME, LLM_NAME};

/// All that is said about one LLM on one device.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// The file's name without its extension: the name of the output folder.
    pub stem: String,
    /// The LLM's name.
    pub llm: String,
    /// Its size label, such as `1.5B`.
    pub size: String,
    /// Other names that it may be called by.
    pub aliases: Vec<String>,
    /// Prompt lengths that are expected in use.
    pub input_tokens: Option<[u32; 2]>,
    /// Generated tokens that are expected in use.
    pub output_tokens: Option<[u32; 2]>,
    /// The machine with many rows, if it is not the device itself.
    pub server: Option<Machine>,
    /// The machine that the profile is for.
    pub device: Machine,
    /// Power mode, runtime, quantization.
    pub variant: String,
    /// Files of device rows that are never fitted.
    pub holdout: Vec<PathBuf>,
    /// How prefill is fitted.
    pub prefill: Settings,
    /// How decode is fitted.
    pub decode: Settings,
    /// How the server's fit is mapped to the device.
    pub calibration: Method,
    /// How rows are kept back.
    pub validation: Validation,
    /// Where the power curves come from.
    pub energy: EnergySettings,
    /// What the profile's prices are.
    pub tariff: Option<Tariff>,
}

/// A machine and its measurements.
#[derive(Clone, Debug, PartialEq)]
pub struct Machine {
    /// Its name.
    pub name: String,
    /// Its memory.
    pub memory_gb: Option<f64>,
    /// The power that it is limited to.
    pub power_limit_w: Option<f64>,
    /// Its measurement files.
    pub data: Vec<PathBuf>,
    /// How they are read.
    pub reading: Reading,
}

impl Config {
    /// Reads and checks a config.
    ///
    /// # Errors
    /// The first thing wrong with it, with its line.
    pub fn load(path: &Path) -> Result<Self, ConfigError> {
        Checker { text: Text { path, text: &read(path)? } }.parse(Checker::check)
    }

    /// How the files of a machine are read. Where decode is a time per step, rows whose context is not known can be used.
    pub fn reading(&self, machine: &Machine) -> Reading {
        Reading { constant_step: self.decode.form == Type::Linear, ..machine.reading.clone() }
    }

    /// How the device's files are read: a table without input tokens is joined with the server's, unless the config names another.
    pub fn device_reading(&self) -> Reading {
        let mut reading = self.reading(&self.device);
        if let (Some(server), true) = (&self.server, reading.join.is_empty()) {
            let is_table = |path: &&PathBuf| detect(path).is_ok_and(|content| content == Content::Rows(Format::Server));
            reading.join = server.data.iter().filter(is_table).cloned().collect();
        }
        reading
    }

    /// Whether the config goes by this name: size label, name, alias or file stem.
    pub fn is_called(&self, name: &str) -> bool {
        goes_by(name, [&self.stem, &self.llm, &self.size].into_iter().chain(&self.aliases))
    }
}

/// Whether one of a model's own names is this one.
fn goes_by<'a>(name: &str, mut own: impl Iterator<Item = &'a String>) -> bool {
    own.any(|own| own.eq_ignore_ascii_case(name))
}

fn read(path: &Path) -> Result<String, ConfigError> {
    std::fs::read_to_string(path).map_err(|source| ConfigError::Read { path: path.to_owned(), source })
}

struct Checker<'a> {
    text: Text<'a>,
}

impl Checker<'_> {
    fn parse<R: DeserializeOwned, T>(&self, check: fn(&Self, R) -> Result<T, ConfigError>) -> Result<T, ConfigError> {
        check(self, toml::from_str(self.text.text).map_err(|error| self.text.toml_error(&error))?)
    }

    fn check(&self, raw: RawConfig) -> Result<Config, ConfigError> {
        let folder = self.text.path.parent().unwrap_or(Path::new(""));
        let beside = |paths: Vec<PathBuf>| paths.into_iter().map(|path| folder.join(path)).collect::<Vec<_>>();
        let reading = |filter: BTreeMap<String, RawValue>, join, assume| Reading {
            filter: Filter::new(filter.into_iter().map(|(key, value)| (key, value.to_string()))),
            join: beside(join),
            assume,
            constant_step: false,
        };
        let server = raw.server.map(|server| {
            Ok(Machine {
                name: self.name("server.name", server.name, usize::MAX)?,
                memory_gb: self.positive("server.memory_gb", server.memory_gb)?,
                power_limit_w: None,
                data: beside(self.files("server.data", server.data)?),
                reading: reading(server.filter, server.join, server.assume),
            })
        });
        Ok(Config {
            stem: self.stem(),
            llm: self.name("llm.name", raw.llm.name, LLM_NAME)?,
            size: self.name("llm.size", raw.llm.size, usize::MAX)?,
            aliases: self.aliases(raw.llm.aliases)?,
            input_tokens: self.span("tokens.input", raw.tokens.as_ref().and_then(|tokens| tokens.input.clone()))?,
            output_tokens: self.span("tokens.output", raw.tokens.and_then(|tokens| tokens.output))?,
            server: server.transpose()?,
            device: Machine {
                name: self.name("device.name", raw.device.name, DEVICE_NAME)?,
                memory_gb: self.positive("device.memory_gb", raw.device.memory_gb)?,
                power_limit_w: self.positive("device.power_limit_w", raw.device.power_limit_w)?,
                data: beside(self.files("device.data", raw.device.data)?),
                reading: reading(raw.device.filter, raw.device.join, raw.device.assume),
            },
            variant: raw
                .device
                .variant
                .map(|variant| self.name("device.variant", variant, DEVICE_NAME))
                .transpose()?
                .unwrap_or_default(),
            holdout: beside(raw.device.holdout),
            prefill: self.phase("prefill", raw.prefill)?,
            decode: self.phase("decode", raw.decode)?,
            calibration: raw.calibration.method,
            validation: self.validation(raw.validation)?,
            energy: self.energy(raw.energy)?,
            tariff: raw.tariff.map(|tariff| self.tariff(tariff)).transpose()?,
        })
    }

    fn fail<T, V>(&self, key: &str, value: &Spanned<T>, problem: impl AsRef<str>) -> Result<V, ConfigError> {
        Err(self.text.error(value.span(), format!("{key} {}", problem.as_ref())))
    }

    /// The file's name without its extension.
    fn stem(&self) -> String {
        self.text.path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
    }

    fn aliases(&self, aliases: Vec<Spanned<String>>) -> Result<Vec<String>, ConfigError> {
        aliases.into_iter().map(|alias| self.name("llm.aliases", alias, usize::MAX)).collect()
    }

    /// A number as a blob holds it.
    fn number(&self, key: &str, value: &Spanned<f64>) -> Result<f32, ConfigError> {
        match *value.get_ref() as f32 {
            number if number.is_finite() => Ok(number),
            _ => self.fail(key, value, "must be a finite number"),
        }
    }

    fn name(&self, key: &str, name: Spanned<String>, most: usize) -> Result<String, ConfigError> {
        match name.get_ref().len() {
            0 => self.fail(key, &name, "is empty: give a name"),
            len if len > most => {
                self.fail(key, &name, format!("has {len} bytes; a blob holds at most {most}: shorten it"))
            }
            _ => Ok(name.into_inner()),
        }
    }

    fn positive(&self, key: &str, value: Option<Spanned<f64>>) -> Result<Option<f64>, ConfigError> {
        match value {
            Some(value) if !(value.get_ref().is_finite() && *value.get_ref() > 0.0) => {
                self.fail(key, &value, "must be above zero")
            }
            value => Ok(value.map(Spanned::into_inner)),
        }
    }

    fn span(&self, key: &str, value: Option<Spanned<[u32; 2]>>) -> Result<Option<[u32; 2]>, ConfigError> {
        match value {
            Some(value) if value.get_ref()[0] == 0 || value.get_ref()[0] > value.get_ref()[1] => {
                self.fail(key, &value, "must be [least, greatest] with 1 <= least <= greatest")
            }
            value => Ok(value.map(Spanned::into_inner)),
        }
    }

    fn files(&self, key: &str, files: Spanned<Vec<PathBuf>>) -> Result<Vec<PathBuf>, ConfigError> {
        if files.get_ref().is_empty() {
            return self.fail(key, &files, "is empty: name at least one measurement file");
        }
        Ok(files.into_inner())
    }

    fn phase(&self, table: &str, raw: RawPhase) -> Result<Settings, ConfigError> {
        let degree = match raw.degree {
            Some(degree) if !(1..=3).contains(degree.get_ref()) => {
                return self.fail(&format!("{table}.degree"), &degree, "must be 1, 2 or 3");
            }
            degree => degree.map_or(DEGREE, Spanned::into_inner),
        };
        Ok(Settings { form: raw.form, degree, fit_intercept: raw.fit_intercept.unwrap_or(true), loss: raw.loss })
    }

    fn validation(&self, raw: RawValidation) -> Result<Validation, ConfigError> {
        let default = Validation::default();
        let folds = match raw.folds {
            Some(folds) if *folds.get_ref() < 2 => return self.fail("validation.folds", &folds, "must be at least 2"),
            folds => folds.map_or(default.folds, Spanned::into_inner),
        };
        let test_size = match raw.test_size {
            Some(size) if !(*size.get_ref() > 0.0 && *size.get_ref() < 1.0) => {
                return self.fail("validation.test_size", &size, "must be between 0 and 1");
            }
            size => size.map_or(default.test_size, Spanned::into_inner),
        };
        Ok(Validation { folds, test_size, seed: raw.seed.unwrap_or(default.seed) })
    }
}
