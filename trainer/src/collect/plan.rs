//! What is asked: batches of requests that follow from the seed and the ranges alone, so that a run goes on where another was cut off.
//!
//! The first batch has the lengths around an edge of each tile and the requests that determine the polynomials best beside them. Each later one has new requests
//! that add most to all before, the lengths around one more edge, and repeats.

use super::design::{TILES, augment, exchange};
use rand::RngExt;
use rand::seq::{IndexedRandom, SliceRandom};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use token2metrics_core::Request;

/// Requests of the first batch beside the edges: two for each coefficient of both phases, tiles left out.
const OPTIMAL: usize = 12;
/// New requests of a later batch, and of how many random ones they are the best.
const NEW: (usize, usize) = (6, 64);
/// Repeated requests of a later batch.
const REPEATS: usize = 3;
/// Lengths of the grid that the first batch is chosen from.
const GRID: (u32, u32) = (24, 6);
/// Output tokens around edges, which are about prompts.
const SHORT: u32 = 8;
/// Orders that the least confounded is taken of.
const ORDERS: usize = 64;

/// All batches, one after the other.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    input: [u32; 2],
    output: [u32; 2],
    seed: u64,
    batches: u64,
    planned: Vec<Request>,
}

impl Plan {
    /// For token counts from the first to the last of each range.
    pub(super) fn new(input: [u32; 2], output: [u32; 2], seed: u64) -> Self {
        Self { input, output, seed, batches: 0, planned: Vec::new() }
    }

    /// The next batch, in the order in which it is to be asked.
    pub(super) fn next(&mut self) -> Vec<Request> {
        let mut rng = ChaCha8Rng::seed_from_u64(self.seed);
        rng.set_stream(self.batches);
        let mut batch = if self.batches == 0 { self.first(&mut rng) } else { self.later(&mut rng) };
        self.batches += 1;
        self.planned.extend(&batch);
        shuffle(&mut batch, &mut rng);
        batch
    }

    fn first(&self, rng: &mut ChaCha8Rng) -> Vec<Request> {
        let mut batch: Vec<Request> =
            TILES.into_iter().filter_map(|tile| self.edges(tile).next()).flat_map(|edge| self.around(edge)).collect();
        let grid: Vec<Request> = spaced(self.input, GRID.0)
            .flat_map(|input| spaced(self.output, GRID.1).map(move |output| request(input, output)))
            .collect();
        let optimal = exchange(&batch, &grid, OPTIMAL, rng);
        batch.extend(optimal.into_iter().map(|index| grid[index]));
        batch
    }

    fn later(&self, rng: &mut ChaCha8Rng) -> Vec<Request> {
        let random: Vec<Request> = (0..NEW.1)
            .map(|_| request(between(self.input, rng.random()), between(self.output, rng.random())))
            .collect();
        let new = augment(&self.planned, &random, NEW.0);
        let mut batch: Vec<Request> = new.into_iter().map(|index| random[index]).collect();
        batch.extend((0..REPEATS).filter_map(|_| self.planned.choose(rng)));
        let tiles: Vec<u16> = TILES.into_iter().filter(|tile| self.edges(*tile).next().is_some()).collect();
        if let Some(tile) = tiles.choose(rng) {
            let edges: Vec<u32> = self.edges(*tile).collect();
            batch.extend(edges.choose(rng).into_iter().flat_map(|edge| self.around(*edge)));
        }
        batch
    }

    /// The multiples of a tile that are none of a larger one, with a length on either side within the range.
    fn edges(&self, tile: u16) -> impl Iterator<Item = u32> + use<> {
        let [least, most] = self.input;
        let tile = u32::from(tile);
        (tile..most).step_by(2 * tile as usize).filter(move |edge| *edge > least)
    }

    /// A tile that is begun costs more after the edge; one that is not whole before it.
    fn around(&self, edge: u32) -> [Request; 3] {
        let output = SHORT.clamp(self.output[0], self.output[1]);
        [edge - 1, edge, edge + 1].map(|input| request(input, output))
    }
}

fn request(input_tokens: u32, output_tokens: u32) -> Request {
    Request { input_tokens, cached_tokens: 0, output_tokens }
}

/// The whole number at a share of a range, in logarithms.
fn between([least, most]: [u32; 2], share: f64) -> u32 {
    let (low, high) = (f64::from(least).ln(), f64::from(most).ln());
    ((low + (high - low) * share).exp().round() as u32).clamp(least, most)
}

