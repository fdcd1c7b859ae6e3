//! What a fit minimises.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The loss over the residuals of a fit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Loss {
    /// Squared seconds: ordinary least squares, ruled by the longest requests.
    Squared,
    /// Squared relative errors: every request counts the same, whatever its length.
    Relative,
    /// Huber's loss over relative errors: squared up to 1.345 standard deviations of the bulk, linear beyond (P. J. Huber, "Robust estimation
    /// of a location parameter", 1964), so that a freak row pulls no harder than a moderately bad one.
    #[default]
    Huber,
}

/// Huber's threshold in standard deviations: 95 % efficiency on normal errors.
const HUBER_DEVIATIONS: f64 = 1.345;

impl Loss {
    /// The weight of a row's residual, from its seconds.
    pub fn weight(self, seconds: f64) -> f64 {
        match self {
            Self::Squared => 1.0,
            Self::Relative | Self::Huber => 1.0 / seconds,
        }
    }

    /// The seconds that a row's error is relative to. Huber's loss bounds the pull of an error, not the weight of its row: a freak row
    /// that took a tenth of its time would pull ten times as hard as any other, and counts as half of what is predicted for it.
    pub fn yardstick(self, seconds: f64, predicted: f64) -> f64 {
        match self {
            Self::Squared | Self::Relative => seconds,
            Self::Huber => seconds.max(0.5 * predicted),
        }
    }

    /// The residual beyond which the loss is linear, from residuals of a first fit; infinite for the squares.
    pub fn threshold(self, residuals: &[f64]) -> f64 {
        match self {
            Self::Squared | Self::Relative => f64::INFINITY,
            Self::Huber => {
                let deviation = crate::score::median(residuals.iter().map(|r| r.abs()).collect()) / 0.6745;
                // More than half of the rows fitted exactly: nothing to be robust against.
                if deviation > 0.0 { HUBER_DEVIATIONS * deviation } else { f64::INFINITY }
            }
        }
    }
}

/// Half the squared residual up to `threshold`, linear beyond.
pub fn rho(residual: f64, threshold: f64) -> f64 {
    let size = residual.abs();
    if size <= threshold { 0.5 * residual * residual } else { threshold * (size - 0.5 * threshold) }
}

/// `rho(residual + change) - rho(residual)`, exact also where the change is far below the rounding of either.
///
/// With c the residual cut off at the threshold, `rho(r) = c r - c^2 / 2`; the difference of two of them is written with
/// differences alone.
pub fn rise(residual: f64, change: f64, threshold: f64) -> f64 {
    let before = slope(residual, threshold);
    let after = slope(residual + change, threshold);
    after * change + (after - before) * (residual - 0.5 * (before + after))
}

/// The slope of [`rho`].
pub fn slope(residual: f64, threshold: f64) -> f64 {
    residual.clamp(-threshold, threshold)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rise_is_the_difference_of_two_losses() {
        // By hand, threshold 2: rho(1) = 0.5, rho(2) = 2, rho(3) = 2 * (3 - 1) = 4, rho(-5) = 2 * (5 - 1) = 8.
        for (from, to, by_hand) in
            [(1.0, 2.0, 1.5), (2.0, 1.0, -1.5), (1.0, 3.0, 3.5), (3.0, -5.0, 4.0), (3.0, 3.0, 0.0)]
        {
            assert_eq!(rise(from, to - from, 2.0), by_hand, "{from} to {to}");
            assert_eq!(rho(to, 2.0) - rho(from, 2.0), by_hand, "{from} to {to}");
        }
        // 1 + 1e-18 is 1 in an f64: the difference of two losses would be 0.
        assert_eq!(rise(1.0, 1e-18, 2.0), 1e-18);
    }

    #[test]
    fn a_row_that_took_no_time_weighs_no_more_than_double() {
        for (seconds, predicted, by_hand) in [(2.0, 3.0, 2.0), (2.0, 4.0, 2.0), (2.0, 20.0, 10.0), (2.0, -9.0, 2.0)] {
            assert_eq!(Loss::Huber.yardstick(seconds, predicted), by_hand, "{seconds} s for {predicted} s");
            assert_eq!(Loss::Relative.yardstick(seconds, predicted), seconds);
        }
    }

    #[test]
    fn the_threshold_is_that_of_the_bulk() {
        // The median of the sizes 1, 2, 3, 4, 100 is 3; 3 / 0.6745 * 1.345.
        let threshold = Loss::Huber.threshold(&[1.0, -2.0, 3.0, -4.0, 100.0]);
        assert!((threshold - 5.982_209).abs() < 1e-6, "{threshold}");
        assert_eq!(Loss::Huber.threshold(&[0.0, 0.0, 0.0, 1.0]), f64::INFINITY);
        assert_eq!(Loss::Relative.threshold(&[1.0, 2.0]), f64::INFINITY);
    }
}
