//! Polynomials in a token count, and the two closed forms in which the phases use them.

use heapless::Vec;

/// Terms that the prefill polynomial can hold.
pub const PREFILL_TERMS: usize = 8;
/// Terms that the step polynomial can hold.
pub const STEP_TERMS: usize = 4;

/// The largest tile of a term.
pub const LARGEST_TILE: u16 = 16_383;

/// `coefficient * x(n)^power`, where `x(n) = ceil(max(n - knot, 0) / tile) * tile`.
///
/// The knot comes before the tile. For a knot that is a multiple of the tile the order makes no difference; any other
/// knot shifts where the tiles begin, so that `knot = tile - 1` counts the *whole* tiles in n (`floor(n / tile) * tile`), as
/// kernels need that run full tiles fast and the remainder slowly.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "encode", derive(serde::Serialize))]
pub struct Term {
    /// Seconds per token to the `power`.
    pub coefficient: f32,
    /// Token count up to which the term is zero.
    pub knot: u32,
    /// Token counts are rounded up to a multiple of this; 1 leaves them as they are.
    pub tile: u16,
    /// 1 to 3 in prefill, 0 to 2 in a step.
    pub power: u8,
}

impl Term {
    /// The term `coefficient * n^power`, without knot and tile.
    pub const fn plain(coefficient: f32, power: u8) -> Self {
        Self { coefficient, knot: 0, tile: 1, power }
    }

    /// `max(n - knot, 0)`, of counts up to 2^29.
    #[inline(always)]
    fn beyond(&self, tokens: u32) -> u32 {
        // As signed numbers: two instructions, without a branch.
        (tokens.wrapping_sub(self.knot) as i32).max(0) as u32
    }

    /// `x(n)`, in tokens.
    #[inline(always)]
    fn length(&self, tokens: u32) -> u32 {
        let beyond = self.beyond(tokens);
        // Most terms have no tile, and small cores divide in software. A tile of 0, which decoding rejects, has a hand-made term only.
        match u32::from(self.tile) {
            0 | 1 => beyond,
            #[expect(clippy::manual_div_ceil, reason = "without the remainder that div_ceil computes")]
            tile => (beyond + (tile - 1)) / tile * tile,
        }
    }

    /// The rise of the term from one prompt length to a longer one, `term(to) - term(from)`, in seconds.
    ///
    /// The difference of powers is expanded as `(b - a) * (...)`, so that nothing cancels and a short prompt behind a long cached
    /// prefix is as exact as one without. Counts are up to 2^29; others have a meaningless value.
    #[inline(always)]
    pub fn rise(&self, from: u32, to: u32) -> f32 {
        // Without a prefix in the cache there is nothing to look at twice.
        let (a, b) = (if from == 0 { 0 } else { self.length(from) }, self.length(to));
        let rise = float(b.wrapping_sub(a));
        let (a, b) = (float(a), float(b));
        let shape = match self.power {
            0 => 0.0,
            1 => rise,
            2 => rise * (b + a),
            _ => rise * (b * b + a * b + a * a),
        };
        self.coefficient * shape
    }

    /// The sum of the term over the contexts `from + 1 ..= to`, in seconds. The tile is not used.
    ///
    /// With m contexts around their midpoint c: `sum c^0 = m`, `sum c^1 = m c`, `sum c^2 = m (c^2 + (m^2 - 1) / 12)`. Counts are up to 2^29, as in [`Term::rise`].
    #[inline(always)]
    pub fn sum(&self, from: u32, to: u32) -> f32 {
        let (from, to) = (self.beyond(from), self.beyond(to));
        let count = float(to.wrapping_sub(from));
        let midpoint = 0.5 * float(from.wrapping_add(to).wrapping_add(1));
        let shape = match self.power {
            0 => count,
            1 => count * midpoint,
            _ => count * (midpoint * midpoint + (count * count - 1.0) * (1.0 / 12.0)),
        };
        self.coefficient * shape
    }
}

/// A count below 2^31 as a number.
pub(crate) fn float(count: u32) -> f32 {
    // Larger processors have an instruction for several signed numbers at once; a core without an FPU shall have one function for all.
    if cfg!(target_os = "none") { count as f32 } else { count as i32 as f32 }
}

/// A fixed part and up to `N` terms.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "encode", derive(serde::Serialize))]
pub struct Polynomial<const N: usize> {
    /// Seconds that every request pays, whatever its length.
    pub fixed_s: f32,
    /// What grows with the tokens.
    pub terms: Vec<Term, N, u8>,
}

impl<const N: usize> Polynomial<N> {
    /// The fixed part plus the rise of all terms from one prompt length to a longer one, in seconds.
    #[inline]
    pub fn rise(&self, from: u32, to: u32) -> f32 {
        self.seconds(Closed::Rise, from, to)
    }

    /// The fixed part plus the sum of all terms over the contexts `from + 1 ..= to`, in seconds.
    #[inline]
    pub fn sum(&self, from: u32, to: u32) -> f32 {
        self.seconds(Closed::Sum, from, to)
    }

    fn seconds(&self, closed: Closed, from: u32, to: u32) -> f32 {
        seconds(self.fixed_s, &self.terms, closed, from, to)
    }
}

/// The two closed forms of a term.
#[derive(Clone, Copy)]
enum Closed {
    Rise,
    Sum,
}

/// One loop for both forms, which a program has once.
#[inline(never)]
fn seconds(fixed_s: f32, terms: &[Term], closed: Closed, from: u32, to: u32) -> f32 {
    terms.iter().fold(fixed_s, |seconds, term| {
        seconds
            + match closed {
                Closed::Rise => term.rise(from, to),
                Closed::Sum => term.sum(from, to),
            }
    })
}
