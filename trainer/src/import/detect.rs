//! What wrote a file, by what is in it.

use super::json::{first_keys, open};
use super::{Format, ImportError};
use std::io::{BufRead, Read};
use std::path::Path;

/// Bytes of a text that are searched for a mark.
const SEARCHED: u64 = 1 << 24;
/// Bytes of a header.
const HEADER: u64 = 1 << 16;

/// What a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content {
    /// Measurements.
    Rows(Format),
    /// A log of tegrastats.
    Tegrastats,
    /// A CSV of times and powers.
    Watts,
}

/// Recognises a file by its content.
///
/// # Errors
/// A file that is not there, empty, or nothing that is known; the error says what was found.
pub fn detect(path: &Path) -> Result<Content, ImportError> {
    let failed = |source| ImportError::Open { path: path.to_owned(), source };
    let mut begin = Vec::new();
    open(path)?.take(HEADER).read_to_end(&mut begin).map_err(failed)?;
    let text = begin.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&begin).trim_ascii_start();
    let unknown = |found: String| Err(ImportError::NotRecognised { path: path.to_owned(), found });
    match text.first() {
        None => return Err(ImportError::Empty { path: path.to_owned() }),
        Some(b'{' | b'[') => {
            let keys = first_keys(path)?;
            return match of_keys(&keys) {
                Some(format) => Ok(Content::Rows(format)),
                None if keys.is_empty() => unknown("JSON without any field in its first record".to_owned()),
                None => unknown(format!("JSON with {}", some(keys.iter().map(String::as_str)))),
            };
        }
        Some(_) if begin.starts_with(b"PK\x03\x04") => return Ok(Content::Rows(Format::Server)),
        Some(_) => {}
    }
    let mut line = String::from_utf8_lossy(text.split(|byte| *byte == b'\n').next().unwrap_or_default());
    line.to_mut().retain(|c| c != '"');
    let names: Vec<&str> = line.split(',').map(str::trim).collect();
    if let Some(content) = of_names(&names) {
        return Ok(content);
    }
    let mut searched = open(path)?;
    if searched.fill_buf().map_err(failed)?.starts_with(b"\xEF\xBB\xBF") {
        searched.consume(3);
    }
    let mut searched = searched.take(SEARCHED);
    let mut line = Vec::new();
    while searched.read_until(b'\n', &mut line).map_err(failed)? > 0 {
        if let Some(content) = of_line(&String::from_utf8_lossy(&line)) {
            return Ok(content);
        }
        line.clear();
    }
    if names.len() > 1 {
        return unknown(format!("a CSV file with the columns {}", some(names.into_iter())));
    }
    unknown(format!("a file that begins with {:?}", names.concat().chars().take(40).collect::<String>()))
}

fn of_keys(keys: &[String]) -> Option<Format> {
    let has = |key: &str| keys.iter().any(|known| known == key);
    Some(match () {
        () if has("n_prompt") && has("n_gen") => Format::LlamaBench,
        () if has("pp") && has("tg") && has("pl") => Format::LlamaBatchedBench,
        () if has("prompt_ms") && has("predicted_ms") => Format::LlamaServer,
        () if has("ttfts") || has("itls") || has("mean_ttft_ms") => Format::Vllm,
        () if has("metadata") && has("metrics") => Format::Aiperf,
        () if has("time_to_first_token") || has("request_latency") => {
            if has("aiperf_version") || has("schema_version") { Format::Aiperf } else { Format::GenaiPerf }
        }
        () if has("prompt_eval_duration") || has("eval_duration") => Format::Ollama,
        () if has("created_at") && has("done") => Format::Ollama,
        () => return None,
    })
}

fn of_names(names: &[&str]) -> Option<Content> {
    let has = |name: &str| names.contains(&name);
    Some(match () {
        () if has("n_prompt") && has("avg_ns") => Content::Rows(Format::LlamaBench),
        () if has("input_tokens") && (has("ttft") || has("decode_time") || has("total_time_ms")) => {
            Content::Rows(Format::Server)
        }
        () if has("output_tokens") && (has("inference_time") || has("subset") && has("prefill") && has("decode")) => {
            Content::Rows(Format::Device)
        }
        () if has("input_tokens") && has("output_tokens") => Content::Rows(Format::Canonical),
        () if names.first() == Some(&"Metric") && has("avg") => Content::Rows(Format::Aiperf),
        () if has("time_s") && has("power_w") => Content::Watts,
        () => return None,
    })
}

fn of_line(line: &str) -> Option<Content> {
    let line = line.trim_start();
    let rail = |word: &str| word.starts_with("VDD_") || word.starts_with("VIN") || word.starts_with("POM_");
    Some(match () {
        () if line.starts_with("INSERT INTO llama_bench")
            || line.starts_with("CREATE TABLE IF NOT EXISTS llama_bench") =>
        {
            Content::Rows(Format::LlamaBench)
        }
        () if line.starts_with('|') && line.contains(" test ") && line.contains(" t/s ") => {
            Content::Rows(Format::LlamaBench)
        }
        () if line.contains("PyTorchObserver {") => Content::Rows(Format::Executorch),
        () if line.contains("RAM ") && line.split_whitespace().any(rail) => Content::Tegrastats,
        // A log with a record a line, such as llama-server's, begins with other lines.
        () => return None,
    })
}

/// The first of some names, and not much of each.
pub(super) fn some<'a>(names: impl Iterator<Item = &'a str>) -> String {
    const SOME: usize = 8;
    let names: Vec<&str> = names.take(SOME + 1).collect();
    let shown: Vec<String> = names.iter().take(SOME).map(|name| name.chars().take(40).collect()).collect();
    let more = if names.len() > SOME { ", ..." } else { "" };
    format!("{}{more}", shown.join(", "))
}
