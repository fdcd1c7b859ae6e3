//! What a header says, and what the cells under it may hold.

use super::{COLUMNS, COUNT, IngestError};
use crate::measurement::Measurement;
use csv::StringRecord;
use std::path::Path;
use token2metrics_core::{MAX_TOKENS, Request};

/// [`COLUMNS`], and behind them [`COUNT`].
pub(super) const ALL: [&str; COLUMNS.len() + 1] = {
    let [input, output, cached, prefill_s, decode_s, prefill_energy_j, decode_energy_j] = COLUMNS;
    [input, output, cached, prefill_s, decode_s, prefill_energy_j, decode_energy_j, COUNT]
};

/// How many of [`ALL`] are token counts; the others but the last are seconds and joules.
const COUNTS: usize = 3;
const TIMES: usize = COLUMNS.len();

/// The numbers of a row, by [`ALL`]; none where a cell is empty.
pub(super) type Cells = [Option<f64>; ALL.len()];

/// Which of [`ALL`] each column of a file is.
#[derive(Clone, Debug)]
pub(super) struct Columns(pub(super) Vec<Option<usize>>);

impl Columns {
    /// Finds the known ones in a header: the first of [`ALL`], however many.
    pub(super) fn find(path: &Path, header: &StringRecord, known: &[&'static str]) -> Result<Self, IngestError> {
        let names: Vec<&str> = header.iter().map(|name| name.trim_start_matches('\u{feff}')).collect();
        for &column in known {
            if names.iter().filter(|name| **name == column).count() > 1 {
                return Err(IngestError::RepeatedColumn { path: path.to_owned(), column });
            }
        }
        for name in names.iter().filter(|name| !known.contains(name)) {
            let near = crate::nearest::nearest(name, known.iter().copied());
            let meant = near.map_or(String::new(), |near| format!("; is \"{near}\" meant?"));
            log::warn!("{}:1: column \"{name}\" is not read{meant}", path.display());
        }
        if let Some(column) = COLUMNS.into_iter().take(2).find(|column| !names.contains(column)) {
            return Err(match names.as_slice() {
                [] | [""] => IngestError::Empty { path: path.to_owned() },
                names => IngestError::MissingColumn { path: path.to_owned(), column, found: names.join(", ") },
            });
        }
        Ok(Self(names.iter().map(|name| known.iter().position(|column| column == name)).collect()))
    }

    /// Whether the file has a column of this name.
    pub(super) fn has(&self, name: &str) -> bool {
        self.0.iter().flatten().any(|column| ALL[*column] == name)
    }

    /// The row of a record.
    pub(super) fn row(&self, path: &Path, line: u64, record: &StringRecord) -> Result<(Measurement, u32), IngestError> {
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
    if column == TIMES {
        if number.fract() == 0.0 && (1.0..=f64::from(u32::MAX)).contains(&number) {
            Ok(Some(number))
        } else {
            Err("is not how often a request comes: give a whole number from 1 to 4294967295")
        }
    } else if !number.is_finite() {
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
    match column {
        TIMES => decimals == 0 && number > 0.0 && number <= f64::from(u32::MAX),
        0..COUNTS => decimals == 0 && number <= f64::from(MAX_TOKENS),
        _ => number > 0.0,
    }
}

/// What the cells of a row say, and how often it comes.
pub(super) fn measurement(path: &Path, line: u64, cells: &Cells) -> Result<(Measurement, u32), IngestError> {
    let [input_tokens, output_tokens, cached_tokens, prefill_s, decode_s, prefill_energy_j, decode_energy_j, count] =
        *cells;
    let required = |column: usize, count: Option<f64>| {
        count.ok_or_else(|| bad_cell(path, line, column, "", "is empty: give a token count"))
    };
    // A decode whose context nobody knows; what it is good for is decided when rows are cleaned.
    let no_context = input_tokens.is_none() && prefill_s.is_none() && decode_s.is_some();
    let input_tokens = if no_context { Some(0.0) } else { input_tokens };
    let row = Measurement {
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
    };
    // A whole number of at most 2^32 - 1.
    Ok((row, count.map_or(1, |count| count as u32)))
}

pub(super) fn bad_cell(path: &Path, line: u64, column: usize, text: &str, problem: &'static str) -> IngestError {
    IngestError::Value { path: path.to_owned(), line, column: ALL[column], value: text.to_owned(), problem }
}
