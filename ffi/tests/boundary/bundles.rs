//! Bundles, members and names that give no profile, and what a profile and a member say of themselves.

use crate::out::Out;
use crate::{BLOB, NAME, PREFILL_ONLY, loaded, misaligned};
use std::ffi::{CStr, c_char};
use std::ptr::{null, null_mut};
use token2metrics::t2m_status::*;
use token2metrics::{
    t2m_info, t2m_member, t2m_profile, t2m_profile_find_variant, t2m_profile_info, t2m_profile_list, t2m_status,
};

const VARIANT: &CStr = c"MAXN, W4A16";

fn find(bundle: &[u8], name: &CStr, variant: &CStr, profile: *mut t2m_profile) -> t2m_status {
    // SAFETY: a slice has as many bytes as it says; the callers pass storage, or NULL, or what is misaligned.
    unsafe { t2m_profile_find_variant(bundle.as_ptr(), bundle.len(), name.as_ptr(), variant.as_ptr(), profile) }
}

fn list(bundle: &[u8], index: usize, member: *mut t2m_member) -> t2m_status {
    // SAFETY: as for `find`.
    unsafe { t2m_profile_list(bundle.as_ptr(), bundle.len(), index, member) }
}

#[track_caller]
fn listed(bundle: &[u8], index: usize) -> t2m_member {
    // SAFETY: a listing writes the member.
    unsafe { Out::new().written(|out| list(bundle, index, out)) }
}

fn text(array: &[c_char]) -> String {
    assert!(array.contains(&0), "it ends with a NUL");
    // SAFETY: there is a NUL.
    unsafe { CStr::from_ptr(array.as_ptr()) }.to_str().expect("UTF-8").to_owned()
}

fn names(member: &t2m_member) -> [String; 3] {
    [text(&member.llm), text(&member.device), text(&member.variant)]
}

#[test]
fn null_and_misaligned_pointers_find_and_list_nothing() {
    let mut out = Out::<t2m_profile>::new();
    let (name, variant) = (NAME.as_ptr(), VARIANT.as_ptr());
    for (bundle, name, variant) in
        [(null(), name, variant), (BLOB.as_ptr(), null(), variant), (BLOB.as_ptr(), name, null())]
    {
        let find = |out| {
            // SAFETY: NULL is allowed.
            unsafe { t2m_profile_find_variant(bundle, BLOB.len(), name, variant, out) }
        };
        out.fails_with(T2M_NULL_POINTER, find);
    }
    assert_eq!(find(BLOB, NAME, VARIANT, null_mut()), T2M_NULL_POINTER);
    out.fails_with(T2M_MISALIGNED, |out| find(BLOB, NAME, VARIANT, misaligned(out).cast_mut()));
    let mut out = Out::<t2m_member>::new();
    for len in [0, BLOB.len()] {
        // SAFETY: NULL is allowed.
        out.fails_with(T2M_NULL_POINTER, |out| unsafe { t2m_profile_list(null(), len, 0, out) });
    }
    assert_eq!(list(BLOB, 0, null_mut()), T2M_NULL_POINTER);
    out.fails_with(T2M_MISALIGNED, |out| list(BLOB, 0, misaligned(out).cast_mut()));
    let mut out = Out::<t2m_info>::new();
    // SAFETY: NULL is allowed.
    out.fails_with(T2M_NULL_POINTER, |out| unsafe { t2m_profile_info(null(), out) });
    // SAFETY: NULL is allowed.
    assert_eq!(unsafe { t2m_profile_info(&loaded(), null_mut()) }, T2M_NULL_POINTER);
    // SAFETY: so is what is misaligned.
    out.fails_with(T2M_MISALIGNED, |out| unsafe { t2m_profile_info(misaligned(&loaded()), out) });
    // SAFETY: the same.
    out.fails_with(T2M_MISALIGNED, |out| unsafe { t2m_profile_info(&loaded(), misaligned(out).cast_mut()) });
    // SAFETY: both are values.
    out.fails_with(T2M_NOT_LOADED, |out| unsafe { t2m_profile_info(&t2m_profile::EMPTY, out) });
}

#[test]
fn endless_bundles_are_refused() {
    for len in [usize::MAX, isize::MAX as usize + 1] {
        let find = |out| {
            // SAFETY: a length that no array has is refused before anything is read.
            unsafe { t2m_profile_find_variant(BLOB.as_ptr(), len, NAME.as_ptr(), VARIANT.as_ptr(), out) }
        };
        Out::<t2m_profile>::new().fails_with(T2M_TOO_LONG, find);
        // SAFETY: the same.
        let list = |out| unsafe { t2m_profile_list(BLOB.as_ptr(), len, 0, out) };
        Out::<t2m_member>::new().fails_with(T2M_TOO_LONG, list);
    }
}

