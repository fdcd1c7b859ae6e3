//! Logs and other texts, line by line.

use super::ImportError;
use super::json::open;
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;

/// The longest line that can be a record; of a longer one the begin is read.
const LONGEST: u64 = 1 << 20;

/// The lines of a file.
pub(super) struct Lines<'a> {
    path: &'a Path,
    file: BufReader<File>,
    line: Vec<u8>,
    number: u64,
}

impl<'a> Lines<'a> {
    pub(super) fn open(path: &'a Path) -> Result<Self, ImportError> {
        Ok(Self { path, file: open(path)?, line: Vec::new(), number: 0 })
    }

    /// The next line with its number from 1, without its end; nothing at the end of the file.
    pub(super) fn next(&mut self) -> Result<Option<(u64, String)>, ImportError> {
        let failed = |source| ImportError::Open { path: self.path.to_owned(), source };
        self.line.clear();
        if self.file.by_ref().take(LONGEST).read_until(b'\n', &mut self.line).map_err(failed)? == 0 {
            return Ok(None);
        }
        if !self.line.ends_with(b"\n") && self.line.len() as u64 == LONGEST {
            self.file.skip_until(b'\n').map_err(failed)?;
        }
        self.number += 1;
        let line = self.line.strip_suffix(b"\n").unwrap_or(&self.line);
        let line = if self.number == 1 { line.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(line) } else { line };
        Ok(Some((self.number, String::from_utf8_lossy(line).into_owned())))
    }
}
