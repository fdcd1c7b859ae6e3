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
            Self::Log { base_w, slope_w } => base_w * seconds + slope_w * grown(seconds),
            Self::Ramp { steady_w, deficit_w, tau_s } => {
                let (missing, caught_up) = split(seconds, tau_s);
                // Without a subtraction of joules, so that a power that begins at 0 gives no energy below 0.
                if deficit_w < 0.0 {
                    steady_w * seconds - deficit_w * missing
                } else {
                    (steady_w - deficit_w) * seconds + deficit_w * caught_up
                }
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

    /// An upper bound of every value on the way to the energy of at most so many seconds, and of their mean power.
    pub(crate) fn bound(&self, seconds: f32) -> f32 {
        /// Above `ln(1 + t)` of every f32.
        const LOG: f32 = 89.0;
        // A second more: the joules of it are above the watts of any time.
        let seconds = 1.0 + seconds;
        match *self {
            Self::Unknown => 0.0,
            Self::Constant { watts } => watts * seconds,
            Self::Log { base_w, slope_w } => base_w * seconds + slope_w * (seconds * LOG),
            Self::Ramp { steady_w, deficit_w, .. } => (steady_w + libm::fabsf(deficit_w)) * seconds,
        }
    }
}

/// `(1 + t) ln(1 + t) - t`; for a short time by its series, where the difference would cancel.
fn grown(seconds: f32) -> f32 {
    const SERIES: [f32; 6] = [1.0 / 2.0, -1.0 / 6.0, 1.0 / 12.0, -1.0 / 20.0, 1.0 / 30.0, -1.0 / 42.0];
    if seconds < 0.125 {
        seconds * (seconds * horner(seconds, SERIES))
    } else {
        (1.0 + seconds) * libm::log1pf(seconds) - seconds
    }
}

/// `tau (1 - exp(-t / tau))`, the seconds for which the deficit is missing in all, and the other seconds of t; each without
/// cancellation.
fn split(seconds: f32, tau_s: f32) -> (f32, f32) {
    const SERIES: [f32; 6] = [1.0 / 2.0, -1.0 / 6.0, 1.0 / 24.0, -1.0 / 120.0, 1.0 / 720.0, -1.0 / 5040.0];
    let elapsed = seconds / tau_s;
    if elapsed < 0.25 {
        let caught_up = seconds * (elapsed * horner(elapsed, SERIES));
        (seconds - caught_up, caught_up)
    } else {
        let missing = tau_s * -libm::expm1f(-elapsed);
        (missing, seconds - missing)
    }
}

/// The value of the polynomial with these coefficients, that of the power 0 first.
fn horner<const N: usize>(at: f32, coefficients: [f32; N]) -> f32 {
    coefficients.iter().rev().fold(0.0, |sum, coefficient| sum * at + coefficient)
}