/// At most `len` different numbers of a range, both ends among them.
fn spaced(range: [u32; 2], len: u32) -> impl Iterator<Item = u32> {
    let mut all: Vec<u32> = (0..len).map(|index| between(range, f64::from(index) / f64::from(len - 1))).collect();
    all.dedup();
    all.into_iter()
}

/// Of several random orders, the one in which the lengths are least correlated with the time of asking: a machine that grows slower looks like no length.
fn shuffle(batch: &mut [Request], rng: &mut ChaCha8Rng) {
    let mut best: (f64, Vec<Request>) = (f64::INFINITY, batch.to_vec());
    for _ in 0..ORDERS {
        batch.shuffle(rng);
        let confounded = confounded(batch);
        if confounded < best.0 {
            best = (confounded, batch.to_vec());
        }
    }
    batch.copy_from_slice(&best.1);
}

/// The larger of the correlations of both lengths' logarithms with their places.
fn confounded(batch: &[Request]) -> f64 {
    let logarithms = |of: fn(&Request) -> u32| batch.iter().map(|request| f64::from(of(request)).ln()).collect();
    let input: Vec<f64> = logarithms(|request| request.input_tokens);
    let output: Vec<f64> = logarithms(|request| request.output_tokens);
    let places: Vec<f64> = (0..batch.len()).map(|place| place as f64).collect();
    correlation(&places, &input).abs().max(correlation(&places, &output).abs())
}

/// Pearson's correlation; 0 where nothing varies.
fn correlation(x: &[f64], y: &[f64]) -> f64 {
    let centred = |values: &[f64]| {
        let mean = crate::score::mean(values);
        values.iter().map(|value| value - mean).collect::<Vec<f64>>()
    };
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    let (x, y) = (centred(x), centred(y));
    let size = (dot(&x, &x) * dot(&y, &y)).sqrt();
    if size > 0.0 { dot(&x, &y) / size } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_batch_reveals_tiles_and_spans_the_ranges() {
        for seed in 0..20 {
            let batch = Plan::new([8, 1024], [2, 128], seed).next();
            assert_eq!(batch.len(), 3 * TILES.len() + OPTIMAL);
            let has = |input| batch.iter().any(|request| request.input_tokens == input);
            for tile in TILES.map(u32::from) {
                assert!(has(tile - 1) && has(tile) && has(tile + 1), "{tile}");
            }
            assert!(has(8) && has(1024), "{batch:?}");
            assert!(batch.iter().any(|request| request.output_tokens == 128), "{batch:?}");
        }
    }

    #[test]
    fn the_order_is_not_that_of_the_lengths() {
        for seed in 0..20 {
            let mut plan = Plan::new([8, 1024], [2, 128], seed);
            assert!(confounded(&plan.next()) < 0.1, "seed {seed}");
            assert!(confounded(&plan.next()) < 0.25, "seed {seed}");
        }
        let sorted: Vec<Request> = (1..30).map(|length| request(length, length)).collect();
        assert!(confounded(&sorted) > 0.9);
    }

    #[test]
    fn the_seed_decides_and_every_request_is_within_the_ranges() {
        let batches = |seed| {
            let mut plan = Plan::new([100, 300], [4, 4], seed);
            (0..6).flat_map(|_| plan.next()).collect::<Vec<_>>()
        };
        assert_eq!(batches(1), batches(1));
        assert_ne!(batches(1), batches(2));
        assert!(batches(1).iter().all(|request| (100..=300).contains(&request.input_tokens)));
        assert!(batches(1).iter().all(|request| request.output_tokens == 4));
        assert_eq!(Plan::new([5, 5], [1, 1], 1).next().len(), OPTIMAL, "one length has no edges");
    }

    #[test]
    fn later_batches_have_new_lengths_repeats_and_an_edge() {
        let mut plan = Plan::new([8, 1024], [2, 128], 3);
        let first = plan.next();
        let later = plan.next();
        assert_eq!(later.len(), NEW.0 + REPEATS + 3);
        assert!(later.iter().filter(|request| first.contains(request)).count() >= REPEATS);
        assert!(later.iter().filter(|request| !first.contains(request)).count() >= NEW.0 - 1);
    }
}
