//! What is answered: the seconds, joules and cost of one request, phase by phase.

use crate::polynomial::float;
use crate::{Band, Bands, Correction, Phase, Profile, Ratios, Request, RequestError, Span};

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

    /// Seconds, never below 0.
    fn raise(&mut self, seconds: f32) -> f32 {
        if seconds >= 0.0 {
            return seconds;
        }
        *self = self.with(Self::RAISED_TO_ZERO);
        0.0
    }

    pub(crate) fn set_if(&mut self, condition: bool, flag: Self) {
        if condition {
            self.0 |= flag.0;
        }
    }
}

/// Whether a figure is not known.
fn is_unknown(figure: f32) -> bool {
    figure == f32::INFINITY
}

impl Span {
    fn excludes(&self, tokens: u32) -> bool {
        // In one comparison: what is below `min` wraps around.
        tokens.wrapping_sub(self.min) > self.max.wrapping_sub(self.min)
    }
}

/// A [`Prediction`] as C has it: a figure that is not known is infinite, and flagged.
#[derive(Clone, Copy, Debug, PartialEq)]
#[expect(missing_docs, reason = "those of Prediction")]
pub struct Figures {
    pub prefill_s: f32,
    pub decode_s: f32,
    pub total_s: f32,
    pub tpot_s: f32,
    pub prefill_energy_j: f32,
    pub decode_energy_j: f32,
    pub energy_j: f32,
    pub average_power_w: f32,
    pub cost: f32,
    pub prefill_band: Band,
    pub decode_band: Band,
    pub total_band: Band,
    pub flags: Flags,
}

impl Figures {
    /// Nothing is known.
    pub const UNKNOWN: Self = Self {
        prefill_s: f32::INFINITY,
        decode_s: f32::INFINITY,
        total_s: f32::INFINITY,
        tpot_s: f32::INFINITY,
        prefill_energy_j: f32::INFINITY,
        decode_energy_j: f32::INFINITY,
        energy_j: f32::INFINITY,
        average_power_w: f32::INFINITY,
        cost: f32::INFINITY,
        prefill_band: Band::UNKNOWN,
        decode_band: Band::UNKNOWN,
        total_band: Band::UNKNOWN,
        flags: Flags(0),
    };
}

impl From<Figures> for Prediction {
    fn from(figures: Figures) -> Self {
        let known = |figure: f32| (figure < f32::INFINITY).then_some(figure);
        let band = |band| (!figures.flags.contains(Flags::NO_BANDS)).then_some(band);
        Self {
            prefill_s: figures.prefill_s,
            decode_s: figures.decode_s,
            total_s: figures.total_s,
            tpot_s: figures.tpot_s,
            prefill_energy_j: known(figures.prefill_energy_j),
            decode_energy_j: known(figures.decode_energy_j),
            energy_j: known(figures.energy_j),
            average_power_w: known(figures.average_power_w),
            cost: known(figures.cost),
            prefill_band: band(figures.prefill_band),
            decode_band: band(figures.decode_band),
            total_band: band(figures.total_band),
            flags: figures.flags,
        }
    }
}

impl Profile {
    /// Predicts one request, in constant time whatever its token counts.
    ///
    /// # Errors
    /// Those of [`Profile::check_request`], and no others: a decoded profile is finite at every request.
    pub fn predict(&self, request: Request) -> Result<Prediction, RequestError> {
        self.figures(request).map(Prediction::from)
    }

    /// [`Profile::predict`] for the device as it is now.
    ///
    /// # Errors
    /// Those of [`Profile::predict`].
    pub fn predict_corrected(&self, correction: &Correction, request: Request) -> Result<Prediction, RequestError> {
        self.corrected_figures(correction, request).map(Prediction::from)
    }

    /// [`Profile::predict`] without options.
    ///
    /// # Errors
    /// Those of [`Profile::predict`].
    // Where the figures are wanted elsewhere, they are not computed here first and copied then.
    #[inline(always)]
    pub fn figures(&self, request: Request) -> Result<Figures, RequestError> {
        self.scaled_figures(1.0, 1.0, request)
    }

