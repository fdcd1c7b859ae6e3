//! Profiles, requests and batches that give no prediction.

use crate::out::Out;
use crate::{GOOD, PREFILL_ONLY, loaded, loaded_from, misaligned};
use std::ptr::{null, null_mut};
use token2metrics::predict::{T2M_FLAG_NO_BANDS, T2M_FLAG_NO_COST, T2M_FLAG_NO_ENERGY};
use token2metrics::t2m_status::*;
use token2metrics::{t2m_band, t2m_predict, t2m_predict_batch, t2m_prediction, t2m_profile, t2m_request, t2m_status};

static BAD: t2m_request = t2m_request { output_tokens: 0, ..GOOD };

/// Predicts as many requests as there are places.
fn batch<const N: usize>(requests: &[t2m_request; N], out: *mut [t2m_prediction; N]) -> t2m_status {
    // SAFETY: both pointers are to N values.
    unsafe { t2m_predict_batch(&loaded(), requests.as_ptr(), N, out.cast()) }
}

#[test]
fn null_and_misaligned_pointers_predict_nothing() {
    let profile = loaded();
    let mut out = Out::<t2m_prediction>::new();
    // The profile and the requests are wrong in turn; each error is the same for one request and for a batch.
    for (status, profile, request) in [
        (T2M_NULL_POINTER, null(), &raw const GOOD),
        (T2M_MISALIGNED, misaligned(&profile), &GOOD),
        (T2M_NULL_POINTER, &raw const profile, null()),
        (T2M_MISALIGNED, &profile, misaligned(&GOOD)),
    ] {
        // SAFETY: NULL and misaligned pointers are allowed.
        out.fails_with(status, |out| unsafe { t2m_predict(profile, request, out) });
        // SAFETY: the same.
        out.fails_with(status, |out| unsafe { t2m_predict_batch(profile, request, 1, out) });
    }
    let at = |out: *mut t2m_prediction| {
        // SAFETY: the same.
        let batch = unsafe { t2m_predict_batch(&profile, &GOOD, 1, out) };
        // SAFETY: the same.
        assert_eq!(unsafe { t2m_predict(&profile, &GOOD, out) }, batch);
        batch
    };
    assert_eq!(at(null_mut()), T2M_NULL_POINTER);
    out.fails_with(T2M_MISALIGNED, |out| at(misaligned(out).cast_mut()));
}

#[test]
fn storage_that_is_not_loaded_predicts_nothing() {
    let mut overwritten = loaded();
    // SAFETY: the first byte of the storage.
    unsafe { (&raw mut overwritten).cast::<u8>().write(0) };
    // SAFETY: any bytes are a `t2m_profile`.
    let erased = unsafe { std::mem::transmute::<[u64; 64], t2m_profile>([u64::MAX; 64]) };
    let mut out = Out::<t2m_prediction>::new();
    for profile in [t2m_profile::EMPTY, erased, overwritten] {
        // SAFETY: all three are values.
        out.fails_with(T2M_NOT_LOADED, |out| unsafe { t2m_predict(&profile, &GOOD, out) });
        for n in [0, 1] {
            // SAFETY: one value each.
            out.fails_with(T2M_NOT_LOADED, |out| unsafe { t2m_predict_batch(&profile, &GOOD, n, out) });
        }
    }
}

#[test]
fn batch_of_none_needs_no_arrays() {
    let mut out = Out::<t2m_prediction>::new();
    // SAFETY: an empty batch reads and writes nothing.
    assert_eq!(unsafe { t2m_predict_batch(&loaded(), null(), 0, null_mut()) }, T2M_OK);
    // SAFETY: NULL is allowed.
    out.fails_with(T2M_NULL_POINTER, |out| unsafe { t2m_predict_batch(null(), &GOOD, 0, out) });
}

#[test]
fn endless_batch_is_refused() {
    let mut out = Out::<t2m_prediction>::new();
    // The last is too long only for the predictions, which are larger than the requests.
    for n in [usize::MAX, usize::MAX / 2, isize::MAX as usize / 16] {
        // SAFETY: a length that no array has is refused before anything is read.
        out.fails_with(T2M_TOO_LONG, |out| unsafe { t2m_predict_batch(&loaded(), &GOOD, n, out) });
    }
}

#[test]
fn bad_request_anywhere_in_a_batch_writes_nothing() {
    for bad in 0..3 {
        let mut requests = [GOOD; 3];
        requests[bad] = BAD;
        Out::new().fails_with(T2M_NO_OUTPUT_TOKENS, |out| batch(&requests, out));
    }
    // The first of several is the one that is told.
    let requests = [GOOD, t2m_request { cached_tokens: 100, ..GOOD }, BAD];
    Out::new().fails_with(T2M_CACHED_TOKENS, |out| batch(&requests, out));
}

#[test]
fn steps_of_a_profile_without_decode_are_not_predicted() {
    let profile = loaded_from(PREFILL_ONLY);
    let one_token = t2m_request { output_tokens: 1, ..GOOD };
    // SAFETY: all three are values.
    Out::new().fails_with(T2M_NO_DECODE, |out| unsafe { t2m_predict(&profile, &GOOD, out) });
    let batch = |requests: &[t2m_request; 2], out: *mut [t2m_prediction; 2]| {
        // SAFETY: both pointers are to 2 values.
        unsafe { t2m_predict_batch(&profile, requests.as_ptr(), 2, out.cast()) }
    };
    Out::new().fails_with(T2M_NO_DECODE, |out| batch(&[one_token, GOOD], out));
    // SAFETY: a batch writes all of its predictions.
    let [first, second] = unsafe { Out::new().written(|out| batch(&[one_token; 2], out)) };
    assert_eq!(first, second);
    assert!(first.prefill_s > 0.0 && first.decode_s == 0.0 && first.energy_j > 0.0);
}

/// What is not known is above every limit, and says so.
#[test]
fn unknown_figures_are_infinite_and_flagged() {
    let bare = loaded_from(include_bytes!("../../../tests/vectors/version_1.t2m"));
    // SAFETY: all three are values, and a prediction writes the last.
    let predicted = unsafe { Out::<t2m_prediction>::new().written(|out| t2m_predict(&bare, &GOOD, out)) };
    let t2m_prediction { prefill_energy_j, decode_energy_j, energy_j, average_power_w, cost, .. } = predicted;
    let t2m_prediction { prefill_band, decode_band, total_band, flags, .. } = predicted;
    assert_eq!([prefill_energy_j, decode_energy_j, energy_j, average_power_w, cost], [f32::INFINITY; 5]);
    let unknown = t2m_band { low_s: 0.0, high_s: f32::INFINITY };
    assert_eq!([prefill_band, decode_band, total_band], [unknown; 3]);
    assert_eq!(flags, T2M_FLAG_NO_ENERGY | T2M_FLAG_NO_COST | T2M_FLAG_NO_BANDS);
}

#[test]
fn batch_is_its_requests_in_order() {
    let requests = [GOOD, t2m_request { output_tokens: 1, ..GOOD }, t2m_request { cached_tokens: 99, ..GOOD }];
    // SAFETY: a batch writes all of its predictions.
    let predictions = unsafe { Out::new().written(|out| batch(&requests, out)) };
    for (request, predicted) in requests.iter().zip(predictions) {
        // SAFETY: all three are values, and a prediction writes the last.
        let alone = unsafe { Out::new().written(|out| t2m_predict(&loaded(), request, out)) };
        assert_eq!(alone, predicted);
    }
    assert!(predictions[0] != predictions[1] && predictions[1] != predictions[2]);
}
