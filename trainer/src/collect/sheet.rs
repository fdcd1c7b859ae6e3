//! The file of rows: what is in it is never lost, and each new row is on the disk before the next request.

use super::plan::Plan;
use super::server::Answer;
use crate::clean::unusable;
use crate::ingest::{self, COLUMNS};
use crate::measurement::Measurement;
use crate::output::{begin, finish};
use anyhow::{Context, Result, bail};
use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use token2metrics_core::Request;

/// Rows, in the file and in memory.
#[derive(Debug)]
pub(super) struct Sheet {
    path: PathBuf,
    /// Once there is something to append.
    file: Option<File>,
    /// Those that count by now: of other plans from the beginning, of this one from their turn on, so that a run decides as if it had not been interrupted.
    pub(super) rows: Vec<Measurement>,
    /// Those of this plan whose turn is yet to come.
    waiting: Vec<Measurement>,
    /// How many were there before.
    pub(super) before: usize,
}

impl Sheet {
    /// The file at a path, or one that is yet to be made. A last line that was cut off is removed.
    ///
    /// # Errors
    /// A file that this command has not written; it stays as it is.
    pub(super) fn open(path: &Path, mut plan: Plan) -> Result<Self> {
        let text = match std::fs::read(path) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => Vec::new(),
            Err(error) => return Err(error).with_context(|| format!("{}: cannot read the file", path.display())),
        };
        let mut rows = if header().as_bytes().starts_with(&text) { Vec::new() } else { read(path, &text)? };
        rows.retain(|row| {
            let reason = unusable(row);
            if let Some(reason) = &reason {
                log::warn!("{}:{}: row not used: {reason}", path.display(), row.line);
            }
            reason.is_none()
        });
        let (before, mut waiting) = (rows.len(), Vec::new());
        loop {
            let claimed = waiting.len();
            waiting.extend(plan.next().into_iter().filter_map(|planned| take(&mut rows, planned)));
            if waiting.len() == claimed {
                break;
            }
        }
        Ok(Self { path: path.to_owned(), file: None, rows, waiting, before })
    }

    /// Whether the file had a row of a planned request before, which counts from now on.
    pub(super) fn claim(&mut self, planned: Request) -> bool {
        let found = take(&mut self.waiting, planned);
        self.rows.extend(found);
        found.is_some()
    }

    /// All rows of the file.
    pub(super) fn all(&self) -> Vec<Measurement> {
        [self.rows.as_slice(), &self.waiting].concat()
    }

    /// Writes a row.
    ///
    /// # Errors
    /// What the system says.
    pub(super) fn append(&mut self, answer: &Answer) -> Result<()> {
        let Answer { request, prefill_s, decode_s } = *answer;
        let row = Measurement {
            no_context: false,
            line: 0,
            request,
            prefill_s: Some(prefill_s),
            decode_s,
            prefill_energy_j: None,
            decode_energy_j: None,
        };
        self.write(&line(answer)).with_context(|| format!("{}: cannot write", self.path.display()))?;
        self.rows.push(row);
        Ok(())
    }

    fn write(&mut self, line: &str) -> std::io::Result<()> {
        if let Some(file) = &mut self.file {
            file.write_all(line.as_bytes())?;
            return file.sync_data();
        }
        if let Some(folder) = self.path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        let mut file = OpenOptions::new().append(true).create(true).open(&self.path)?;
        let header = header();
        if file.metadata()?.len() <= header.len() as u64 {
            // Nothing, or a header that may have been cut off.
            file.set_len(0)?;
            file.write_all((header + line).as_bytes())?;
        } else {
            file.write_all(line.as_bytes())?;
        }
        file.sync_data()?;
        self.file = Some(file);
        Ok(())
    }
}

/// The first row of a planned request, removed. An answer may have come to its end before it was as long as planned.
fn take(rows: &mut Vec<Measurement>, planned: Request) -> Option<Measurement> {
    let like = |row: &Measurement, whole: bool| {
        let Request { input_tokens, output_tokens, .. } = row.request;
        let output = if whole { output_tokens == planned.output_tokens } else { output_tokens < planned.output_tokens };
        input_tokens == planned.input_tokens && output
    };
    let found = [true, false].into_iter().find_map(|whole| rows.iter().position(|row| like(row, whole)));
    found.map(|index| rows.remove(index))
}

fn header() -> String {
    COLUMNS.join(",") + "\n"
}

/// All columns, to nanoseconds; a line with fewer has been cut off.
fn line(answer: &Answer) -> String {
    let Request { input_tokens, cached_tokens, output_tokens } = answer.request;
    let decode = answer.decode_s.map_or(String::new(), |seconds| format!("{seconds:.9}"));
    format!("{input_tokens},{output_tokens},{cached_tokens},{:.9},{decode},,\n", answer.prefill_s)
}

/// The rows of a file with this text, which is more than a header.
fn read(path: &Path, text: &[u8]) -> Result<Vec<Measurement>> {
    let header = header();
    if !text.starts_with(header.as_bytes()) {
        bail!(
            "{}: the file is not one that rows can be added to: its first line is not \"{}\"; name another with --output",
            path.display(),
            header.trim()
        );
    }
    let end = text.iter().rposition(|byte| *byte == b'\n').map_or(0, |last| last + 1);
    let (whole, rest) = text.split_at(end);
    if rest.is_empty() {
        return Ok(ingest::read(path)?.rows);
    }
    let mut mended = begin(path)?;
    mended.write_all(whole)?;
    if rest.iter().filter(|byte| **byte == b',').count() + 1 == COLUMNS.len() {
        mended.write_all(rest)?;
        mended.write_all(b"\n")?;
    } else {
        log::warn!(
            "{}: the last line was cut off and is removed: \"{}\"",
            path.display(),
            String::from_utf8_lossy(rest)
        );
    }
    let rows = if whole == header.as_bytes() && mended.as_file().metadata()?.len() == whole.len() as u64 {
        Vec::new()
    } else {
        // What is wrong with a whole line is said of the file itself.
        match ingest::read(mended.path()) {
            Ok(table) => table.rows,
            Err(_) => ingest::read(path)?.rows,
        }
    };
    finish(mended, path)?;
    Ok(rows)
}
