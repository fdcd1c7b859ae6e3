//! Limits that have no budget, and progress that has no estimate.

use crate::following::wrong_states;
use crate::out::Out;
use crate::{GOOD, PREFILL_ONLY, loaded, loaded_from, misaligned};
use std::ffi::CStr;
use std::ptr::{null, null_mut};
use token2metrics::budget::{T2M_COST, T2M_JOULES, T2M_SECONDS};
use token2metrics::t2m_status::*;
use token2metrics::{t2m_abi_version, t2m_budget, t2m_drift, t2m_estimate, t2m_limit, t2m_max_output_tokens};
use token2metrics::{t2m_profile, t2m_progress, t2m_remaining, t2m_request, t2m_status_message};

static LIMIT: t2m_limit = t2m_limit { quantity: T2M_SECONDS, value: 3.0, confidence: 95 };
static PROGRESS: t2m_progress = t2m_progress { generated_tokens: 3, elapsed_s: 0.9, prefill_s: 0.5 };

/// The pointers that both functions have wrong in turn: profile, drift and request.
#[test]
fn null_and_misaligned_pointers_are_not_asked() {
    let (profile, drift) = (loaded(), t2m_drift::NEW);
    let (mut budget, mut estimate) = (Out::<t2m_budget>::new(), Out::<t2m_estimate>::new());
    for (status, profile, drift, request) in [
        (T2M_NULL_POINTER, null(), &raw const drift, &raw const GOOD),
        (T2M_MISALIGNED, misaligned(&profile), &drift, &GOOD),
        (T2M_NOT_LOADED, &t2m_profile::EMPTY, &drift, &GOOD),
        (T2M_MISALIGNED, &profile, misaligned(&drift), &GOOD),
        (T2M_NULL_POINTER, &profile, &drift, null()),
        (T2M_MISALIGNED, &profile, null(), misaligned(&GOOD)),
    ] {
        // SAFETY: NULL and misaligned pointers are allowed; the others are to values.
        budget.fails_with(status, |out| unsafe { t2m_max_output_tokens(profile, drift, request, &LIMIT, out) });
        // SAFETY: the same.
        estimate.fails_with(status, |out| unsafe { t2m_remaining(profile, drift, request, &PROGRESS, out) });
    }
    for (status, wrong) in wrong_states() {
        // SAFETY: all are values.
        budget.fails_with(status, |out| unsafe { t2m_max_output_tokens(&profile, &wrong, &GOOD, &LIMIT, out) });
        // SAFETY: the same.
        estimate.fails_with(status, |out| unsafe { t2m_remaining(&profile, &wrong, &GOOD, &PROGRESS, out) });
    }
}

#[test]
fn drift_may_be_null() {
    let (profile, none) = (loaded(), null());
    // SAFETY: NULL is allowed, and the budget is written.
    let ask = |drift| unsafe { Out::new().written(|out| t2m_max_output_tokens(&profile, drift, &GOOD, &LIMIT, out)) };
    assert_eq!(ask(none), ask(&t2m_drift::NEW));
    // SAFETY: NULL is allowed, and the estimate is written.
    let ask = |drift| unsafe { Out::new().written(|out| t2m_remaining(&profile, drift, &GOOD, &PROGRESS, out)) };
    assert_eq!(ask(none), ask(&t2m_drift::NEW));
}

