//! Follows a device that is no longer as its profile says.

use crate::pointer::{Out, borrow, borrow_slice, status};
use crate::{t2m_prediction, t2m_profile, t2m_request, t2m_status};
use token2metrics_core::{Correction, Drift, Measured, Track};

/// What has been seen of one phase of the requests on one device. Without units: all are ratios and counts.
///
///     if (drift.decode.observed >= 3 && drift.decode.ratio > 1.3f) puts("the device is throttled");
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct t2m_track {
    /// The natural logarithm of `ratio`.
    pub log_ratio: f32,
    /// Observed seconds / those that the profile predicts, now; 1/8 to 8.
    pub ratio: f32,
    /// Factor on the width of the phase's band, 1/4 to 64.
    pub width: f32,
    /// Mean log ratio of the values in doubt.
    pub doubt: f32,
    /// Requests that the ratio was learned from, at most 65535; predictions use it from the third on.
    pub observed: u16,
    /// Values in doubt: far from the ratio and near to each other. The third is believed.
    pub doubted: u16,
}

/// How a device differs from its profile, learned from the requests that it ran: throttled, in another
/// power mode, under other load. 48 bytes that belong to the caller, one state per profile in use; its
/// fields may be read, and only the library writes them. It may be copied, and kept over a restart by
/// storing its bytes. One thread at a time may observe; meanwhile nobody may read it. Give a copy to those
/// who must not wait.
///
///     static t2m_drift state;
///     t2m_status status = t2m_drift_init(&state);
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct t2m_drift {
    /// Mark and number of this layout.
    pub version: u32,
    /// Of `prefill_s`.
    pub prefill: t2m_track,
    /// Of `decode_s`.
    pub decode: t2m_track,
    /// Factor on the width of the band of `total_s`, 1/4 to 64.
    pub total_width: f32,
}

const _: () = assert!(size_of::<t2m_drift>() == 48, "a state has at most 64 bytes, and no padding");

/// How long the phases of a request took.
///
///     t2m_measured measured = { first_token_s - submitted_s, last_token_s - first_token_s };
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct t2m_measured {
    /// Seconds from submission to the first token; above 0.
    pub prefill_s: f32,
    /// Seconds from the first token to the last; above 0, and not read where there is no decode step.
    pub decode_s: f32,
}

impl t2m_track {
    const fn from(track: Track) -> Self {
        let Track { log_ratio, ratio, width, doubt, observed, doubted } = track;
        Self { log_ratio, ratio, width, doubt, observed, doubted }
    }

    fn to_core(self) -> Track {
        let Self { log_ratio, ratio, width, doubt, observed, doubted } = self;
        Track { log_ratio, ratio, width, doubt, observed, doubted }
    }
}

impl t2m_drift {
    /// Nothing observed yet.
    pub const NEW: Self = Self::from(Drift::NEW);

    const fn from(drift: Drift) -> Self {
        let Drift { version, prefill, decode, total_width } = drift;
        Self { version, prefill: t2m_track::from(prefill), decode: t2m_track::from(decode), total_width }
    }

    fn to_core(self) -> Drift {
        let Self { version, prefill, decode, total_width } = self;
        Drift { version, prefill: prefill.to_core(), decode: decode.to_core(), total_width }
    }
}

/// The correction of a state that the caller may have left out.
///
/// # Safety
/// As for [`borrow`], where the pointer is not NULL.
pub(crate) unsafe fn correction(drift: *const t2m_drift) -> Result<Correction, t2m_status> {
    if drift.is_null() {
        return Ok(Correction::NONE);
    }
    // SAFETY: what this function requires.
    Ok(unsafe { borrow(drift) }?.to_core().correction()?)
}

/// Begins a state: nothing observed. Also the way to forget what was observed, say after the power mode was
/// changed on purpose.
///
/// Returns `T2M_OK` and writes `*drift`; `T2M_NULL_POINTER` or `T2M_MISALIGNED`.
///
/// Threads: any, and interrupt handlers. Nobody else may use `*drift` meanwhile.
///
///     t2m_drift drift;
///     t2m_status status = t2m_drift_init(&drift);
///
/// # Safety
/// `drift` points to a `t2m_drift` that may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn t2m_drift_init(drift: *mut t2m_drift) -> t2m_status {
    status(|| {
        let out = Out::check(drift, 1)?;
        // SAFETY: what this function requires.
        unsafe { out.write(0, t2m_drift::NEW) };
        Ok(())
    })
}

