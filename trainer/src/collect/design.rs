//! Which requests determine the polynomials best: D-optimal designs by exchange (V. V. Fedorov, "Theory of Optimal Experiments", 1972).
//!
//! The coefficients of a phase are known the better the larger the determinant of `X' W X` is, where a row of `X` has the terms of a request: 1, n, n² and n padded to each tile for prefill,
//! a fixed part, the steps and their contexts for decode. Errors are relative to the time, so a row weighs 1 / seconds, by a guess of them that needs no measurement.
//! As tiles are not known beforehand, every coefficient has a weak prior (W. DuMouchel and B. Jones, "A simple Bayesian modification of D-optimal designs", 1994),
//! and both phases' logarithms are summed, since each request measures both.

use crate::form::{Form, padded};
use crate::measurement::Phase;
use nalgebra::{DMatrix, RowDVector};
use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use token2metrics_core::{Request, Term};

/// Tiles that are looked for.
pub(super) const TILES: [u16; 6] = [16, 32, 64, 128, 256, 512];
/// Of a coefficient, in units of what a typical row knows of it.
const PRIOR: f64 = 1e-3;
/// Rounds of exchanges; few are needed.
const ROUNDS: usize = 20;

/// What the requests that may be asked know of the coefficients: a matrix a phase.
struct Knowledge {
    rows: [DMatrix<f64>; 2],
}

/// What some requests know together.
type Information = [DMatrix<f64>; 2];

/// The indices of `len` of the candidates that tell most beside the requests that are asked anyway, found from a random start.
pub(super) fn exchange(anyway: &[Request], candidates: &[Request], len: usize, rng: &mut ChaCha8Rng) -> Vec<usize> {
    let known = Knowledge::new(anyway, candidates);
    let mut information = known.of(&(candidates.len()..candidates.len() + anyway.len()).collect::<Vec<_>>());
    let mut chosen: Vec<usize> = (0..len).map(|_| rng.random_range(0..candidates.len())).collect();
    chosen.iter().for_each(|index| known.add(&mut information, *index, 1.0));
    for _ in 0..ROUNDS {
        let before = chosen.clone();
        for place in &mut chosen {
            known.add(&mut information, *place, -1.0);
            *place = known.best(&information, candidates.len());
            known.add(&mut information, *place, 1.0);
        }
        if chosen == before {
            break;
        }
    }
    chosen
}

/// The indices of `len` of the candidates, each of which tells most beside all before it.
pub(super) fn augment(anyway: &[Request], candidates: &[Request], len: usize) -> Vec<usize> {
    let known = Knowledge::new(anyway, candidates);
    let mut information = known.of(&(candidates.len()..candidates.len() + anyway.len()).collect::<Vec<_>>());
    let next = |_| {
        let best = known.best(&information, candidates.len());
        known.add(&mut information, best, 1.0);
        best
    };
    (0..len).map(next).collect()
}

impl Knowledge {
    fn new(anyway: &[Request], candidates: &[Request]) -> Self {
        let all = [candidates, anyway].concat();
        let longest = all.iter().map(|request| request.input_tokens).max().unwrap_or(0);
        let tiles = TILES.into_iter().filter(|tile| u32::from(*tile) < longest).map(|tile| padded(tile, 1));
        let terms = [Term::plain(1.0, 1), Term::plain(1.0, 2)].into_iter().chain(tiles).collect();
        let prefill = Form { intercept: true, terms };
        let decode = Form::polynomial(Phase::Decode, 2, true);
        Self { rows: [rows(Phase::Prefill, &prefill, &all), rows(Phase::Decode, &decode, &all)] }
    }

    /// What requests tell, by their indices, with the prior.
    fn of(&self, indices: &[usize]) -> Information {
        let mut information = self.rows.each_ref().map(|rows| {
            let columns = rows.ncols();
            DMatrix::identity(columns, columns) * PRIOR
        });
        indices.iter().for_each(|index| self.add(&mut information, *index, 1.0));
        information
    }

    fn add(&self, information: &mut Information, index: usize, times: f64) {
        for (information, rows) in information.iter_mut().zip(&self.rows) {
            let row = rows.row(index);
            *information += row.transpose() * row * times;
        }
    }

    /// The candidate that raises the determinants most: det(M + r'r) = det(M) (1 + r M⁻¹ r').
    fn best(&self, information: &Information, candidates: usize) -> usize {
        let inverse = information.each_ref().map(|matrix| matrix.clone().cholesky().map(|factor| factor.inverse()));
        let gain = |index: usize| -> f64 {
            let of = |(rows, inverse): (&DMatrix<f64>, &Option<DMatrix<f64>>)| {
                let row: RowDVector<f64> = rows.row(index).into_owned();
                // The prior keeps the matrices definite.
                inverse.as_ref().map_or(0.0, |inverse| (&row * inverse * row.transpose())[0].ln_1p())
            };
            self.rows.iter().zip(&inverse).map(of).sum()
        };
        let gains = (0..candidates).map(gain).enumerate();
        gains.max_by(|a, b| a.1.total_cmp(&b.1)).map_or(0, |(index, _)| index)
    }
}

/// The terms of requests relative to their guessed seconds, each column in units of its root mean square.
fn rows(phase: Phase, form: &Form, requests: &[Request]) -> DMatrix<f64> {
    let mut rows = form.design(phase, requests);
    for (mut row, request) in rows.row_iter_mut().zip(requests) {
        let seconds = match phase {
            // The fixed part is that of some tokens.
            Phase::Prefill => 16.0 + f64::from(request.input_tokens),
            Phase::Decode => f64::from(request.output_tokens - 1),
        };
        // No step, nothing learned of steps.
        row *= if seconds > 0.0 { 1.0 / seconds } else { 0.0 };
    }
    let len = rows.nrows() as f64;
    for mut column in rows.column_iter_mut() {
        let size = column.norm() / len.sqrt();
        column *= if size > 0.0 { 1.0 / size } else { 0.0 };
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand_chacha::rand_core::SeedableRng;

    fn request(input_tokens: u32, output_tokens: u32) -> Request {
        Request { input_tokens, cached_tokens: 0, output_tokens }
    }

    #[test]
    fn the_ends_and_the_middle_determine_a_parabola() {
        // Too short for a tile.
        let candidates: Vec<Request> = (1..=16).map(|input| request(input, 2)).collect();
        let mut chosen = exchange(&[], &candidates, 3, &mut ChaCha8Rng::seed_from_u64(1));
        chosen.sort_unstable();
        let lengths: Vec<u32> = chosen.iter().map(|index| candidates[*index].input_tokens).collect();
        assert_eq!((lengths[0], lengths[2]), (1, 16));
        assert!((5..=11).contains(&lengths[1]), "{lengths:?}");
    }

    #[test]
    fn what_is_known_is_not_asked_again() {
        let candidates: Vec<Request> = (1..=16).map(|input| request(input, 2)).collect();
        let known = [request(1, 2), request(1, 2), request(1, 2), request(8, 2), request(8, 2), request(8, 2)];
        assert_eq!(candidates[augment(&known, &candidates, 1)[0]].input_tokens, 16);
    }

    #[test]
    fn both_phases_count() {
        let candidates = [request(16, 2), request(16, 100), request(512, 2), request(512, 100)];
        let chosen = augment(&[request(16, 2)], &candidates, 1);
        assert_eq!(candidates[chosen[0]], request(512, 100));
    }
}