    /// [`Profile::predict_corrected`] without options.
    ///
    /// # Errors
    /// Those of [`Profile::predict`].
    pub fn corrected_figures(&self, correction: &Correction, request: Request) -> Result<Figures, RequestError> {
        let mut figures = self.scaled_figures(correction.prefill, correction.decode, request)?;
        if let (Some(bands), Some(widths)) = (&self.bands, correction.widths) {
            figures.prefill_band = bands.prefill.drifted_band(figures.prefill_s, widths.prefill);
            figures.decode_band = bands.decode.drifted_band(figures.decode_s, widths.decode);
            figures.total_band = bands.total.drifted_band(figures.total_s, widths.total);
        }
        Ok(figures)
    }

    /// The figures of a request whose phases take so many times their seconds.
    #[inline(always)]
    fn scaled_figures(&self, prefill: f32, decode: f32, request: Request) -> Result<Figures, RequestError> {
        self.check_request(request)?;
        let steps = request.output_tokens - 1;
        let mut flags = self.range_flags(request);
        let prefill_s = self.profile_prefill_s(request, &mut flags) * prefill;
        let prefill_j = self.power.prefill.joules(0.0, prefill_s);
        let (mut decode_s, mut decode_j) = (0.0, 0.0);
        if steps > 0 {
            decode_s = self.profile_decode_s(request.input_tokens, steps, &mut flags) * decode;
            decode_j = self.power.decode.joules(prefill_s, decode_s);
        }
        Ok(self.figures_of([prefill_s, decode_s], [prefill_j, decode_j], steps, flags))
    }

    /// What follows from the times and joules of the phases.
    #[inline(always)]
    pub(crate) fn figures_of(
        &self,
        [prefill_s, decode_s]: [f32; 2],
        [prefill_energy_j, decode_energy_j]: [f32; 2],
        steps: u32,
        mut flags: Flags,
    ) -> Figures {
        let total_s = prefill_s + decode_s;
        // Infinite where one of them is.
        let energy_j = prefill_energy_j + decode_energy_j;
        let cost = self.tariff.as_ref().map_or(f32::INFINITY, |tariff| tariff.cost_or_infinity(energy_j, total_s));
        flags.set_if(is_unknown(energy_j), Flags::NO_ENERGY);
        flags.set_if(is_unknown(cost), Flags::NO_COST);
        flags.set_if(self.bands.is_none(), Flags::NO_BANDS);
        let band = |ratios: fn(&Bands) -> &Ratios, seconds| {
            self.bands.as_ref().map_or(Band::UNKNOWN, |bands| ratios(bands).band(seconds))
        };
        Figures {
            prefill_s,
            decode_s,
            total_s,
            // Without steps, decode takes no time.
            tpot_s: decode_s / float(steps.max(1)),
            prefill_energy_j,
            decode_energy_j,
            energy_j,
            // No time takes no energy, or one that is not known.
            average_power_w: if 0.0 < total_s { energy_j / total_s } else { energy_j },
            cost,
            prefill_band: band(|bands| &bands.prefill, prefill_s),
            decode_band: band(|bands| &bands.decode, decode_s),
            total_band: band(|bands| &bands.total, total_s),
            flags,
        }
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
    #[inline(never)]
    pub(crate) fn prefill_s(&self, correction: &Correction, request: Request, flags: &mut Flags) -> f32 {
        self.profile_prefill_s(request, flags) * correction.prefill
    }

    /// Seconds of the first steps of a request.
    #[inline(never)]
    pub(crate) fn decode_s(&self, correction: &Correction, input_tokens: u32, steps: u32, flags: &mut Flags) -> f32 {
        self.profile_decode_s(input_tokens, steps, flags) * correction.decode
    }

    #[inline(always)]
    fn profile_prefill_s(&self, request: Request, flags: &mut Flags) -> f32 {
        let Phase { polynomial, calibration } = &self.prefill;
        flags.raise(calibration.apply(polynomial.rise(request.cached_tokens, request.input_tokens)))
    }

    #[inline(always)]
    fn profile_decode_s(&self, input_tokens: u32, steps: u32, flags: &mut Flags) -> f32 {
        if steps == 0 {
            return 0.0;
        }
        let Phase { polynomial, calibration } = &self.decode;
        flags.raise(calibration.apply(polynomial.sum(input_tokens, input_tokens + steps)))
    }

    /// Joules of the steps of a request, `None` where they are not known.
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
