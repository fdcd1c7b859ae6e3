//! What the tests share: samples with known times, repeatable noise, and configs in a folder of their own.

#![allow(dead_code, reason = "every test file uses a part of it")]

use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use std::fmt::Write;
use std::path::PathBuf;
use tempfile::TempDir;
use token2metrics_core::Request;
use token2metrics_trainer::config::Config;
use token2metrics_trainer::formula;
use token2metrics_trainer::loss::Loss;
use token2metrics_trainer::measurement::{Phase, Sample};
use token2metrics_trainer::select::{Selected, Settings, Type, Validation, select};
use token2metrics_trainer::train::{Trained, train};

/// A request without cached tokens.
pub(crate) fn request(input_tokens: u32, output_tokens: u32) -> Request {
    Request { input_tokens, cached_tokens: 0, output_tokens }
}

/// A prompt and its seconds.
pub(crate) fn prompt(input_tokens: u32, seconds: f64) -> Sample {
    Sample { request: request(input_tokens, 1), seconds }
}

/// A request whose decode takes `start_s` and then the seconds of each of its steps, added up one by one.
pub(crate) fn decode(input_tokens: u32, output_tokens: u32, start_s: f64, step: impl Fn(f64) -> f64) -> Sample {
    let contexts = input_tokens + 1..input_tokens + output_tokens;
    let seconds = start_s + contexts.map(|context| step(f64::from(context))).sum::<f64>();
    Sample { request: request(input_tokens, output_tokens), seconds }
}

/// Factors around 1 that are the same for the same seed.
pub(crate) struct Noise(ChaCha8Rng);

impl Noise {
    pub(crate) fn new(seed: u64) -> Self {
        Self(ChaCha8Rng::seed_from_u64(seed))
    }

    /// Evenly spread over `1 - spread .. 1 + spread`.
    pub(crate) fn factor(&mut self, spread: f64) -> f64 {
        self.between(1.0 - spread, 1.0 + spread)
    }

    pub(crate) fn between(&mut self, least: f64, greatest: f64) -> f64 {
        self.0.random_range(least..=greatest)
    }

    pub(crate) fn tokens(&mut self, least: u32, greatest: u32) -> u32 {
        self.0.random_range(least..=greatest)
    }
}

/// The settings of a config that says nothing.
pub(crate) const AUTO: Settings = Settings { form: Type::Auto, degree: 2, fit_intercept: true, loss: Loss::Huber };
/// Measured times repeat themselves to about 1 %.
pub(crate) const SPREAD: f64 = 0.01;

/// Eighty prompts up to 1000 tokens, noisy.
pub(crate) fn prompts(seconds: impl Fn(f64) -> f64) -> Vec<Sample> {
    let mut noise = Noise::new(7);
    let lengths: Vec<u32> = (0..80).map(|_| noise.tokens(1, 1000)).collect();
    lengths.into_iter().map(|n| prompt(n, seconds(n.into()) * noise.factor(SPREAD))).collect()
}

/// What `auto` chooses.
pub(crate) fn auto(phase: Phase, samples: &[Sample]) -> Selected {
    select(phase, &AUTO, &Validation::default(), samples).expect("rows that determine a fit")
}

/// Its form.
pub(crate) fn form(selected: &Selected) -> String {
    formula::form(selected.fitted.phase, &selected.fitted.form)
}

/// The samples as rows of one canonical file; the phase that they do not measure stays empty.
pub(crate) fn rows(phase: Phase, samples: &[Sample]) -> String {
    let mut rows = String::new();
    for Sample { request: Request { input_tokens, cached_tokens, output_tokens }, seconds } in samples {
        let times = match phase {
            Phase::Prefill => format!("{seconds},"),
            Phase::Decode => format!(",{seconds}"),
        };
        writeln!(rows, "{input_tokens},{output_tokens},{cached_tokens},{times}").expect("a string takes all");
    }
    rows
}

/// The header of the files that the tests write.
pub(crate) const HEADER: &str = "input_tokens,output_tokens,cached_tokens,prefill_s,decode_s\n";

/// The tables that every config needs; `[device]` comes last, so that its keys can follow.
pub(crate) const MODEL: &str = "[llm]\nname = \"tiny\"\nsize = \"1M\"\n";

/// A folder with measurements and a config.
pub(crate) struct Folder(TempDir);

impl Folder {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().expect("a temporary folder"))
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Writes a canonical file: the header, and the rows under it.
    pub(crate) fn csv(&self, name: &str, rows: &str) -> &Self {
        std::fs::write(self.path(name), format!("{HEADER}{rows}")).expect("a writable folder");
        self
    }

    /// Writes and loads a config: the model, and the tables given.
    pub(crate) fn config(&self, tables: &str) -> Config {
        self.load(&format!("{MODEL}{tables}"))
    }

    /// Writes and loads a config, all of it given.
    pub(crate) fn load(&self, config: &str) -> Config {
        let path = self.path("tiny.toml");
        std::fs::write(&path, config).expect("a writable folder");
        Config::load(&path).expect("a sound config")
    }

    pub(crate) fn train(&self, tables: &str) -> Trained {
        train(&self.config(tables)).expect("rows that can be fitted")
    }
}
