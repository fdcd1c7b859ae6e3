//! The two functions that a power curve needs, for the arguments that it has: the exponential to 2e-7 of its value, what is made of the
//! logarithm to 5e-6, next to where its series ends and a difference begins.
//!
//! Those of `libm` handle all others too, in 1.3 KB of flash on a Cortex-M4F where these take 0.5, and cannot be computed for several requests at once.

use crate::polynomial::float;

/// Coefficients of the power 0 first.
type Series = [f32; 6];

/// `(exp(-x) - 1 + x) / x^2`, the Taylor series; below 1e-7 off up to `x = 0.35`.
const DECAY: Series = [1.0 / 2.0, -1.0 / 6.0, 1.0 / 24.0, -1.0 / 120.0, 1.0 / 720.0, -1.0 / 5040.0];
/// `((1 + x) ln(1 + x) - x) / x^2`, the Taylor series; below 2e-7 off up to `x = 0.125`.
const GROWTH: Series = [1.0 / 2.0, -1.0 / 6.0, 1.0 / 12.0, -1.0 / 20.0, 1.0 / 30.0, -1.0 / 42.0];
/// `artanh(s) / s` by `s^2`, likewise; below 1e-9 off up to `s = 0.172`.
const ARTANH: Series = [1.0, 1.0 / 3.0, 1.0 / 5.0, 1.0 / 7.0, 1.0 / 9.0, 1.0 / 11.0];
/// The first 15 bits of `ln 2`, so that its product with an exponent is exact, and the others.
const LN_2: [f32; 2] = [0.693_145_75, 1.428_606_8e-6];
/// Bits of an f32 behind its exponent.
const FRACTION: u32 = 23;

// Unrolled, it would stand in a firmware four times.
#[cfg_attr(target_os = "none", inline(never))]
#[cfg_attr(not(target_os = "none"), inline(always))]
fn horner(at: f32, coefficients: &Series) -> f32 {
    coefficients.iter().rev().fold(0.0, |sum, coefficient| sum * at + coefficient)
}

/// `exp(-x)` of an x that is not negative; 0 where it would be subnormal.
///
/// With `x = k ln 2 + r`, `|r| <= ln 2 / 2`, it is `2^-k exp(-r)`.
#[cfg_attr(target_os = "none", inline(never))]
#[cfg_attr(not(target_os = "none"), inline(always))]
pub(crate) fn decay(x: f32) -> f32 {
    /// The sum with it is rounded to a whole number, which its last bits are: 1.5 * 2^23.
    const WHOLE: f32 = 12_582_912.0;
    if x > 87.0 {
        return 0.0;
    }
    let rounded = x * core::f32::consts::LOG2_E + WHOLE;
    let k = rounded - WHOLE;
    let r = (x - k * LN_2[0]) - k * LN_2[1];
    let exponent = (WHOLE.to_bits() + 127).wrapping_sub(rounded.to_bits());
    (1.0 - r + decay_behind(r)) * f32::from_bits(exponent << FRACTION)
}

/// `exp(-x) - 1 + x` of an x from -0.35 to 0.35, without cancellation.
#[cfg_attr(not(target_os = "none"), inline(always))]
pub(crate) fn decay_behind(x: f32) -> f32 {
    x * (x * horner(x, &DECAY))
}

/// `(1 + x) ln(1 + x) - x` of an x that is not negative.
#[cfg_attr(not(target_os = "none"), inline(always))]
pub(crate) fn growth(x: f32) -> f32 {
    if x >= 0.125 { (1.0 + x) * ln_1p(x) - x } else { x * (x * horner(x, &GROWTH)) }
}

/// `ln(1 + x)` of an x that is not negative.
///
/// With `1 + x = 2^k m`, `m` around 1 and `s = (m - 1) / (m + 1)`, it is `k ln 2 + 2 artanh(s)`.
#[cfg_attr(not(target_os = "none"), inline(always))]
fn ln_1p(x: f32) -> f32 {
    /// The bits of `sqrt(1/2)`, where m begins.
    const LEAST: u32 = 0x3F35_04F3;
    let sum = 1.0 + x;
    let rounded_off = (x - (sum - 1.0)) / sum;
    let above = sum.to_bits() - LEAST;
    let m = f32::from_bits((above & ((1 << FRACTION) - 1)) + LEAST);
    let k = float(above >> FRACTION);
    let s = (m - 1.0) / (m + 1.0);
    k * LN_2[0] + (k * LN_2[1] + rounded_off + 2.0 * s * horner(s * s, &ARTANH))
}

#[cfg(test)]
mod tests {
    extern crate std;

    use super::{decay, decay_behind, growth};

    /// Largest relative error over a range, in 2^20 places, evenly many in every octave.
    fn largest(of: fn(f32) -> f32, exact: fn(f64) -> f64, [least, most]: [f32; 2]) -> f64 {
        let octaves = f64::from(most / least).log2();
        let at = |place: u32| least * ((octaves * f64::from(place) / f64::from(1 << 20)).exp2() as f32);
        (0..=1 << 20).map(at).map(|x| (f64::from(of(x)) / exact(x.into()) - 1.0).abs()).fold(0.0, f64::max)
    }

    #[test]
    fn decay_is_an_exponential() {
        let error = largest(decay, |x| (-x).exp(), [1.0e-6, 87.0]);
        assert!(error < 2.0e-7, "{error:e}");
        assert_eq!([decay(0.0), decay(87.1), decay(f32::INFINITY)], [1.0, 0.0, 0.0]);
    }

    #[test]
    fn what_is_behind_an_exponential_does_not_cancel() {
        let error = largest(decay_behind, |x| (-x).exp_m1() + x, [1.0e-3, 0.25]);
        assert!(error < 3.0e-7, "{error:e}");
    }

    #[test]
    fn growth_is_the_integral_of_a_logarithm() {
        let exact = |x: f64| (1.0 + x) * x.ln_1p() - x;
        let error = largest(growth, exact, [1.0e-3, 0.1249]);
        assert!(error < 3.0e-7, "{error:e}");
        let error = largest(growth, exact, [0.125, 1.0e9]);
        assert!(error < 5.0e-6, "{error:e}");
    }
}
