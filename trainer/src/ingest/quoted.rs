//! Any CSV file, by a reader that knows quotes; and every header.

use super::columns::Columns;
use super::{IngestError, Source};
use crate::measurement::Measurement;
use csv::{ReaderBuilder, StringRecord, Trim};
use std::io::Read;
use std::path::Path;

pub(super) fn header(path: &Path, text: impl Read, known: &[&'static str]) -> Result<Columns, IngestError> {
    let mut reader = csv_reader(WithoutReturns(text));
    let header = reader.headers().map_err(|source| IngestError::Csv { path: path.to_owned(), source })?;
    Columns::find(path, header, known)
}

fn csv_reader<R: Read>(text: R) -> csv::Reader<R> {
    ReaderBuilder::new().trim(Trim::All).from_reader(text)
}

impl Source {
    /// Reads the file with the CSV reader, and skips so many rows of it.
    pub(super) fn quoted<E: From<IngestError>>(
        &self,
        skipped: usize,
        mut visit: impl FnMut(&Measurement, u32) -> Result<(), E>,
    ) -> Result<(), E> {
        let failed = |source| IngestError::Csv { path: self.path.clone(), source };
        // With a line end after the last row too, every row ends where the reader's next line begins.
        let mut reader = csv_reader(WithoutReturns(self.file()?.chain("\n".as_bytes())));
        // Read by now, and counted as the first record.
        reader.headers().map_err(failed)?;
        let mut record = StringRecord::new();
        let mut index = 0;
        while reader.read_record(&mut record).map_err(failed)? {
            // A row's own position is that of the blank lines before it.
            let (row, count) = self.columns.row(&self.path, reader.position().line() - 1, &record)?;
            if index >= skipped {
                visit(&row, count)?;
            }
            index += 1;
        }
        Ok(())
    }
}

/// A file without its carriage returns: the CSV reader counts the lines of files from Windows one short.
pub(crate) struct WithoutReturns<R>(pub(crate) R);

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
