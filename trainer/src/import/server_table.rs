//! The table with a row a question that was measured on a server: CSV, or XLSX with a sheet a model.

use super::cell::{Reason, count_text, time_text, to_time, whole};
use super::detect::some;
use super::fields::Fields;
use super::json::open;
use super::sink::Sink;
use super::{Format, ImportError, Imported, workbook};
use crate::ingest::WithoutReturns;
use std::io::BufRead;
use std::path::Path;

/// What a header may hold of a row, in the order of [`Row`].
const COLUMNS: [&str; 6] = ["subject", "ttft", "decode_time", "total_time_ms", "input_tokens", "output_tokens"];

/// One row of the table.
pub(super) struct Row {
    /// Line in the file, or row in the sheet, from 1.
    pub(super) place: u64,
    pub(super) sheet: Option<String>,
    /// By [`COLUMNS`].
    cells: [Option<String>; COLUMNS.len()],
    /// Whether that is all of them.
    whole: Result<(), Reason>,
}

/// Where the columns stand under a header.
pub(super) struct Header([Option<usize>; COLUMNS.len()]);

pub(super) fn read(sink: &mut Sink<'_>) -> Result<(), ImportError> {
    sink.note("the table does not say whether prompts were cached: they are taken as not cached");
    each(sink.path, |row| {
        let mut fields = Fields::default();
        if let Some(sheet) = &row.sheet {
            fields.setup("sheet", sheet);
        }
        if let Some(subject) = &row.cells[0] {
            fields.other("subject", subject);
        }
        if sink.wants(&fields, 1) { sink.take(row.place, row.imported()) } else { Ok(()) }
    })
}

/// Visits every row of a table, of all its sheets.
pub(super) fn each(path: &Path, mut visit: impl FnMut(Row) -> Result<(), ImportError>) -> Result<(), ImportError> {
    let failed = |source| ImportError::Open { path: path.to_owned(), source };
    let mut file = open(path)?;
    if file.fill_buf().map_err(failed)?.starts_with(b"PK") {
        return workbook::each(path, visit);
    }
    let failed = |source| ImportError::Csv { path: path.to_owned(), source };
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(WithoutReturns(file));
    let names = reader.byte_headers().map_err(failed)?;
    let (columns, header) = (names.len(), Header::new(path, names.iter().map(latin1))?);
    let mut record = csv::ByteRecord::new();
    while reader.read_byte_record(&mut record).map_err(failed)? {
        let place = record.position().map_or(0, csv::Position::line);
        let whole = whole(record.len(), columns);
        visit(Row { whole, ..header.row(place, None, |column| record.get(column).map(latin1)) })?;
    }
    Ok(())
}

/// Text that may be of an older encoding.
pub(super) fn latin1(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.trim_start_matches('\u{feff}').to_owned(),
        Err(_) => bytes.iter().map(|byte| char::from(*byte)).collect(),
    }
}

impl Header {
    /// The places of the columns.
    ///
    /// # Errors
    /// A header without token counts, or without any time.
    pub(super) fn new(path: &Path, names: impl Iterator<Item = String>) -> Result<Self, ImportError> {
        let names: Vec<String> = names.map(|name| name.trim().to_owned()).collect();
        let at = COLUMNS.map(|column| names.iter().position(|name| name == column));
        let missing = match at {
            [.., None, _] => Some("input_tokens"),
            [.., None] => Some("output_tokens"),
            [_, None, None, ..] => Some("decode_time"),
            [_, None, _, None, ..] => Some("ttft"),
            _ => None,
        };
        match missing {
            None => Ok(Self(at)),
            Some(column) => Err(ImportError::MissingColumn {
                path: path.to_owned(),
                format: Format::Server,
                column: column.to_owned(),
                found: some(names.iter().map(String::as_str)),
            }),
        }
    }

    /// A row from its cells by column.
    pub(super) fn row(&self, place: u64, sheet: Option<String>, cell: impl Fn(usize) -> Option<String>) -> Row {
        let cells = self.0.map(|column| cell(column?).filter(|text| !text.trim().is_empty()));
        Row { place, sheet, cells, whole: Ok(()) }
    }
}

impl Row {
    /// What the question was about.
    pub(super) fn subject(&self) -> Option<&str> {
        self.cells[0].as_deref().map(str::trim)
    }

    /// How many tokens its prompt had.
    pub(super) fn input_tokens(&self) -> Result<u32, Reason> {
        self.whole.clone()?;
        self.need(4).and_then(|text| count_text("input_tokens", text))
    }

    fn need(&self, column: usize) -> Result<&str, Reason> {
        self.cells[column].as_deref().ok_or_else(|| format!("{} is empty", COLUMNS[column]).into())
    }

    fn ms(&self, column: usize) -> Option<Result<f64, Reason>> {
        self.cells[column].as_deref().map(|text| time_text(COLUMNS[column], text))
    }

    fn imported(&self) -> Result<Imported, Reason> {
        let (input_tokens, output_tokens) = (self.input_tokens()?, count_text("output_tokens", self.need(5)?)?);
        let (ttft, decode, total) = (self.ms(1).transpose()?, self.ms(2), self.ms(3));
        let decode = if output_tokens > 1 { decode.transpose()? } else { None };
        let prefill_ms = match (ttft, decode, total) {
            (Some(ttft), ..) => Some(ttft),
            (None, Some(decode), Some(total)) => Some(to_time("total_time_ms - decode_time", Some(total? - decode))?),
            _ => None,
        };
        Ok(Imported {
            input_tokens: Some(input_tokens),
            output_tokens,
            prefill_s: prefill_ms.map(|ms| ms / 1e3),
            decode_s: decode.map(|ms| ms / 1e3),
            ..Imported::default()
        })
    }
}
