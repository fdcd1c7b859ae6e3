//! The library with one function more, which allocates: what `boundary.rs` must notice.

// Brings the library's functions.
extern crate token2metrics;

/// Allocates as many bytes.
#[unsafe(no_mangle)]
pub extern "C" fn t2m_flaw(len: usize) -> usize {
    std::hint::black_box(vec![1_u8; len]).len()
}
