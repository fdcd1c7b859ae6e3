//! What is left of a running request.

use crate::drift::correction;
use crate::pointer::{Out, borrow, status};
use crate::{t2m_drift, t2m_profile, t2m_request, t2m_status};
use token2metrics_core::Progress;

/// How far a running request has come.
///
///     t2m_progress progress = { generated, now_s - submitted_s, first_token_s - submitted_s };
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct t2m_progress {
    /// Tokens generated so far; 0 while the prompt is being computed.
    pub generated_tokens: u32,
    /// Seconds since the request was submitted; at least 0.
    pub elapsed_s: f32,
    /// Seconds from submission to the first token, at most `elapsed_s`; not read while there is none.
    pub prefill_s: f32,
}

/// What is left of a running request. No float is negative or NaN.
///
///     printf("%.0f %%\n", 100 * estimate.fraction);
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct t2m_estimate {
    /// Seconds until its last token.
    pub remaining_s: f32,
    /// Joules until then; INFINITY with `T2M_FLAG_NO_ENERGY`.
    pub remaining_energy_j: f32,
    /// `elapsed_s + remaining_s`.
    pub total_s: f32,
    /// `elapsed_s / total_s`, 0 to 1: how much of a progress bar to fill.
    pub fraction: f32,
    /// `T2M_FLAG_...` bits, as in a prediction.
    pub flags: u32,
}

/// Estimates the rest of a running request from the profile and from the pace of this very request, which
/// counts as much as the profile after eight steps. The `output_tokens` of the request are how many it
/// will generate. May be called at any time, also between two tokens; for a request on the predicted
/// pace, `remaining_s` falls as `elapsed_s` rises. `drift` may be NULL: the profile as it is. In constant
/// time.
///
/// Returns `T2M_OK` and writes `*estimate`; `T2M_PROGRESS_TIME` or `T2M_PROGRESS_TOKENS`; what
/// `t2m_predict` returns for the request; `T2M_DRIFT_DAMAGED` or `T2M_DRIFT_VERSION`;
/// `T2M_NOT_LOADED`, `T2M_NULL_POINTER` or `T2M_MISALIGNED`.
///
/// Threads: any, and interrupt handlers, also at once with one `*profile` and one `*drift`, as long as
/// nobody observes into that.
///
///     t2m_progress progress = { generated, elapsed_s, prefill_s };
///     t2m_estimate estimate;
///     t2m_status status = t2m_remaining(&profile, &drift, &request, &progress, &estimate);
///     if (status == T2M_OK) printf("\r%3.0f %%, %.0f s left", 100 * estimate.fraction, estimate.remaining_s);
///
/// # Safety
/// `profile` points to a `t2m_profile`, `drift` to a `t2m_drift` or is NULL, `request` to a
/// `t2m_request`, `progress` to a `t2m_progress`, and `estimate` to a `t2m_estimate` that may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn t2m_remaining(
    profile: *const t2m_profile,
    drift: *const t2m_drift,
    request: *const t2m_request,
    progress: *const t2m_progress,
    estimate: *mut t2m_estimate,
) -> t2m_status {
    status(|| {
        // SAFETY: what this function requires.
        let (profile, correction) = unsafe { (borrow(profile)?.loaded()?, correction(drift)?) };
        // SAFETY: what this function requires.
        let (request, progress) = unsafe { (*borrow(request)?, *borrow(progress)?) };
        let out = Out::check(estimate, 1)?;
        let t2m_progress { generated_tokens, elapsed_s, prefill_s } = progress;
        let progress = Progress { generated_tokens, elapsed_s, prefill_s };
        let left = profile.remaining(&correction, request.into(), progress)?;
        let left = t2m_estimate {
            remaining_s: left.remaining_s,
            remaining_energy_j: left.remaining_energy_j.unwrap_or(f32::INFINITY),
            total_s: left.total_s,
            fraction: left.fraction,
            flags: left.flags.bits(),
        };
        // SAFETY: what this function requires.
        unsafe { out.write(0, left) };
        Ok(())
    })
}
