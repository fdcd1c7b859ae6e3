//! Stage 2, where a machine has more rows than a fit gains from: which of them are kept.
//!
//! Each row has a random number, its key, which the seed and what was measured determine; kept are the rows with the least keys (E. Cohen and H. Kaplan,
//! "Summarizing Data using Bottom-k Sketches", 2007). That is a sample without replacement in which every row is as likely as any other, and the same one
//! in whatever order and on however many threads the rows are read. The rows with the fewest and the most tokens are kept as well: a profile's range is
//! that of all rows.

use crate::measurement::Measurement;
use token2metrics_core::Request;

/// Rows of one machine that are kept, at most; up to so many, all are. The coefficients of a fit to 32,768 rows are 180 times as sure as a single row,
/// and so far below what a device differs from one day to the next.
pub const MOST: usize = 1 << 15;

/// A row with its key, and its place among all lines of the machine's files.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Kept {
    pub(crate) key: u64,
    pub(crate) place: u32,
    pub(crate) row: Measurement,
}

impl Kept {
    fn order(&self) -> (u64, u32) {
        (self.key, self.place)
    }
}

/// The rows with the least keys so far.
#[derive(Debug)]
pub(crate) struct Reservoir {
    rows: Vec<Kept>,
    /// A row with a greater key is none of them.
    limit: u64,
    /// By [`extremes`], each with its number.
    ends: [Option<(u32, Kept)>; 4],
}

impl Default for Reservoir {
    fn default() -> Self {
        Self { rows: Vec::new(), limit: u64::MAX, ends: [None; 4] }
    }
}

impl Reservoir {
    pub(crate) fn offer(&mut self, key: u64, place: u32, row: &Measurement) {
        let kept = || Kept { key, place, row: *row };
        for (end, extreme) in self.ends.iter_mut().zip(extremes(row)) {
            let is_nearer = |(known, at): &(u32, Kept)| (extreme, key, place) < (*known, at.key, at.place);
            if end.as_ref().is_none_or(is_nearer) {
                *end = Some((extreme, kept()));
            }
        }
        if key <= self.limit {
            self.rows.push(kept());
            if self.rows.len() >= 2 * MOST {
                self.settle();
            }
        }
    }

    /// The reservoir of both reservoirs' rows.
    pub(crate) fn and(mut self, other: Self) -> Self {
        let Self { rows, ends, .. } = other;
        let ends = ends.into_iter().flatten().map(|(_, kept)| kept);
        rows.into_iter().chain(ends).for_each(|kept| self.offer(kept.key, kept.place, &kept.row));
        self
    }

    /// What is kept, in the order of the files.
    pub(crate) fn rows(mut self) -> Vec<Kept> {
        self.settle();
        self.rows.extend(self.ends.into_iter().flatten().map(|(_, kept)| kept));
        self.rows.sort_unstable_by_key(|kept| kept.place);
        self.rows.dedup_by_key(|kept| kept.place);
        self.rows
    }

    /// Lets go of copies, which have the key of what they are copies of, and of what is too much.
    fn settle(&mut self) {
        // Rows are large: they are not moved until it is known which stay.
        let mut order: Vec<_> = self.rows.iter().enumerate().map(|(index, kept)| (kept.order(), index)).collect();
        order.sort_unstable();
        order.dedup_by_key(|((key, _), _)| *key);
        if order.len() > MOST {
            order.truncate(MOST);
            self.limit = order[MOST - 1].0.0;
        }
        if order.len() < self.rows.len() {
            let mut stays = vec![false; self.rows.len()];
            order.iter().for_each(|(_, index)| stays[*index] = true);
            let mut stays = stays.into_iter();
            self.rows.retain(|_| stays.next() == Some(true));
        }
    }
}

/// By which a row is at one of four ends where it has the least: of prompts, short and long, and of output tokens, as far as decode was measured.
fn extremes(row: &Measurement) -> [u32; 4] {
    let Request { input_tokens, output_tokens, .. } = row.request;
    let measured = |count| if row.decode_s.is_some() { count } else { u32::MAX };
    [input_tokens, !input_tokens, measured(output_tokens), measured(!output_tokens)]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(place: u32, key: u64) -> Kept {
        let request = Request { input_tokens: 1 + place, cached_tokens: 0, output_tokens: 2 };
        let (line, seconds) = (place.into(), Some(1.0));
        let row = Measurement {
            line,
            no_context: false,
            request,
            prefill_s: seconds,
            decode_s: seconds,
            prefill_energy_j: None,
            decode_energy_j: None,
        };
        Kept { key, place, row }
    }

    /// Keys that neither rise nor fall, of which each is different; those of the ends are the greatest.
    fn all(count: u32) -> Vec<Kept> {
        let end = |place: u32| if place == 0 || place == count - 1 { 1 << 32 } else { 0 };
        (0..count).map(|place| kept(place, end(place) + u64::from(place.wrapping_mul(2_654_435_761)))).collect()
    }

    fn places(reservoir: Reservoir) -> Vec<u32> {
        reservoir.rows().iter().map(|kept| kept.place).collect()
    }

    #[test]
    fn the_least_keys_and_the_ends_are_kept_in_whatever_parts() {
        let all = all(5 * MOST as u32);
        let mut keys: Vec<u64> = all.iter().map(|kept| kept.key).collect();
        keys.sort_unstable();
        let longest = all.len() as u32 - 1;
        let mut expected: Vec<u32> =
            all.iter().filter(|kept| kept.key < keys[MOST]).map(|kept| kept.place).chain([0, longest]).collect();
        expected.sort_unstable();
        expected.dedup();
        let reservoir = |rows: &[Kept]| {
            let mut reservoir = Reservoir::default();
            rows.iter().for_each(|kept| reservoir.offer(kept.key, kept.place, &kept.row));
            reservoir
        };
        assert_eq!(places(reservoir(&all)), expected);
        let (some, others) = all.split_at(3 * MOST + 7);
        assert_eq!(places(reservoir(some).and(reservoir(others))), expected);
    }

    #[test]
    fn copies_take_no_room() {
        let mut reservoir = Reservoir::default();
        let few = all(100);
        for round in 0..(3 * MOST / few.len()) as u32 {
            few.iter().for_each(|known| reservoir.offer(known.key, known.place + 100 * round, &known.row));
        }
        assert_eq!(places(reservoir), (0..100).collect::<Vec<_>>());
    }
}
