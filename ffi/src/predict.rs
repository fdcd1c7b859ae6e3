//! Token counts in; seconds, joules and cost out.

use crate::pointer::{Out, borrow, borrow_slice, status};
use crate::{t2m_profile, t2m_status};
use token2metrics_core::batch::LANES;
use token2metrics_core::{Band, Figures, Request};

/// One request: a single stream, no queue.
///
///     t2m_request request = { 1000, 900, 50 };
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct t2m_request {
    /// Tokens of the whole prompt, cached ones included; 1 to 16,777,216.
    pub input_tokens: u32,
    /// Leading tokens of the prompt that are in the prefix cache already; below `input_tokens`.
    pub cached_tokens: u32,
    /// Tokens to generate; 1 to 16,777,216. The first comes with prefill, each further one takes a
    /// decode step.
    pub output_tokens: u32,
}

/// Seconds between which 90 % of requests like this one are expected: 5 % take less than `low_s`, 5 %
/// more than `high_s`. 0 and INFINITY with `T2M_FLAG_NO_BANDS`.
///
///     if (prediction.total_band.high_s <= deadline_s) run();
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct t2m_band {
    /// The lower end.
    pub low_s: f32,
    /// The upper end.
    pub high_s: f32,
}

/// Latency, energy and cost of one request on the device of the profile. No float is negative or NaN.
/// One that the profile does not know is INFINITY and flagged, so that it never passes for being within
/// a limit; every other is finite.
///
///     if (prediction.flags & T2M_FLAG_INPUT_EXTRAPOLATED) puts("a longer prompt than any that was measured");
///     if (prediction.energy_j <= battery_j) run();
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct t2m_prediction {
    /// Seconds from submission to the first token: TTFT of a single stream without a queue.
    pub prefill_s: f32,
    /// Seconds of the `output_tokens - 1` decode steps after the first token; 0 where there are
    /// none.
    pub decode_s: f32,
    /// `prefill_s + decode_s`.
    pub total_s: f32,
    /// TPOT, `decode_s / (output_tokens - 1)`; 0 where there is no step.
    pub tpot_s: f32,
    /// Joules of prefill.
    pub prefill_energy_j: f32,
    /// Joules of the decode steps; 0 where there are none.
    pub decode_energy_j: f32,
    /// `prefill_energy_j + decode_energy_j`.
    pub energy_j: f32,
    /// `energy_j / total_s`, in watts; 0 for a request that takes no time.
    pub average_power_w: f32,
    /// Cost of the request by the tariff in the profile, in its currency.
    pub cost: f32,
    /// Of `prefill_s`.
    pub prefill_band: t2m_band,
    /// Of `decode_s`.
    pub decode_band: t2m_band,
    /// Of `total_s`.
    pub total_band: t2m_band,
    /// `T2M_FLAG_...` bits, or-ed; ignore those that you do not know.
    pub flags: u32,
}

/// Flag: `input_tokens` is outside the range that the profile was trained on.
pub const T2M_FLAG_INPUT_EXTRAPOLATED: u32 = 1;
/// Flag: `output_tokens` is outside the range that the profile was trained on.
pub const T2M_FLAG_OUTPUT_EXTRAPOLATED: u32 = 2;
/// Flag: the coefficients gave a negative time for a phase, which was raised to 0.
pub const T2M_FLAG_RAISED_TO_ZERO: u32 = 4;
/// Flag: the profile has no power curve for a phase of the request. That phase's energy, `energy_j`
/// and `average_power_w` are INFINITY.
pub const T2M_FLAG_NO_ENERGY: u32 = 8;
/// Flag: the profile has no tariff, or one with a price of energy that is not known. `cost` is
/// INFINITY.
pub const T2M_FLAG_NO_COST: u32 = 16;
/// Flag: the profile has no error bands. Each is 0 to INFINITY.
pub const T2M_FLAG_NO_BANDS: u32 = 32;

impl From<t2m_request> for Request {
    fn from(request: t2m_request) -> Self {
        let t2m_request { input_tokens, cached_tokens, output_tokens } = request;
        Self { input_tokens, cached_tokens, output_tokens }
    }
}

impl From<Band> for t2m_band {
    fn from(Band { low_s, high_s }: Band) -> Self {
        Self { low_s, high_s }
    }
}

