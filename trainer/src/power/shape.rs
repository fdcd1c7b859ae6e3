//! The forms of a power curve.

use clap::ValueEnum;
use serde::{Deserialize, Serialize};
use token2metrics_core::PowerCurve;

/// What form a phase's power is fitted with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum Curve {
    /// The same watts all the time.
    Constant,
    /// Watts that rise with the logarithm of time.
    Log,
    /// Watts that near a steady level exponentially.
    Ramp,
    /// The simplest of these that is as good as the best by cross-validation.
    #[default]
    Auto,
}

impl Curve {
    /// What `auto` compares, the simplest first.
    pub const FORMS: [Self; 3] = [Self::Constant, Self::Log, Self::Ramp];

    /// How many numbers the form has.
    pub const fn parameters(self) -> usize {
        match self {
            Self::Constant | Self::Auto => 1,
            Self::Log => 2,
            Self::Ramp => 3,
        }
    }
}

/// A curve without its watts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Shape {
    Constant,
    Log,
    Ramp { tau_s: f64 },
}

impl Shape {
    /// Curves of one watt. Any curve of the shape that is nowhere below 0 is a sum of them, each times watts of at least 0.
    pub(super) fn units(self) -> Vec<PowerCurve> {
        match self {
            Self::Constant => vec![PowerCurve::Constant { watts: 1.0 }],
            Self::Log => {
                vec![PowerCurve::Log { base_w: 1.0, slope_w: 0.0 }, PowerCurve::Log { base_w: 0.0, slope_w: 1.0 }]
            }
            Self::Ramp { tau_s } => {
                let tau_s = tau_s as f32;
                // The watts of the start, which fade, and those of the long run, which come instead.
                vec![
                    PowerCurve::Ramp { steady_w: 0.0, deficit_w: -1.0, tau_s },
                    PowerCurve::Ramp { steady_w: 1.0, deficit_w: 1.0, tau_s },
                ]
            }
        }
    }

    /// The curve with these watts, one per unit.
    pub(super) fn curve(self, watts: &[f64]) -> PowerCurve {
        let watt = |index: usize| watts.get(index).copied().unwrap_or_default();
        match self {
            Self::Constant => PowerCurve::Constant { watts: watt(0) as f32 },
            Self::Log => PowerCurve::Log { base_w: watt(0) as f32, slope_w: watt(1) as f32 },
            Self::Ramp { tau_s } => PowerCurve::Ramp {
                steady_w: watt(1) as f32,
                deficit_w: (watt(1) - watt(0)) as f32,
                tau_s: tau_s as f32,
            },
        }
    }
}
