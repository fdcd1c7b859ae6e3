//! Loading a profile into the caller's storage, and borrowing it back from there.

use crate::pointer::{Out, borrow, borrow_slice, status};
use crate::t2m_status;
use core::ffi::{CStr, c_char};
use token2metrics_core::{Profile, find};

/// Storage for one loaded profile, 512 bytes that belong to the caller: static, on the stack or
/// wherever else. It holds no pointer, so that it may be copied with `memcpy`, and needs no release. Its
/// content is private. Once loaded it is only read: any number of threads and interrupt handlers may use
/// it at once.
#[repr(C, align(8))]
#[derive(Clone, Copy)]
pub struct t2m_profile {
    opaque: [u64; 64],
}

/// What the storage holds.
#[repr(C)]
struct Loaded {
    /// [`LOADED`]; anything else was not written by this library.
    mark: u64,
    profile: Profile,
}

const LOADED: u64 = u64::from_le_bytes(*b"t2m\x01\xA7\x1C\xE5\x93");
const _: () = assert!(size_of::<Loaded>() <= size_of::<t2m_profile>());
const _: () = assert!(align_of::<Loaded>() <= align_of::<t2m_profile>());

impl t2m_profile {
    /// Storage that is not loaded.
    pub const EMPTY: Self = Self { opaque: [0; 64] };

    /// Borrows the profile that was loaded.
    pub(crate) fn loaded(&self) -> Result<&Profile, t2m_status> {
        let [mark, ..] = self.opaque;
        if mark != LOADED {
            return Err(t2m_status::T2M_NOT_LOADED);
        }
        // SAFETY: large and aligned enough as asserted above; only a load writes the mark, together with a profile.
        Ok(unsafe { &(*(&raw const *self).cast::<Loaded>()).profile })
    }
}

/// Loads a profile from a blob of exactly `len` bytes, which is not needed afterwards.
///
/// Returns `T2M_OK` and writes `*profile`; the `T2M_BLOB_...` status that says what is wrong with the
/// bytes; `T2M_NULL_POINTER`, `T2M_MISALIGNED` or `T2M_TOO_LONG`.
///
///     t2m_profile profile;
///     t2m_status status = t2m_profile_load(blob, blob_len, &profile);
///
/// # Safety
/// `blob` points to `len` bytes, and `profile` to a `t2m_profile` that may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn t2m_profile_load(blob: *const u8, len: usize, profile: *mut t2m_profile) -> t2m_status {
    status(|| {
        let out = Out::check(profile, 1)?;
        // SAFETY: what this function requires.
        let bytes = unsafe { borrow_slice(blob, len) }?;
        let loaded = Loaded { mark: LOADED, profile: Profile::decode(bytes)? };
        // SAFETY: what this function requires; a `Loaded` fits as asserted above.
        unsafe { out.cast().write(0, loaded) };
        Ok(())
    })
}

/// Loads the profile of the LLM called `name` from a bundle: blobs back to back in `len` bytes, ended by a
/// byte of 0xFF (erased flash) or by the end. A single blob is a bundle too, so that a whole flash page
/// can be given. Damaged members are skipped.
///
/// Returns `T2M_OK` and writes `*profile`; `T2M_NOT_FOUND` where no member has the name, or the
/// `T2M_BLOB_...` status of the first damaged member where it may have been that one;
/// `T2M_NAME_NOT_UTF8`, `T2M_NULL_POINTER`, `T2M_MISALIGNED` or `T2M_TOO_LONG`.
///
///     t2m_status status = t2m_profile_find(page, 4096, "DeepSeek-R1-Distill-Qwen-1.5B", &profile);
///
/// # Safety
/// `bundle` points to `len` bytes, `name` to a NUL-terminated string, and `profile` to a `t2m_profile`
/// that may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn t2m_profile_find(
    bundle: *const u8,
    len: usize,
    name: *const c_char,
    profile: *mut t2m_profile,
) -> t2m_status {
    status(|| {
        let out = Out::check(profile, 1)?;
        // SAFETY: what this function requires.
        unsafe { borrow(name) }?;
        // SAFETY: checked for NULL; NUL-terminated is what this function requires.
        let name = unsafe { CStr::from_ptr(name) }.to_str().map_err(|_| t2m_status::T2M_NAME_NOT_UTF8)?;
        // SAFETY: what this function requires.
        let bytes = unsafe { borrow_slice(bundle, len) }?;
        let loaded = Loaded { mark: LOADED, profile: find(bytes, name)?.ok_or(t2m_status::T2M_NOT_FOUND)? };
        // SAFETY: what this function requires; a `Loaded` fits as asserted above.
        unsafe { out.cast().write(0, loaded) };
        Ok(())
    })
}
