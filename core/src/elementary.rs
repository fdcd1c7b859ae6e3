//! The two functions that a power curve needs, for the arguments that it has, to two units in the last place.
//!
//! Those of `libm` handle all others too, in 1.3 KB of flash where these take 0.3, and cannot be computed for several requests at once.

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
