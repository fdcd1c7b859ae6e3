//! How many tokens may be generated within a limit of time, energy or cost.
//!
//! ```
//! use token2metrics_core::{Correction, Level, Limit, MAX_TOKENS, Profile, Quantity, Request};
//!
//! let profile = Profile::decode(include_bytes!("../../tests/vectors/version_2.t2m")).expect("the blob is whole");
//! // As many as fit into four seconds, for 95 % of such requests.
//! let request = Request { input_tokens: 100, cached_tokens: 0, output_tokens: MAX_TOKENS };
//! let limit = Limit { quantity: Quantity::Seconds, value: 4.0, confidence: Level::P95 };
//! let budget = profile.max_output_tokens(&Correction::NONE, request, limit).expect("a limit above 0");
//! assert!(budget.output_tokens > 0 && budget.value <= 4.0);
//! ```

use crate::polynomial::STEP_TERMS;
use crate::prediction::Flags;
use crate::{Correction, Level, Phase, Profile, Request, RequestError, Term};
use core::ffi::CStr;

/// What a request may take at most.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Limit {
    /// What the value is of.
    pub quantity: Quantity,
    /// Seconds, joules or money; above 0 and finite.
    pub value: f32,
    /// The share of such requests that are to stay within the limit: the time is that ratio of `total_s`, and energy and cost follow from the time. How
    /// exact the meter was is not in it. Without bands in the profile only the median is to be had, and is what is predicted.
    pub confidence: Level,
}

/// What a limit is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quantity {
    /// `total_s`.
    Seconds,
    /// `energy_j`.
    Joules,
    /// `cost`, in the currency of the profile.
    Cost,
}

/// How far a limit reaches.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Budget {
    /// The largest count of output tokens that fits; 0 where not even the prompt with its first token does.
    pub output_tokens: u32,
    /// What that many take at the confidence; what one takes where none fits.
    pub value: f32,
    /// Those of the request with that many tokens: [`Flags::OUTPUT_EXTRAPOLATED`] says that it is more or less than the profile was trained
    /// on, [`Flags::RAISED_TO_ZERO`] that the search ended where the coefficients would have further steps take no time.
    pub flags: Flags,
}

/// Why there is no budget.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BudgetError {
    /// The counts make no request, or the profile does not answer it.
    Request(RequestError),
    /// The limit is zero, negative, NaN or infinite.
    Value,
    /// Energy is limited, and the profile does not know it.
    NoEnergy,
    /// Cost is limited, and the profile does not know it.
    NoCost,
    /// More than the median is asked of a profile without bands.
    NoBands,
}

impl Profile {
    /// The largest count of output tokens, up to the `output_tokens` of the request, that stays within a limit: exact to
    /// one token, in at most 27 evaluations of a request's time.
    ///
    /// # Errors
    /// [`BudgetError`]; a limit that nothing fits in is none: it gives 0 tokens.
    pub fn max_output_tokens(
        &self,
        correction: &Correction,
        request: Request,
        limit: Limit,
    ) -> Result<Budget, BudgetError> {
        self.check_request(request).map_err(BudgetError::Request)?;
        if !(limit.value > 0.0 && limit.value.is_finite()) {
            return Err(BudgetError::Value);
        }
        let ratio = match &self.bands {
            Some(bands) => bands.total.corrected_at(limit.confidence, correction.widths.map(|widths| widths.total)),
            None if limit.confidence == Level::P50 => 1.0,
            None => return Err(BudgetError::NoBands),
        };
        let mut flags = Flags::default();
        let prefill_s = self.prefill_s(correction, request, &mut flags);
        let prompt = match limit.quantity {
            Quantity::Seconds => Prompt { seconds: prefill_s, joules: None },
            Quantity::Joules | Quantity::Cost => {
                Prompt { seconds: prefill_s, joules: self.power.prefill.energy_j(prefill_s * ratio) }
            }
        };
        // What a count of tokens takes; unknown is more than any limit.
        let value = |output_tokens: u32| {
            let decode_s = self.decode_s(correction, request.input_tokens, output_tokens - 1, &mut Flags::default());
            let value = self.quantity(limit.quantity, prompt, decode_s, output_tokens - 1, ratio);
            value.unwrap_or(f32::INFINITY)
        };
        if self.quantity(limit.quantity, prompt, 0.0, request.output_tokens - 1, ratio).is_none() {
            return Err(if limit.quantity == Quantity::Cost { BudgetError::NoCost } else { BudgetError::NoEnergy });
        }

        let (context, steps) = (request.input_tokens, request.output_tokens - 1);
        let rising = self.decode.rising_to(context, context + steps) - context;
        let fits = |output_tokens| value(output_tokens) <= limit.value;
        let output_tokens = if fits(1) { largest(1, 1 + rising, fits) } else { 0 };
        flags.set_if(rising < steps && output_tokens == 1 + rising, Flags::RAISED_TO_ZERO);
        let answered = output_tokens.max(1);
        let flags = flags.with(self.range_flags(Request { output_tokens: answered, ..request }));
        // Joules at the widest band of a device that drifts may overflow.
        Ok(Budget { output_tokens, value: libm::fminf(value(answered), f32::MAX), flags })
    }

