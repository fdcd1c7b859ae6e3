//! Stage 0: what benchmarks have written, in whatever format, to canonical rows.
//!
//! This is the one place where units are converted and where a foreign file is judged. Each format has a file of its own, which tells a sink of its records one by one, so that files
//! of any size pass in little memory; the sink decides what is wanted, counts what is kept, and why the rest is not. [`detect`] finds the format by content; [`power`] fills
//! in the joules of requests whose times are known. A row is never guessed: what a file does not say is `None`, or a reason to reject, or what the user has said in
//! [`Reading::assume`].

mod aiperf;
mod batched_bench;
mod canonical;
mod cell;
mod detect;
mod device_table;
mod error;
mod executorch;
mod fields;
mod filter;
mod imported;
mod json;
mod lines;
mod llama_bench;
mod llama_server;
mod markdown;
mod ollama;
mod overlap;
mod perf_summary;
pub mod power;
mod server_table;
mod sink;
mod sql;
mod vllm;
mod workbook;

pub use canonical::Writer;
pub use detect::{Content, detect};
pub use error::ImportError;
pub use filter::{Condition, Filter};
pub use imported::{Imported, Times};
pub(crate) use llama_server::decode_s as llama_server_decode_s;
pub use sink::{Rejected, Summary};

use serde::{Deserialize, Serialize};
use sink::Sink;
use std::fmt;
use std::path::{Path, PathBuf};

/// What wrote a file of measurements.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, clap::ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum Format {
    /// The project's own rows: CSV with `input_tokens`, `output_tokens` and SI units.
    Canonical,
    /// A table with a row a question, CSV or XLSX with a sheet a model: `ttft`, `decode_time`, `total_time_ms`, `input_tokens`, `output_tokens`.
    Server,
    /// A CSV table with a row a question: `prefill`, `decode`, `output_tokens`, without input tokens.
    Device,
    /// llama-bench: CSV, JSON, JSON lines, SQL or Markdown.
    LlamaBench,
    /// llama-batched-bench: JSON lines.
    LlamaBatchedBench,
    /// Responses of llama-server, with `timings`.
    LlamaServer,
    /// Responses of Ollama, with durations.
    Ollama,
    /// `vllm bench serve --save-detailed`, and SGLang's `bench_serving`.
    Vllm,
    /// AIPerf: records, or a summary as JSON or CSV.
    Aiperf,
    /// GenAI-Perf: a summary as JSON or CSV.
    GenaiPerf,
    /// A log of ExecuTorch with `PyTorchObserver` lines.
    Executorch,
}

/// What may be taken for granted where a file does not say it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, clap::ValueEnum, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Assumption {
    /// No prompt was in the prefix cache.
    Uncached,
    /// Requests that ran at the same time did not slow each other down.
    Alone,
}

/// How files of measurements are read.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Reading {
    /// Which of a file's records are wanted.
    pub filter: Filter,
    /// Server tables that know the input tokens of a device table's rows.
    pub join: Vec<PathBuf>,
    /// What the user vouches for.
    pub assume: Vec<Assumption>,
    /// Whether decode is a time per step, whatever the context: then rows whose input tokens are not known can be used.
    pub constant_step: bool,
}

impl Reading {
    fn assumes(&self, assumption: Assumption) -> bool {
        self.assume.contains(&assumption)
    }
}

/// Reads the rows of a file of some format, and tells of each.
///
/// # Errors
/// A file that is not of this format, or what is told says.
pub fn import(
    path: &Path,
    format: Format,
    reading: &Reading,
    mut visit: impl FnMut(&Imported) -> Result<(), ImportError>,
) -> Result<Summary, ImportError> {
    let mut sink = Sink::new(path, format, reading, &mut visit);
    match format {
        Format::Canonical => canonical::read(&mut sink)?,
        Format::Server => server_table::read(&mut sink)?,
        Format::Device => device_table::read(&mut sink)?,
        Format::LlamaBench => llama_bench::read(&mut sink)?,
        Format::LlamaBatchedBench => batched_bench::read(&mut sink)?,
        Format::LlamaServer => llama_server::read(&mut sink)?,
        Format::Ollama => ollama::read(&mut sink)?,
        Format::Vllm => vllm::read(&mut sink)?,
        Format::Aiperf | Format::GenaiPerf => aiperf::read(&mut sink)?,
        Format::Executorch => executorch::read(&mut sink)?,
    }
    sink.finish()
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&crate::table::name(self))
    }
}
