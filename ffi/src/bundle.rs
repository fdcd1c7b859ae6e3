//! Blobs back to back: what is in a bundle, and loading a profile from it by name.

use crate::info::c_text;
use crate::pointer::{Out, borrow_slice, borrow_text, status};
use crate::profile::store;
use crate::{t2m_profile, t2m_status};
use core::ffi::c_char;
use token2metrics_core::{Identity, Member, find, members};

/// A member of a bundle. Its names end with a NUL. Of a damaged member they are as much as can be
/// read, which may be damaged as well, and empty otherwise.
///
///     printf("%s: %lu bytes at %lu\n", member.llm, (unsigned long)member.len, (unsigned long)member.offset);
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct t2m_member {
    /// The language model.
    pub llm: [c_char; 41],
    /// The machine that the times are of.
    pub device: [c_char; 33],
    /// Power mode, runtime, quantization; may be empty.
    pub variant: [c_char; 33],
    /// Where in the bundle the member begins.
    pub offset: u32,
    /// Its bytes. Those of a damaged member may be up to where the next one was found.
    pub len: u32,
    /// `T2M_OK`, or the `T2M_BLOB_...` status that says what is wrong with it.
    pub status: t2m_status,
}

/// Loads the profile of the LLM called `name` from a bundle: blobs back to back in `len` bytes, ended by a
/// byte of 0xFF (erased flash) or by the end. A single blob is a bundle too, so that a whole flash page
/// can be given. Of several variants the first is loaded. Damaged members are skipped, and hide no other,
/// unless the very first byte of one became 0xFF, which is the end.
///
/// Returns `T2M_OK` and writes `*profile`; `T2M_NOT_FOUND` where no member has the name, or the
/// `T2M_BLOB_...` status of the first damaged member where it may have been that one;
/// `T2M_NAME_NOT_UTF8`, `T2M_NULL_POINTER`, `T2M_MISALIGNED` or `T2M_TOO_LONG`.
///
/// Threads: any, and interrupt handlers. Nobody else may use `*profile` meanwhile. Its time grows with `len`.
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
        let (name, bytes) = unsafe { (borrow_text(name)?, borrow_slice(bundle, len)?) };
        let found = find(bytes, name, None)?.ok_or(t2m_status::T2M_NOT_FOUND)?;
        // SAFETY: what this function requires.
        unsafe { store(out, &found.into()) };
        Ok(())
    })
}

/// Loads the profile of the LLM called `name` in the variant called `variant`, such as a power mode or a
/// quantization; "" is that of a profile without one. Otherwise as `t2m_profile_find`.
///
/// Returns what `t2m_profile_find` returns; `T2M_NOT_FOUND` where no member has both names.
///
/// Threads: any, and interrupt handlers. Nobody else may use `*profile` meanwhile. Its time grows with `len`.
///
///     t2m_status status = t2m_profile_find_variant(page, 4096, "Llama-3.2-1B", "MAXN", &profile);
///
/// # Safety
/// `bundle` points to `len` bytes, `name` and `variant` to NUL-terminated strings, and `profile` to a
/// `t2m_profile` that may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn t2m_profile_find_variant(
    bundle: *const u8,
    len: usize,
    name: *const c_char,
    variant: *const c_char,
    profile: *mut t2m_profile,
) -> t2m_status {
    status(|| {
        let out = Out::check(profile, 1)?;
        // SAFETY: what this function requires.
        let (name, variant) = unsafe { (borrow_text(name)?, borrow_text(variant)?) };
        // SAFETY: what this function requires.
        let bytes = unsafe { borrow_slice(bundle, len) }?;
        let found = find(bytes, name, Some(variant))?.ok_or(t2m_status::T2M_NOT_FOUND)?;
        // SAFETY: what this function requires.
        unsafe { store(out, &found.into()) };
        Ok(())
    })
}

/// Tells what the member number `index` of a bundle is, counted from 0. Damaged members are counted too, and so
/// are bytes that are no blob at all.
///
/// Returns `T2M_OK` and writes `*member`, also of a damaged one, whose `status` says what is wrong with it;
/// `T2M_NOT_FOUND` past the last; `T2M_NULL_POINTER` or `T2M_MISALIGNED`; `T2M_TOO_LONG` also for a member
/// that does not lie within 4 GiB.
///
/// Threads: any, and interrupt handlers. Every call walks from the beginning of the bundle to the member.
///
///     t2m_member member;
///     for (size_t i = 0; t2m_profile_list(page, 4096, i, &member) == T2M_OK; i++)
///         printf("%s (%s): %s\n", member.llm, member.variant, t2m_status_message(member.status));
///
/// # Safety
/// `bundle` points to `len` bytes, and `member` to a `t2m_member` that may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn t2m_profile_list(
    bundle: *const u8,
    len: usize,
    index: usize,
    member: *mut t2m_member,
) -> t2m_status {
    status(|| {
        let out = Out::check(member, 1)?;
        // SAFETY: what this function requires.
        let bytes = unsafe { borrow_slice(bundle, len) }?;
        let listed = members(bytes).nth(index).ok_or(t2m_status::T2M_NOT_FOUND)?.try_into()?;
        // SAFETY: what this function requires.
        unsafe { out.write(0, listed) };
        Ok(())
    })
}

impl TryFrom<Member<'_>> for t2m_member {
    type Error = t2m_status;

    fn try_from(member: Member<'_>) -> Result<Self, t2m_status> {
        let Identity { llm, device, variant } = member.identity();
        let number = |number: usize| u32::try_from(number).map_err(|_| t2m_status::T2M_TOO_LONG);
        Ok(Self {
            llm: c_text(&llm),
            device: c_text(&device),
            variant: c_text(&variant),
            offset: number(member.offset)?,
            len: number(member.bytes.len())?,
            status: member.profile.map_or_else(t2m_status::from, |_| t2m_status::T2M_OK),
        })
    }
}