    /// What a request takes whose phases take these times, all times `ratio`.
    #[inline(never)]
    fn quantity(&self, quantity: Quantity, prompt: Prompt, decode_s: f32, steps: u32, ratio: f32) -> Option<f32> {
        let total_s = (prompt.seconds + decode_s) * ratio;
        let energy_j = || {
            // With the prompt's first: where it is not known, there is no integral to compute.
            let prefill_j = prompt.joules?;
            Some(prefill_j + self.decode_energy_j(prompt.seconds * ratio, decode_s * ratio, steps)?)
        };
        match quantity {
            Quantity::Seconds => Some(total_s),
            Quantity::Joules => energy_j(),
            Quantity::Cost => self.tariff.as_ref()?.cost(energy_j(), total_s),
        }
    }
}

/// The part of a request that is the same whatever is generated.
#[derive(Clone, Copy)]
struct Prompt {
    /// As predicted.
    seconds: f32,
    /// At the confidence; `None` where they are not asked for.
    joules: Option<f32>,
}

/// The largest count that fits, by bisection: the least is known to, and what is above one that does not fit does not either.
#[inline(never)]
fn largest(least: u32, most: u32, fits: impl Fn(u32) -> bool) -> u32 {
    if fits(most) {
        return most;
    }
    let (mut fitting, mut above) = (least, most);
    while above - fitting > 1 {
        let middle = fitting + (above - fitting) / 2;
        if fits(middle) { fitting = middle } else { above = middle }
    }
    fitting
}

impl Phase<STEP_TERMS> {
    /// The last context up to `to` such that no step from context `from + 1` up to it takes less than no time: from there on, the time of a
    /// request would fall with its tokens, which no device's does.
    fn rising_to(&self, from: u32, to: u32) -> u32 {
        let terms = &self.polynomial.terms;
        let scale = self.calibration.scale;
        if terms.iter().all(|term| scale * term.coefficient >= 0.0) { to } else { self.searched_to(from, to) }
    }

    /// The same for coefficients that may cost a step its time.
    #[cold]
    fn searched_to(&self, from: u32, to: u32) -> u32 {
        let terms = &self.polynomial.terms;
        let scale = self.calibration.scale;
        let step = |context| scale * step(terms, context);
        let slope = |context| scale * slope(terms, context);

        // Between two knots a step is one quadratic, least at an end or at its vertex.
        let mut start = from;
        while start < to {
            let next_knot = terms.iter().map(|term| term.knot).filter(|knot| *knot > start).min();
            let (first, last) = (start + 1, next_knot.map_or(to, |knot| knot.min(to)));
            let (falls, rises) = (slope(first), slope(last));
            let vertex = if falls < 0.0 && rises > 0.0 {
                first + ((last - first) as f32 * (falls / (falls - rises))) as u32
            } else {
                last
            };
            if step(first) < 0.0 {
                return start;
            }
            if let Some(negative) = [vertex.min(last), last].into_iter().find(|context| step(*context) < 0.0) {
                return largest(first, negative, |context| step(context) >= 0.0);
            }
            start = last;
        }
        to
    }
}

/// The value of a polynomial at a context, without its fixed part.
#[inline(never)]
fn step(terms: &[Term], context: u32) -> f32 {
    let value = |term: &Term| term.coefficient * raised(context.saturating_sub(term.knot) as f32, term.power);
    terms.iter().map(value).sum()
}

/// Its slope there.
#[inline(never)]
fn slope(terms: &[Term], context: u32) -> f32 {
    let value = |term: &Term| {
        let x = context.saturating_sub(term.knot) as f32;
        term.coefficient * f32::from(term.power) * raised(x, term.power.max(1) - 1)
    };
    terms.iter().map(value).sum()
}

/// `x^power`, where the power 0 has its knot: nothing before it.
fn raised(x: f32, power: u8) -> f32 {
    match power {
        0 if x > 0.0 => 1.0,
        0 => 0.0,
        1 => x,
        _ => x * x,
    }
}

impl BudgetError {
    /// The text of the error, for C and Rust alike.
    pub const fn message(self) -> &'static CStr {
        match self {
            Self::Request(error) => error.message(),
            Self::Value => c"the limit is zero, negative, NaN or infinite: a finite number above 0 is needed",
            Self::NoEnergy => {
                c"the profile does not know the energy of this request: limit its seconds, or state its watts"
            }
            Self::NoCost => {
                c"the profile does not know the cost of this request: limit its seconds, or give it a tariff"
            }
            Self::NoBands => c"the profile has no error bands: only a confidence of 50 percent is to be had",
        }
    }
}
