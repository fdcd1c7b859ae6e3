//! Why a foreign file cannot be read.

use super::Format;
use crate::ingest::IngestError;
use std::path::PathBuf;

/// Why a foreign file cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The file is not there or not readable.
    #[error("{}: cannot read the file", path.display())]
    Open {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// A canonical file cannot be read.
    #[error(transparent)]
    Canonical(Box<IngestError>),
    /// The rows cannot be written.
    #[error("cannot write the rows")]
    Write(#[source] std::io::Error),
    /// The file holds nothing.
    #[error("{}: the file is empty", path.display())]
    Empty {
        /// The file.
        path: PathBuf,
    },
    /// The file is of no format that is known.
    #[error("{}: not recognised: {found}; name its format with --from if it is one of the known ones", path.display())]
    NotRecognised {
        /// The file.
        path: PathBuf,
        /// What is in it.
        found: String,
    },
    /// The file is JSON up to some place.
    #[error("{}: not the JSON of {format}", path.display())]
    Json {
        /// The file.
        path: PathBuf,
        /// What it was read as.
        format: Format,
        /// What the JSON reader says, with line and column.
        source: serde_json::Error,
    },
    /// The file is CSV up to some place.
    #[error("{}: not a CSV file", path.display())]
    Csv {
        /// The file.
        path: PathBuf,
        /// What the CSV reader says, with the line.
        source: csv::Error,
    },
    /// The file is no workbook.
    #[error("{}: not a workbook: {reason}", path.display())]
    Workbook {
        /// The file.
        path: PathBuf,
        /// What the reader says.
        reason: String,
    },
    /// A table lacks a column.
    #[error("{}: not a table of {format}: column \"{column}\" is missing; the header has: {found}", path.display())]
    MissingColumn {
        /// The file.
        path: PathBuf,
        /// What it was read as.
        format: Format,
        /// The column.
        column: String,
        /// The columns that are there.
        found: String,
    },
    /// The file is of its format up to some place.
    #[error("{}:{line}: {problem}", path.display())]
    Line {
        /// The file.
        path: PathBuf,
        /// Its line, from 1.
        line: u64,
        /// What is wrong there.
        problem: String,
    },
    /// The file contradicts itself.
    #[error("{}: {problem}", path.display())]
    Broken {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        problem: String,
    },
    /// No record of the format is in the file.
    #[error("{}: no record of {format} in it", path.display())]
    NoRecords {
        /// The file.
        path: PathBuf,
        /// What it was read as.
        format: Format,
    },
    /// A filter names what the file does not say.
    #[error("{}: filter: no record has \"{key}\"{near} There are: {known}", path.display())]
    UnknownKey {
        /// The file.
        path: PathBuf,
        /// The key.
        key: String,
        /// The key that may be meant.
        near: String,
        /// The keys that are there.
        known: String,
    },
    /// No record fits the filter.
    #[error("{}: no record fits {filter}; there are {found}", path.display())]
    NothingFits {
        /// The file.
        path: PathBuf,
        /// The filter.
        filter: String,
        /// What is there.
        found: String,
    },
    /// The rows are of more than one setup.
    #[error("{}: rows of several setups: {differing}; choose one by a filter, such as {filter}, in the config or by `import`", path.display())]
    Mixed {
        /// The file.
        path: PathBuf,
        /// What differs.
        differing: String,
        /// A filter that chooses one.
        filter: String,
    },
    /// The rows of two files are of different setups.
    #[error("{}: rows of {value}, and those of {} are of {known}: name files of one setup, or choose by a filter", path.display(), other.display())]
    Differing {
        /// The file.
        path: PathBuf,
        /// What is different in it.
        value: String,
        /// A file before it.
        other: PathBuf,
        /// What that one has.
        known: String,
    },
}

impl From<IngestError> for ImportError {
    fn from(error: IngestError) -> Self {
        match error {
            IngestError::Import(error) => *error,
            error => Self::Canonical(Box::new(error)),
        }
    }
}
