//! How a file can be read, seen at a first glance over all of it.

use super::{BLOCK, Source};
use crate::threads::{self, side_by_side};
use std::fs::File;
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom};

/// Bytes that are worth a thread.
const A_PART: u64 = 1 << 22;

/// How a file is read.
#[derive(Clone, Debug)]
pub(super) enum Layout {
    /// Line by line, in parts.
    Plain(Vec<Part>),
    /// By the CSV reader: a quoted cell may hold line ends.
    Quoted,
}

/// A part of a file between the ends of lines.
#[derive(Clone, Debug)]
pub(super) struct Part {
    pub(super) from: u64,
    pub(super) to: u64,
    /// The number of its first line, from 1.
    pub(super) line: u64,
}

impl Source {
    /// Cuts what is behind the header into parts, unless a cell is quoted.
    pub(super) fn survey(&self, from: u64) -> std::io::Result<Layout> {
        let file = || self.file().map_err(std::io::Error::other);
        let (to, mut probe) = (self.stamp.0, file()?);
        let parts = ((to - from) / A_PART).clamp(1, threads::count() as u64);
        let mut ends = Vec::new();
        for part in 1..parts {
            let mut place = from + part * ((to - from) / parts);
            probe.seek(SeekFrom::Start(place))?;
            place += BufReader::new(&probe).skip_until(b'\n')? as u64;
            ends.push(place);
        }
        let begins = [from].into_iter().chain(ends.clone());
        let spans: Vec<(u64, u64)> = begins.zip(ends.iter().copied().chain([to])).collect();
        let counts = side_by_side(&spans, |(from, to)| lines(file()?, *from, to.saturating_sub(*from)));
        let (mut line, mut parts) = (2, Vec::new());
        for ((from, to), count) in spans.into_iter().zip(counts) {
            let Some(count) = count? else { return Ok(Layout::Quoted) };
            parts.push(Part { from, to, line });
            line += count;
        }
        Ok(Layout::Plain(parts))
    }
}

/// How many lines end in so many bytes of a file; nothing where there is a quote.
fn lines(mut file: File, from: u64, len: u64) -> std::io::Result<Option<u64>> {
    file.seek(SeekFrom::Start(from))?;
    let mut file = file.take(len);
    let mut block = vec![0; BLOCK];
    let mut count = 0;
    loop {
        let len = file.read(&mut block)?;
        if len == 0 {
            return Ok(Some(count));
        }
        if memchr::memchr(b'"', &block[..len]).is_some() {
            return Ok(None);
        }
        count += memchr::memchr_iter(b'\n', &block[..len]).count() as u64;
    }
}
