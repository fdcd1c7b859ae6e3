//! What a header says, and what the cells under it may hold.

use super::{COLUMNS, IngestError};
use crate::measurement::Measurement;
use csv::StringRecord;
use std::path::Path;
use token2metrics_core::{MAX_TOKENS, Request};

/// How many of [`COLUMNS`] are token counts; the others are seconds and joules.
const COUNTS: usize = 3;

/// The numbers of a row, by [`COLUMNS`]; none where a cell is empty.
pub(super) type Cells = [Option<f64>; COLUMNS.len()];

/// Which of [`COLUMNS`] each column of a file is.
#[derive(Clone, Debug)]
pub(super) struct Columns(pub(super) Vec<Option<usize>>);

impl Columns {
    pub(super) fn find(path: &Path, header: &StringRecord) -> Result<Self, IngestError> {
        let names: Vec<&str> = header.iter().map(|name| name.trim_start_matches('\u{feff}')).collect();
        for column in COLUMNS {
            if names.iter().filter(|name| **name == column).count() > 1 {
                return Err(IngestError::RepeatedColumn { path: path.to_owned(), column });
            }
        }
        for name in names.iter().filter(|name| !COLUMNS.contains(name)) {
            let meant =
                crate::nearest::nearest(name, COLUMNS).map_or(String::new(), |near| format!("; is \"{near}\" meant?"));
            log::warn!("{}:1: column \"{name}\" is not read{meant}", path.display());
        }
        if let Some(column) = COLUMNS.into_iter().take(2).find(|column| !names.contains(column)) {
            return Err(match names.as_slice() {
                [] | [""] => IngestError::Empty { path: path.to_owned() },
                names => IngestError::MissingColumn { path: path.to_owned(), column, found: names.join(", ") },
            });
        }
        Ok(Self(names.iter().map(|name| COLUMNS.iter().position(|column| column == name)).collect()))
    }

    /// The row of a record.
    pub(super) fn row(&self, path: &Path, line: u64, record: &StringRecord) -> Result<Measurement, IngestError> {
        let mut cells = Cells::default();
        for (column, text) in self.0.iter().zip(record) {
            if let Some(column) = *column {
                cells[column] = cell(column, text).map_err(|problem| bad_cell(path, line, column, text, problem))?;
            }
        }
        measurement(path, line, &cells)
    }
}

/// What a cell holds, whatever way it is written; nothing where it is empty.
pub(super) fn cell(column: usize, text: &str) -> Result<Option<f64>, &'static str> {
    if text.is_empty() {
        return Ok(None);
    }
    let number: f64 = text.parse().map_err(|_| "is not a number: correct or remove the row")?;
    if !number.is_finite() {
        Err("is not finite: leave the cell empty if it was not measured")
    } else if column >= COUNTS {
        if number > 0.0 {
            Ok(Some(number))
        } else {
            Err("is not above zero: leave the cell empty if it was not measured")
        }
    } else if number.fract() != 0.0 || number < 0.0 {
        // Also as other programs write whole numbers: "100.0".
        Err("is not a token count: give a whole number that is not negative")
    } else if number > f64::from(MAX_TOKENS) {
        Err("is above 16777216, the largest token count")
    } else {
        Ok(Some(number))
    }
}

/// Whether a number of so many decimals is one that [`cell`] takes in this column as it is.
pub(super) fn is_sound(column: usize, number: f64, decimals: usize) -> bool {
    if column < COUNTS { decimals == 0 && number <= f64::from(MAX_TOKENS) } else { number > 0.0 }
}

pub(super) fn measurement(path: &Path, line: u64, cells: &Cells) -> Result<Measurement, IngestError> {
    let [input_tokens, output_tokens, cached_tokens, prefill_s, decode_s, prefill_energy_j, decode_energy_j] = *cells;
    let required = |column: usize, count: Option<f64>| {
        count.ok_or_else(|| bad_cell(path, line, column, "", "is empty: give a token count"))
    };
    // A decode whose context nobody knows; what it is good for is decided when rows are cleaned.
    let no_context = input_tokens.is_none() && prefill_s.is_none() && decode_s.is_some();
    let input_tokens = if no_context { Some(0.0) } else { input_tokens };
    Ok(Measurement {
        line,
        no_context,
        // Whole numbers of at most 2^24.
        request: Request {
            input_tokens: required(0, input_tokens)? as u32,
            output_tokens: required(1, output_tokens)? as u32,
            cached_tokens: cached_tokens.unwrap_or(0.0) as u32,
        },
        prefill_s,
        decode_s,
        prefill_energy_j,
        decode_energy_j,
    })
}

pub(super) fn bad_cell(path: &Path, line: u64, column: usize, text: &str, problem: &'static str) -> IngestError {
    IngestError::Value { path: path.to_owned(), line, column: COLUMNS[column], value: text.to_owned(), problem }
}
