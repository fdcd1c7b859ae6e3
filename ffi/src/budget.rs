//! How many tokens fit within a limit of time, energy or cost.

use crate::drift::correction;
use crate::pointer::{Out, borrow, status};
use crate::{t2m_drift, t2m_profile, t2m_request, t2m_status};
use token2metrics_core::{Level, Limit, Quantity};

/// Quantity of a limit: seconds of the whole request, `total_s`.
pub const T2M_SECONDS: u32 = 1;
/// Quantity of a limit: joules of the whole request, `energy_j`.
pub const T2M_JOULES: u32 = 2;
/// Quantity of a limit: cost of the whole request, in the currency of the profile.
pub const T2M_COST: u32 = 3;

/// The largest token count that is answered.
pub const T2M_MAX_TOKENS: u32 = 16_777_216;
const _: () = assert!(T2M_MAX_TOKENS == token2metrics_core::MAX_TOKENS);

/// What a request may take at most.
///
///     t2m_limit ten_seconds = { T2M_SECONDS, 10.0f, 95 }, battery = { T2M_JOULES, battery_j, 50 };
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct t2m_limit {
    /// `T2M_SECONDS`, `T2M_JOULES` or `T2M_COST`.
    pub quantity: u32,
    /// Seconds, joules or money; above 0 and finite.
    pub value: f32,
    /// Percent of such requests that are to stay within the limit: 50, 90, 95 or 99. More than 50 needs a
    /// profile with error bands. Energy and cost are those of the time at that confidence; how exact
    /// the power meter was is not in it.
    pub confidence: u32,
}

/// How far a limit reaches.
///
///     if (budget.output_tokens > 0) printf("%lu tokens\n", (unsigned long)budget.output_tokens);
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct t2m_budget {
    /// The largest count of output tokens that fits; 0 where not even the prompt with its first token does:
    /// refuse the request.
    pub output_tokens: u32,
    /// What that many take at the confidence, in the unit of the limit; where none fits, what one takes.
    pub value: f32,
    /// `T2M_FLAG_...` bits of the request with that many output tokens: with `T2M_FLAG_OUTPUT_EXTRAPOLATED`
    /// they are outside the range that the profile was trained on.
    pub flags: u32,
}

/// How many output tokens fit within a limit: the largest count, up to the `output_tokens` of the request
/// (`T2M_MAX_TOKENS` for as many as fit), that stays within it, exact to one token. In constant time: at
/// most 27 evaluations of a request's time. `drift` may be NULL: the profile as it is.
///
/// Returns `T2M_OK` and writes `*budget`, also where nothing fits; `T2M_LIMIT_QUANTITY`,
/// `T2M_LIMIT_VALUE` or `T2M_LIMIT_CONFIDENCE` for a limit that is none; `T2M_LIMIT_NO_ENERGY`,
/// `T2M_LIMIT_NO_COST` or `T2M_LIMIT_NO_BANDS` for one that the profile knows nothing of; what
/// `t2m_predict` returns for the request; `T2M_DRIFT_DAMAGED` or `T2M_DRIFT_VERSION`;
/// `T2M_NOT_LOADED`, `T2M_NULL_POINTER` or `T2M_MISALIGNED`.
///
/// Threads: any, and interrupt handlers, also at once with one `*profile` and one `*drift`, as long as
/// nobody observes into that.
///
///     t2m_request request = { 900, 0, 512 };
///     t2m_limit limit = { T2M_SECONDS, 10.0f, 95 };
///     t2m_budget budget;
///     t2m_status status = t2m_max_output_tokens(&profile, &drift, &request, &limit, &budget);
///     if (status == T2M_OK && budget.output_tokens == 0) refuse();
///
/// # Safety
/// `profile` points to a `t2m_profile`, `drift` to a `t2m_drift` or is NULL, `request` to a
/// `t2m_request`, `limit` to a `t2m_limit`, and `budget` to a `t2m_budget` that may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn t2m_max_output_tokens(
    profile: *const t2m_profile,
    drift: *const t2m_drift,
    request: *const t2m_request,
    limit: *const t2m_limit,
    budget: *mut t2m_budget,
) -> t2m_status {
    status(|| {
        // SAFETY: what this function requires.
        let (profile, correction) = unsafe { (borrow(profile)?.loaded()?, correction(drift)?) };
        // SAFETY: what this function requires.
        let (request, limit) = unsafe { (*borrow(request)?, *borrow(limit)?) };
        let out = Out::check(budget, 1)?;
        let found = profile.max_output_tokens(&correction, request.into(), limit.to_core()?)?;
        let found = t2m_budget { output_tokens: found.output_tokens, value: found.value, flags: found.flags.bits() };
        // SAFETY: what this function requires.
        unsafe { out.write(0, found) };
        Ok(())
    })
}

impl t2m_limit {
    fn to_core(self) -> Result<Limit, t2m_status> {
        let quantity = match self.quantity {
            T2M_SECONDS => Quantity::Seconds,
            T2M_JOULES => Quantity::Joules,
            T2M_COST => Quantity::Cost,
            _ => return Err(t2m_status::T2M_LIMIT_QUANTITY),
        };
        let confidence = Level::of_confidence(self.confidence).ok_or(t2m_status::T2M_LIMIT_CONFIDENCE)?;
        Ok(Limit { quantity, value: self.value, confidence })
    }
}
