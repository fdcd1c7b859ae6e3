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
    /// Of decode only: `P(t) = idle_w` up to `wake_s`, and `steady_w - deficit_w * exp(-(t - wake_s) / tau_s)` from there on; t are the seconds since the
    /// *request* began, in decode too: a device that prefill has woken does not fall asleep again.
    Wake {
        /// Watts before the device, or its meter, wakes; at least 0.
        idle_w: f32,
        /// Seconds until it does, at least 0.
        wake_s: f32,
        /// Watts in the long run, at least 0.
        steady_w: f32,
        /// Watts that are missing at first, at most `steady_w`; negative where power falls.
        deficit_w: f32,
        /// Seconds after which about a third of the deficit is left, above 0.
        tau_s: f32,
    },
}

/// What is wrong with a curve.
pub(crate) enum CurveError {
    /// A value is NaN or infinite.
    NotFinite,
    /// Power would be negative at some time, the time constant is not above 0, or the waking is before the request.
    Watts,
}

impl PowerCurve {
    /// Joules of the first `seconds` of a request, if they are of one phase: [`PowerCurve::energy_from_j`] 0.
    pub fn energy_j(&self, seconds: f32) -> Option<f32> {
        self.energy_from_j(0.0, seconds)
    }

    /// Joules of a phase that begins `begin_s` after its request and takes `seconds`: the integral of the power over them; `None` of an
    /// unknown curve.
    ///
    /// - constant: `watts t`;
    /// - log: `base t + slope ((1 + t) ln(1 + t) - t)`;
    /// - ramp: `steady t - deficit tau (1 - exp(-t / tau))`;
    /// - wake: `idle` times the seconds up to the waking, and a ramp of the others.
    pub fn energy_from_j(&self, begin_s: f32, seconds: f32) -> Option<f32> {
        Some(match *self {
            Self::Unknown => return None,
            Self::Constant { watts } => watts * seconds,
            Self::Log { base_w, slope_w } => base_w * seconds + slope_w * grown(seconds),
            Self::Ramp { steady_w, deficit_w, tau_s } => ramp_j(steady_w, deficit_w, tau_s, seconds),
            Self::Wake { idle_w, wake_s, steady_w, deficit_w, tau_s } => {
                let asleep_s = libm::fminf(libm::fmaxf(wake_s - begin_s, 0.0), seconds);
                // A ramp that began earlier is one with what is left of the deficit: exact, where a difference of two energies would cancel.
                let left = libm::expf(-(libm::fmaxf(begin_s - wake_s, 0.0) / tau_s));
                idle_w * asleep_s + ramp_j(steady_w, deficit_w * left, tau_s, seconds - asleep_s)
            }
        })
    }

    /// Whether every value makes sense.
    pub(crate) fn check(&self) -> Result<(), CurveError> {
        let (values, sound) = match *self {
            Self::Unknown => return Ok(()),
            Self::Constant { watts } => ([watts, 0.0, 0.0, 0.0, 0.0], watts >= 0.0),
            Self::Log { base_w, slope_w } => ([base_w, slope_w, 0.0, 0.0, 0.0], base_w >= 0.0 && slope_w >= 0.0),
            Self::Ramp { steady_w, deficit_w, tau_s } => {
                ([steady_w, deficit_w, tau_s, 0.0, 0.0], steady_w >= 0.0 && deficit_w <= steady_w && tau_s > 0.0)
            }
            Self::Wake { idle_w, wake_s, steady_w, deficit_w, tau_s } => {
                let awake = steady_w >= 0.0 && deficit_w <= steady_w && tau_s > 0.0;
                ([steady_w, deficit_w, tau_s, idle_w, wake_s], awake && idle_w >= 0.0 && wake_s >= 0.0)
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
            Self::Wake { idle_w, steady_w, deficit_w, .. } => (idle_w + steady_w + libm::fabsf(deficit_w)) * seconds,
        }
    }
}

/// Joules of the first seconds of a ramp.
fn ramp_j(steady_w: f32, deficit_w: f32, tau_s: f32, seconds: f32) -> f32 {
    let (missing, caught_up) = split(seconds, tau_s);
    // Without a subtraction of joules, so that a power that begins at 0 gives no energy below 0.
    if deficit_w < 0.0 {
        steady_w * seconds - deficit_w * missing
    } else {
        (steady_w - deficit_w) * seconds + deficit_w * caught_up
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
