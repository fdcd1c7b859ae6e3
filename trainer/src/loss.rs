//! What a fit minimises.

use serde::{Deserialize, Serialize};

/// The loss over the residuals of a fit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Loss {
    /// Squared seconds: ordinary least squares, ruled by the longest requests.
    Squared,
    /// Squared relative errors: every request counts the same, whatever its length.
    #[default]
    Relative,
    /// Huber's loss over relative errors: squared up to 1.345 standard deviations of the bulk, linear beyond (P. J. Huber, "Robust estimation
    /// of a location parameter", 1964), so that a freak row pulls no harder than a moderately bad one.
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

/// The slope of [`rho`].
pub fn slope(residual: f64, threshold: f64) -> f64 {
    residual.clamp(-threshold, threshold)
}
