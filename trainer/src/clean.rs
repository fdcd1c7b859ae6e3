//! Stage 2: sets aside the rows that no fit can use, each with its reason, and keeps the others or, where they are more than a fit gains from, a
//! sample of them in a [`crate::reservoir`].

use crate::copies::{Copied, Seen, copies, sort};
use crate::import::{Reading, Rejected, Summary};
use crate::ingest::{IngestError, Source};
use crate::measurement::Measurement;
use crate::reservoir::{Kept, Reservoir};
use crate::rest::Rest;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Rejected rows of one machine that are listed; all are counted.
pub const LISTED: usize = 1000;
/// Rejected rows that are logged.
const LOGGED: usize = 100;

/// What the reason of a copy begins with.
const COPY: &str = "the same row as";

/// A row that was set aside, or some of one file that were, for the same reason.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Rejection {
    /// Its file.
    pub file: PathBuf,
    /// Its line there, from 1; of several rows, that of the first.
    pub line: u64,
    /// Why.
    pub reason: String,
    /// How many rows: one, but of what an importer has rejected.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub rows: usize,
}

fn one() -> usize {
    1
}

fn is_one(rows: &usize) -> bool {
    *rows == 1
}

/// How many rows of a file are usable, and how many are not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Count {
    /// The file.
    pub file: Arc<Path>,
    /// Usable rows, kept or not.
    pub usable: usize,
    /// The others.
    pub rejected: usize,
}

impl Rejection {
    /// The reason, with the number of rows where there are several.
    pub fn text(&self) -> Cow<'_, str> {
        if self.rows == 1 {
            self.reason.as_str().into()
        } else {
            format!("{} ({} rows)", self.reason, self.rows).into()
        }
    }

    /// The reason without what is this row's alone: rows of one kind are counted together.
    pub fn kind(&self) -> &str {
        if self.reason.starts_with(COPY) { "the same row as another one, to the last digit" } else { &self.reason }
    }
}

/// What is left of some files.
#[derive(Clone, Debug, Default)]
pub struct Cleaned {
    /// The usable rows that are kept, in the order of the files: all, or a sample.
    pub rows: Vec<Measurement>,
    /// The file of each of them.
    pub files: Vec<Arc<Path>>,
    /// How many rows are usable.
    pub usable: usize,
    /// The first of the others, at most [`LISTED`].
    pub rejected: Vec<Rejection>,
    /// How many more of the others there are.
    pub unlisted: usize,
    /// The same counts by file, in their order.
    pub counts: Vec<Count>,
    /// The way to the usable rows that are not kept.
    pub(crate) rest: Option<Rest>,
}

/// Remembers the rows of one machine, so that none counts twice, and none that was fitted is scored.
#[derive(Debug)]
pub struct Cleaner {
    seed: u64,
    /// Of each part of each file.
    seen: Vec<Vec<Seen>>,
    /// The files, and the place of the line before each one's first.
    files: Vec<(Arc<Path>, u32)>,
    /// The place of the last line of all.
    last: u32,
}

/// What becomes of the rows of a part of a file.
struct Part {
    seen: Vec<Seen>,
    reservoir: Reservoir,
    /// The unusable rows, by their places.
    rejected: Vec<(u32, String)>,
    unlisted: usize,
    last: u32,
    too_many: bool,
}

impl Cleaner {
    /// A cleaner that has seen nothing; the seed decides which rows are kept of too many.
    pub fn new(seed: u64) -> Self {
        Self { seed, seen: Vec::new(), files: Vec::new(), last: 0 }
    }

