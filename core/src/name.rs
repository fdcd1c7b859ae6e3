//! Short names: of LLMs, devices, variants and currencies.

use core::fmt;
use core::ops::Deref;
use heapless::{Vec, VecView};

/// A text of at most `N` bytes. One that a blob has and that is not UTF-8 reads as empty.
///
/// The bytes are looked at when the text is read, not when the blob is: a firmware that never asks for a name has no code for it.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Name<const N: usize>(Vec<u8, N, u8>);

/// The text does not fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooLong;

impl<const N: usize> Name<N> {
    /// The empty name.
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        text(&self.0)
    }

    pub(crate) fn raw(&mut self) -> &mut VecView<u8, u8> {
        self.0.as_mut_view()
    }
}

/// Once for all lengths of names.
#[inline(never)]
fn text(bytes: &[u8]) -> &str {
    core::str::from_utf8(bytes).unwrap_or_default()
}

impl<const N: usize> TryFrom<&str> for Name<N> {
    type Error = TooLong;

    fn try_from(text: &str) -> Result<Self, TooLong> {
        Vec::from_slice(text.as_bytes()).map(Self).map_err(|_| TooLong)
    }
}

impl<const N: usize> Deref for Name<N> {
    type Target = str;

    fn deref(&self) -> &str {
        self.as_str()
    }
}

impl<const N: usize> fmt::Debug for Name<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

impl<const N: usize> fmt::Display for Name<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self)
    }
}

#[cfg(feature = "encode")]
impl<const N: usize> serde::Serialize for Name<N> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self)
    }
}