#[test]
fn names_and_indices_that_no_member_has_are_not_found() {
    let mut out = Out::<t2m_profile>::new();
    for (name, variant) in [(NAME, c""), (NAME, c"MAXN"), (NAME, c"maxn, w4a16"), (c"another", VARIANT), (c"", VARIANT)]
    {
        out.fails_with(T2M_NOT_FOUND, |out| find(BLOB, name, variant, out));
    }
    out.fails_with(T2M_NAME_NOT_UTF8, |out| find(BLOB, c"\xFF", VARIANT, out));
    out.fails_with(T2M_NAME_NOT_UTF8, |out| find(BLOB, NAME, c"\xC3\x28", out));
    out.fails_with(T2M_NOT_FOUND, |out| find(&[0xFF; 64], NAME, VARIANT, out));
    out.fails_with(T2M_NOT_FOUND, |out| find(&[], NAME, VARIANT, out));
    let mut out = Out::<t2m_member>::new();
    for (bundle, index) in [(BLOB, 1), (BLOB, usize::MAX), (&[], 0), (&[0xFF; 64], 0)] {
        out.fails_with(T2M_NOT_FOUND, |out| list(bundle, index, out));
    }
}

#[test]
fn damaged_member_is_listed_by_its_name_and_hides_no_other() {
    let whole = [PREFILL_ONLY, BLOB, PREFILL_ONLY, &[0xFF; 64]].concat();
    let places = [(0, PREFILL_ONLY), (PREFILL_ONLY.len(), BLOB), (PREFILL_ONLY.len() + BLOB.len(), PREFILL_ONLY)];
    // In the magic, the version, the length, the checksum, a coefficient.
    for (damage, status) in
        [(1, T2M_BLOB_MAGIC), (3, T2M_BLOB_VERSION), (5, T2M_BLOB_TRUNCATED), (7, T2M_BLOB_CRC), (120, T2M_BLOB_CRC)]
    {
        let mut bundle = whole.clone();
        bundle[PREFILL_ONLY.len() + damage] ^= 0x80;
        for (index, (offset, blob)) in places.into_iter().enumerate() {
            let member = listed(&bundle, index);
            let expected = if index == 1 { status } else { T2M_OK };
            assert_eq!((member.offset as usize, member.len as usize), (offset, blob.len()), "{damage}");
            assert_eq!(member.status, expected);
            assert_eq!(names(&member), names(&listed(&whole, index)), "{damage}");
        }
        Out::<t2m_member>::new().fails_with(T2M_NOT_FOUND, |out| list(&bundle, 3, out));
        // The others have the same names, and are found; the damaged one alone is not.
        assert_eq!(find(&bundle, NAME, VARIANT, &mut loaded()), T2M_OK);
        let alone = &bundle[PREFILL_ONLY.len()..][..BLOB.len()];
        Out::<t2m_profile>::new().fails_with(status, |out| find(alone, NAME, VARIANT, out));
    }
    assert_eq!(
        names(&listed(&whole, 1)),
        [NAME, c"Jetson AGX Orin", VARIANT].map(|name| name.to_str().expect("UTF-8"))
    );
    assert_eq!(find(&whole, NAME, VARIANT, &mut loaded()), T2M_OK);
    // What has no name that can be read has none.
    let nameless = listed(b"T2M", 0);
    assert_eq!((names(&nameless), nameless.status, nameless.len), (Default::default(), T2M_BLOB_TRUNCATED, 3));
}

#[test]
fn info_is_that_of_the_profile() {
    // SAFETY: both are values, and the call writes the last.
    let info = |profile: &t2m_profile| unsafe { Out::<t2m_info>::new().written(|out| t2m_profile_info(profile, out)) };
    let t2m_info { llm, device, variant, currency, input_tokens_min, input_tokens_max, .. } = info(&loaded());
    assert_eq!([text(&llm), text(&device)], [NAME.to_str().expect("UTF-8"), "Jetson AGX Orin"]);
    assert_eq!([text(&variant), text(&currency)], ["MAXN, W4A16", "USD"]);
    assert_eq!([input_tokens_min, input_tokens_max], [8, 4096]);
    let t2m_info { output_tokens_min, output_tokens_max, .. } = info(&loaded());
    assert_eq!([output_tokens_min, output_tokens_max], [2, 1000]);
    assert_eq!(text(&info(&crate::loaded_from(include_bytes!("../../../tests/vectors/version_1.t2m"))).currency), "");
}
