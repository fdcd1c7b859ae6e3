//! Where importers put what they read: filtered, checked and counted.

use super::cell::Reason;
use super::fields::Fields;
use super::{Filter, Format, ImportError, Imported, Reading};
use crate::nearest::nearest;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Values of a key that are remembered.
const VALUES: usize = 12;

/// What became of a file.
#[derive(Clone, Debug, Serialize)]
pub struct Summary {
    /// The file.
    pub file: PathBuf,
    /// What it was read as.
    pub format: Format,
    /// What its records are counted by: `line`, or `record` from 1.
    pub unit: &'static str,
    /// Rows that were kept.
    pub kept: usize,
    /// Rows that the filter left out.
    pub filtered: usize,
    /// Rows that were not kept, by reason.
    pub rejected: Vec<Rejected>,
    /// What the format does not tell, and how it was read.
    pub notes: Vec<String>,
    /// What differs among the kept rows although it belongs to the setup, with its values.
    pub differing: BTreeMap<String, Vec<String>>,
    /// What is the same for all kept rows that belongs to the setup.
    #[serde(skip)]
    pub setup: BTreeMap<String, String>,
    /// What can be filtered by, with its values among all rows, at most so many.
    #[serde(skip)]
    pub fields: BTreeMap<String, BTreeSet<String>>,
}

/// Rows that were rejected for one reason.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Rejected {
    /// Why.
    pub reason: String,
    /// How many.
    pub rows: usize,
    /// Line or record of the first.
    pub first: u64,
}

pub(super) struct Sink<'a> {
    pub(super) path: &'a Path,
    pub(super) reading: &'a Reading,
    visit: &'a mut dyn FnMut(&Imported) -> Result<(), ImportError>,
    summary: Summary,
    setups: BTreeMap<String, BTreeSet<String>>,
    rejected: BTreeMap<Reason, (usize, u64)>,
}

impl<'a> Sink<'a> {
    pub(super) fn new(
        path: &'a Path,
        format: Format,
        reading: &'a Reading,
        visit: &'a mut dyn FnMut(&Imported) -> Result<(), ImportError>,
    ) -> Self {
        let summary = Summary {
            file: path.to_owned(),
            format,
            unit: "line",
            kept: 0,
            filtered: 0,
            rejected: Vec::new(),
            notes: Vec::new(),
            differing: BTreeMap::new(),
            setup: BTreeMap::new(),
            fields: BTreeMap::new(),
        };
        Self { path, reading, visit, summary, setups: BTreeMap::new(), rejected: BTreeMap::new() }
    }

    /// What the file is read as.
    pub(super) fn format(&self) -> Format {
        self.summary.format
    }

    /// From here on, places are those of JSON objects.
    pub(super) fn by_record(&mut self) {
        self.summary.unit = "record";
    }

    /// Whether the rows of a record that was measured so are wanted; if not, so many are counted.
    pub(super) fn wants(&mut self, fields: &Fields, rows: usize) -> bool {
        for field in fields.iter() {
            remember(&mut self.summary.fields, &field.key, &field.value);
        }
        let known = |key: &str| fields.get(key).is_some();
        let filter = &self.reading.filter;
        let wanted = filter.keys().all(known) && fields.iter().all(|field| filter.takes(&field.key, &field.value));
        if wanted {
            for field in fields.iter().filter(|field| field.is_setup) {
                remember(&mut self.setups, &field.key, &field.value);
            }
        } else {
            self.summary.filtered += rows;
        }
        wanted
    }

    /// Passes a row on, or counts why there is none.
    pub(super) fn take(&mut self, place: u64, row: Result<Imported, Reason>) -> Result<(), ImportError> {
        match row.and_then(|row| row.check().map(|()| row)) {
            Ok(row) => {
                self.summary.kept += 1;
                (self.visit)(&row)
            }
            Err(reason) => {
                self.reject(place, reason, 1);
                Ok(())
            }
        }
    }

    /// Counts rows that are not kept.
    pub(super) fn reject(&mut self, place: u64, reason: Reason, rows: usize) {
        let (count, _) = self.rejected.entry(reason).or_insert((0, place));
        *count += rows;
    }

