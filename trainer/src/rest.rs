//! The usable rows that are not kept: read again from their files whenever they are needed.

use crate::clean::{Cleaned, place, unusable};
use crate::ingest::{IngestError, Source};
use crate::measurement::Measurement;

/// The way to the rows of some files of which a sample was kept.
#[derive(Clone, Debug)]
pub(crate) struct Rest {
    /// Each file, and the place of the line before its first.
    sources: Vec<(Source, u32)>,
    /// The places of rows that do not count, in order.
    copies: Vec<u32>,
    /// The places of the rows that are kept, in order.
    kept: Vec<u32>,
}

impl Rest {
    pub(crate) fn new(sources: Vec<(Source, u32)>, copies: Vec<u32>, kept: Vec<u32>) -> Self {
        Self { sources, copies, kept }
    }

    /// Visits the rows that are not kept, parts of the files side by side, each with a state of its own; gives these in the order of the files.
    pub(crate) fn fold<S: Send>(
        &self,
        new: impl Fn() -> S + Sync,
        visit: impl Fn(&mut S, &Measurement) + Sync,
    ) -> Result<Vec<S>, IngestError> {
        let mut states = Vec::new();
        for (source, before) in &self.sources {
            let found = source.fold(
                || (Passed::new(&self.copies), Passed::new(&self.kept), new()),
                |(copies, kept, state), row| {
                    let counts = place(*before, row).is_some_and(|place| !copies.has(place) & !kept.has(place));
                    if counts && unusable(row).is_none() {
                        visit(state, row);
                    }
                },
            )?;
            states.extend(found.into_iter().map(|(_, _, state)| state));
        }
        Ok(states)
    }
}

impl Cleaned {
    /// Visits every usable row, kept or not, in the order of the files.
    ///
    /// # Errors
    /// A file that is not what it was, or what the visitor says.
    pub fn each<E: From<IngestError>>(&self, mut visit: impl FnMut(&Measurement) -> Result<(), E>) -> Result<(), E> {
        let Some(rest) = &self.rest else { return self.rows.iter().try_for_each(visit) };
        for (source, before) in &rest.sources {
            let mut copies = Passed::new(&rest.copies);
            source.each(|row| {
                let is_copy = place(*before, row).is_some_and(|place| copies.has(place));
                if is_copy || unusable(row).is_some() { Ok(()) } else { visit(row) }
            })?;
        }
        Ok(())
    }
}

/// Places in order, asked for in order.
struct Passed<'a> {
    all: &'a [u32],
    /// How many have been passed; unknown before the first question.
    next: Option<usize>,
}

impl<'a> Passed<'a> {
    fn new(all: &'a [u32]) -> Self {
        Self { all, next: None }
    }

    fn has(&mut self, place: u32) -> bool {
        let mut next = self.next.unwrap_or_else(|| self.all.partition_point(|known| *known < place));
        while self.all.get(next).is_some_and(|known| *known < place) {
            next += 1;
        }
        self.next = Some(next);
        self.all.get(next) == Some(&place)
    }
}
