//! A config for files that nobody has written one for: what can be known of them is filled in, the rest stands there as comments.

use crate::import::{Format, ImportError, Imported, Reading, Summary, import};
use askama::Template;
use std::path::{Path, PathBuf};
use token2metrics_core::profile::{DEVICE_NAME, LLM_NAME};

/// What the files say.
#[derive(Debug, Default)]
pub struct Survey {
    /// What became of each file.
    pub summaries: Vec<Summary>,
    /// Least and greatest prompt that was measured.
    pub input: Option<[u32; 2]>,
    /// Least and greatest number of output tokens whose decode was measured.
    pub output: Option<[u32; 2]>,
    /// Whether a row has energy.
    pub has_energy: bool,
}

/// The config reads like itself in `templates/config.toml`.
#[derive(Template)]
#[template(path = "config.toml", escape = "none")]
pub(crate) struct Draft {
    pub(crate) stem: String,
    pub(crate) llm: String,
    pub(crate) llm_from: Option<&'static str>,
    pub(crate) size: String,
    pub(crate) device: String,
    pub(crate) device_from: Option<&'static str>,
    pub(crate) variant: String,
    pub(crate) measured: String,
    pub(crate) data: Vec<String>,
    pub(crate) filter: Vec<(String, String)>,
    pub(crate) assume: Vec<String>,
    pub(crate) join: Vec<String>,
    pub(crate) input: Option<[u32; 2]>,
    pub(crate) output: Option<[u32; 2]>,
    pub(crate) has_energy: bool,
}

impl Survey {
    /// Reads some files, all of one setup.
    ///
    /// # Errors
    /// A file that cannot be read, or rows of several setups.
    pub fn new(files: &[(PathBuf, Format)], reading: &Reading) -> Result<Self, ImportError> {
        let mut survey = Self::default();
        for (path, format) in files {
            let summary = import(path, *format, reading, |row| {
                survey.see(row);
                Ok(())
            })?;
            survey.summaries.push(summary);
        }
        let rows: usize = survey.summaries.iter().map(|summary| summary.kept).sum();
        if let (0, Some(misfit)) = (rows, survey.summaries.iter().find_map(|summary| summary.misfit(&reading.filter))) {
            return Err(misfit);
        }
        match Summary::all_mixed(&survey.summaries) {
            Some(mixed) => Err(mixed),
            None => Ok(survey),
        }
    }

    fn see(&mut self, row: &Imported) {
        let wider = |range: &mut Option<[u32; 2]>, count: u32| {
            let [least, greatest] = range.unwrap_or([count, count]);
            *range = Some([least.min(count), greatest.max(count)]);
        };
        if let (Some(input_tokens), Some(_)) = (row.input_tokens, row.prefill_s) {
            wider(&mut self.input, input_tokens);
        }
        if row.decode_s.is_some() {
            wider(&mut self.output, row.output_tokens);
        }
        self.has_energy |= row.prefill_energy_j.or(row.decode_energy_j).is_some();
    }

    /// What every file says of a key, if all say the same.
    pub fn said(&self, key: &str) -> Option<&str> {
        let mut values = self.summaries.iter().map(|summary| summary.setup.get(key).map(String::as_str));
        let first = values.next()??;
        values.all(|value| value == Some(first)).then_some(first)
    }

    /// The device as a name, if the files say it.
    pub(crate) fn device(&self) -> Option<String> {
        let device = self.said("device")?;
        let threads = match self.said("threads") {
            Some("1") => ", 1 thread".to_owned(),
            Some(threads) => format!(", {threads} threads"),
            None => String::new(),
        };
        Some(short::<DEVICE_NAME>(&(device.to_owned() + &threads)))
    }

    /// Runtime and quantization, as far as the files say it.
    pub(crate) fn variant(&self) -> String {
        let runtime = self.summaries.first().map_or(String::new(), |summary| match summary.format {
            Format::LlamaBench | Format::LlamaBatchedBench | Format::LlamaServer => "llama.cpp".to_owned(),
            Format::Canonical | Format::Server | Format::Device | Format::Aiperf | Format::GenaiPerf => String::new(),
            format => format.to_string(),
        });
        let kind = self.said("model_type").and_then(|kind| kind.split_whitespace().last()).map(str::to_owned);
        let parts = [kind, Some(runtime).filter(|runtime| !runtime.is_empty())];
        short::<DEVICE_NAME>(&parts.into_iter().flatten().collect::<Vec<_>>().join(", "))
    }
}

/// The name of a model, as files have it, without its quantization and cut to what a blob holds.
pub(crate) fn llm(name: &str) -> String {
    let base = match name.rsplit_once('.') {
        Some((base, kind))
            if kind.starts_with(['Q', 'q', 'F', 'f', 'I', 'B']) && kind.contains(|c: char| c.is_ascii_digit()) =>
        {
            base
        }
        _ => name,
    };
    short::<LLM_NAME>(base)
}

/// A size such as `1.5B` or `135M` in the name of a model.
pub(crate) fn size(name: &str) -> Option<String> {
    let is_size = |word: &&str| {
        let number = word.strip_suffix(['B', 'b', 'M', 'm']);
        number.is_some_and(|number| number.starts_with(|c: char| c.is_ascii_digit()) && number.parse::<f64>().is_ok())
    };
    name.split(['-', '_', ' ', ':', '/']).find(is_size).map(str::to_uppercase)
}

/// A name as the stem of a file: lower case, with underscores.
pub(crate) fn stem(name: &str) -> String {
    let letters = name.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' });
    letters.collect::<String>().split('_').filter(|part| !part.is_empty()).collect::<Vec<_>>().join("_")
}

fn short<const N: usize>(name: &str) -> String {
    let end = (0..=N.min(name.len())).rev().find(|end| name.is_char_boundary(*end)).unwrap_or(0);
    name[..end].trim_end().to_owned()
}

/// A text as TOML has it: of one line, as JSON has it.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string().replace('\u{7f}', "\\u007f")
}

/// A path from the folder of a config.
pub(crate) fn beside(folder: &Path, file: &Path) -> std::io::Result<String> {
    let (folder, file) = (std::path::absolute(folder)?, std::path::absolute(file)?);
    let path = pathdiff::diff_paths(&file, &folder).unwrap_or(file);
    Ok(path.to_string_lossy().replace('\\', "/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_models() {
        assert_eq!(llm("SmolLM2-135M-Instruct.Q4_1"), "SmolLM2-135M-Instruct");
        assert_eq!(llm("DeepSeek-R1-Distill-Qwen-1.5B"), "DeepSeek-R1-Distill-Qwen-1.5B");
        assert_eq!(size("DeepSeek-R1-Distill-Qwen-1.5B"), Some("1.5B".to_owned()));
        assert_eq!(size("llama3.2:1b"), Some("1B".to_owned()));
        assert_eq!(size("phi-mini"), None);
        assert_eq!(stem("SmolLM2 135M--Instruct/"), "smollm2_135m_instruct");
        assert_eq!(short::<4>("aäöü"), "aä");
    }
}
