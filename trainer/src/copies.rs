//! Stage 2: which rows are copies of others, found among twelve bytes of each.

use crate::measurement::Measurement;
use crate::threads::{self, side_by_side};
use token2metrics_core::Request;

/// What is remembered of a row: a hash of its token counts and times, and its place among all lines of a machine's files.
///
/// Rows with the same hash are taken to be copies. Among ten million rows that are none, there are two with the same hash in one of 180,000 cases; one
/// of the two is then set aside for nothing.
#[derive(Clone, Copy, Debug)]
#[repr(C, packed(4))]
pub(crate) struct Seen {
    hash: u64,
    place: u32,
}

/// A row that is a copy, and what of, by their places.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Copied {
    pub(crate) place: u32,
    pub(crate) of: u32,
}

/// Set in the hash of a row that has both of its times.
const BOTH: u64 = 1;

impl Seen {
    pub(crate) fn new(place: u32, row: &Measurement, seed: u64) -> Self {
        let Request { input_tokens, cached_tokens, output_tokens } = row.request;
        let bits = |seconds: Option<f64>| seconds.map_or(u64::MAX, f64::to_bits);
        let counts = u64::from(input_tokens) << 32 | u64::from(output_tokens);
        let words = [counts, cached_tokens.into(), bits(row.prefill_s), bits(row.decode_s)];
        let hash = words.into_iter().fold(seed, |hash, word| mix(hash ^ word));
        let both = row.prefill_s.is_some() && row.decode_s.is_some();
        Self { hash: if both { hash | BOTH } else { hash & !BOTH }, place }
    }

    /// A random number of the row: that of its copies too, where copies do not count.
    pub(crate) fn key(self) -> u64 {
        if self.has_both() { self.hash } else { mix(self.hash ^ u64::from(self.place)) }
    }

    /// A request that was measured twice is never the same in all digits of both times; a copied row is. Rows with one time only are no copies: coarse
    /// clocks do repeat themselves.
    fn has_both(self) -> bool {
        self.hash & BOTH == BOTH
    }

    fn order(self) -> (u64, u32) {
        (self.hash, self.place)
    }
}

/// The finalizer of SplitMix64 (G. L. Steele et al., "Fast Splittable Pseudorandom Number Generators", 2014): one to one, and every bit depends on all.
fn mix(word: u64) -> u64 {
    let word = word.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let word = (word ^ word >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let word = (word ^ word >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    word ^ word >> 31
}

/// Sorts what was seen by its hashes, for [`copies`].
pub(crate) fn sort(seen: &mut [Seen]) {
    seen.sort_unstable_by_key(|seen| seen.hash);
}

/// Ranges of hashes that are looked at one at a time: what is seen of one range is small enough for a cache.
const RANGES: u64 = 256;

/// The copies among rows from a place on, in the order of the files, of any rows seen; each run is sorted.
///
/// Of rows before that place, those with one time are copied too: they were fitted, and a holdout row that was fitted makes the scores worthless.
pub(crate) fn copies(runs: &[Vec<Seen>], from: u32) -> Vec<Copied> {
    let threads = threads::count() as u64;
    let found = side_by_side(0..threads, |thread| {
        let mut copies = Vec::new();
        let mut together: Vec<Seen> = Vec::new();
        for range in (thread..RANGES).step_by(threads as usize) {
            together.clear();
            runs.iter().for_each(|run| together.extend_from_slice(within(run, range)));
            // Sorted runs one after the other: hardly any work for a sort that looks for such.
            together.sort_by_key(|seen| seen.order());
            for same in together.chunk_by(|one, other| one.hash == other.hash) {
                let (first, others) = (same[0], &same[1..]);
                let is_copy = |seen: &&Seen| seen.place >= from && (first.has_both() || first.place < from);
                copies.extend(others.iter().filter(is_copy).map(|seen| Copied { place: seen.place, of: first.place }));
            }
        }
        copies
    });
    let mut all = found.concat();
    all.sort_unstable_by_key(|copied| copied.place);
    all
}

/// The part of a sorted run that is in a range.
fn within(run: &[Seen], range: u64) -> &[Seen] {
    let at = |range: u64| run.partition_point(|seen| seen.hash / (u64::MAX / RANGES + 1) < range);
    &run[at(range)..at(range + 1)]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(input_tokens: u32, decode_s: Option<f64>) -> Measurement {
        let request = Request { input_tokens, cached_tokens: 0, output_tokens: 2 };
        let (line, prefill_s) = (1, Some(0.5));
        Measurement {
            line,
            request,
            no_context: false,
            prefill_s,
            decode_s,
            prefill_energy_j: None,
            decode_energy_j: None,
        }
    }

    #[test]
    fn copies_are_found_across_runs_and_calls() {
        // Places 0 to 5 in two runs, 6 to 8 later: the rows of a holdout.
        let lengths = [(7, Some(0.1)), (8, Some(0.1)), (7, Some(0.1)), (9, None), (9, None), (7, Some(0.1))];
        let later = [(9, None), (10, None), (10, None)];
        let seen = |rows: &[(u32, Option<f64>)], from: u32| {
            let mut seen: Vec<Seen> =
                (from..).zip(rows).map(|(place, (n, s))| Seen::new(place, &row(*n, *s), 1)).collect();
            sort(&mut seen);
            seen
        };
        let runs = [seen(&lengths[..2], 0), seen(&lengths[2..], 2)];
        assert_eq!(copies(&runs, 0), [Copied { place: 2, of: 0 }, Copied { place: 5, of: 0 }]);
        let [first, second] = runs;
        assert_eq!(copies(&[first, second, seen(&later, 6)], 6), [Copied { place: 6, of: 3 }]);
    }

    #[test]
    fn every_number_of_a_row_counts() {
        let one = row(7, Some(0.1));
        let others = [
            Measurement { request: Request { cached_tokens: 1, ..one.request }, ..one },
            Measurement { request: Request { output_tokens: 3, ..one.request }, ..one },
            Measurement { prefill_s: Some(0.5 + f64::EPSILON), ..one },
            row(7, None),
            row(8, Some(0.1)),
        ];
        let hash = |row: &Measurement| Seen::new(0, row, 1).order().0;
        assert!(others.iter().all(|other| hash(other) != hash(&one)));
        assert_ne!(hash(&one), Seen::new(0, &one, 2).order().0, "the seed counts too");
        assert_eq!(size_of::<Seen>(), 12);
    }
}