#[test]
fn limits_that_are_none_have_no_budget() {
    let profile = loaded();
    let mut out = Out::<t2m_budget>::new();
    let mut fails = |status, limit: *const t2m_limit, request: &t2m_request| {
        // SAFETY: NULL and misaligned pointers are allowed; the others are to values.
        out.fails_with(status, |out| unsafe { t2m_max_output_tokens(&profile, null(), request, limit, out) });
    };
    fails(T2M_NULL_POINTER, null(), &GOOD);
    fails(T2M_MISALIGNED, misaligned(&LIMIT), &GOOD);
    for value in [0.0, -1.0, f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        fails(T2M_LIMIT_VALUE, &t2m_limit { value, ..LIMIT }, &GOOD);
    }
    for quantity in [0, 4, u32::MAX] {
        fails(T2M_LIMIT_QUANTITY, &t2m_limit { quantity, ..LIMIT }, &GOOD);
    }
    for confidence in [0, 5, 51, 100, u32::MAX] {
        fails(T2M_LIMIT_CONFIDENCE, &t2m_limit { confidence, ..LIMIT }, &GOOD);
    }
    fails(T2M_NO_OUTPUT_TOKENS, &LIMIT, &t2m_request { output_tokens: 0, ..GOOD });
    let place = |out| {
        // SAFETY: NULL and misaligned pointers are allowed.
        unsafe { t2m_max_output_tokens(&profile, null(), &GOOD, &LIMIT, out) }
    };
    assert_eq!(place(null_mut()), T2M_NULL_POINTER);
    Out::new().fails_with(T2M_MISALIGNED, |out: *mut t2m_budget| place(misaligned(out).cast_mut()));
}

#[test]
fn limits_of_what_a_profile_does_not_know_have_no_budget() {
    let bare = loaded_from(include_bytes!("../../../tests/vectors/version_1.t2m"));
    let mut out = Out::<t2m_budget>::new();
    let mut fails = |status, profile: &t2m_profile, limit: t2m_limit| {
        // SAFETY: all are values.
        out.fails_with(status, |out| unsafe { t2m_max_output_tokens(profile, null(), &GOOD, &limit, out) });
    };
    fails(T2M_LIMIT_NO_ENERGY, &bare, t2m_limit { quantity: T2M_JOULES, confidence: 50, ..LIMIT });
    fails(T2M_LIMIT_NO_COST, &bare, t2m_limit { quantity: T2M_COST, confidence: 50, ..LIMIT });
    fails(T2M_LIMIT_NO_BANDS, &bare, LIMIT);
    fails(T2M_NO_DECODE, &loaded_from(PREFILL_ONLY), t2m_limit { confidence: 50, ..LIMIT });
}

#[test]
fn progress_that_is_none_has_no_estimate() {
    let profile = loaded();
    let mut out = Out::<t2m_estimate>::new();
    let mut fails = |status, progress: *const t2m_progress| {
        // SAFETY: NULL and misaligned pointers are allowed; the others are to values.
        out.fails_with(status, |out| unsafe { t2m_remaining(&profile, null(), &GOOD, progress, out) });
    };
    fails(T2M_NULL_POINTER, null());
    fails(T2M_MISALIGNED, misaligned(&PROGRESS));
    for time in [-1.0, f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        fails(T2M_PROGRESS_TIME, &t2m_progress { elapsed_s: time, ..PROGRESS });
        fails(T2M_PROGRESS_TIME, &t2m_progress { prefill_s: time, ..PROGRESS });
    }
    fails(T2M_PROGRESS_TIME, &t2m_progress { elapsed_s: 0.4, ..PROGRESS });
    fails(T2M_PROGRESS_TOKENS, &t2m_progress { generated_tokens: 51, ..PROGRESS });
    let place = |out| {
        // SAFETY: NULL and misaligned pointers are allowed.
        unsafe { t2m_remaining(&profile, null(), &GOOD, &PROGRESS, out) }
    };
    assert_eq!(place(null_mut()), T2M_NULL_POINTER);
    Out::new().fails_with(T2M_MISALIGNED, |out: *mut t2m_estimate| place(misaligned(out).cast_mut()));
}

#[test]
fn every_number_has_a_text() {
    assert_eq!(t2m_abi_version(), token2metrics::status::T2M_ABI_VERSION);
    for status in (-1..1000).chain([i32::MIN, i32::MAX]) {
        // SAFETY: the function promises a static string with its NUL.
        assert!(!unsafe { CStr::from_ptr(t2m_status_message(status)) }.is_empty());
    }
}
