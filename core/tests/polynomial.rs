//! The closed forms against sums and powers of integers.

use token2metrics_core::{Polynomial, Term};

const LENGTHS: std::ops::RangeInclusive<u32> = 0..=40;
const KNOTS: [u32; 6] = [0, 1, 7, 15, 16, 39];

/// All values here are integers below 2^24, exact in an f32. Only the sum of squares is not: its 1/12 is rounded, which
/// moves the result by less than one part in 2^22.
const SQUARES: f32 = 1.0 / 4_194_304.0;

/// `max(n - knot, 0)` rounded up to whole tiles.
fn length(tokens: u32, knot: u32, tile: u16) -> u32 {
    let mut tiles = 0;
    while knot + tiles * u32::from(tile) < tokens {
        tiles += 1;
    }
    tiles * u32::from(tile)
}

#[test]
fn rise_is_the_difference_of_powers() {
    for (knot, tile, power) in KNOTS.iter().flat_map(|k| [1, 2, 5, 16].map(|t| (*k, t))).flat_map(powers) {
        let term = Term { coefficient: 2.0, knot, tile, power };
        for (from, to) in LENGTHS.flat_map(|to| (0..=to).map(move |from| (from, to))) {
            let [a, b] = [from, to].map(|tokens| length(tokens, knot, tile).pow(power.into()));
            assert_eq!(term.rise(from, to), (2 * (b - a)) as f32, "{term:?} from {from} to {to}");
        }
    }
}

fn powers((knot, tile): (u32, u16)) -> impl Iterator<Item = (u32, u16, u8)> {
    (1..=3).map(move |power| (knot, tile, power))
}

#[test]
fn sum_is_the_sum_over_the_contexts() {
    for (knot, power) in KNOTS.iter().flat_map(|knot| (0..=2).map(move |power| (*knot, power))) {
        let term = Term { coefficient: 2.0, knot, tile: 1, power };
        for (from, to) in LENGTHS.flat_map(|to| (0..=to).map(move |from| (from, to))) {
            let contexts = (from + 1..=to).filter(|context| *context > knot);
            let expected = contexts.map(|context| 2 * (context - knot).pow(power.into())).sum::<u32>() as f32;
            let tolerance = if power == 2 { expected * SQUARES } else { 0.0 };
            let sum = term.sum(from, to);
            assert!((sum - expected).abs() <= tolerance, "{term:?} from {from} to {to}: {sum}, not {expected}");
        }
    }
}

#[test]
fn knot_of_a_tile_less_one_counts_whole_tiles() {
    let term = Term { coefficient: 1.0, knot: 15, tile: 16, power: 1 };
    for tokens in 0..1000 {
        assert_eq!(term.rise(0, tokens), (tokens / 16 * 16) as f32, "{tokens} tokens");
    }
}

#[test]
fn a_tile_of_0_is_a_tile_of_1() {
    let term = Term { coefficient: 1.0, knot: 3, tile: 0, power: 2 };
    assert_eq!(term.rise(0, 10), 49.0);
}

#[test]
fn counts_up_to_2_29_are_answered_and_others_do_not_panic() {
    let term = Term { coefficient: 1.0, knot: 0, tile: u16::MAX, power: 1 };
    assert_eq!(term.rise(0, 1 << 29), f32::from(u16::MAX) * 8193.0);
    assert_eq!(Term::plain(1.0, 1).sum((1 << 29) - 1, 1 << 29), (1 << 29) as f32);
    for counts in [0, 1, 1 << 31, u32::MAX].into_iter().flat_map(|from| [(from, 0), (from, 5), (from, u32::MAX)]) {
        for power in 0..=3 {
            let term = Term { power, knot: 7, ..term };
            let _ = (term.rise(counts.0, counts.1), term.sum(counts.0, counts.1));
        }
    }
}

#[test]
fn fixed_part_is_paid_once() {
    let terms = [Term::plain(1.0, 0), Term::plain(0.5, 1)].into_iter().collect();
    let polynomial = Polynomial::<2> { fixed_s: 100.0, terms };
    // Contexts 3, 4 and 5: 3 * 1 + 0.5 * (3 + 4 + 5).
    assert_eq!(polynomial.sum(2, 5), 109.0);
    // A power of 0 does not rise.
    assert_eq!(polynomial.rise(2, 5), 101.5);
}
