//! The forms that a phase can be fitted with: a fixed part or none, and terms whose coefficients are yet to be found.

use crate::measurement::{Phase, Sample};
use nalgebra::DMatrix;
use token2metrics_core::{Request, Term};

/// A polynomial without its coefficients.
#[derive(Clone, Debug, PartialEq)]
pub struct Form {
    /// Whether a request has a fixed part.
    pub intercept: bool,
    /// Terms of coefficient 1.
    pub terms: Vec<Term>,
}

impl Form {
    /// The polynomial of a phase's time in tokens with all powers up to `degree`. In decode a time of degree d comes from a step of degree
    /// d - 1 in the context.
    pub fn polynomial(phase: Phase, degree: u8, intercept: bool) -> Self {
        let powers = match phase {
            Phase::Prefill => 1..=degree,
            Phase::Decode => 0..=degree.saturating_sub(1),
        };
        Self { intercept, terms: powers.map(|power| Term::plain(1.0, power)).collect() }
    }

    /// How many coefficients the form has.
    pub fn coefficients(&self) -> usize {
        usize::from(self.intercept) + self.terms.len()
    }

    /// How many numbers the rows are asked for: the coefficients, and each tile and knot that was looked for.
    pub fn complexity(&self) -> usize {
        let mut found: Vec<u32> = Vec::new();
        for term in &self.terms {
            let number = if term.tile > 1 { term.tile.into() } else { term.knot };
            if number > 0 && !found.contains(&number) {
                found.push(number);
            }
        }
        self.coefficients() + found.len()
    }

    /// The largest tile of a term: over this many tokens the form rises if it does at all.
    pub fn period(&self) -> u32 {
        self.terms.iter().map(|term| u32::from(term.tile)).max().unwrap_or(1)
    }

    /// One row per request, one column per coefficient, the fixed part first.
    pub fn design(&self, phase: Phase, requests: &[Request]) -> DMatrix<f64> {
        DMatrix::from_fn(requests.len(), self.coefficients(), |row, column| {
            let term = match (self.intercept, column) {
                (true, 0) => return 1.0,
                (true, column) => self.terms[column - 1],
                (false, column) => self.terms[column],
            };
            seconds(phase, &term, requests[row])
        })
    }
}

/// The length rounded up to a tile, to a power.
pub fn padded(tile: u16, power: u8) -> Term {
    Term { coefficient: 1.0, knot: 0, tile, power }
}

/// The length beyond the first tile, rounded up to a tile.
pub fn padded_beyond(tile: u16) -> Term {
    Term { coefficient: 1.0, knot: tile.into(), tile, power: 1 }
}

/// The whole tiles in the length: for kernels that run full tiles fast, the remainder slowly.
pub fn whole(tile: u16) -> Term {
    Term { coefficient: 1.0, knot: u32::from(tile) - 1, tile, power: 1 }
}

/// Whether a term is one of [`whole`] tiles.
pub fn is_whole(term: &Term) -> bool {
    term.tile > 1 && term.knot == u32::from(term.tile) - 1
}

/// The length beyond a knot, to a power.
pub fn knotted(knot: u32, power: u8) -> Term {
    Term { coefficient: 1.0, knot, tile: 1, power }
}

/// What a term contributes to a phase of a request, by the very code that runs on the device.
pub fn seconds(phase: Phase, term: &Term, request: Request) -> f64 {
    f64::from(match phase {
        Phase::Prefill => term.rise(request.cached_tokens, request.input_tokens),
        Phase::Decode => term.sum(request.input_tokens, request.input_tokens + request.output_tokens - 1),
    })
}

/// The requests of some samples.
pub fn requests(samples: &[Sample]) -> Vec<Request> {
    samples.iter().map(|sample| sample.request).collect()
}

/// The seconds of some samples.
pub fn observed(samples: &[Sample]) -> Vec<f64> {
    samples.iter().map(|sample| sample.seconds).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_complexity_counts_what_was_looked_for() {
        let (line, square) = (Term::plain(1.0, 1), Term::plain(1.0, 2));
        let complexity = |intercept, terms: &[Term]| Form { intercept, terms: terms.to_vec() }.complexity();
        assert_eq!(complexity(true, &[line]), 2);
        assert_eq!(complexity(false, &[line, square]), 2);
        assert_eq!(complexity(true, &[line, padded(128, 1)]), 3 + 1);
        assert_eq!(complexity(true, &[line, whole(16)]), 3 + 1, "the knot of whole tiles is none that was looked for");
        assert_eq!(complexity(true, &[knotted(512, 1)]), 2 + 1);
        assert_eq!(complexity(true, &[line, padded(128, 1), padded(128, 2), padded_beyond(128)]), 5 + 1, "one tile");
        assert_eq!(complexity(true, &[line, padded(64, 1), padded(256, 1), knotted(512, 1), knotted(512, 2)]), 6 + 3);
    }

    #[test]
    fn whole_tiles_are_known_by_their_knot() {
        assert!(is_whole(&whole(16)) && is_whole(&whole(2)));
        for other in [Term::plain(1.0, 1), padded(16, 1), padded_beyond(16), knotted(15, 1)] {
            assert!(!is_whole(&other), "{other:?}");
        }
    }
}
