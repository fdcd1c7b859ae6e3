//! Blobs, bundles and names that give no profile.

use crate::out::Out;
use crate::{BLOB, GOOD, NAME, find, load, loaded, misaligned};
use std::ptr::{null, null_mut};
use token2metrics::t2m_status::*;
use token2metrics::{t2m_predict, t2m_prediction, t2m_profile, t2m_profile_find, t2m_profile_load};

#[test]
fn null_and_misaligned_profiles_are_not_loaded() {
    let mut out = Out::<t2m_profile>::new();
    for len in [0, BLOB.len()] {
        // SAFETY: NULL is allowed.
        out.fails_with(T2M_NULL_POINTER, |out| unsafe { t2m_profile_load(null(), len, out) });
        // SAFETY: NULL is allowed.
        out.fails_with(T2M_NULL_POINTER, |out| unsafe { t2m_profile_find(null(), len, NAME.as_ptr(), out) });
    }
    // SAFETY: NULL is allowed.
    let nameless = |out| unsafe { t2m_profile_find(BLOB.as_ptr(), BLOB.len(), null(), out) };
    out.fails_with(T2M_NULL_POINTER, nameless);
    out.fails_with(T2M_MISALIGNED, |out| load(BLOB, misaligned(out).cast_mut()));
    out.fails_with(T2M_MISALIGNED, |out| find(BLOB, NAME, misaligned(out).cast_mut()));
    assert_eq!(load(BLOB, null_mut()), T2M_NULL_POINTER);
    assert_eq!(find(BLOB, NAME, null_mut()), T2M_NULL_POINTER);
}

#[test]
fn bytes_need_no_alignment() {
    let mut shifted = [0; 1 + BLOB.len()];
    for shift in 0..=1 {
        shifted[shift..][..BLOB.len()].copy_from_slice(BLOB);
        assert_eq!(load(&shifted[shift..][..BLOB.len()], &mut loaded()), T2M_OK);
    }
}

#[test]
fn short_and_endless_blobs_are_not_loaded() {
    let mut out = Out::<t2m_profile>::new();
    for len in 0..BLOB.len() {
        out.fails_with(T2M_BLOB_TRUNCATED, |out| load(&BLOB[..len], out));
        let in_bundle = if len == 0 { T2M_NOT_FOUND } else { T2M_BLOB_TRUNCATED };
        out.fails_with(in_bundle, |out| find(&BLOB[..len], NAME, out));
    }
    for len in [usize::MAX, isize::MAX as usize + 1] {
        // SAFETY: a length that no array has is refused before anything is read.
        out.fails_with(T2M_TOO_LONG, |out| unsafe { t2m_profile_load(BLOB.as_ptr(), len, out) });
        // SAFETY: the same.
        let find = |out| unsafe { t2m_profile_find(BLOB.as_ptr(), len, NAME.as_ptr(), out) };
        out.fails_with(T2M_TOO_LONG, find);
    }
}

#[test]
fn names_that_no_profile_has_are_not_found() {
    let mut out = Out::<t2m_profile>::new();
    for name in [c"", c"DeepSeek", c"a name that is longer than any name that a profile can have"] {
        out.fails_with(T2M_NOT_FOUND, |out| find(BLOB, name, out));
    }
    out.fails_with(T2M_NAME_NOT_UTF8, |out| find(BLOB, c"\xFF", out));
    assert_eq!(find(BLOB, NAME, &mut loaded()), T2M_OK);
}

#[test]
fn failed_load_keeps_the_profile_that_was_there() {
    let mut profile = loaded();
    assert_eq!(load(&BLOB[1..], &mut profile), T2M_BLOB_MAGIC);
    assert_eq!(find(BLOB, c"another", &mut profile), T2M_NOT_FOUND);
    // SAFETY: all three are values, and a prediction writes the last.
    let [kept, fresh] = [profile, loaded()]
        .map(|profile| unsafe { Out::<t2m_prediction>::new().written(|out| t2m_predict(&profile, &GOOD, out)) });
    assert_eq!(kept, fresh);
}
