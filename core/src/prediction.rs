//! What is answered: the seconds of one request, phase by phase.

use crate::{Phase, Profile, Request, RequestError, Span};

/// The latency of one request.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Prediction {
    /// Seconds from submission to the first token: TTFT of a single stream without a queue.
    pub prefill_s: f32,
    /// Seconds of the `output_tokens - 1` steps after the first token; 0 where there are none.
    pub decode_s: f32,
    /// `prefill_s + decode_s`.
    pub total_s: f32,
    /// TPOT, `decode_s / (output_tokens - 1)`; 0 where there is no step.
    pub tpot_s: f32,
    /// What to know before trusting the seconds.
    pub flags: Flags,
}

/// A set of remarks on a prediction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Flags(u32);

impl Flags {
    /// `input_tokens` is outside the range that the profile was trained on.
    pub const INPUT_EXTRAPOLATED: Self = Self(1);
    /// `output_tokens` is outside the range that the profile was trained on.
    pub const OUTPUT_EXTRAPOLATED: Self = Self(2);
    /// The coefficients gave a negative time for a phase, which was raised to 0.
    pub const RAISED_TO_ZERO: Self = Self(4);

    /// The flags as the number that the C API hands out.
    pub const fn bits(self) -> u32 {
        self.0
    }

    /// Whether all flags of `other` are set.
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    fn set_if(&mut self, condition: bool, flag: Self) {
        if condition {
            self.0 |= flag.0;
        }
    }
}

impl<const N: usize> Phase<N> {
    /// Device seconds for fitted seconds, never below 0.
    fn seconds(&self, fitted_s: f32, flags: &mut Flags) -> f32 {
        let seconds = self.calibration.apply(fitted_s);
        flags.set_if(seconds < 0.0, Flags::RAISED_TO_ZERO);
        // libm's code rather than the target's instruction: instructions differ in the sign of zero.
        libm::fmaxf(seconds, 0.0)
    }
}

impl Span {
    fn excludes(&self, tokens: u32) -> bool {
        tokens < self.min || tokens > self.max
    }
}

impl Profile {
    /// Predicts one request, in constant time whatever its token counts.
    ///
    /// # Errors
    /// Those of [`Request::check`], and no others: a decoded profile is finite at every request.
    pub fn predict(&self, request: Request) -> Result<Prediction, RequestError> {
        request.check()?;
        let Request { input_tokens, cached_tokens, output_tokens } = request;
        let steps = output_tokens - 1;
        let mut flags = Flags::default();
        flags.set_if(self.trained.input_tokens.excludes(input_tokens), Flags::INPUT_EXTRAPOLATED);
        flags.set_if(steps > 0 && self.trained.output_tokens.excludes(output_tokens), Flags::OUTPUT_EXTRAPOLATED);

        let prefill_s = self.prefill.seconds(self.prefill.polynomial.rise(cached_tokens, input_tokens), &mut flags);
        let (decode_s, tpot_s) = if steps == 0 {
            (0.0, 0.0)
        } else {
            let fitted_s = self.decode.polynomial.sum(input_tokens, input_tokens + steps);
            let decode_s = self.decode.seconds(fitted_s, &mut flags);
            (decode_s, decode_s / steps as f32)
        };
        Ok(Prediction { prefill_s, decode_s, total_s: prefill_s + decode_s, tpot_s, flags })
    }
}
