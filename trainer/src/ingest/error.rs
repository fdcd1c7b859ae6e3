//! Why a measurement file cannot be read.

use crate::import::ImportError;
use std::path::PathBuf;

/// Why a measurement file cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum IngestError {
    /// The file is not there or not readable.
    #[error("{}: cannot read the file", path.display())]
    Open {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// A file of another format cannot be read.
    #[error(transparent)]
    Import(Box<ImportError>),
    /// The file is another than when it was read first.
    #[error("{}: the file has changed while it was read: run the command again", path.display())]
    Changed {
        /// The file.
        path: PathBuf,
    },
    /// More lines than can be told apart.
    #[error("{}: the files of one machine have more than 4294967295 lines in all: leave some out", path.display())]
    TooManyLines {
        /// The file at which they are too many.
        path: PathBuf,
    },
    /// The file is not CSV.
    #[error("{}: not a CSV file", path.display())]
    Csv {
        /// The file.
        path: PathBuf,
        /// What the CSV reader says, with the line.
        source: csv::Error,
    },
    /// A required column is not in the header.
    #[error("{}:1: column \"{column}\" is missing; the header has: {found}{}", path.display(), hint(column, found))]
    MissingColumn {
        /// The file.
        path: PathBuf,
        /// The column.
        column: &'static str,
        /// The columns that are there.
        found: String,
    },
    /// A column stands in the header twice.
    #[error("{}:1: column \"{column}\" stands in the header twice: remove one", path.display())]
    RepeatedColumn {
        /// The file.
        path: PathBuf,
        /// The column.
        column: &'static str,
    },
    /// The file has a header and nothing else, or not even that.
    #[error("{}: the file has no rows: a header and at least one row are needed", path.display())]
    Empty {
        /// The file.
        path: PathBuf,
    },
    /// A cell does not hold what its column is for.
    #[error("{}:{line}: column \"{column}\": \"{value}\" {problem}", path.display())]
    Value {
        /// The file.
        path: PathBuf,
        /// Its line, from 1.
        line: u64,
        /// The column.
        column: &'static str,
        /// What stands there.
        value: String,
        /// What is wrong with it, and what to do.
        problem: &'static str,
    },
}

fn hint(column: &str, found: &str) -> String {
    match crate::nearest::nearest(column, found.split(", ")) {
        Some(near) => format!("; is \"{near}\" meant? rename it"),
        None => String::new(),
    }
}

impl From<ImportError> for IngestError {
    fn from(error: ImportError) -> Self {
        match error {
            ImportError::Canonical(error) => *error,
            error => Self::Import(Box::new(error)),
        }
    }
}
