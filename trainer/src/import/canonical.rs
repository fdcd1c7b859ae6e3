//! The project's own rows: read by [`crate::ingest`], and written.

use super::fields::Fields;
use super::sink::Sink;
use super::{ImportError, Imported};
use crate::ingest::{COLUMNS, Source};
use std::io::Write;

pub(super) fn read(sink: &mut Sink<'_>) -> Result<(), ImportError> {
    Source::open_canonical(sink.path)?.each(|row| {
        if !sink.wants(&Fields::default(), 1) {
            return Ok(());
        }
        let imported = Imported {
            input_tokens: Some(row.request.input_tokens).filter(|_| !row.no_context),
            output_tokens: row.request.output_tokens,
            cached_tokens: row.request.cached_tokens,
            prefill_s: row.prefill_s,
            decode_s: row.decode_s,
            prefill_energy_j: row.prefill_energy_j,
            decode_energy_j: row.decode_energy_j,
            times: None,
        };
        sink.take(row.line, Ok(imported))
    })
}

/// Writes rows as a canonical file.
pub struct Writer<W: Write>(csv::Writer<W>);

impl<W: Write> Writer<W> {
    /// Begins with the header.
    ///
    /// # Errors
    /// What the system says.
    pub fn new(file: W) -> Result<Self, ImportError> {
        let mut writer = csv::WriterBuilder::new().has_headers(false).buffer_capacity(1 << 16).from_writer(file);
        writer.write_record(COLUMNS).map_err(failed)?;
        Ok(Self(writer))
    }

    /// Adds a row; what it does not know are empty cells.
    ///
    /// # Errors
    /// What the system says.
    pub fn put(&mut self, row: &Imported) -> Result<(), ImportError> {
        let Imported { input_tokens, output_tokens, cached_tokens, prefill_s, decode_s, .. } = *row;
        let energies = (row.prefill_energy_j, row.decode_energy_j);
        self.0.serialize((input_tokens, output_tokens, cached_tokens, prefill_s, decode_s, energies)).map_err(failed)
    }

    /// Ends the file.
    ///
    /// # Errors
    /// What the system says.
    pub fn finish(mut self) -> Result<(), ImportError> {
        self.0.flush().map_err(ImportError::Write)
    }
}

fn failed(error: csv::Error) -> ImportError {
    ImportError::Write(std::io::Error::other(error))
}
