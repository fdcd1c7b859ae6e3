//! States and measured times that a drift does not learn from, and predictions that it does not make.

use crate::out::Out;
use crate::{GOOD, PREFILL_ONLY, loaded, loaded_from, misaligned};
use std::ptr::{null, null_mut};
use token2metrics::t2m_status::*;
use token2metrics::{t2m_drift, t2m_drift_init, t2m_drift_observe, t2m_drift_predict, t2m_drift_restore};
use token2metrics::{t2m_measured, t2m_prediction, t2m_profile, t2m_request, t2m_status};

static MEASURED: t2m_measured = t2m_measured { prefill_s: 0.5, decode_s: 2.0 };

/// States that are none, and what each is told to be.
pub(crate) fn wrong_states() -> [(t2m_status, t2m_drift); 7] {
    let good = t2m_drift::NEW;
    let (mut infinite, mut doubtful) = (good, good);
    infinite.decode.ratio = f32::INFINITY;
    doubtful.prefill.doubted = 3;
    [
        // SAFETY: any bytes are a state.
        (T2M_DRIFT_DAMAGED, unsafe { std::mem::transmute::<[u8; 48], t2m_drift>([0; 48]) }),
        // SAFETY: the same.
        (T2M_DRIFT_DAMAGED, unsafe { std::mem::transmute::<[u8; 48], t2m_drift>([0xFF; 48]) }),
        (T2M_DRIFT_VERSION, t2m_drift { version: good.version + 1, ..good }),
        (T2M_DRIFT_DAMAGED, t2m_drift { version: good.version ^ 0x100, ..good }),
        (T2M_DRIFT_DAMAGED, t2m_drift { total_width: f32::NAN, ..good }),
        (T2M_DRIFT_DAMAGED, infinite),
        (T2M_DRIFT_DAMAGED, doubtful),
    ]
}

fn bytes(drift: &t2m_drift) -> Vec<u8> {
    // SAFETY: a state has no padding.
    unsafe { std::slice::from_raw_parts((&raw const *drift).cast::<u8>(), size_of::<t2m_drift>()) }.to_vec()
}

fn restore(bytes: &[u8], drift: *mut t2m_drift) -> t2m_status {
    // SAFETY: a slice has as many bytes as it says; the callers pass storage, or NULL, or what is misaligned.
    unsafe { t2m_drift_restore(bytes.as_ptr(), bytes.len(), drift) }
}

#[test]
fn null_and_misaligned_states_are_not_written() {
    let mut out = Out::<t2m_drift>::new();
    // SAFETY: NULL and misaligned pointers are allowed.
    assert_eq!(unsafe { t2m_drift_init(null_mut()) }, T2M_NULL_POINTER);
    // SAFETY: the same.
    out.fails_with(T2M_MISALIGNED, |out| unsafe { t2m_drift_init(misaligned(out).cast_mut()) });
    let stored = bytes(&t2m_drift::NEW);
    // SAFETY: the same.
    out.fails_with(T2M_NULL_POINTER, |out| unsafe { t2m_drift_restore(null(), stored.len(), out) });
    // SAFETY: a length that no array has is refused before anything is read.
    out.fails_with(T2M_TOO_LONG, |out| unsafe { t2m_drift_restore(stored.as_ptr(), usize::MAX, out) });
    assert_eq!(restore(&stored, null_mut()), T2M_NULL_POINTER);
    out.fails_with(T2M_MISALIGNED, |out| restore(&stored, misaligned(out).cast_mut()));
}

#[test]
fn stored_bytes_that_are_no_state_are_not_restored() {
    let mut out = Out::<t2m_drift>::new();
    for len in (0..=100).filter(|len| *len != size_of::<t2m_drift>()) {
        out.fails_with(T2M_WRONG_SIZE, |out| restore(&vec![0; len], out));
    }
    for (status, drift) in wrong_states() {
        out.fails_with(status, |out| restore(&bytes(&drift), out));
    }
    // Wherever they lie.
    let shifted = [&[0], &*bytes(&t2m_drift::NEW)].concat();
    // SAFETY: a restored state is written.
    assert_eq!(unsafe { Out::new().written(|out| restore(&shifted[1..], out)) }, t2m_drift::NEW);
}

