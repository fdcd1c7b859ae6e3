//! The checks that every pointer from C passes: NULL, alignment, length.

use crate::t2m_status;
use core::ffi::{CStr, c_char};
use core::mem::MaybeUninit;
use core::slice;

/// Checks a pointer to `len` values in a row.
fn check<T>(pointer: *const T, len: usize) -> Result<(), t2m_status> {
    if pointer.is_null() {
        Err(t2m_status::T2M_NULL_POINTER)
    } else if !pointer.is_aligned() {
        Err(t2m_status::T2M_MISALIGNED)
    } else if len > isize::MAX as usize / size_of::<T>() {
        Err(t2m_status::T2M_TOO_LONG)
    } else {
        Ok(())
    }
}

/// Borrows what the caller passed in.
///
/// # Safety
/// A pointer that is neither NULL nor misaligned must point to a `T` that nobody writes while it is borrowed.
pub(crate) unsafe fn borrow<'a, T>(pointer: *const T) -> Result<&'a T, t2m_status> {
    check(pointer, 1)?;
    // SAFETY: not NULL, aligned; the rest is the caller's promise.
    Ok(unsafe { &*pointer })
}

/// Borrows an array that the caller passed in.
///
/// # Safety
/// As for [`borrow`], for `len` values in a row.
pub(crate) unsafe fn borrow_slice<'a, T>(pointer: *const T, len: usize) -> Result<&'a [T], t2m_status> {
    check(pointer, len)?;
    // SAFETY: not NULL, aligned, no longer than an address space allows; the rest is the caller's promise.
    Ok(unsafe { slice::from_raw_parts(pointer, len) })
}

/// Borrows a NUL-terminated name that the caller passed in.
///
/// # Safety
/// As for [`borrow`], up to the NUL.
pub(crate) unsafe fn borrow_text<'a>(pointer: *const c_char) -> Result<&'a str, t2m_status> {
    check(pointer, 1)?;
    // SAFETY: not NULL; the rest is the caller's promise.
    unsafe { CStr::from_ptr(pointer) }.to_str().map_err(|_| t2m_status::T2M_NAME_NOT_UTF8)
}

/// Where the caller wants one or more values written.
#[derive(Clone, Copy)]
pub(crate) struct Out<T>(*mut T);

impl<T> Out<T> {
    /// Checks a pointer to `len` values in a row, and writes nothing yet.
    pub(crate) fn check(pointer: *mut T, len: usize) -> Result<Self, t2m_status> {
        check(pointer, len).map(|()| Self(pointer))
    }

    /// The same place, for a value of another type.
    pub(crate) fn cast<U>(self) -> Out<U> {
        Out(self.0.cast())
    }

    /// Writes the value at an index.
    ///
    /// # Safety
    /// The pointer must be valid for writes of `index + 1` values in a row.
    pub(crate) unsafe fn write(self, index: usize, value: T) {
        // SAFETY: checked to be neither NULL nor misaligned; the rest is the caller's promise.
        unsafe { self.0.add(index).write(value) }
    }
}

impl<T> Out<T> {
    /// Writes a large value word by word: `memcpy` has more flash than all that is loaded with it.
    ///
    /// # Safety
    /// As for [`Out::write`] of the first.
    pub(crate) unsafe fn write_words(self, value: &T) {
        const { assert!(align_of::<T>() >= align_of::<u32>() && size_of::<T>().is_multiple_of(size_of::<u32>())) };
        let from = (&raw const *value).cast::<MaybeUninit<u32>>();
        let to = self.0.cast::<MaybeUninit<u32>>();
        for word in 0..size_of::<T>() / size_of::<u32>() {
            // SAFETY: both have so many words; those that are padding are not read as numbers. Volatile, or the compiler would call `memcpy`.
            unsafe { to.add(word).write_volatile(*from.add(word)) };
        }
    }
}

/// Runs the body of a call and gives its status.
pub(crate) fn status(body: impl FnOnce() -> Result<(), t2m_status>) -> t2m_status {
    match body() {
        Ok(()) => t2m_status::T2M_OK,
        Err(status) => status,
    }
}
