//! Token counts in, seconds out.

use crate::pointer::{Out, borrow, borrow_slice, status};
use crate::{t2m_profile, t2m_status};
use token2metrics_core::{Prediction, Request};

/// One request: a single stream, no queue.
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

/// The latency of one request on the device of the profile. Every float is finite and not negative.
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
    /// `T2M_FLAG_...` bits, or-ed; ignore those that you do not know.
    pub flags: u32,
}

/// Flag: `input_tokens` is outside the range that the profile was trained on.
pub const T2M_FLAG_INPUT_EXTRAPOLATED: u32 = 1;
/// Flag: `output_tokens` is outside the range that the profile was trained on.
pub const T2M_FLAG_OUTPUT_EXTRAPOLATED: u32 = 2;
/// Flag: the coefficients gave a negative time for a phase, which was raised to 0.
pub const T2M_FLAG_RAISED_TO_ZERO: u32 = 4;

impl From<t2m_request> for Request {
    fn from(request: t2m_request) -> Self {
        let t2m_request { input_tokens, cached_tokens, output_tokens } = request;
        Self { input_tokens, cached_tokens, output_tokens }
    }
}

impl From<Prediction> for t2m_prediction {
    fn from(prediction: Prediction) -> Self {
        let Prediction { prefill_s, decode_s, total_s, tpot_s, flags } = prediction;
        Self { prefill_s, decode_s, total_s, tpot_s, flags: flags.bits() }
    }
}

/// Predicts one request, in constant time whatever its token counts.
///
/// Returns `T2M_OK` and writes `*prediction`; `T2M_NO_INPUT_TOKENS`, `T2M_NO_OUTPUT_TOKENS`,
/// `T2M_CACHED_TOKENS` or `T2M_TOO_MANY_TOKENS` for counts that make no request; `T2M_NOT_LOADED`,
/// `T2M_NULL_POINTER` or `T2M_MISALIGNED`.
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
        let predicted = profile.predict(request.into())?.into();
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
        requests.iter().try_for_each(|request| Request::from(*request).check())?;
        for (index, request) in requests.iter().enumerate() {
            let predicted = profile.predict(Request::from(*request))?.into();
            // SAFETY: what this function requires; `index` is below `n`.
            unsafe { out.write(index, predicted) };
        }
        Ok(())
    })
}
