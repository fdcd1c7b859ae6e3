//! Power over the time of a phase, and the energy that is its integral.

use crate::elementary::{decay, decay_behind, growth};

/// Watts against t, the seconds since the phase began.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[cfg_attr(feature = "encode", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "encode", serde(rename_all = "snake_case"))]
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
        (*self != Self::Unknown).then(|| self.joules(begin_s, seconds))
    }

    /// [`PowerCurve::energy_from_j`], infinite where it is not known.
    #[inline(never)]
    pub(crate) fn joules(&self, begin_s: f32, seconds: f32) -> f32 {
        self.joules_inline(begin_s, seconds)
    }

    /// The same, for the loops of a batch.
    #[inline(always)]
    pub(crate) fn joules_inline(&self, begin_s: f32, seconds: f32) -> f32 {
        match *self {
            Self::Unknown => f32::INFINITY,
            Self::Constant { watts } => watts * seconds,
            Self::Log { base_w, slope_w } => base_w * seconds + slope_w * growth(seconds),
            Self::Ramp { steady_w, deficit_w, tau_s } => ramp_j(steady_w, deficit_w, tau_s, seconds),
            Self::Wake { idle_w, wake_s, steady_w, deficit_w, tau_s } => {
                let (to_wake_s, awake_s) = (wake_s - begin_s, begin_s - wake_s);
                if awake_s >= 0.0 {
                    // A ramp that began earlier is one with what is left of the deficit: exact, where a difference of two energies would cancel.
                    ramp_j(steady_w, deficit_w * decay(awake_s / tau_s), tau_s, seconds)
                } else if to_wake_s >= seconds {
                    idle_w * seconds
                } else {
                    idle_w * to_wake_s + ramp_j(steady_w, deficit_w, tau_s, seconds - to_wake_s)
                }
            }
        }
    }
}

/// Joules of the first seconds of a ramp.
#[cfg_attr(target_os = "none", inline(never))]
#[cfg_attr(not(target_os = "none"), inline(always))]
fn ramp_j(steady_w: f32, deficit_w: f32, tau_s: f32, seconds: f32) -> f32 {
    let (missing_s, caught_up_s) = split(seconds, tau_s);
    // Without a subtraction of joules, so that a power that begins at 0 gives no energy below 0.
    if deficit_w >= 0.0 {
        (steady_w - deficit_w) * seconds + deficit_w * caught_up_s
    } else {
        steady_w * seconds - deficit_w * missing_s
    }
}

/// `tau (1 - exp(-t / tau))`, the seconds for which the deficit is missing in all, and the other seconds of t; each without
/// cancellation.
#[cfg_attr(not(target_os = "none"), inline(always))]
fn split(seconds: f32, tau_s: f32) -> (f32, f32) {
    let elapsed = seconds / tau_s;
    if elapsed >= 0.25 {
        let missing_s = tau_s * (1.0 - decay(elapsed));
        (missing_s, seconds - missing_s)
    } else {
        let caught_up_s = tau_s * decay_behind(elapsed);
        (seconds - caught_up_s, caught_up_s)
    }
}
