//! Calls that must fail: with their status, and without a byte written. `tests/c/boundary.c` makes them from C; these are
//! run under AddressSanitizer too.

mod asking;
mod bundles;
mod following;
mod loading;
mod out;
mod predicting;

use std::ffi::CStr;
use token2metrics::t2m_status::T2M_OK;
use token2metrics::{t2m_profile, t2m_profile_find, t2m_profile_load, t2m_request, t2m_status};

const BLOB: &[u8] = include_bytes!("../../../tests/vectors/version_2.t2m");
const PREFILL_ONLY: &[u8] = include_bytes!("../../../tests/vectors/prefill_only.t2m");
const NAME: &CStr = c"DeepSeek-R1-Distill-Qwen-1.5B";
static GOOD: t2m_request = t2m_request { input_tokens: 100, cached_tokens: 0, output_tokens: 50 };

fn load(blob: &[u8], profile: *mut t2m_profile) -> t2m_status {
    // SAFETY: a slice has as many bytes as it says; the callers pass storage, or NULL, or what is misaligned.
    unsafe { t2m_profile_load(blob.as_ptr(), blob.len(), profile) }
}

fn find(bundle: &[u8], name: &CStr, profile: *mut t2m_profile) -> t2m_status {
    // SAFETY: as for `load`.
    unsafe { t2m_profile_find(bundle.as_ptr(), bundle.len(), name.as_ptr(), profile) }
}

fn loaded() -> t2m_profile {
    loaded_from(BLOB)
}

fn loaded_from(blob: &[u8]) -> t2m_profile {
    let mut profile = t2m_profile::EMPTY;
    assert_eq!(load(blob, &mut profile), T2M_OK);
    profile
}

/// An address one byte into a value.
fn misaligned<T>(pointer: *const T) -> *const T {
    pointer.wrapping_byte_add(1)
}
