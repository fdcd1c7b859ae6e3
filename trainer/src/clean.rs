//! Stage 2: sets aside the rows that no fit can use, each with its reason.

use crate::measurement::{Measurement, Table};
use serde::Serialize;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::path::PathBuf;
use token2metrics_core::Request;

/// Token counts, and the bits of the times.
type Key = (u32, u32, u32, Option<u64>, Option<u64>);

/// A row that was set aside.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Rejection {
    /// Its file.
    pub file: PathBuf,
    /// Its line there, from 1.
    pub line: u64,
    /// Why.
    pub reason: String,
}

/// What is left of some files.
#[derive(Clone, Debug, Default)]
pub struct Cleaned {
    /// The usable rows, in the order of the files.
    pub rows: Vec<Measurement>,
    /// The others.
    pub rejected: Vec<Rejection>,
    /// The file of each usable row.
    pub files: Vec<PathBuf>,
}

/// Remembers the rows of one machine, so that none counts twice, and none that was fitted is scored.
#[derive(Debug, Default)]
pub struct Cleaner {
    seen: HashMap<Key, Place>,
    /// Calls of [`Cleaner::clean`].
    calls: usize,
}

/// Where a row was seen first.
#[derive(Debug)]
struct Place {
    file: PathBuf,
    line: u64,
    call: usize,
}

impl Cleaner {
    /// Separates the usable rows of some files from the others. A row of an earlier call is not usable again.
    pub fn clean(&mut self, tables: &[Table]) -> Cleaned {
        self.calls += 1;
        let mut cleaned = Cleaned::default();
        for table in tables {
            for row in &table.rows {
                match unusable(row).or_else(|| self.copied(table, row)) {
                    None => {
                        cleaned.rows.push(*row);
                        cleaned.files.push(table.path.clone());
                    }
                    Some(reason) => {
                        cleaned.rejected.push(Rejection { file: table.path.clone(), line: row.line, reason });
                    }
                }
            }
        }
        cleaned
    }

    /// A request that was measured twice is never the same in all digits of both times; a copied row is. Of the rows of one
    /// call, those with one time only are kept: coarse clocks do repeat themselves. Between calls the doubt is settled the
    /// other way, since a holdout row that was fitted makes the scores worthless.
    fn copied(&mut self, table: &Table, row: &Measurement) -> Option<String> {
        let Request { input_tokens, cached_tokens, output_tokens } = row.request;
        let times = [row.prefill_s, row.decode_s];
        let [prefill, decode] = times.map(|seconds| seconds.map(f64::to_bits));
        match self.seen.entry((input_tokens, cached_tokens, output_tokens, prefill, decode)) {
            Entry::Vacant(entry) => {
                entry.insert(Place { file: table.path.clone(), line: row.line, call: self.calls });
                None
            }
            Entry::Occupied(entry) => {
                let Place { file, line, call } = entry.get();
                let copied = *call < self.calls || times.iter().all(Option::is_some);
                copied.then(|| format!("the same row as {}:{line}, to the last digit", file.display()))
            }
        }
    }
}

/// Says on stderr which rows were set aside, and why.
pub fn warn_of<'a>(rejected: impl IntoIterator<Item = &'a Rejection>) {
    for Rejection { file, line, reason } in rejected {
        log::warn!("{}:{line}: row not used: {reason}", file.display());
    }
}

fn unusable(row: &Measurement) -> Option<String> {
    if let Err(error) = row.request.check() {
        return Some(error.to_string());
    }
    let stepless = |column| format!("{column} of a request with one output token, which has no decode step");
    let has_step = row.request.output_tokens > 1;
    match (row.prefill_s, row.decode_s) {
        (None, None) => Some("neither prefill_s nor decode_s was measured".to_owned()),
        (_, Some(_)) if !has_step => Some(stepless("decode_s")),
        _ if !has_step && row.decode_energy_j.is_some() => Some(stepless("decode_energy_j")),
        _ => None,
    }
}
