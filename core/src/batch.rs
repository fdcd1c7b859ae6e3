//! Many requests at once: every step of a prediction for several of them together, for which processors have instructions.
//!
//! What is computed for one of them is what [`crate::prediction`] computes, to the bit; only what a profile decides for all of them, such as the
//! power of a term, is decided once.

use crate::polynomial::Term;
use crate::prediction::Flags;
use crate::{Figures, Phase, PowerCurve, Profile, Request, RequestError};

/// Requests that are predicted together. A firmware has no such instructions, and little stack.
pub const LANES: usize = if cfg!(target_os = "none") { 1 } else { 16 };

type Lanes<T> = [T; LANES];

impl Profile {
    /// Sets [`Profile::figures`] of as many requests.
    ///
    /// # Errors
    /// That of the first request that has one.
    #[inline(never)]
    pub fn figures_of_each(&self, requests: &Lanes<Request>, figures: &mut Lanes<Figures>) -> Result<(), RequestError> {
        let (mut cached, mut input, mut ends) = ([0; LANES], [0; LANES], [0; LANES]);
        for (lane, request) in requests.iter().enumerate() {
            self.check_request(*request)?;
            cached[lane] = request.cached_tokens;
            input[lane] = request.input_tokens;
            ends[lane] = request.input_tokens + (request.output_tokens - 1);
        }
        let mut seconds = [[0.0; LANES]; 2];
        self.prefill.add_each(Term::rises, &cached, &input, &mut seconds[0]);
        self.decode.add_each(Term::sums, &input, &ends, &mut seconds[1]);
        let fitted = seconds;
        for lane in 0..LANES {
            let [prefill_s, decode_s] = fitted.map(|seconds| seconds[lane]);
            seconds[0][lane] = if prefill_s < 0.0 { 0.0 } else { prefill_s };
            seconds[1][lane] = if decode_s < 0.0 || ends[lane] == input[lane] { 0.0 } else { decode_s };
        }
        let mut joules = [[0.0; LANES]; 2];
        self.power.prefill.joules_of_each(&[0.0; LANES], &seconds[0], &mut joules[0]);
        self.power.decode.joules_of_each(&seconds[0], &seconds[1], &mut joules[1]);
        for (lane, request) in requests.iter().enumerate() {
            let steps = request.output_tokens - 1;
            let mut flags = self.range_flags(*request);
            flags.set_if(fitted[0][lane] < 0.0 || (steps > 0 && fitted[1][lane] < 0.0), Flags::RAISED_TO_ZERO);
            let joules = [joules[0][lane], if steps == 0 { 0.0 } else { joules[1][lane] }];
            figures[lane] = self.figures_of(seconds.map(|seconds| seconds[lane]), joules, steps, flags);
        }
        Ok(())
    }
}

impl<const N: usize> Phase<N> {
    /// Device seconds, which may be below 0.
    #[inline(always)]
    fn add_each(
        &self,
        add: impl Fn(&Term, &Lanes<u32>, &Lanes<u32>, &mut Lanes<f32>),
        from: &Lanes<u32>,
        to: &Lanes<u32>,
        seconds: &mut Lanes<f32>,
    ) {
        *seconds = [self.polynomial.fixed_s; LANES];
        for term in &self.polynomial.terms {
            add(term, from, to, seconds);
        }
        for seconds in seconds {
            *seconds = self.calibration.apply(*seconds);
        }
    }
}

impl Term {
    #[inline(always)]
    fn rises(&self, from: &Lanes<u32>, to: &Lanes<u32>, seconds: &mut Lanes<f32>) {
        let mut add = |tile, power| {
            let term = Term { tile, power, ..*self };
            for lane in 0..LANES {
                seconds[lane] += term.rise(from[lane], to[lane]);
            }
        };
        match (self.tile, self.power) {
            (1, 1) => add(1, 1),
            (1, 2) => add(1, 2),
            (tile, power) => add(tile, power),
        }
    }

    #[inline(always)]
    fn sums(&self, from: &Lanes<u32>, to: &Lanes<u32>, seconds: &mut Lanes<f32>) {
        let mut add = |power| {
            let term = Term { power, ..*self };
            for lane in 0..LANES {
                seconds[lane] += term.sum(from[lane], to[lane]);
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
            for lane in 0..LANES {
                joules[lane] = curve.joules_inline(begin_s[lane], seconds[lane]);
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