    /// Separates the usable rows of some files from the others. A row of an earlier call is not usable again.
    ///
    /// # Errors
    /// The first thing wrong with any of the files.
    pub fn read(&mut self, paths: &[PathBuf], reading: &Reading) -> Result<Cleaned, IngestError> {
        if paths.is_empty() {
            return Ok(Cleaned::default());
        }
        let (from, known) = (self.last + 1, self.seen.len());
        let mut sources = Vec::with_capacity(paths.len());
        let (mut reservoir, mut rejected, mut unlisted) = (Reservoir::default(), Vec::new(), 0);
        let (mut counts, mut foreign) = (Vec::with_capacity(paths.len()), Vec::new());
        let opened: Vec<Source> = paths.iter().map(|path| Source::open(path, reading)).collect::<Result<_, _>>()?;
        if let Some(mixed) = Summary::all_mixed(opened.iter().filter_map(Source::imported)) {
            return Err(mixed.into());
        }
        for (path, source) in paths.iter().zip(opened) {
            let before = self.last;
            self.files.push((path.as_path().into(), before));
            let seed = self.seed;
            let parts = source.fold(|| Part::new(before), |part, row| part.add(seed, before, row))?;
            if parts.iter().all(Part::is_empty) {
                return Err(IngestError::Empty { path: path.clone() });
            }
            let mut count = Count { file: path.as_path().into(), usable: 0, rejected: 0 };
            for part in parts {
                if part.too_many {
                    return Err(IngestError::TooManyLines { path: path.clone() });
                }
                count.usable += part.seen.len();
                count.rejected += part.rejected.len() + part.unlisted;
                self.last = self.last.max(part.last);
                self.seen.push(part.seen);
                reservoir = reservoir.and(part.reservoir);
                rejected.extend(part.rejected);
                unlisted += part.unlisted;
            }
            // What the importer has rejected counts as well.
            for Rejected { reason, rows, first } in source.imported().iter().flat_map(|summary| &summary.rejected) {
                let (file, reason) = (path.clone(), reason.clone());
                foreign.push(Rejection { file, line: *first, reason, rows: *rows });
                count.rejected += rows;
            }
            counts.push(count);
            sources.push((source, before));
        }
        crate::threads::side_by_side(&mut self.seen[known..], |seen| sort(seen));
        let copies = copies(&self.seen, from);
        let mut end = copies.len();
        for (count, (_, before)) in counts.iter_mut().zip(&sources).rev() {
            let begin = copies.partition_point(|copied| copied.place <= *before);
            count.usable -= end - begin;
            count.rejected += end - begin;
            end = begin;
        }
        let same = |copied: &Copied| {
            let (file, line) = self.at(copied.of);
            (copied.place, format!("{COPY} {}:{line}, to the last digit", file.display()))
        };
        unlisted += rejected.len() + copies.len();
        rejected.extend(copies.iter().take(LISTED).map(same));
        rejected.sort_by_key(|(place, _)| *place);
        rejected.truncate(LISTED);
        unlisted -= rejected.len();
        let copies: Vec<u32> = copies.into_iter().map(|copied| copied.place).collect();
        let kept: Vec<Kept> =
            reservoir.rows().into_iter().filter(|kept| copies.binary_search(&kept.place).is_err()).collect();
        let usable = counts.iter().map(|count| count.usable).sum::<usize>();
        let rejection = |(place, reason)| {
            let (file, line) = self.at(place);
            Rejection { file: file.to_path_buf(), line, reason, rows: 1 }
        };
        Ok(Cleaned {
            rows: kept.iter().map(|kept| kept.row).collect(),
            files: kept.iter().map(|kept| self.at(kept.place).0.clone()).collect(),
            usable,
            rejected: foreign.into_iter().chain(rejected.into_iter().map(rejection)).collect(),
            unlisted,
            counts,
            rest: (kept.len() < usable)
                .then(|| Rest::new(sources, copies, kept.iter().map(|kept| kept.place).collect())),
        })
    }

    /// The file and the line at a place.
    fn at(&self, place: u32) -> (&Arc<Path>, u64) {
        let (file, before) = &self.files[self.files.partition_point(|(_, before)| *before < place) - 1];
        (file, u64::from(place - before))
    }
}

impl Part {
    fn new(last: u32) -> Self {
        Self {
            seen: Vec::new(),
            reservoir: Reservoir::default(),
            rejected: Vec::new(),
            unlisted: 0,
            last,
            too_many: false,
        }
    }

    fn is_empty(&self) -> bool {
        self.seen.is_empty() && self.rejected.is_empty()
    }

    fn add(&mut self, seed: u64, before: u32, row: &Measurement) {
        let Some(place) = place(before, row) else {
            self.too_many = true;
            return;
        };
        self.last = place;
        match unusable(row) {
            None => {
                let seen = Seen::new(place, row, seed);
                self.seen.push(seen);
                self.reservoir.offer(seen.key(), place, row);
            }
            Some(reason) if self.rejected.len() < LISTED => self.rejected.push((place, reason)),
            Some(_) => self.unlisted += 1,
        }
    }
}

/// The place of a row among all lines of a machine's files, given that of the line before its file's first.
pub(crate) fn place(before: u32, row: &Measurement) -> Option<u32> {
    before.checked_add(u32::try_from(row.line).ok()?)
}

impl Cleaned {
    /// Whether there are more usable rows than are kept.
    pub fn is_sample(&self) -> bool {
        self.rest.is_some()
    }

    /// Says on stderr which rows were set aside, and why, and of how many rows only a sample is kept.
    pub fn warn(&self) {
        warn_of(&self.rejected, self.unlisted);
        if self.is_sample() {
            log::warn!(
                "{} of {} usable rows are used, drawn by the seed: more make no difference",
                self.rows.len(),
                self.usable
            );
        }
    }
}

/// Says on stderr which rows were set aside, and why, and how many more there are.
pub fn warn_of(rejected: &[Rejection], unlisted: usize) {
    for rejection in rejected.iter().take(LOGGED) {
        log::warn!("{}:{}: row not used: {}", rejection.file.display(), rejection.line, rejection.text());
    }
    let more = unlisted + rejected.len().saturating_sub(LOGGED);
    if more > 0 {
        log::warn!("and {more} more rows not used; the report lists the first {}", rejected.len());
    }
}

/// Why a row is of no use, if it is of none.
#[inline]
pub(crate) fn unusable(row: &Measurement) -> Option<String> {
    // A decode alone may begin with an empty context.
    let request = if row.prefill_s.is_none() && row.decode_s.is_some() { row.asked() } else { row.request };
    if let Err(error) = request.check() {
        return Some(error.to_string());
    }
    if row.no_context {
        return Some(
            "input_tokens is empty: only a constant step can be learned from it; set decode.type = \"linear\""
                .to_owned(),
        );
    }
    let stepless = |column| format!("{column} of a request with one output token, which has no decode step");
    let has_step = row.request.output_tokens > 1;
    match (row.prefill_s, row.decode_s) {
        (None, None) => Some("neither prefill_s nor decode_s was measured".to_owned()),
        (_, Some(_)) if !has_step => Some(stepless("decode_s")),
        _ if !has_step && row.decode_energy_j.is_some() => Some(stepless("decode_energy_j")),
        _ => None,
    }
}
