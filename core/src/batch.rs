//! Many requests at once: every step of a prediction for several of them together, for which processors have instructions.
//!
//! What is computed for one of them is what [`crate::prediction`] computes, to the bit, by the same functions; only what a profile decides for all of
//! them, such as the power of a term, is decided once.

use crate::polynomial::{Polynomial, Term};
use crate::prediction::Flags;
use crate::{Figures, Phase, PowerCurve, Profile, Request, RequestError};

/// Requests that are predicted together. A firmware has no such instructions, and little stack.
pub const LANES: usize = if cfg!(target_os = "none") { 1 } else { 32 };

type Lanes<T> = [T; LANES];

impl Profile {
    /// Sets [`Profile::figures`] of as many requests.
    ///
    /// # Errors
    /// That of the first request that has one; then all figures are as they were.
    pub fn figures_of_each(&self, requests: &Lanes<Request>, figures: &mut Lanes<Figures>) -> Result<(), RequestError> {
        requests.iter().try_for_each(|request| self.check_request(*request))?;
        let cached = requests.map(|request| request.cached_tokens);
        let input = requests.map(|request| request.input_tokens);
        let ends = requests.map(|request| request.input_tokens + (request.output_tokens - 1));
        let (mut fitted_prefill_s, mut fitted_decode_s) = ([0.0; LANES], [0.0; LANES]);
        self.prefill.seconds_of_each(Term::add_rises, &cached, &input, &mut fitted_prefill_s);
        self.decode.seconds_of_each(Term::add_sums, &input, &ends, &mut fitted_decode_s);
        let not_negative = |seconds: f32| if seconds >= 0.0 { seconds } else { 0.0 };
        let (prefill_s, mut decode_s) = (fitted_prefill_s.map(not_negative), fitted_decode_s.map(not_negative));
        for (decode_s, request) in decode_s.iter_mut().zip(requests) {
            if request.output_tokens == 1 {
                *decode_s = 0.0;
            }
        }
        let (mut prefill_j, mut decode_j) = ([0.0; LANES], [0.0; LANES]);
        self.power.prefill.joules_of_each(&[0.0; LANES], &prefill_s, &mut prefill_j);
        self.power.decode.joules_of_each(&prefill_s, &decode_s, &mut decode_j);

        let fitted_s = fitted_prefill_s.iter().zip(&fitted_decode_s);
        let seconds = prefill_s.iter().zip(&decode_s);
        let joules = prefill_j.iter().zip(&decode_j);
        let lanes = fitted_s.zip(seconds).zip(joules).zip(requests).zip(figures);
        for ((((fitted_s, seconds), joules), request), figures) in lanes {
            let steps = request.output_tokens - 1;
            let mut flags = self.range_flags(*request);
            flags.set_if(*fitted_s.0 < 0.0 || (steps > 0 && *fitted_s.1 < 0.0), Flags::RAISED_TO_ZERO);
            let decode_j = if steps == 0 { 0.0 } else { *joules.1 };
            *figures = self.figures_of([*seconds.0, *seconds.1], [*joules.0, decode_j], steps, flags);
        }
        Ok(())
    }
}

impl<const N: usize> Phase<N> {
    /// Device seconds, which may be below 0.
    #[inline(always)]
    fn seconds_of_each(
        &self,
        add: impl Fn(&Term, &Lanes<u32>, &Lanes<u32>, &mut Lanes<f32>),
        from: &Lanes<u32>,
        to: &Lanes<u32>,
        seconds: &mut Lanes<f32>,
    ) {
        let Polynomial { fixed_s, terms } = &self.polynomial;
        *seconds = [*fixed_s; LANES];
        for term in terms {
            add(term, from, to, seconds);
        }
        *seconds = seconds.map(|seconds| self.calibration.apply(seconds));
    }
}

impl Term {
    #[inline(always)]
    fn add_rises(&self, from: &Lanes<u32>, to: &Lanes<u32>, seconds: &mut Lanes<f32>) {
        let mut add = |tile, power| {
            let term = Self { tile, power, ..*self };
            for ((seconds, from), to) in seconds.iter_mut().zip(from).zip(to) {
                *seconds += term.rise(*from, *to);
            }
        };
        match (self.tile, self.power) {
            (1, 1) => add(1, 1),
            (1, 2) => add(1, 2),
            (tile, power) => add(tile, power),
        }
    }

    #[inline(always)]
    fn add_sums(&self, from: &Lanes<u32>, to: &Lanes<u32>, seconds: &mut Lanes<f32>) {
        let mut add = |power| {
            let term = Self { power, ..*self };
            for ((seconds, from), to) in seconds.iter_mut().zip(from).zip(to) {
                *seconds += term.sum(*from, *to);
            }
        };
        match self.power {
            0 => add(0),
            1 => add(1),
            _ => add(2),
        }
    }
}

impl PowerCurve {
    #[inline(always)]
    fn joules_of_each(&self, begin_s: &Lanes<f32>, seconds: &Lanes<f32>, joules: &mut Lanes<f32>) {
        let mut set = |curve: Self, begin_s: &Lanes<f32>| {
            for ((joules, begin_s), seconds) in joules.iter_mut().zip(begin_s).zip(seconds) {
                *joules = curve.joules_inline(*begin_s, *seconds);
            }
        };
        match *self {
            Self::Unknown => *joules = [f32::INFINITY; LANES],
            Self::Constant { watts } => set(Self::Constant { watts }, begin_s),
            Self::Log { base_w, slope_w } => set(Self::Log { base_w, slope_w }, begin_s),
            // The same as one that wakes with the phase.
            Self::Ramp { steady_w, deficit_w, tau_s } => {
                set(Self::Wake { idle_w: 0.0, wake_s: 0.0, steady_w, deficit_w, tau_s }, &[0.0; LANES]);
            }
            Self::Wake { idle_w, wake_s, steady_w, deficit_w, tau_s } => {
                set(Self::Wake { idle_w, wake_s, steady_w, deficit_w, tau_s }, begin_s);
            }
        }
    }
}
