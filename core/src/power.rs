//! Power over the time of a phase, and the energy that is its integral.

use serde::Deserialize;

/// Watts against t, the seconds since the phase began.
#[derive(Clone, Copy, Debug, Default, PartialEq, Deserialize)]
#[cfg_attr(feature = "encode", derive(serde::Serialize))]
#[serde(rename_all = "snake_case")]
pub enum PowerCurve {
    /// Nobody has measured or stated it.
    #[default]
    Unknown,
    /// `P(t) = watts`.
    Constant {
        /// At least 0.
        watts: f32,
    },
    /// `P(t) = base_w + slope_w * ln(1 + t)`, t in seconds.
    Log {
        /// Watts at the start, at least 0.
        base_w: f32,
        /// Watts more per e-fold of `1 + t`, at least 0.
        slope_w: f32,
    },
    /// `P(t) = steady_w - deficit_w * exp(-t / tau_s)`.
    Ramp {
        /// Watts in the long run, at least 0.
        steady_w: f32,
        /// Watts that are missing at the start, at most `steady_w`; negative where power falls.
        deficit_w: f32,
        /// Seconds after which about a third of the deficit is left, above 0.
        tau_s: f32,
    },
}

/// What is wrong with a curve.
pub(crate) enum CurveError {
    /// A value is NaN or infinite.
    NotFinite,
    /// Power would be negative at some time, or the time constant is not above 0.
    Watts,
}

impl PowerCurve {
    /// Joules of the first `seconds` of a phase: the integral of the power from 0 on; `None` of an unknown curve.
    ///
    /// - constant: `watts t`;
    /// - log: `base t + slope ((1 + t) ln(1 + t) - t)`;
    /// - ramp: `steady t - deficit tau (1 - exp(-t / tau))`.
    pub fn energy_j(&self, seconds: f32) -> Option<f32> {
        Some(match *self {
            Self::Unknown => return None,
            Self::Constant { watts } => watts * seconds,
            Self::Log { base_w, slope_w } => {
                base_w * seconds + slope_w * ((1.0 + seconds) * libm::log1pf(seconds) - seconds)
            }
            // expm1 is exp less 1 without the cancellation of a short phase.
            Self::Ramp { steady_w, deficit_w, tau_s } => {
                steady_w * seconds + deficit_w * (tau_s * libm::expm1f(-(seconds / tau_s)))
            }
        })
    }

    /// Whether every value makes sense.
    pub(crate) fn check(&self) -> Result<(), CurveError> {
        let (values, sound) = match *self {
            Self::Unknown => return Ok(()),
            Self::Constant { watts } => ([watts, 0.0, 0.0], watts >= 0.0),
            Self::Log { base_w, slope_w } => ([base_w, slope_w, 0.0], base_w >= 0.0 && slope_w >= 0.0),
            Self::Ramp { steady_w, deficit_w, tau_s } => {
                ([steady_w, deficit_w, tau_s], steady_w >= 0.0 && deficit_w <= steady_w && tau_s > 0.0)
            }
        };
        if !values.iter().all(|value| value.is_finite()) {
            Err(CurveError::NotFinite)
        } else if sound {
            Ok(())
        } else {
            Err(CurveError::Watts)
        }
    }

    /// An upper bound of every value on the way to the energy of so many seconds.
    pub(crate) fn bound_j(&self, seconds: f32) -> f32 {
        /// Above `ln(1 + t)` of every f32.
        const LOG: f32 = 89.0;
        match *self {
            Self::Unknown => 0.0,
            Self::Constant { watts } => watts * seconds,
            Self::Log { base_w, slope_w } => base_w * seconds + slope_w * ((1.0 + seconds) * LOG),
            Self::Ramp { steady_w, deficit_w, tau_s } => steady_w * seconds + libm::fabsf(deficit_w) * tau_s,
        }
    }
}
