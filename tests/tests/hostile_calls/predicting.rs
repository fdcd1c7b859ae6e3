//! Profiles, requests and batches that give no prediction.

use crate::out::Out;
use crate::{GOOD, loaded, misaligned};
use std::ptr::{null, null_mut};
use token2metrics::t2m_status::*;
use token2metrics::{t2m_predict, t2m_predict_batch, t2m_prediction, t2m_profile, t2m_request, t2m_status};

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