impl From<Figures> for t2m_prediction {
    fn from(figures: Figures) -> Self {
        Self {
            prefill_s: figures.prefill_s,
            decode_s: figures.decode_s,
            total_s: figures.total_s,
            tpot_s: figures.tpot_s,
            prefill_energy_j: figures.prefill_energy_j,
            decode_energy_j: figures.decode_energy_j,
            energy_j: figures.energy_j,
            average_power_w: figures.average_power_w,
            cost: figures.cost,
            prefill_band: figures.prefill_band.into(),
            decode_band: figures.decode_band.into(),
            total_band: figures.total_band.into(),
            flags: figures.flags.bits(),
        }
    }
}

/// Predicts one request, in constant time whatever its token counts.
///
/// Returns `T2M_OK` and writes `*prediction`; `T2M_NO_INPUT_TOKENS`, `T2M_NO_OUTPUT_TOKENS`,
/// `T2M_CACHED_TOKENS` or `T2M_TOO_MANY_TOKENS` for counts that make no request; `T2M_NO_DECODE` for
/// more than one output token of a profile that knows prefill only; `T2M_NOT_LOADED`,
/// `T2M_NULL_POINTER` or `T2M_MISALIGNED`.
///
/// Threads: any, and interrupt handlers, also at once with one `*profile`.
///
///     t2m_request request = { 100, 0, 50 };
///     t2m_prediction prediction;
///     t2m_status status = t2m_predict(&profile, &request, &prediction);
///
/// # Safety
/// `profile` points to a `t2m_profile`, `request` to a `t2m_request`, and `prediction` to a
/// `t2m_prediction` that may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn t2m_predict(
    profile: *const t2m_profile,
    request: *const t2m_request,
    prediction: *mut t2m_prediction,
) -> t2m_status {
    status(|| {
        // SAFETY: what this function requires.
        let (profile, request) = unsafe { (borrow(profile)?.loaded()?, *borrow(request)?) };
        let out = Out::check(prediction, 1)?;
        let predicted = profile.figures(request.into())?.into();
        // SAFETY: what this function requires.
        unsafe { out.write(0, predicted) };
        Ok(())
    })
}

/// Predicts `n` requests into `n` predictions, in their order.
///
/// Returns `T2M_OK` and writes all of `predictions`; what `t2m_predict` returns for the first request
/// that has no prediction, and then writes none; or `T2M_TOO_LONG`. With `n` of 0 it does nothing, and
/// both arrays may be NULL.
///
/// Threads: any, and interrupt handlers, also at once with one `*profile`. Its time grows with `n`.
///
///     t2m_status status = t2m_predict_batch(&profile, requests, n, predictions);
///
/// # Safety
/// `profile` points to a `t2m_profile`, `requests` to `n` values, and `predictions` to `n` values that may
/// be written and do not overlap with `requests`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn t2m_predict_batch(
    profile: *const t2m_profile,
    requests: *const t2m_request,
    n: usize,
    predictions: *mut t2m_prediction,
) -> t2m_status {
    status(|| {
        // SAFETY: what this function requires.
        let profile = unsafe { borrow(profile) }?.loaded()?;
        if n == 0 {
            return Ok(());
        }
        let out = Out::check(predictions, n)?;
        // SAFETY: what this function requires.
        let requests = unsafe { borrow_slice(requests, n) }?;
        requests.iter().try_for_each(|request| profile.check_request(Request::from(*request)))?;
        let mut figures = [Figures::UNKNOWN; LANES];
        let (together, others) = requests.as_chunks::<LANES>();
        for (chunk, requests) in together.iter().enumerate() {
            profile.figures_of_each(&requests.map(Request::from), &mut figures)?;
            for (lane, figures) in figures.iter().enumerate() {
                // SAFETY: what this function requires; the index is below `n`.
                unsafe { out.write(LANES * chunk + lane, (*figures).into()) };
            }
        }
        for (index, request) in others.iter().enumerate() {
            let predicted = profile.figures(Request::from(*request))?.into();
            // SAFETY: what this function requires; the index is below `n`.
            unsafe { out.write(LANES * together.len() + index, predicted) };
        }
        Ok(())
    })
}
