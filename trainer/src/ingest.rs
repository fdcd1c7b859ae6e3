//! Stage 1: canonical CSV files to rows. A value that cannot be one is an error with file, line and column.
//!
//! A file of another format is imported first: [`crate::import`] makes a canonical file of it, whose lines are those that messages name.
//!
//! A file is not kept: whoever needs its rows is told of them one by one, each time it is read. Large files are read in parts side by side.

mod columns;
mod error;
mod foreign;
mod plain;
mod quoted;
mod survey;

pub use error::IngestError;
pub(crate) use quoted::WithoutReturns;

use crate::import::{Reading, Summary};
use crate::measurement::{Measurement, Table};
use crate::threads::side_by_side;
use columns::Columns;
use plain::{Lines, Stop};
use quoted::header;
use std::fs::File;
use std::io::{BufRead, BufReader, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;
use survey::{Layout, Part};
use tempfile::NamedTempFile;

/// The columns of a canonical file; the first two are required.
pub const COLUMNS: [&str; 7] =
    ["input_tokens", "output_tokens", "cached_tokens", "prefill_s", "decode_s", "prefill_energy_j", "decode_energy_j"];

/// The column of a workload that says how often a request comes.
pub const COUNT: &str = "count";

/// Bytes that are read at once.
const BLOCK: usize = 1 << 18;

/// A canonical file whose header has been read.
#[derive(Clone, Debug)]
pub struct Source {
    path: PathBuf,
    /// What can be read only once, such as a pipe, is read from a copy.
    copy: Option<Arc<NamedTempFile>>,
    stamp: (u64, Option<SystemTime>),
    columns: Columns,
    layout: Layout,
    /// What the importer says of a file of another format.
    imported: Option<Box<Summary>>,
    constant_step: bool,
}

impl Source {
    /// Opens a file of any format that is known by its content.
    ///
    /// # Errors
    /// A file that is not there, of no format that is known, or with rows of more than one setup.
    pub fn open(path: &Path, reading: &Reading) -> Result<Self, IngestError> {
        let constant_step = reading.constant_step;
        match foreign::format(path)? {
            Some(format) => foreign::open(path, format, reading).map(|source| Self { constant_step, ..source }),
            // A canonical file does not say how its rows were measured: that they are the device's is the config's word.
            None => Ok(Self { constant_step, ..Self::open_canonical(path)? }),
        }
    }

    /// Opens a canonical file and reads its header.
    ///
    /// # Errors
    /// A file that is not there, or a header that is none.
    pub fn open_canonical(path: &Path) -> Result<Self, IngestError> {
        Self::open_with(path, &COLUMNS)
    }

    /// [`Source::open_canonical`] with the columns that are read where they are there: [`COLUMNS`] first.
    fn open_with(path: &Path, known: &[&'static str]) -> Result<Self, IngestError> {
        let failed = |source| IngestError::Open { path: path.to_owned(), source };
        let mut file = File::open(path).map_err(failed)?;
        let mut copy = None;
        if !file.metadata().map_err(failed)?.is_file() {
            let mut temporary = NamedTempFile::new().map_err(failed)?;
            std::io::copy(&mut file, &mut temporary).map_err(failed)?;
            file = temporary.reopen().map_err(failed)?;
            copy = Some(Arc::new(temporary));
        }
        let stamp = stamp(&file).map_err(failed)?;
        let mut first = Vec::new();
        BufReader::new(&file).read_until(b'\n', &mut first).map_err(failed)?;
        let quoted = first.contains(&b'"') || first.trim_ascii().is_empty();
        file.seek(SeekFrom::Start(0)).map_err(failed)?;
        let columns = if quoted { header(path, &file, known)? } else { header(path, first.as_slice(), known)? };
        let mut source = Self {
            path: path.to_owned(),
            copy,
            stamp,
            columns,
            layout: Layout::Quoted,
            imported: None,
            constant_step: false,
        };
        if !quoted {
            source.layout = source.survey(first.len() as u64).map_err(failed)?;
        }
        Ok(source)
    }

    /// Opens a file of requests, which may have the column [`COUNT`] too.
    ///
    /// # Errors
    /// Those of [`Source::open`].
    pub(crate) fn open_requests(path: &Path) -> Result<Self, IngestError> {
        Self::open_with(path, &columns::ALL)
    }

    /// Whether it says how often each request comes.
    pub(crate) fn is_counted(&self) -> bool {
        self.columns.has(COUNT)
    }

    /// Where its rows come from.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What the importer says of a file of another format.
    pub fn imported(&self) -> Option<&Summary> {
        self.imported.as_deref()
    }

    /// Visits every row in the order of the file.
    ///
    /// # Errors
    /// The first thing in the file that cannot be a measurement, or what the visitor says.
    pub fn each<E: From<IngestError>>(&self, mut visit: impl FnMut(&Measurement) -> Result<(), E>) -> Result<(), E> {
        self.each_counted(|row, _| visit(row))
    }

    /// [`Source::each`] with how often the request comes: once where there is no such column, or nothing in it.
    pub(crate) fn each_counted<E: From<IngestError>>(
        &self,
        mut visit: impl FnMut(&Measurement, u32) -> Result<(), E>,
    ) -> Result<(), E> {
        self.check()?;
        let mut visited = 0;
        if let Layout::Plain(parts) = &self.layout {
            let mut counted = |row: &Measurement, count: u32| {
                visited += 1;
                visit(&self.with_context(row), count)
            };
            match parts.iter().try_for_each(|part| self.plain(part, &mut counted)) {
                Ok(()) => return Ok(()),
                Err(Stop::Failed(error)) => return Err(error),
                Err(Stop::Unusual) => {}
            }
        }
        self.quoted(visited, |row, count| visit(&self.with_context(row), count))
    }

    /// Visits every row, parts of the file side by side, each with a state of its own; gives these in the order of the file.
    ///
    /// # Errors
    /// The first thing in the file that cannot be a measurement.
    pub fn fold<S: Send>(
        &self,
        new: impl Fn() -> S + Sync,
        visit: impl Fn(&mut S, &Measurement) + Sync,
    ) -> Result<Vec<S>, IngestError> {
        self.check()?;
        let told = |state: &mut S, row: &Measurement| {
            visit(state, &self.with_context(row));
            Ok::<(), IngestError>(())
        };
        if let Layout::Plain(parts) = &self.layout {
            let states = side_by_side(parts, |part| {
                let mut state = new();
                self.plain(part, |row, _| told(&mut state, row)).map(|()| state)
            });
            match states.into_iter().collect() {
                Ok(states) => return Ok(states),
                Err(Stop::Failed(error)) => return Err(error),
                Err(Stop::Unusual) => {}
            }
        }
        let mut state = new();
        self.quoted(0, |row, _| told(&mut state, row))?;
        Ok(vec![state])
    }

    /// The row, whose context matters to no one where a step takes the same time in all.
    fn with_context(&self, row: &Measurement) -> Measurement {
        Measurement { no_context: row.no_context && !self.constant_step, ..*row }
    }

    fn plain<E: From<IngestError>>(
        &self,
        part: &Part,
        visit: impl FnMut(&Measurement, u32) -> Result<(), E>,
    ) -> Result<(), Stop<E>> {
        Lines { path: &self.path, columns: &self.columns }.read(self.file().map_err(E::from)?, part, visit)
    }

    fn file(&self) -> Result<File, IngestError> {
        let opened = match &self.copy {
            Some(copy) => copy.reopen(),
            None => File::open(&self.path),
        };
        opened.map_err(|source| IngestError::Open { path: self.path.clone(), source })
    }

    /// Whether the file is still what it was.
    fn check(&self) -> Result<(), IngestError> {
        let now = stamp(&self.file()?).map_err(|source| IngestError::Open { path: self.path.clone(), source })?;
        if now == self.stamp { Ok(()) } else { Err(IngestError::Changed { path: self.path.clone() }) }
    }
}

/// Reads a file that is small enough to be kept.
///
/// # Errors
/// The first thing in the file that cannot be a measurement.
pub fn read(path: &Path) -> Result<Table, IngestError> {
    let mut rows = Vec::new();
    Source::open(path, &Reading::default())?.each(|row| {
        rows.push(*row);
        Ok::<(), IngestError>(())
    })?;
    let path = path.to_owned();
    if rows.is_empty() { Err(IngestError::Empty { path }) } else { Ok(Table { path, rows }) }
}

fn stamp(file: &File) -> std::io::Result<(u64, Option<SystemTime>)> {
    let metadata = file.metadata()?;
    Ok((metadata.len(), metadata.modified().ok()))
}
