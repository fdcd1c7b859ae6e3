//! The server table as a workbook: a sheet a model, cell by cell, so that long texts do not pile up.

use super::ImportError;
use super::json::open;
use super::server_table::{Header, Row};
use calamine::{DataRef, Reader, Xlsx, open_workbook};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::BufReader;
use std::path::Path;
use zip::ZipArchive;

/// The longest cell that can be a count, a time or the name of a subject.
const LONGEST: usize = 256;

/// Reads all of an archive: what is damaged fails its checksum, which a reader of cells does not wait for.
fn check(path: &Path) -> Result<(), ImportError> {
    let broken = |reason: String| ImportError::Workbook { path: path.to_owned(), reason };
    let mut archive = ZipArchive::new(open(path)?).map_err(|error| broken(error.to_string()))?;
    for index in 0..archive.len() {
        let mut file = archive.by_index(index).map_err(|error| broken(error.to_string()))?;
        std::io::copy(&mut file, &mut std::io::sink()).map_err(|error| broken(error.to_string()))?;
    }
    Ok(())
}

/// Visits every row of every sheet that has the table's header; one sheet at least must have it.
pub(super) fn each(path: &Path, mut visit: impl FnMut(Row) -> Result<(), ImportError>) -> Result<(), ImportError> {
    let broken =
        |reason: calamine::XlsxError| ImportError::Workbook { path: path.to_owned(), reason: reason.to_string() };
    check(path)?;
    let mut book: Xlsx<BufReader<File>> = open_workbook(path).map_err(broken)?;
    let (mut tables, mut without) = (0, Vec::new());
    for sheet in book.sheet_names() {
        let mut cells = match book.worksheet_cells_reader(&sheet) {
            // A chart.
            Err(calamine::XlsxError::NotAWorksheet(_)) => continue,
            cells => cells.map_err(broken)?,
        };
        let mut rows = Rows { header: None, row: 0, cells: BTreeMap::new() };
        loop {
            let cell = cells.next_cell().map_err(broken)?;
            let end = cell.is_none();
            let (row, column) = cell.as_ref().map_or((u32::MAX, 0), |cell| cell.get_position());
            if row != rows.row || end {
                match rows.finish(path, &sheet) {
                    Ok(Some(row)) => visit(row)?,
                    Ok(None) => {}
                    // Another sheet may hold the table.
                    Err(error) => {
                        without.push((sheet.clone(), error));
                        break;
                    }
                }
                rows.row = row;
            }
            let Some(cell) = cell else { break };
            if let Some(text) = text(cell.get_value()) {
                rows.cells.insert(column, text);
            }
        }
        tables += usize::from(rows.header.is_some());
    }
    if tables == 0 {
        let none = || ImportError::Workbook { path: path.to_owned(), reason: "no sheet has any cell".to_owned() };
        return Err(without.into_iter().next().map_or_else(none, |(_, error)| error));
    }
    for (sheet, error) in without {
        log::warn!("{error}: sheet \"{sheet}\" is passed over");
    }
    Ok(())
}

/// The row that is being read.
struct Rows {
    header: Option<Header>,
    /// From 0.
    row: u32,
    cells: BTreeMap<u32, String>,
}

impl Rows {
    /// The row that ends here; nothing of the header and of blank rows.
    fn finish(&mut self, path: &Path, sheet: &str) -> Result<Option<Row>, ImportError> {
        let cells = std::mem::take(&mut self.cells);
        if cells.is_empty() {
            return Ok(None);
        }
        let Some(header) = &self.header else {
            let last = cells.keys().next_back().copied().unwrap_or(0).min(1 << 14);
            let names = (0..=last).map(|column| cells.get(&column).cloned().unwrap_or_default());
            self.header = Some(Header::new(path, names)?);
            return Ok(None);
        };
        let cell = |column: usize| cells.get(&u32::try_from(column).ok()?).cloned();
        Ok(Some(header.row(u64::from(self.row) + 1, Some(sheet.to_owned()), cell)))
    }
}

fn text(value: &DataRef<'_>) -> Option<String> {
    let text = match value {
        DataRef::String(text) => text.clone(),
        DataRef::SharedString(text) => (*text).to_owned(),
        DataRef::Int(number) => number.to_string(),
        DataRef::Float(number) => number.to_string(),
        _ => return None,
    };
    (!text.is_empty() && text.len() <= LONGEST).then_some(text)
}
