//! Storage that tells whether it was written.

use std::mem::MaybeUninit;
use token2metrics::t2m_status;

/// An out-parameter in which a write would be seen.
pub(crate) struct Out<T>(MaybeUninit<T>);

impl<T> Out<T> {
    pub(crate) fn new() -> Self {
        let mut value = MaybeUninit::<T>::uninit();
        // SAFETY: room for one value.
        unsafe { value.as_mut_ptr().write_bytes(0xA5, 1) };
        Self(value)
    }

    /// Makes a call with a pointer to the value, and asserts that it fails so and writes nothing.
    #[track_caller]
    pub(crate) fn fails_with(&mut self, expected: t2m_status, call: impl FnOnce(*mut T) -> t2m_status) {
        assert_eq!(call(self.0.as_mut_ptr()), expected);
        // SAFETY: as large as the value, and its bytes were all written in `new`.
        let bytes = unsafe { std::slice::from_raw_parts(self.0.as_ptr().cast::<u8>(), size_of::<T>()) };
        assert!(bytes.iter().all(|byte| *byte == 0xA5), "written in spite of {expected:?}");
    }

    /// Makes a call with a pointer to the value, asserts that it succeeds, and gives what it wrote.
    ///
    /// # Safety
    /// The call must write the value if it succeeds.
    #[track_caller]
    pub(crate) unsafe fn written(mut self, call: impl FnOnce(*mut T) -> t2m_status) -> T {
        assert_eq!(call(self.0.as_mut_ptr()), t2m_status::T2M_OK);
        // SAFETY: written, as the status says.
        unsafe { self.0.assume_init() }
    }
}
