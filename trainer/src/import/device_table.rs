//! The table with a row a question that was measured on a device: CSV, in an older encoding at times, and without the input tokens. Those are the server table's, of the same question: the same subject, and the same
//! place among the questions of that subject. A row that cannot be joined serves decode alone. Input tokens do not follow from the prefill time: that is what is to be predicted.

use super::cell::{Reason, count_text, time_text, whole};
use super::detect::some;
use super::fields::Fields;
use super::json::open;
use super::server_table::{self, latin1};
use super::sink::Sink;
use super::{Content, Format, ImportError, Imported, detect};
use crate::ingest::WithoutReturns;
use csv::ByteRecord;
use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};

const COLUMNS: [&str; 4] = ["subset", "output_tokens", "prefill", "decode"];

pub(super) fn read(sink: &mut Sink<'_>) -> Result<(), ImportError> {
    let known = prompts(sink)?;
    let path = sink.path;
    let failed = |source| ImportError::Csv { path: path.to_owned(), source };
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(WithoutReturns(open(path)?));
    let names: Vec<String> =
        reader.byte_headers().map_err(failed)?.iter().map(|name| latin1(name).trim().to_owned()).collect();
    let mut at = [0; COLUMNS.len()];
    for (at, column) in at.iter_mut().zip(COLUMNS) {
        *at = names.iter().position(|name| name == column).ok_or_else(|| ImportError::MissingColumn {
            path: path.to_owned(),
            format: Format::Device,
            column: column.to_owned(),
            found: some(names.iter().map(String::as_str)),
        })?;
    }
    sink.note("the table does not say whether prompts were cached: they are taken as not cached");
    let (mut record, mut counts) = (ByteRecord::new(), HashMap::<String, usize>::new());
    let mut unknown = 0;
    while reader.read_byte_record(&mut record).map_err(failed)? {
        let place = record.position().map_or(0, csv::Position::line);
        let cell = |column: usize| record.get(at[column]).map(latin1).unwrap_or_default();
        let subject = cell(0).trim().to_owned();
        let running = counts.entry(subject.clone()).or_default();
        let index = *running;
        *running += 1;
        let mut fields = Fields::default();
        fields.other("subset", &subject);
        if !sink.wants(&fields, 1) {
            continue;
        }
        let input_tokens = known.get(&subject).and_then(|prompts| prompts.get(index).copied().flatten());
        let row = whole(record.len(), names.len()).and_then(|()| row(input_tokens, cell));
        unknown += usize::from(row.as_ref().is_ok_and(|row| row.input_tokens.is_none()));
        sink.take(place, row)?;
    }
    if unknown > 0 {
        let why = if known.is_empty() {
            "no server table to join with: name one"
        } else {
            "no such question in the server table"
        };
        sink.note(format!("{unknown} rows are of decode alone, as their input tokens are not known: {why}"));
    }
    Ok(())
}

fn row(input_tokens: Option<u32>, cell: impl Fn(usize) -> String) -> Result<Imported, Reason> {
    let output_tokens = count_text("output_tokens", &cell(1))?;
    let ms = |column: usize| match cell(column) {
        text if text.trim().is_empty() => Ok(None),
        text => time_text(COLUMNS[column], &text).map(|ms| Some(ms / 1e3)),
    };
    let decode_s = if output_tokens > 1 { ms(3)? } else { None };
    let prefill_s = if input_tokens.is_some() { ms(2)? } else { None };
    Ok(Imported { input_tokens, output_tokens, prefill_s, decode_s, ..Imported::default() })
}

/// The prompts of each subject, in their order, from the server tables that are to be joined.
fn prompts(sink: &Sink<'_>) -> Result<HashMap<String, Vec<Option<u32>>>, ImportError> {
    let mut prompts = HashMap::<String, Vec<Option<u32>>>::new();
    for name in &sink.reading.join {
        let (path, sheet) = target(name);
        let broken = |problem: String| ImportError::Broken { path: path.clone(), problem };
        if detect(&path)? != Content::Rows(Format::Server) {
            return Err(broken("not a server table: no questions to join with".to_owned()));
        }
        let mut sheets = BTreeSet::new();
        server_table::each(&path, |row| {
            sheets.extend(row.sheet.clone());
            let wanted = sheet.is_none() || row.sheet == sheet;
            if let (true, Some(subject)) = (wanted, row.subject()) {
                prompts.entry(subject.to_owned()).or_default().push(row.input_tokens().ok());
            }
            Ok(())
        })?;
        let several = sheets.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
        match &sheet {
            Some(sheet) if !sheets.contains(sheet) => {
                return Err(broken(format!("no sheet \"{sheet}\"; there are: {several}")));
            }
            None if sheets.len() > 1 => {
                return Err(broken(format!(
                    "join with one sheet of it, as {}#SHEET; there are: {several}",
                    name.display()
                )));
            }
            _ => {}
        }
    }
    Ok(prompts)
}

/// The file to join with, and the sheet, if the name ends in `#SHEET`.
fn target(name: &Path) -> (PathBuf, Option<String>) {
    match name.to_str().and_then(|text| text.rsplit_once('#')) {
        Some((file, sheet)) if !name.exists() => (file.into(), Some(sheet.to_owned())),
        _ => (name.to_owned(), None),
    }
}
