//! What is answered: the seconds, joules and cost of one request, phase by phase.

use crate::{Band, Correction, Phase, Profile, Request, RequestError, Span};

/// The latency, energy and cost of one request.
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
    /// Joules of prefill; `None` without its power curve.
    pub prefill_energy_j: Option<f32>,
    /// Joules of the steps, 0 where there are none; `None` without decode's power curve.
    pub decode_energy_j: Option<f32>,
    /// Both.
    pub energy_j: Option<f32>,
    /// `energy_j / total_s`, in watts; 0 for a request that takes no time.
    pub average_power_w: Option<f32>,
    /// In the currency of the profile's tariff; `None` without a tariff, or where energy has a price and is not known.
    pub cost: Option<f32>,
    /// Where 90 % of such requests are expected; `None` without error bands in the profile.
    pub prefill_band: Option<Band>,
    /// The same of `decode_s`.
    pub decode_band: Option<Band>,
    /// The same of `total_s`.
    pub total_band: Option<Band>,
    /// What to know before trusting the figures.
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
    /// The profile has no power curve for a phase of the request: its energy is not known.
    pub const NO_ENERGY: Self = Self(8);
    /// The profile has no tariff, or one that asks for an energy that is not known.
    pub const NO_COST: Self = Self(16);
    /// The profile has no error bands.
    pub const NO_BANDS: Self = Self(32);

    /// The flags as the number that the C API hands out.
    pub const fn bits(self) -> u32 {
        self.0
    }

    /// Whether all flags of `other` are set.
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Both sets together.
    pub(crate) const fn with(self, others: Self) -> Self {
        Self(self.0 | others.0)
    }

    pub(crate) fn set_if(&mut self, condition: bool, flag: Self) {
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
    /// Those of [`Profile::check_request`], and no others: a decoded profile is finite at every request.
    pub fn predict(&self, request: Request) -> Result<Prediction, RequestError> {
        self.predict_corrected(&Correction::NONE, request)
    }

    /// [`Profile::predict`] for the device as it is now.
    ///
    /// # Errors
    /// Those of [`Profile::predict`].
    pub fn predict_corrected(&self, correction: &Correction, request: Request) -> Result<Prediction, RequestError> {
        self.check_request(request)?;
        let steps = request.output_tokens - 1;
        let mut flags = self.range_flags(request);
        let prefill_s = self.prefill_s(correction, request, &mut flags);
        let decode_s = self.decode_s(correction, request.input_tokens, steps, &mut flags);
        let total_s = prefill_s + decode_s;

        let prefill_energy_j = self.power.prefill.energy_j(prefill_s);
        let decode_energy_j = self.decode_energy_j(prefill_s, decode_s, steps);
        let energy_j = prefill_energy_j.zip(decode_energy_j).map(|(prefill_j, decode_j)| prefill_j + decode_j);
        let average_power_w = energy_j.map(|energy_j| if total_s > 0.0 { energy_j / total_s } else { 0.0 });
        let cost = self.tariff.as_ref().and_then(|tariff| tariff.cost(energy_j, total_s));
        let (bands, widths) = (self.bands.as_ref(), correction.widths);
        flags.set_if(energy_j.is_none(), Flags::NO_ENERGY);
        flags.set_if(cost.is_none(), Flags::NO_COST);
        flags.set_if(bands.is_none(), Flags::NO_BANDS);
        Ok(Prediction {
            prefill_s,
            decode_s,
            total_s,
            tpot_s: if steps == 0 { 0.0 } else { decode_s / steps as f32 },
            prefill_energy_j,
            decode_energy_j,
            energy_j,
            average_power_w,
            cost,
            prefill_band: bands
                .map(|bands| bands.prefill.corrected_band(prefill_s, widths.map(|widths| widths.prefill))),
            decode_band: bands.map(|bands| bands.decode.corrected_band(decode_s, widths.map(|widths| widths.decode))),
            total_band: bands.map(|bands| bands.total.corrected_band(total_s, widths.map(|widths| widths.total))),
            flags,
        })
    }

    /// Whether the token counts are outside the range that the profile was trained on.
    pub(crate) fn range_flags(&self, request: Request) -> Flags {
        let Request { input_tokens, output_tokens, .. } = request;
        let mut flags = Flags::default();
        flags.set_if(self.trained.input_tokens.excludes(input_tokens), Flags::INPUT_EXTRAPOLATED);
        let output_excluded = output_tokens > 1 && self.trained.output_tokens.excludes(output_tokens);
        flags.set_if(output_excluded, Flags::OUTPUT_EXTRAPOLATED);
        flags
    }

    /// Seconds of the prompt of a request.
    pub(crate) fn prefill_s(&self, correction: &Correction, request: Request, flags: &mut Flags) -> f32 {
        let fitted_s = self.prefill.polynomial.rise(request.cached_tokens, request.input_tokens);
        self.prefill.seconds(fitted_s, flags) * correction.prefill
    }

    /// Seconds of the first steps of a request.
    pub(crate) fn decode_s(&self, correction: &Correction, input_tokens: u32, steps: u32, flags: &mut Flags) -> f32 {
        if steps == 0 {
            return 0.0;
        }
        let fitted_s = self.decode.polynomial.sum(input_tokens, input_tokens + steps);
        self.decode.seconds(fitted_s, flags) * correction.decode
    }

    /// Joules of the steps of a request.
    pub(crate) fn decode_energy_j(&self, prefill_s: f32, decode_s: f32, steps: u32) -> Option<f32> {
        if steps == 0 { Some(0.0) } else { self.power.decode.energy_from_j(prefill_s, decode_s) }
    }

    /// Whether the profile answers a request.
    ///
    /// # Errors
    /// Those of [`Request::check`]; [`RequestError::NoDecode`] for steps that the profile knows nothing of.
    pub fn check_request(&self, request: Request) -> Result<(), RequestError> {
        request.check()?;
        if request.output_tokens > 1 && !self.decode.is_known() { Err(RequestError::NoDecode) } else { Ok(()) }
    }
}
