//! The library with one function more, whose index can be out of range: what `no_panic.rs` must notice.
#![no_std]

// Brings the library's functions, and the panic handler that the link would miss.
extern crate token2metrics;

/// Panics for an index above 2.
#[unsafe(no_mangle)]
pub extern "C" fn t2m_flaw(index: usize) -> u8 {
    b"t2m"[index]
}
