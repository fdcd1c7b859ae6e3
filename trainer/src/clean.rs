//! Stage 2: sets aside the rows that no fit can use, each with its reason.

use crate::measurement::{Measurement, Table};
use serde::Serialize;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::path::PathBuf;
use token2metrics_core::Request;

/// Token counts, and the bits of both times.
type Key = (u32, u32, u32, u64, u64);

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
}

/// Remembers the rows of one machine, so that none counts twice.
#[derive(Debug, Default)]
pub struct Cleaner {
    seen: HashMap<Key, (PathBuf, u64)>,
}

impl Cleaner {
    /// Separates the usable rows of some files from the others.
    pub fn clean(&mut self, tables: &[Table]) -> Cleaned {
        let mut cleaned = Cleaned::default();
        for table in tables {
            for row in &table.rows {
                match unusable(row).or_else(|| self.copied(table, row)) {
                    None => cleaned.rows.push(*row),
                    Some(reason) => {
                        cleaned.rejected.push(Rejection { file: table.path.clone(), line: row.line, reason });
                    }
                }
            }
        }
        cleaned
    }

    /// A request that was measured twice is never the same in all digits of both times; a copied row is. Rows with one time
    /// only are kept: coarse clocks do repeat themselves.
    fn copied(&mut self, table: &Table, row: &Measurement) -> Option<String> {
        let Request { input_tokens, cached_tokens, output_tokens } = row.request;
        let key = (input_tokens, cached_tokens, output_tokens, row.prefill_s?.to_bits(), row.decode_s?.to_bits());
        match self.seen.entry(key) {
            Entry::Vacant(entry) => {
                entry.insert((table.path.clone(), row.line));
                None
            }
            Entry::Occupied(entry) => {
                let (path, line) = entry.get();
                Some(format!("the same row as {}:{line}, to the last digit", path.display()))
            }
        }
    }
}

fn unusable(row: &Measurement) -> Option<String> {
    if let Err(error) = row.request.check() {
        return Some(error.to_string());
    }
    match (row.prefill_s, row.decode_s) {
        (None, None) => Some("neither prefill_s nor decode_s was measured".to_owned()),
        (_, Some(_)) if row.request.output_tokens == 1 => {
            Some("decode_s of a request with one output token, which has no decode step".to_owned())
        }
        _ => None,
    }
}
