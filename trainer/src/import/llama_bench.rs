//! llama-bench, in all five of its formats.
//!
//! A `pp` test is the prefill of `n_prompt` tokens behind `n_depth` cached ones. A `tg` test is `n_gen` steps from a context of `n_depth`, and so the decode of `n_gen + 1` output tokens. A `pp+tg` test
//! has a total only.

use super::cell::{Object, Reason, to_count, to_time, whole};
use super::fields::Fields;
use super::json::{each, open};
use super::sink::Sink;
use super::{Format, ImportError, Imported, markdown, sql};
use crate::ingest::WithoutReturns;
use serde_json::Value;
use std::io::BufRead;
use std::path::Path;

/// What belongs to one test, rather than to how all were run; and what says the same as another field.
const NO_SETUP: [&str; 14] = [
    "n_prompt",
    "n_gen",
    "n_depth",
    "test_time",
    "avg_ns",
    "stddev_ns",
    "avg_ts",
    "stddev_ts",
    "samples_ns",
    "samples_ts",
    "test",
    "t/s",
    "model_size",
    "model_n_params",
];
/// The names that most people know a field by.
const ALIASES: [(&str, &str); 4] =
    [("model_filename", "model"), ("n_threads", "threads"), ("gpu_info", "device"), ("cpu_info", "device")];

/// One test: everything that its record says.
pub(super) struct Test {
    /// Line or record.
    pub(super) place: u64,
    /// Names and values, as they are written.
    pub(super) values: Vec<(String, String)>,
    /// Nanoseconds of every sample, where the format has them.
    pub(super) samples_ns: Option<Vec<Option<f64>>>,
}

pub(super) fn read(sink: &mut Sink<'_>) -> Result<(), ImportError> {
    let path = sink.path;
    let failed = |source| ImportError::Open { path: path.to_owned(), source };
    let mut file = open(path)?;
    let begin = file.fill_buf().map_err(failed)?;
    let first = begin.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(begin).trim_ascii_start();
    sink.note("llama-bench runs no sampling: prefill and decode exclude it");
    match first.first() {
        Some(b'{' | b'[') => {
            each(sink, Format::LlamaBench, |sink, place, object| Test::of_object(place, object).tell(sink))
        }
        _ if is_csv(first) => read_csv(sink, path),
        _ => {
            if sql::read(sink)? + markdown::read(sink)? == 0 {
                return Err(ImportError::NoRecords { path: path.to_owned(), format: Format::LlamaBench });
            }
            Ok(())
        }
    }
}

fn is_csv(begin: &[u8]) -> bool {
    let line = begin.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let name = |name: &[u8]| name.trim_ascii() == b"n_prompt" || name.trim_ascii() == b"\"n_prompt\"";
    line.split(|byte| *byte == b',').any(name)
}

fn read_csv(sink: &mut Sink<'_>, path: &Path) -> Result<(), ImportError> {
    let failed = |source| ImportError::Csv { path: path.to_owned(), source };
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(WithoutReturns(open(path)?));
    let names: Vec<String> =
        reader.headers().map_err(failed)?.iter().map(|name| name.trim_start_matches('\u{feff}').to_owned()).collect();
    let mut record = csv::StringRecord::new();
    while reader.read_record(&mut record).map_err(failed)? {
        let place = record.position().map_or(0, csv::Position::line);
        // A second run that was appended has its own header.
        if record.iter().zip(&names).all(|(cell, name)| cell == name) {
            continue;
        }
        if let Err(reason) = whole(record.len(), names.len()) {
            sink.reject(place, reason, 1);
            continue;
        }
        let values = names.iter().cloned().zip(record.iter().map(str::to_owned)).collect();
        Test { place, values, samples_ns: None }.tell(sink)?;
    }
    Ok(())
}

impl Test {
    fn of_object(place: u64, object: Object) -> Self {
        let samples_ns = object.get("samples_ns").and_then(Value::as_array);
        let samples_ns = samples_ns.map(|samples| samples.iter().map(Value::as_f64).collect());
        let text = |value: Value| match value {
            Value::String(text) => text,
            value => value.to_string(),
        };
        let values = object.into_iter().filter(|(_, value)| !value.is_array()).map(|(key, value)| (key, text(value)));
        Self { place, values: values.collect(), samples_ns }
    }

    fn get(&self, key: &str) -> Option<&str> {
        self.values.iter().find(|(known, _)| known == key).map(|(_, value)| value.as_str())
    }

    fn fields(&self) -> Fields {
        let mut fields = Fields::default();
        for (key, value) in &self.values {
            if NO_SETUP.contains(&key.as_str()) || ALIASES.iter().any(|(known, _)| known == key) {
                fields.other(key.clone(), value);
            } else {
                fields.setup(key.clone(), value);
            }
        }
        for (key, alias) in ALIASES {
            if let Some(value) = self.get(key).filter(|value| !value.is_empty() && fields.get(alias).is_none()) {
                let stem = Path::new(value).file_stem().filter(|_| alias == "model").map(|stem| stem.to_string_lossy());
                fields.setup(alias, stem.map_or(value.to_owned(), |stem| stem.into_owned()));
            }
        }
        fields
    }

    /// Passes the rows of the test on.
    pub(super) fn tell(&self, sink: &mut Sink<'_>) -> Result<(), ImportError> {
        let rows = self.samples_ns.as_ref().map_or(1, |samples| samples.len().max(1));
        if !sink.wants(&self.fields(), rows) {
            return Ok(());
        }
        let count = |key: &str| to_count(key, self.get(key).unwrap_or("0").parse().ok());
        let counts = || Ok::<_, Reason>((count("n_prompt")?, count("n_gen")?, count("n_depth")?));
        let (n_prompt, n_gen, n_depth) = match counts() {
            Ok(counts) => counts,
            Err(reason) => {
                sink.reject(self.place, reason, rows);
                return Ok(());
            }
        };
        if n_prompt > 0 && n_gen > 0 {
            sink.reject(self.place, "a pp+tg test: its total only is known".into(), rows);
            return Ok(());
        }
        let row = |seconds: f64| match n_gen {
            0 => Imported {
                input_tokens: n_depth.checked_add(n_prompt),
                cached_tokens: n_depth,
                output_tokens: 1,
                prefill_s: Some(seconds),
                ..Imported::default()
            },
            steps => Imported {
                input_tokens: Some(n_depth),
                output_tokens: steps.saturating_add(1),
                decode_s: Some(seconds),
                ..Imported::default()
            },
        };
        let times_ns = match &self.samples_ns {
            Some(samples) if !samples.is_empty() => samples.clone(),
            _ => {
                sink.note("means only: how far repeats differ is not known, so that bands may be too narrow");
                vec![self.get("avg_ns").and_then(|text| text.parse().ok())]
            }
        };
        for time_ns in times_ns {
            sink.take(self.place, to_time("the time of a sample", time_ns).map(|ns| row(ns / 1e9)))?;
        }
        Ok(())
    }
}
