//! The forms of a power curve.

use crate::measurement::Phase;
use clap::ValueEnum;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use token2metrics_core::PowerCurve;

/// What form a phase's power is fitted with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum Curve {
    /// The same watts all the time.
    Constant,
    /// Watts that rise with the logarithm of time.
    Log,
    /// Watts that near a steady level exponentially.
    Ramp,
    /// Of decode only: idle for a while after the request, then a jump to a ramp.
    Wake,
    /// The simplest of these that is as good as the best by cross-validation.
    #[default]
    Auto,
}

impl Curve {
    /// What `auto` compares for a phase, the simplest first.
    pub const fn forms(phase: Phase) -> &'static [Self] {
        match phase {
            // Nothing could have woken the device before the request.
            Phase::Prefill => &[Self::Constant, Self::Log, Self::Ramp],
            Phase::Decode => &[Self::Constant, Self::Log, Self::Ramp, Self::Wake],
        }
    }

    /// How many numbers the form has.
    pub const fn parameters(self) -> usize {
        match self {
            Self::Constant | Self::Auto => 1,
            Self::Log => 2,
            Self::Ramp => 3,
            Self::Wake => 5,
        }
    }
}

/// A curve without its watts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Shape {
    Constant,
    Log,
    Ramp { tau_s: f64 },
    Wake { tau_s: f64, wake_s: f64 },
}

impl Shape {
    /// Curves of one watt, of which a curve of the shape is a sum, each times watts of at least 0: so it is nowhere below 0.
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
            Self::Wake { tau_s, wake_s } => {
                let (tau_s, wake_s) = (tau_s as f32, wake_s as f32);
                let unit =
                    |idle_w, steady_w, deficit_w| PowerCurve::Wake { idle_w, wake_s, steady_w, deficit_w, tau_s };
                // Power that falls after a waking is a meter's whim: it would be 0 W in the long run.
                vec![unit(1.0, 0.0, 0.0), unit(0.0, 1.0, 0.0), unit(0.0, 1.0, 1.0)]
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
            Self::Wake { tau_s, wake_s } => PowerCurve::Wake {
                idle_w: watt(0) as f32,
                wake_s: wake_s as f32,
                steady_w: (watt(1) + watt(2)) as f32,
                deficit_w: watt(2) as f32,
                tau_s: tau_s as f32,
            },
        }
    }
}
