//! Stage 1: canonical CSV files to rows. A value that cannot be one is an error with file, line and column.

use crate::measurement::{Measurement, Table};
use csv::{ReaderBuilder, StringRecord, Trim};
use std::io::Read;
use std::path::{Path, PathBuf};
use token2metrics_core::{MAX_TOKENS, Request};

/// The columns of a canonical file; the first two are required.
pub const COLUMNS: [&str; 7] =
    ["input_tokens", "output_tokens", "cached_tokens", "prefill_s", "decode_s", "prefill_energy_j", "decode_energy_j"];

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
    #[error("{}: the file has no rows: a header and at least one measurement are needed", path.display())]
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

/// Reads a canonical file.
///
/// # Errors
/// The first thing in the file that cannot be a measurement.
pub fn read(path: &Path) -> Result<Table, IngestError> {
    let csv_error = |source| IngestError::Csv { path: path.to_owned(), source };
    let file = std::fs::File::open(path).map_err(|source| IngestError::Open { path: path.to_owned(), source })?;
    // With a line end after the last row too, every row ends where the reader's next line begins.
    let text = WithoutReturns(file.chain("\n".as_bytes()));
    let mut reader = ReaderBuilder::new().trim(Trim::All).from_reader(text);
    let columns = Columns::find(path, reader.headers().map_err(csv_error)?)?;
    let mut record = StringRecord::new();
    let mut rows = Vec::new();
    while reader.read_record(&mut record).map_err(csv_error)? {
        // A row's own position is that of the blank lines before it.
        rows.push(columns.row(path, reader.position().line() - 1, &record)?);
    }
    let path = path.to_owned();
    if rows.is_empty() { Err(IngestError::Empty { path }) } else { Ok(Table { path, rows }) }
}

/// A file without its carriage returns: the CSV reader counts the lines of files from Windows one short.
struct WithoutReturns<R>(R);

impl<R: Read> Read for WithoutReturns<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        loop {
            let len = self.0.read(buffer)?;
            let mut kept = 0;
            for index in 0..len {
                buffer[kept] = buffer[index];
                kept += usize::from(buffer[index] != b'\r');
            }
            if kept > 0 || len == 0 {
                return Ok(kept);
            }
        }
    }
}

/// Where each of [`COLUMNS`] stands in a file.
struct Columns([Option<usize>; COLUMNS.len()]);

impl Columns {
    fn find(path: &Path, header: &StringRecord) -> Result<Self, IngestError> {
        let names: Vec<&str> = header.iter().map(|name| name.trim_start_matches('\u{feff}')).collect();
        let mut places = [None; COLUMNS.len()];
        for (place, column) in places.iter_mut().zip(COLUMNS) {
            let mut found = names.iter().enumerate().filter(|(_, name)| **name == column).map(|(index, _)| index);
            *place = found.next();
            if found.next().is_some() {
                return Err(IngestError::RepeatedColumn { path: path.to_owned(), column });
            }
        }
        for name in names.iter().filter(|name| !COLUMNS.contains(name)) {
            let meant =
                crate::nearest::nearest(name, COLUMNS).map_or(String::new(), |near| format!("; is \"{near}\" meant?"));
            log::warn!("{}:1: column \"{name}\" is not read{meant}", path.display());
        }
        for (place, column) in places.iter().zip(COLUMNS).take(2) {
            if place.is_none() {
                return Err(match names.as_slice() {
                    [] | [""] => IngestError::Empty { path: path.to_owned() },
                    names => IngestError::MissingColumn { path: path.to_owned(), column, found: names.join(", ") },
                });
            }
        }
        Ok(Self(places))
    }

    fn row(&self, path: &Path, line: u64, record: &StringRecord) -> Result<Measurement, IngestError> {
        let cell = |column: usize| -> Option<&str> { record.get(self.0[column]?).filter(|value| !value.is_empty()) };
        let error = |column: usize, problem| IngestError::Value {
            path: path.to_owned(),
            line,
            column: COLUMNS[column],
            value: cell(column).unwrap_or_default().to_owned(),
            problem,
        };
        let tokens = |column| {
            cell(column).map(|value| whole_number(value).map_err(|problem| error(column, problem))).transpose()
        };
        let positive = |column| {
            cell(column).map(|value| positive_number(value).map_err(|problem| error(column, problem))).transpose()
        };
        let required = |column| tokens(column)?.ok_or_else(|| error(column, "is empty: give a token count"));
        let request =
            Request { input_tokens: required(0)?, output_tokens: required(1)?, cached_tokens: tokens(2)?.unwrap_or(0) };
        Ok(Measurement {
            line,
            request,
            prefill_s: positive(3)?,
            decode_s: positive(4)?,
            prefill_energy_j: positive(5)?,
            decode_energy_j: positive(6)?,
        })
    }
}

fn number(value: &str) -> Result<f64, &'static str> {
    let number: f64 = value.parse().map_err(|_| "is not a number: correct or remove the row")?;
    if number.is_finite() { Ok(number) } else { Err("is not finite: leave the cell empty if it was not measured") }
}

fn positive_number(value: &str) -> Result<f64, &'static str> {
    let number = number(value)?;
    if number > 0.0 { Ok(number) } else { Err("is not above zero: leave the cell empty if it was not measured") }
}

/// Token counts, also as other programs write whole numbers ("100.0").
fn whole_number(value: &str) -> Result<u32, &'static str> {
    let number = number(value)?;
    if number.fract() != 0.0 || number < 0.0 {
        Err("is not a token count: give a whole number that is not negative")
    } else if number > f64::from(MAX_TOKENS) {
        Err("is above 16777216, the largest token count")
    } else {
        Ok(number as u32)
    }
}
