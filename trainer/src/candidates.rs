//! Stage 4, `type = "auto"`: the forms that are compared. Tiles are found by trying all, knots where the rows lie on both sides.

use crate::form::{Form, knotted, padded, padded_beyond, whole};
use crate::measurement::{Phase, Sample};
use token2metrics_core::Term;

/// Blocks of tokens that kernels and runtimes work in.
const TILES: [u16; 7] = [8, 16, 32, 64, 128, 256, 512];
/// How many times larger the larger of two tiles may be.
const PAIRED: u16 = 4;
/// Lengths at which a cost may set in or change: a device that is no longer filled, a window, a cache that is full.
const KNOTS: [u32; 10] = [64, 128, 256, 512, 1024, 2048, 4096, 8192, 16_384, 32_768];
/// Rows on the shorter, and on the longer side of a knot.
const BESIDE_A_KNOT: (usize, usize) = (2, 3);

/// The forms that `auto` compares for a phase.
pub fn candidates(phase: Phase, intercept: bool, samples: &[Sample]) -> Vec<Form> {
    match phase {
        Phase::Prefill => prefill(intercept, samples),
        Phase::Decode => decode(intercept, samples),
    }
}

fn prefill(intercept: bool, samples: &[Sample]) -> Vec<Form> {
    let lengths: Vec<u32> = samples.iter().map(|sample| sample.request.input_tokens).collect();
    let form = |terms: &[Term]| Form { intercept, terms: terms.to_vec() };
    let (line, square, cube) = (Term::plain(1.0, 1), Term::plain(1.0, 2), Term::plain(1.0, 3));
    let mut forms = vec![form(&[line]), form(&[line, square]), form(&[line, square, cube])];

    let tiles: Vec<u16> = TILES.into_iter().filter(|tile| seen(*tile, &lengths)).collect();
    let knots: Vec<u32> = KNOTS.into_iter().filter(|knot| has_both_sides(*knot, &lengths)).collect();
    for &tile in &tiles {
        forms.push(form(&[padded(tile, 1)]));
        forms.push(form(&[line, padded(tile, 1)]));
        forms.push(form(&[line, padded(tile, 2)]));
        forms.push(form(&[line, square, padded(tile, 1)]));
        forms.push(form(&[line, whole(tile)]));
        forms.push(form(&[line, square, whole(tile)]));
        // Kernels that tile twice: blocks within larger blocks.
        for &larger in tiles.iter().filter(|larger| tile < **larger && **larger <= PAIRED * tile) {
            let (one, two) = (padded(tile, 1), padded(larger, 1));
            let (one_squared, two_squared) = (padded(tile, 2), padded(larger, 2));
            let beyond = padded_beyond(larger);
            forms.push(form(&[line, one, two]));
            forms.push(form(&[line, one, two_squared]));
            forms.push(form(&[line, one_squared, two]));
            forms.push(form(&[line, square, one, two]));
            forms.push(form(&[line, one_squared, two, beyond]));
            forms.push(form(&[line, one, two, two_squared, beyond]));
            forms.push(form(&[line, square, one, one_squared, two, two_squared, beyond]));
        }
    }
    for &knot in &knots {
        let (bend, curve) = (knotted(knot, 1), knotted(knot, 2));
        // Without a term below the knot: a short prompt takes as long as loading the weights.
        forms.extend([form(&[bend]), form(&[curve]), form(&[line, bend]), form(&[line, curve])]);
        for &tile in &tiles {
            forms.push(form(&[line, padded(tile, 1), bend]));
            forms.push(form(&[line, padded(tile, 1), bend, curve]));
            forms.push(form(&[line, whole(tile), bend]));
        }
    }
    // A bend between two of the knots.
    for two in knots.windows(2) {
        let (first, second) = (knotted(two[0], 1), knotted(two[1], 1));
        forms.extend([form(&[first, second]), form(&[line, first, second])]);
    }
    for three in knots.windows(3) {
        let bends = three.iter().map(|knot| knotted(*knot, 1));
        let with = |terms: &[Term]| Form { intercept, terms: terms.iter().copied().chain(bends.clone()).collect() };
        forms.push(with(&[line, square]));
        for &tile in &tiles {
            forms.push(with(&[line, square, padded(tile, 1)]));
            forms.push(with(&[line, square, padded(tile, 1), padded(tile, 2)]));
        }
    }
    forms
}

/// Steps that take the same time, and that grow with the context, perhaps up to a window or from one on.
fn decode(intercept: bool, samples: &[Sample]) -> Vec<Form> {
    let deepest: Vec<u32> =
        samples.iter().map(|sample| sample.request.input_tokens + sample.request.output_tokens).collect();
    let mut forms: Vec<Form> = (1..=3).map(|degree| Form::polynomial(Phase::Decode, degree, intercept)).collect();
    if intercept {
        // The first step begins where prefill ends: often there is nothing to pay once.
        forms.extend((1..=2).map(|degree| Form::polynomial(Phase::Decode, degree, false)));
    }
    for knot in KNOTS.into_iter().filter(|knot| has_both_sides(*knot, &deepest)) {
        let (step, slope) = (Term::plain(1.0, 0), Term::plain(1.0, 1));
        forms.push(Form { intercept, terms: vec![step, knotted(knot, 1)] });
        forms.push(Form { intercept, terms: vec![step, slope, knotted(knot, 1)] });
    }
    forms
}

/// Whether the lengths differ in their number of tiles.
fn seen(tile: u16, lengths: &[u32]) -> bool {
    let tiles = lengths.iter().map(|length| length.div_ceil(tile.into()));
    tiles.clone().min() != tiles.max()
}

fn has_both_sides(knot: u32, lengths: &[u32]) -> bool {
    let below = lengths.iter().filter(|length| **length <= knot).count();
    below >= BESIDE_A_KNOT.0 && lengths.len() - below >= BESIDE_A_KNOT.1
}
