//! What a loaded profile says of itself.

use crate::pointer::{Out, borrow, status};
use crate::{t2m_profile, t2m_status};
use core::ffi::c_char;
use token2metrics_core::profile::{DEVICE_NAME, LLM_NAME};
use token2metrics_core::tariff::CURRENCY;
use token2metrics_core::{Identity, Trained};

/// What a runtime may want to show of a profile. The texts end with a NUL.
///
///     printf("%s on %s, %s\n", info.llm, info.device, info.variant);
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct t2m_info {
    /// The language model.
    pub llm: [c_char; 41],
    /// The machine that the times are of.
    pub device: [c_char; 33],
    /// Power mode, runtime, quantization; may be empty.
    pub variant: [c_char; 33],
    /// The currency of `cost`; empty where it is not stated, or there is no tariff.
    pub currency: [c_char; 4],
    /// The shortest prompt that the profile was trained on.
    pub input_tokens_min: u32,
    /// The longest prompt.
    pub input_tokens_max: u32,
    /// The fewest generated tokens that the profile was trained on.
    pub output_tokens_min: u32,
    /// The most generated tokens.
    pub output_tokens_max: u32,
}

// cbindgen knows no sums of constants: each array has room for the longest text and its NUL.
const _: () = assert!(LLM_NAME + 1 == 41 && DEVICE_NAME + 1 == 33 && CURRENCY + 1 == 4);

/// A text with a NUL at its end, and as many more as fill the array.
pub(crate) fn c_text<const N: usize>(text: &str) -> [c_char; N] {
    let mut array = [0; N];
    copy(text, &mut array);
    array.map(|byte: u8| byte as c_char)
}

/// Copies a text but for what does not fit before the last place. Once for all lengths of arrays.
#[inline(never)]
fn copy(text: &str, array: &mut [u8]) {
    let room = array.len().saturating_sub(1);
    for (to, from) in array.iter_mut().take(room).zip(text.bytes()) {
        *to = from;
    }
}

/// Tells whose profile was loaded, and the token counts that it was trained on. A request outside is
/// answered, and flagged.
///
/// Returns `T2M_OK` and writes `*info`; `T2M_NOT_LOADED`, `T2M_NULL_POINTER` or `T2M_MISALIGNED`.
///
/// Threads: any, and interrupt handlers, also at once with one `*profile`.
///
///     t2m_info info;
///     if (t2m_profile_info(&profile, &info) == T2M_OK) printf("%s on %s\n", info.llm, info.device);
///
/// # Safety
/// `profile` points to a `t2m_profile`, and `info` to a `t2m_info` that may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn t2m_profile_info(profile: *const t2m_profile, info: *mut t2m_info) -> t2m_status {
    status(|| {
        // SAFETY: what this function requires.
        let profile = unsafe { borrow(profile) }?.loaded()?;
        let out = Out::check(info, 1)?;
        let Identity { llm, device, variant } = &profile.identity;
        let Trained { input_tokens, output_tokens } = profile.trained;
        let told = t2m_info {
            llm: c_text(llm),
            device: c_text(device),
            variant: c_text(variant),
            currency: c_text(profile.tariff.as_ref().map_or("", |tariff| tariff.currency.as_str())),
            input_tokens_min: input_tokens.min,
            input_tokens_max: input_tokens.max,
            output_tokens_min: output_tokens.min,
            output_tokens_max: output_tokens.max,
        };
        // SAFETY: what this function requires.
        unsafe { out.write(0, told) };
        Ok(())
    })
}
