//! The C API: pointers in, [`token2metrics_core`] calls, status out; nothing else.
//!
//! `include/token2metrics.h` is made from this crate by cbindgen, so that the names here are the names there.
//!
//! - [`status`]: the fixed numbers that every call returns, and their texts.
//! - [`profile`]: loading a profile into the caller's storage, and borrowing it back from there.
//! - [`bundle`]: blobs back to back: what is in them, and loading one by name.
//! - [`info`]: what a loaded profile says of itself.
//! - [`predict`]: token counts in; seconds, joules and cost out.
//! - [`drift`]: follows a device that is no longer as its profile says.
//! - [`budget`]: how many tokens fit within a limit of time, energy or cost.
//! - [`progress`]: what is left of a running request.
//! - `pointer`: the checks that every pointer passes.
#![cfg_attr(not(feature = "std"), no_std)]
#![allow(non_camel_case_types)]

// Apart, so that rustfmt leaves them in the order in which the header shows what is in them.
pub mod status;

pub mod profile;

pub mod bundle;

pub mod info;

pub mod predict;

pub mod drift;

pub mod budget;

pub mod progress;

mod pointer;

pub use budget::{T2M_COST, T2M_JOULES, T2M_MAX_TOKENS, T2M_SECONDS, t2m_budget, t2m_limit, t2m_max_output_tokens};
pub use bundle::{t2m_member, t2m_profile_find, t2m_profile_find_variant, t2m_profile_list};
pub use drift::{t2m_drift, t2m_drift_init, t2m_drift_observe, t2m_drift_predict, t2m_drift_restore};
pub use drift::{t2m_measured, t2m_track};
pub use info::{t2m_info, t2m_profile_info};
pub use predict::{t2m_band, t2m_predict, t2m_predict_batch, t2m_prediction, t2m_request};
pub use profile::{t2m_profile, t2m_profile_load};
pub use progress::{t2m_estimate, t2m_progress, t2m_remaining};
pub use status::{t2m_abi_version, t2m_status, t2m_status_message};

#[cfg(all(not(feature = "std"), not(panic = "abort")))]
compile_error!(
    "without std there is no unwinding: build with a profile that has panic = \"abort\", or with the feature std"
);

#[cfg(not(feature = "std"))]
mod panic {
    /// Never reached, which `tests/tests/no_panic.rs` proves by linking with `prove-no-panic`.
    #[panic_handler]
    fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
        #[cfg(feature = "prove-no-panic")]
        {
            unsafe extern "C" {
                fn t2m_a_panic_can_be_reached() -> !;
            }
            // SAFETY: the function exists nowhere, so that a program with this call in it does not link.
            unsafe { t2m_a_panic_can_be_reached() }
        }
        #[cfg(not(feature = "prove-no-panic"))]
        loop {}
    }
}
