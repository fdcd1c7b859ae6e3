//! Lines without quotes, where each line end is the end of a row: ten times as fast as a general CSV reader.

use super::columns::{Cells, Columns, bad_cell, cell, is_sound, measurement};
use super::survey::Part;
use super::{BLOCK, IngestError};
use crate::measurement::Measurement;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

/// Why reading stopped.
pub(super) enum Stop<E> {
    /// A line that only the CSV reader can tell what to think of.
    Unusual,
    /// An error, of the file or of who is told of its rows.
    Failed(E),
}

impl<E> From<E> for Stop<E> {
    fn from(error: E) -> Self {
        Self::Failed(error)
    }
}

/// What to call files by, and what their columns are.
pub(super) struct Lines<'a> {
    pub(super) path: &'a Path,
    pub(super) columns: &'a Columns,
}

impl Lines<'_> {
    /// Visits the rows of a part of a file.
    pub(super) fn read<E: From<IngestError>>(
        &self,
        mut file: File,
        part: &Part,
        mut visit: impl FnMut(&Measurement, u32) -> Result<(), E>,
    ) -> Result<(), Stop<E>> {
        let failed = |source| E::from(IngestError::Open { path: self.path.to_owned(), source });
        file.seek(SeekFrom::Start(part.from)).map_err(failed)?;
        let mut file = file.take(part.to - part.from);
        let mut block = vec![0; BLOCK];
        let (mut line, mut kept) = (part.line, 0);
        loop {
            let len = file.read(&mut block[kept..]).map_err(failed)?;
            let filled = kept + len;
            let whole = match memchr::memrchr(b'\n', &block[..filled]) {
                Some(end) => end + 1,
                // The last line of a file need not end.
                None if len == 0 => filled,
                None => 0,
            };
            let mut rest = &block[..whole];
            while !rest.is_empty() {
                let end = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
                let text = rest[..end].strip_suffix(b"\r").unwrap_or(&rest[..end]);
                if !text.is_empty() {
                    let (row, count) = self.row(line, text)?;
                    visit(&row, count)?;
                }
                line += 1;
                rest = rest.get(end + 1..).unwrap_or_default();
            }
            if len == 0 {
                return Ok(());
            }
            block.copy_within(whole..filled, 0);
            kept = filled - whole;
            if kept == block.len() {
                block.resize(2 * kept, 0);
            }
        }
    }

    #[inline(always)]
    fn row<E: From<IngestError>>(&self, line: u64, text: &[u8]) -> Result<(Measurement, u32), Stop<E>> {
        let mut cells = Cells::default();
        let mut at = 0;
        for (index, column) in self.columns.0.iter().enumerate() {
            if index > 0 {
                if text.get(at) != Some(&b',') {
                    return Err(Stop::Unusual);
                }
                at += 1;
            }
            let Some(column) = *column else {
                at = end_of_cell(text, at);
                continue;
            };
            let (number, end) = decimal(text, at);
            let is_cell = matches!(text.get(end), None | Some(b','));
            match number {
                Some((number, decimals)) if is_cell && is_sound(column, number, decimals) => {
                    cells[column] = Some(number);
                    at = end;
                }
                _ => {
                    let end = end_of_cell(text, at);
                    let Ok(text) = std::str::from_utf8(&text[at..end]) else { return Err(Stop::Unusual) };
                    let text = text.trim();
                    if text.contains('\r') {
                        return Err(Stop::Unusual);
                    }
                    cells[column] = cell(column, text)
                        .map_err(|problem| E::from(bad_cell(self.path, line, column, text, problem)))?;
                    at = end;
                }
            }
        }
        if at < text.len() {
            return Err(Stop::Unusual);
        }
        Ok(measurement(self.path, line, &cells).map_err(E::from)?)
    }
}

fn end_of_cell(text: &[u8], from: usize) -> usize {
    memchr::memchr(b',', &text[from..]).map_or(text.len(), |len| from + len)
}

/// Powers of ten that are exact in an `f64`.
const POWERS: [f64; 20] =
    [1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19];

/// A number of digits and at most one point, with the digits behind that; and where it ends. Both the digits as a whole number and the power of ten
/// are exact, so that their quotient is the number that is nearest to the text (W. D. Clinger, "How to Read Floating Point Numbers Accurately",
/// 1990). Nothing where they are not, or where there is no such number.
#[inline]
fn decimal(text: &[u8], from: usize) -> (Option<(f64, usize)>, usize) {
    const EXACT: u64 = 1 << 53;
    let (whole, point) = digits(text, from, 0);
    let mut written = point - from;
    let (mut value, mut end, mut decimals) = (whole, point, 0);
    if text.get(point) == Some(&b'.') {
        (value, end) = digits(text, point + 1, whole);
        decimals = end - (point + 1);
        written += decimals;
    }
    // 19 digits are below 2^64.
    let exact = (1..=19).contains(&written) && value <= EXACT;
    (exact.then(|| (value as f64 / POWERS[decimals], decimals)), end)
}

/// The digits from a place on, appended to a whole number, which may overflow; and where they end.
#[inline]
fn digits(text: &[u8], from: usize, mut value: u64) -> (u64, usize) {
    let mut at = from;
    while let Some(&byte) = text.get(at) {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            break;
        }
        value = value.wrapping_mul(10).wrapping_add(digit.into());
        at += 1;
    }
    (value, at)
}

#[cfg(test)]
mod tests {
    use super::decimal;

    #[test]
    fn numbers_are_those_of_the_standard_library() {
        for text in
            ["0", "7", "100.0", "0.1", "13.606704", "0.84038377", ".5", "5.", "123456.789012", "0.000000000000000123"]
        {
            let expected: f64 = text.parse().expect("a number");
            let (number, end) = decimal(format!("{text},1").as_bytes(), 0);
            assert_eq!(
                (number.map(|(number, _)| number.to_bits()), end),
                (Some(expected.to_bits()), text.len()),
                "{text}"
            );
        }
        for text in ["", ".", "9007199254740993", "12345678901234567890", "0.00000000000000000001", "nan", "+1"] {
            assert_eq!(decimal(text.as_bytes(), 0).0, None, "{text}");
        }
        // What is no part of a number is left to the caller.
        for (text, end) in [("1e3", 1), ("1.2.3", 3), ("4 ", 1), ("-1", 0)] {
            assert_eq!(decimal(text.as_bytes(), 0).1, end, "{text}");
        }
    }
}