/// Calls with pointers to everything, one of which is wrong.
fn assert_observes_nothing(
    expected: t2m_status,
    profile: *const t2m_profile,
    request: *const t2m_request,
    measured: *const t2m_measured,
) {
    let mut drift = t2m_drift::NEW;
    // SAFETY: NULL and misaligned pointers are allowed; the others are to values.
    assert_eq!(unsafe { t2m_drift_observe(profile, request, measured, &mut drift) }, expected);
    assert_eq!(drift, t2m_drift::NEW);
}

#[test]
fn null_and_misaligned_pointers_are_not_observed() {
    let profile = loaded();
    for (status, profile, request, measured) in [
        (T2M_NULL_POINTER, null(), &raw const GOOD, &raw const MEASURED),
        (T2M_MISALIGNED, misaligned(&profile), &GOOD, &MEASURED),
        (T2M_NOT_LOADED, &t2m_profile::EMPTY, &GOOD, &MEASURED),
        (T2M_NULL_POINTER, &profile, null(), &MEASURED),
        (T2M_MISALIGNED, &profile, misaligned(&GOOD), &MEASURED),
        (T2M_NULL_POINTER, &profile, &GOOD, null()),
        (T2M_MISALIGNED, &profile, &GOOD, misaligned(&MEASURED)),
    ] {
        assert_observes_nothing(status, profile, request, measured);
    }
    let observe = |drift: *mut t2m_drift| {
        // SAFETY: NULL and misaligned pointers are allowed.
        unsafe { t2m_drift_observe(&profile, &GOOD, &MEASURED, drift) }
    };
    assert_eq!(observe(null_mut()), T2M_NULL_POINTER);
    Out::new().fails_with(T2M_MISALIGNED, |out: *mut t2m_drift| observe(misaligned(out).cast_mut()));
    for (status, wrong) in wrong_states() {
        let mut drift = wrong;
        assert_eq!(observe(&mut drift), status);
        assert_eq!(bytes(&drift), bytes(&wrong));
    }
}

#[test]
fn measured_times_that_are_none_are_not_observed() {
    let profile = loaded();
    for time in [0.0, -1.0, f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        for measured in [t2m_measured { prefill_s: time, ..MEASURED }, t2m_measured { decode_s: time, ..MEASURED }] {
            assert_observes_nothing(T2M_MEASURED_TIME, &profile, &GOOD, &measured);
        }
    }
    assert_observes_nothing(T2M_NO_DECODE, &loaded_from(PREFILL_ONLY), &GOOD, &MEASURED);
    assert_observes_nothing(T2M_NO_INPUT_TOKENS, &profile, &t2m_request { input_tokens: 0, ..GOOD }, &MEASURED);
}

#[test]
fn null_and_misaligned_pointers_are_not_predicted_from() {
    let (profile, drift) = (loaded(), t2m_drift::NEW);
    let mut out = Out::<t2m_prediction>::new();
    for (status, profile, drift, request) in [
        (T2M_NULL_POINTER, null(), &raw const drift, &raw const GOOD),
        (T2M_MISALIGNED, misaligned(&profile), &drift, &GOOD),
        (T2M_NOT_LOADED, &t2m_profile::EMPTY, &drift, &GOOD),
        (T2M_NULL_POINTER, &profile, null(), &GOOD),
        (T2M_MISALIGNED, &profile, misaligned(&drift), &GOOD),
        (T2M_NULL_POINTER, &profile, &drift, null()),
        (T2M_MISALIGNED, &profile, &drift, misaligned(&GOOD)),
    ] {
        // SAFETY: NULL and misaligned pointers are allowed; the others are to values.
        out.fails_with(status, |out| unsafe { t2m_drift_predict(profile, drift, request, out) });
    }
    let predict = |drift: &t2m_drift, out: *mut t2m_prediction| {
        // SAFETY: the same.
        unsafe { t2m_drift_predict(&profile, drift, &GOOD, out) }
    };
    assert_eq!(predict(&drift, null_mut()), T2M_NULL_POINTER);
    out.fails_with(T2M_MISALIGNED, |out| predict(&drift, misaligned(out).cast_mut()));
    for (status, wrong) in wrong_states() {
        out.fails_with(status, |out| predict(&wrong, out));
    }
}