/// Takes up a state from its stored bytes, which need no alignment: those of a `t2m_drift` as they lie in
/// the memory of such a machine.
///
/// Returns `T2M_OK` and writes `*drift`; `T2M_WRONG_SIZE` where `len` is not `sizeof(t2m_drift)`;
/// `T2M_DRIFT_VERSION` or `T2M_DRIFT_DAMAGED` for bytes that are not a state of this version, after which a new one
/// is begun with `t2m_drift_init`; `T2M_NULL_POINTER`, `T2M_MISALIGNED` or `T2M_TOO_LONG`.
///
/// Threads: any, and interrupt handlers. Nobody else may use `*drift` meanwhile.
///
///     if (t2m_drift_restore(page, sizeof drift, &drift) != T2M_OK) t2m_drift_init(&drift);
///
/// # Safety
/// `bytes` points to `len` bytes, and `drift` to a `t2m_drift` that may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn t2m_drift_restore(bytes: *const u8, len: usize, drift: *mut t2m_drift) -> t2m_status {
    status(|| {
        let out = Out::check(drift, 1)?;
        // SAFETY: what this function requires.
        let bytes = unsafe { borrow_slice(bytes, len) }?;
        if bytes.len() != size_of::<t2m_drift>() {
            return Err(t2m_status::T2M_WRONG_SIZE);
        }
        // SAFETY: so many bytes, and any of them make floats and integers without padding.
        let restored = unsafe { bytes.as_ptr().cast::<t2m_drift>().read_unaligned() };
        restored.to_core().check()?;
        // SAFETY: what this function requires.
        unsafe { out.write(0, restored) };
        Ok(())
    })
}

/// Learns from a request that has run: how its measured times compare with those that the profile predicts.
/// A single value that is far off changes nothing; three in a row that agree are believed. Give as
/// `output_tokens` what was really generated, if the request was stopped early. A phase for which
/// the profile predicts no time at all is left out. O(1) in time and memory.
///
/// Returns `T2M_OK` and updates `*drift`; `T2M_MEASURED_TIME` where a time is zero, negative, NaN or
/// infinite; `T2M_DRIFT_DAMAGED` or `T2M_DRIFT_VERSION`; what `t2m_predict` returns for the
/// request; `T2M_NOT_LOADED`, `T2M_NULL_POINTER` or `T2M_MISALIGNED`. Then the state is as it was.
///
/// Threads: any, and interrupt handlers. It writes `*drift`, which nobody else may use meanwhile: neither
/// observe nor predict with it.
///
///     t2m_measured measured = { 0.21f, 3.4f };
///     t2m_status status = t2m_drift_observe(&profile, &request, &measured, &drift);
///
/// # Safety
/// `profile` points to a `t2m_profile`, `request` to a `t2m_request`, `measured` to a `t2m_measured`, and
/// `drift` to a `t2m_drift` that may be written and that nobody else reads or writes meanwhile.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn t2m_drift_observe(
    profile: *const t2m_profile,
    request: *const t2m_request,
    measured: *const t2m_measured,
    drift: *mut t2m_drift,
) -> t2m_status {
    status(|| {
        let out = Out::check(drift, 1)?;
        // SAFETY: what this function requires.
        let (profile, request) = unsafe { (borrow(profile)?.loaded()?, *borrow(request)?) };
        // SAFETY: what this function requires.
        let (measured, mut state) = unsafe { (*borrow(measured)?, borrow(drift)?.to_core()) };
        let t2m_measured { prefill_s, decode_s } = measured;
        state.observe(profile, request.into(), Measured { prefill_s, decode_s })?;
        // SAFETY: what this function requires.
        unsafe { out.write(0, t2m_drift::from(state)) };
        Ok(())
    })
}

/// Predicts one request on the device as it is now: the times of `t2m_predict` times the ratios of the
/// drift, its bands around them and as wide as they have proved to have to be, and energy and cost of
/// these times. With fewer than three observed requests of a phase, that phase is as `t2m_predict`
/// has it. In constant time whatever the token counts.
///
/// Returns `T2M_OK` and writes `*prediction`; `T2M_DRIFT_DAMAGED` or `T2M_DRIFT_VERSION`; or what
/// `t2m_predict` returns.
///
/// Threads: any, and interrupt handlers, also at once with one `*profile` and one `*drift`, as long as
/// nobody observes into that.
///
///     t2m_status status = t2m_drift_predict(&profile, &drift, &request, &prediction);
///
/// # Safety
/// `profile` points to a `t2m_profile`, `drift` to a `t2m_drift`, `request` to a `t2m_request`, and `prediction`
/// to a `t2m_prediction` that may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn t2m_drift_predict(
    profile: *const t2m_profile,
    drift: *const t2m_drift,
    request: *const t2m_request,
    prediction: *mut t2m_prediction,
) -> t2m_status {
    status(|| {
        // SAFETY: what this function requires.
        let (profile, request) = unsafe { (borrow(profile)?.loaded()?, *borrow(request)?) };
        // SAFETY: what this function requires.
        let correction = unsafe { borrow(drift) }?.to_core().correction()?;
        let out = Out::check(prediction, 1)?;
        let predicted = profile.corrected_figures(&correction, request.into())?.into();
        // SAFETY: what this function requires.
        unsafe { out.write(0, predicted) };
        Ok(())
    })
}