    /// Says once what the format does not tell, or how it was read.
    pub(super) fn note(&mut self, note: impl Into<String>) {
        let note = note.into();
        if !self.summary.notes.contains(&note) {
            self.summary.notes.push(note);
        }
    }

    /// What became of the file. One without any record is an error.
    pub(super) fn finish(mut self) -> Result<Summary, ImportError> {
        if self.summary.kept == 0 && self.summary.filtered == 0 && self.rejected.is_empty() {
            return Err(ImportError::NoRecords { path: self.path.to_owned(), format: self.summary.format });
        }
        let rejected =
            |(reason, (rows, first)): (Reason, (usize, u64))| Rejected { reason: reason.into_owned(), rows, first };
        self.summary.rejected = self.rejected.into_iter().map(rejected).collect();
        self.summary.rejected.sort_by_key(|rejected| rejected.first);
        for (key, values) in self.setups {
            let mut values: Vec<String> = values.into_iter().collect();
            match values.len() {
                1 => drop(self.summary.setup.insert(key, values.remove(0))),
                _ => drop(self.summary.differing.insert(key, values)),
            }
        }
        Ok(self.summary)
    }
}

impl Summary {
    /// Rows that were rejected, for whatever reason.
    pub fn rejections(&self) -> usize {
        self.rejected.iter().map(|rejected| rejected.rows).sum()
    }

    /// Why nothing of the file fits the filter, if nothing does.
    pub fn misfit(&self, filter: &Filter) -> Option<ImportError> {
        if self.kept > 0 || self.filtered == 0 || !self.rejected.is_empty() {
            return None;
        }
        let path = self.file.clone();
        if let Some(key) = filter.keys().find(|key| !self.fields.contains_key(*key)) {
            let keys: Vec<&str> = self.fields.keys().map(String::as_str).collect();
            let near = nearest(key, keys.iter().copied());
            let near = near.map_or(".".to_owned(), |near| format!("; is \"{near}\" meant?"));
            let known = if keys.is_empty() { "none".to_owned() } else { keys.join(", ") };
            return Some(ImportError::UnknownKey { path, key: key.to_owned(), near, known });
        }
        let values = |key: &str| {
            let values = self.fields.get(key).into_iter().flatten();
            format!("{key}: {}", values.map(String::as_str).collect::<Vec<_>>().join(", "))
        };
        let keys: BTreeSet<&str> = filter.keys().collect();
        let found = keys.into_iter().map(values).collect::<Vec<_>>().join("; ");
        Some(ImportError::NothingFits { path, filter: filter.describe(), found })
    }

    /// The rows are of several setups, which no profile can be of.
    pub fn mixed(&self) -> Option<ImportError> {
        let (key, values) = self.differing.first_key_value()?;
        let differing = self.differing.iter().map(|(key, values)| format!("{key} {}", values.join(", ")));
        Some(ImportError::Mixed {
            path: self.file.clone(),
            differing: differing.collect::<Vec<_>>().join("; "),
            filter: format!("{key}={}", values.first()?),
        })
    }

    /// Whether the rows of some files are of several setups: those of a file, or, by what every format says in the same words, those of two.
    pub fn all_mixed<'a>(summaries: impl IntoIterator<Item = &'a Self>) -> Option<ImportError> {
        let mut before: Vec<&Self> = Vec::new();
        for summary in summaries {
            if let Some(mixed) = summary.mixed() {
                return Some(mixed);
            }
            for other in before.iter().filter(|other| other.format == summary.format) {
                for key in ["model", "threads", "device"] {
                    let (Some(value), Some(known)) = (summary.setup.get(key), other.setup.get(key)) else { continue };
                    if value != known {
                        return Some(ImportError::Differing {
                            path: summary.file.clone(),
                            value: format!("{key} {value}"),
                            other: other.file.clone(),
                            known: known.clone(),
                        });
                    }
                }
            }
            before.push(summary);
        }
        None
    }
}

fn remember(all: &mut BTreeMap<String, BTreeSet<String>>, key: &str, value: &str) {
    match all.get_mut(key) {
        Some(values) if values.len() >= VALUES || values.contains(value) => {}
        Some(values) => drop(values.insert(value.to_owned())),
        None => drop(all.insert(key.to_owned(), BTreeSet::from([value.to_owned()]))),
    }
}
