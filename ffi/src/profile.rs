//! Loading a profile into the caller's storage, and borrowing it back from there.

use crate::pointer::{Out, borrow_slice, status};
use crate::t2m_status;
use token2metrics_core::Profile;

/// Storage for one loaded profile, 512 bytes that belong to the caller: static, on the stack or
/// wherever else. It holds no pointer, so that it may be copied with `memcpy`, and needs no release. Its
/// content is private, and only what a load has written there is a profile. Once loaded it is only read:
/// any number of threads and interrupt handlers may use it at once.
///
///     static t2m_profile loaded;
///     t2m_status status = t2m_profile_load(blob, blob_len, &loaded);
#[repr(C, align(8))]
#[derive(Clone, Copy)]
pub struct t2m_profile {
    opaque: [u64; 64],
}

/// What the storage holds.
#[repr(C)]
pub(crate) struct Loaded {
    /// [`LOADED`]; anything else was not written by this library.
    mark: u32,
    profile: Profile,
}

const LOADED: u32 = u32::from_le_bytes(*b"\xA7\x1C\xE5\x93");
const _: () = assert!(size_of::<Loaded>() <= size_of::<t2m_profile>());
const _: () = assert!(align_of::<Loaded>() <= align_of::<t2m_profile>());

impl From<Profile> for Loaded {
    fn from(profile: Profile) -> Self {
        Self { mark: LOADED, profile }
    }
}

impl t2m_profile {
    /// Storage that is not loaded.
    pub const EMPTY: Self = Self { opaque: [0; 64] };

    /// Borrows the profile that was loaded.
    pub(crate) fn loaded(&self) -> Result<&Profile, t2m_status> {
        let loaded = (&raw const *self).cast::<Loaded>();
        // SAFETY: large and aligned enough as asserted above, and any bits are a number.
        if unsafe { (*loaded).mark } != LOADED {
            return Err(t2m_status::T2M_NOT_LOADED);
        }
        // SAFETY: only a load writes the mark, together with a profile.
        Ok(unsafe { &(*loaded).profile })
    }
}

/// Writes a profile into its storage.
///
/// # Safety
/// The pointer must be valid for the write of a `t2m_profile`.
pub(crate) unsafe fn store(out: Out<t2m_profile>, loaded: &Loaded) {
    // SAFETY: what this function requires; a `Loaded` fits as asserted above.
    unsafe { out.cast().write_words(loaded) }
}

/// Loads a profile from a blob of exactly `len` bytes, which is not needed afterwards.
///
/// Returns `T2M_OK` and writes `*profile`; the `T2M_BLOB_...` status that says what is wrong with the
/// bytes; `T2M_NULL_POINTER`, `T2M_MISALIGNED` or `T2M_TOO_LONG`.
///
/// Threads: any, and interrupt handlers. Nobody else may use `*profile` meanwhile.
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
        let mut loaded = Loaded::from(Profile::blank());
        loaded.profile.decode_into(bytes)?;
        // SAFETY: what this function requires.
        unsafe { store(out, &loaded) };
        Ok(())
    })
}
