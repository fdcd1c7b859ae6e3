//! What `check.c` does through the C API, with core alone: a firmware in Rust.
#![no_std]

use core::ffi::CStr;
use token2metrics_core::{Band, BlobError, Prediction, Profile, Request, RequestError, find};

unsafe extern "C" {
    fn pages() -> *const u8;
    fn say_number(name: *const core::ffi::c_char, number: u32);
    fn t2m_a_panic_can_be_reached() -> !;
}

#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    // SAFETY: the function exists nowhere, so that a firmware with this call in it does not link.
    unsafe { t2m_a_panic_can_be_reached() }
}

/// As in `firmware.h`.
const PAGE_LEN: usize = 512;
const PAGE_ENERGY: usize = 0;
const PAGE_DAMAGED: usize = 3;
const PAGE_ERASED: usize = 4;
const PAGE_ROWS: usize = 8;
const ROW_LEN: usize = 21 * 4;
/// At most what the script makes.
const PAGES_LEN: usize = 1 << 15;

fn print(name: &CStr, number: u32) {
    // SAFETY: the name ends with a NUL.
    unsafe { say_number(name.as_ptr(), number) }
}

/// The bytes from this page on.
fn page(number: usize) -> &'static [u8] {
    // SAFETY: every machine has that many readable bytes there.
    let all = unsafe { core::slice::from_raw_parts(pages(), PAGES_LEN) };
    all.get(number * PAGE_LEN..).unwrap_or_default()
}

fn blob(page: &[u8]) -> &[u8] {
    let len = match page {
        [_, _, _, _, low, high, ..] => 10 + usize::from(u16::from_le_bytes([*low, *high])),
        _ => 0,
    };
    page.get(..len).unwrap_or_default()
}

fn status(error: RequestError) -> u32 {
    match error {
        RequestError::NoInputTokens => 200,
        RequestError::NoOutputTokens => 201,
        RequestError::CachedTokens => 202,
        RequestError::TooManyTokens => 203,
        RequestError::NoDecode => 204,
    }
}

/// The words of a row behind its status.
fn words(prediction: &Prediction) -> [u32; 16] {
    let known = |figure: Option<f32>| figure.unwrap_or(f32::INFINITY).to_bits();
    let band = |band: Option<Band>| {
        band.map_or([0, f32::INFINITY.to_bits()], |Band { low_s, high_s }| [low_s.to_bits(), high_s.to_bits()])
    };
    let [prefill_low, prefill_high] = band(prediction.prefill_band);
    let [decode_low, decode_high] = band(prediction.decode_band);
    let [total_low, total_high] = band(prediction.total_band);
    [
        prediction.prefill_s.to_bits(),
        prediction.decode_s.to_bits(),
        prediction.total_s.to_bits(),
        prediction.tpot_s.to_bits(),
        known(prediction.prefill_energy_j),
        known(prediction.decode_energy_j),
        known(prediction.energy_j),
        known(prediction.average_power_w),
        known(prediction.cost),
        prefill_low,
        prefill_high,
        decode_low,
        decode_high,
        total_low,
        total_high,
        prediction.flags.bits(),
    ]
}

/// Whether a row's request comes to what stands behind it.
fn agrees(row: &[u8]) -> bool {
    let mut bytes = row;
    let mut next = || {
        let (number, rest) = bytes.split_first_chunk().unwrap_or((&[0xFF; 4], &[]));
        bytes = rest;
        u32::from_le_bytes(*number)
    };
    let (number, input_tokens, cached_tokens, output_tokens, expected) = (next(), next(), next(), next(), next());
    let Ok(profile) = Profile::decode(blob(page(number as usize))) else { return false };
    match profile.predict(Request { input_tokens, cached_tokens, output_tokens }) {
        Ok(prediction) => expected == 0 && words(&prediction).into_iter().all(|word| word == next()),
        Err(error) => expected == status(error),
    }
}

/// Starts here; 0 is success.
#[unsafe(no_mangle)]
pub extern "C" fn main() -> i32 {
    let mut failed = 0;
    let mut expect = |what: &CStr, number: usize, condition: bool| {
        if !condition {
            failed = 1;
            print(what, number as u32);
        }
    };

    let sound = page(PAGE_ENERGY);
    let damaged = page(PAGE_DAMAGED);
    let erased = page(PAGE_ERASED);
    let of_page = |bytes: &'static [u8]| bytes.get(..PAGE_LEN).unwrap_or_default();
    match Profile::decode(blob(sound)) {
        Ok(profile) => {
            let name = profile.identity.llm.as_str();
            expect(c"differs: sound page", 0, find(of_page(sound), name, None) == Ok(Some(profile.clone())));
            expect(c"differs: damaged page", 1, find(of_page(damaged), name, None) == Err(BlobError::Crc));
            expect(c"differs: erased page", 1, find(of_page(erased), name, None) == Ok(None));
        }
        Err(_) => expect(c"differs: sound page", 1, false),
    }
    expect(c"differs: damaged page", 0, Profile::decode(blob(damaged)) == Err(BlobError::Crc));
    let as_long = erased.get(..blob(sound).len()).unwrap_or_default();
    expect(c"differs: erased page", 0, Profile::decode(as_long) == Err(BlobError::Magic));

    let rows = page(PAGE_ROWS);
    let count = rows.first_chunk().map_or(0, |bytes| u32::from_le_bytes(*bytes));
    let mut compared = 0;
    for (row, number) in rows.get(4..).unwrap_or_default().chunks_exact(ROW_LEN).zip(0..count) {
        expect(c"differs: row", number as usize, agrees(row));
        compared += 1;
    }
    print(c"rows", compared);
    failed
}
