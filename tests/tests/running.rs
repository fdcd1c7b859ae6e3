//! Progress and drift from C are those of `core`, to the bit; and a stored drift is taken up again.

use std::mem::MaybeUninit;
use token2metrics::*;
use token2metrics_core::{Drift, Measured, Profile, Progress, Request};
use token2metrics_tests::figures::{as_c, figures};

const BLOB: &[u8] = include_bytes!("../vectors/version_2.t2m");
const REQUEST: t2m_request = t2m_request { input_tokens: 300, cached_tokens: 0, output_tokens: 80 };

fn loaded() -> t2m_profile {
    let mut profile = t2m_profile::EMPTY;
    // SAFETY: the slice's own bytes, and room for a profile.
    let status = unsafe { t2m_profile_load(BLOB.as_ptr(), BLOB.len(), &mut profile) };
    assert_eq!(status, t2m_status::T2M_OK);
    profile
}

/// What a call writes, which must succeed.
fn written<T>(call: impl FnOnce(*mut T) -> t2m_status) -> T {
    let mut room = MaybeUninit::uninit();
    assert_eq!(call(room.as_mut_ptr()), t2m_status::T2M_OK);
    // SAFETY: a call that succeeds has written it.
    unsafe { room.assume_init() }
}

/// Requests on a device that takes 40 % longer, one of them a freak; the same from C and in Rust.
fn observed() -> (t2m_drift, Drift) {
    let (profile, same) = (loaded(), Profile::decode(BLOB).expect("a profile"));
    // SAFETY: room for a state.
    let mut drift = written(|drift| unsafe { t2m_drift_init(drift) });
    let mut twin = Drift::NEW;
    let predicted = same.predict(REQUEST.into()).expect("a request");
    for factor in [1.4, 1.38, 1.45, 9.0, 1.41, 1.39] {
        let (prefill_s, decode_s) = (factor * predicted.prefill_s, factor * predicted.decode_s);
        let measured = t2m_measured { prefill_s, decode_s };
        // SAFETY: every pointer is to a value of its type.
        let status = unsafe { t2m_drift_observe(&profile, &REQUEST, &measured, &mut drift) };
        assert_eq!(status, t2m_status::T2M_OK);
        twin.observe(&same, REQUEST.into(), Measured { prefill_s, decode_s }).expect("measured times");
    }
    (drift, twin)
}

#[test]
fn a_drift_from_c_is_that_of_core() {
    let (drift, twin) = observed();
    assert_eq!(drift.prefill.ratio.to_bits(), twin.prefill.ratio.to_bits());
    assert_eq!((drift.decode.observed, drift.decode.doubted), (5, 0));
    let profile = loaded();
    // SAFETY: every pointer is to a value of its type, or to room for one.
    let predicted = written(|room| unsafe { t2m_drift_predict(&profile, &drift, &REQUEST, room) });
    let correction = twin.correction().expect("a sound state");
    let same = Profile::decode(BLOB).expect("a profile").predict_corrected(&correction, REQUEST.into());
    let same = as_c(same.expect("a request"));
    for ((name, figure), (_, same)) in figures(&predicted).into_iter().zip(figures(&same)) {
        assert_eq!(figure.to_bits(), same.to_bits(), "{name}");
    }
    // SAFETY: as above.
    let alone = written(|room| unsafe { t2m_predict(&profile, &REQUEST, room) });
    assert!((1.3..1.45).contains(&(predicted.total_s / alone.total_s)), "{predicted:?} {alone:?}");
}

#[test]
fn what_is_left_from_c_is_that_of_core() {
    let (drift, twin) = observed();
    let profile = loaded();
    let same = Profile::decode(BLOB).expect("a profile");
    for (generated_tokens, elapsed_s, prefill_s) in
        [(0, 0.0, 0.0), (0, 0.2, 9.0), (1, 0.5, 0.4), (40, 3.0, 0.4), (80, 9.0, 0.4)]
    {
        let progress = t2m_progress { generated_tokens, elapsed_s, prefill_s };
        for (state, correction) in [
            (std::ptr::null(), token2metrics_core::Correction::NONE),
            (&raw const drift, twin.correction().expect("sound")),
        ] {
            // SAFETY: every pointer is to a value of its type, or to room for one; the state may be NULL.
            let left = written(|room| unsafe { t2m_remaining(&profile, state, &REQUEST, &progress, room) });
            let progress = Progress { generated_tokens, elapsed_s, prefill_s };
            let same = same.remaining(&correction, Request::from(REQUEST), progress).expect("a request that runs");
            let same = t2m_estimate {
                remaining_s: same.remaining_s,
                remaining_energy_j: same.remaining_energy_j.unwrap_or(f32::INFINITY),
                total_s: same.total_s,
                fraction: same.fraction,
                flags: same.flags.bits(),
            };
            assert_eq!(left, same, "{progress:?}");
        }
    }
}

#[test]
fn a_stored_drift_is_taken_up_again() {
    let (drift, _) = observed();
    // SAFETY: a state has no padding.
    let bytes = unsafe { std::slice::from_raw_parts((&raw const drift).cast::<u8>(), size_of::<t2m_drift>()) };
    // From an odd address, as a file may be.
    let stored = [&[0], bytes, &[0]].concat();
    let restore = |from: usize, len: usize| {
        let mut room = t2m_drift { total_width: 7.0, ..t2m_drift::NEW };
        // SAFETY: so many bytes of the slice, and room for a state.
        let status = unsafe { t2m_drift_restore(stored[from..from + len].as_ptr(), len, &mut room) };
        (status, room)
    };
    assert_eq!(restore(1, 48), (t2m_status::T2M_OK, drift));
    let untouched = t2m_drift { total_width: 7.0, ..t2m_drift::NEW };
    for len in [0, 1, 47, 49] {
        assert_eq!(restore(1, len), (t2m_status::T2M_WRONG_SIZE, untouched), "{len}");
    }
    assert_eq!(restore(0, 48), (t2m_status::T2M_DRIFT_DAMAGED, untouched));
}
