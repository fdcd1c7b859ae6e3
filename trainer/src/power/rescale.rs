//! The power curves of a profile that is calibrated to another device.

use super::{Curve, PowerError, Selected, fit, select};
use crate::measurement::{Phase, Spent};
use crate::score::median;
use crate::select::Validation;
use serde::Serialize;
use token2metrics_core::PowerCurve;

/// What became of a phase's curve.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(tag = "method", rename_all = "snake_case")]
pub enum Change {
    /// No row has the phase's energy.
    Kept,
    /// All its watts are times the median of observed / predicted mean power.
    Scaled {
        /// That median.
        scale: f64,
        /// Rows that have it.
        rows: usize,
    },
    /// There was none: the rows gave one.
    Fitted {
        /// Rows that it is fitted to.
        rows: usize,
        /// The mean absolute percentage error of their joules, each row predicted from the other folds.
        cv_mape_percent: Option<f64>,
    },
}

/// The curve for the device that the rows are of.
///
/// # Errors
/// Rows that give no watts.
pub fn rescale(phase: Phase, curve: PowerCurve, spent: &[Spent]) -> Result<(PowerCurve, Change), PowerError> {
    let rows = spent.len();
    if rows == 0 {
        return Ok((curve, Change::Kept));
    }
    if curve == PowerCurve::Unknown {
        let Selected { curve, comparison, .. } = select(phase, Curve::Auto, &Validation::default(), spent)?;
        return Ok((curve, Change::Fitted { rows, cv_mape_percent: comparison.cv_mape_percent }));
    }
    // Over the same seconds, joules are to each other as mean powers are.
    let scale = median(spent.iter().map(|row| row.joules / row.predicted_j(&curve)).collect());
    let scaled = scaled(curve, scale);
    if scale.is_finite() && fit::is_of_a_machine(&scaled) {
        Ok((scaled, Change::Scaled { scale, rows }))
    } else {
        Err(PowerError::Range)
    }
}

/// The same form with all its watts scaled: as sound as it was.
fn scaled(curve: PowerCurve, scale: f64) -> PowerCurve {
    let scaled = |watts: f32| (f64::from(watts) * scale) as f32;
    match curve {
        PowerCurve::Unknown => PowerCurve::Unknown,
        PowerCurve::Constant { watts } => PowerCurve::Constant { watts: scaled(watts) },
        PowerCurve::Log { base_w, slope_w } => PowerCurve::Log { base_w: scaled(base_w), slope_w: scaled(slope_w) },
        PowerCurve::Ramp { steady_w, deficit_w, tau_s } => {
            PowerCurve::Ramp { steady_w: scaled(steady_w), deficit_w: scaled(deficit_w), tau_s }
        }
        PowerCurve::Wake { idle_w, wake_s, steady_w, deficit_w, tau_s } => PowerCurve::Wake {
            idle_w: scaled(idle_w),
            wake_s,
            steady_w: scaled(steady_w),
            deficit_w: scaled(deficit_w),
            tau_s,
        },
    }
}
