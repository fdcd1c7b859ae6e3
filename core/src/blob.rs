//! A profile as bytes: `"T2M" | format version | payload length | CRC-32 | postcard payload`.
//!
//! The byte table, and who reads which version, is in `docs/blob-format.md`.

use crate::Profile;
use crate::band::Level;
use crate::polynomial::{LARGEST_TILE, PREFILL_TERMS, STEP_TERMS};
use crate::profile::{DEVICE_NAME, LLM_NAME};
use crate::request::MAX_TOKENS;
use crate::tariff::CURRENCY;
use core::ffi::CStr;
use core::fmt;

/// The first bytes of every blob.
pub const MAGIC: [u8; 3] = *b"T2M";
/// The format version that this crate writes; it reads all from 1 on.
pub const FORMAT_VERSION: u8 = 2;
/// Bytes before the payload: magic, version, payload length (u16 LE), CRC-32 (u32 LE).
pub const HEADER_LEN: usize = 10;
/// Bytes that a blob can have at most.
pub const MAX_LEN: usize = 384;

/// Bytes of the largest payload of this version, field by field; a postcard varint has up to 4 bytes for a token count, 2 for
/// a tile, 3 for any u16.
const LARGEST_PAYLOAD: usize = {
    const _: () = assert!(MAX_TOKENS < 1 << (4 * 7), "a token count has 4 bytes");
    let names = (1 + LLM_NAME) + 2 * (1 + DEVICE_NAME);
    let spans = 4 * 4;
    // The tile of a step is 1.
    const _: () = assert!(LARGEST_TILE < 1 << (2 * 7), "a tile has 2 bytes");
    let (prefill_term, step_term) = (4 + 4 + 2 + 1, 4 + 4 + 1 + 1);
    let polynomials = (4 + 1 + PREFILL_TERMS * prefill_term) + (4 + 1 + STEP_TERMS * step_term);
    let calibrations = 2 * (4 + 4);
    // Only decode has the curve of five numbers.
    let curves = (1 + 3 * 4) + (1 + 5 * 4);
    let bands = 1 + 3 * Level::ALL.len() * 3;
    let tariff = 1 + (1 + CURRENCY) + 3 * 4;
    names + spans + polynomials + calibrations + curves + bands + tariff
};
const _: () = assert!(HEADER_LEN + LARGEST_PAYLOAD <= MAX_LEN, "a blob with everything in it must fit");

/// Why bytes are not a blob.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BlobError {
    /// The bytes end before the blob does.
    Truncated,
    /// The bytes do not begin with [`MAGIC`].
    Magic,
    /// The format version, given here, is not one that this crate reads.
    Version(u8),
    /// Bytes follow the blob.
    TrailingBytes,
    /// The checksum over version, length and payload does not match.
    Crc,
    /// The payload is not that of a profile.
    Malformed,
    /// A coefficient, a watt or a price is NaN or infinite.
    NotFinite,
    /// A range of trained token counts is empty or out of bounds.
    Range,
    /// A tile is 0, larger than [`LARGEST_TILE`], or stands where none may.
    Tile,
    /// A knot is above the largest token count.
    Knot,
    /// The power of a term is not one that the phase has.
    Power,
    /// The coefficients, watts or prices are so large that a prediction would be infinite.
    Overflow,
    /// A power curve is negative at some time, has a time constant that is not above 0, or wakes in prefill.
    Watts,
    /// A band is empty: a higher level has a lower ratio.
    Band,
    /// A price is negative.
    Price,
}

impl BlobError {
    /// The text of the error, for C and Rust alike.
    pub const fn message(self) -> &'static CStr {
        match self {
            Self::Truncated => c"the blob is truncated: copy it again, whole",
            Self::Magic => c"not a token2metrics blob: it does not begin with the bytes T2M",
            Self::Version(_) => {
                c"the blob's format version is not known to this library: update the library or train again"
            }
            Self::TrailingBytes => c"bytes follow the blob: give its exact length, or search it as a bundle",
            Self::Crc => c"the blob is damaged: its checksum does not match; copy it again",
            Self::Malformed => c"the blob's payload is not a profile",
            Self::NotFinite => c"the blob has a number that is NaN or infinite",
            Self::Range => c"the blob has a range of token counts that is empty or out of bounds",
            Self::Tile => c"the blob has a tile that is 0, above 16383 or in a step",
            Self::Knot => c"the blob has a knot above the largest token count",
            Self::Power => c"the blob has a term with a power that its phase cannot have",
            Self::Overflow => c"the blob has numbers so large that a prediction would overflow",
            Self::Watts => {
                c"the blob has a power curve that is negative at some time, has no time constant, or wakes in prefill"
            }
            Self::Band => c"the blob has an error band whose upper end is below its lower end",
            Self::Price => c"the blob has a negative price",
        }
    }
}

impl fmt::Display for BlobError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.message().to_str().unwrap_or_default())?;
        match self {
            Self::Version(found) => write!(f, " (the blob has {found}, the library reads 1 to {FORMAT_VERSION})"),
            _ => Ok(()),
        }
    }
}

impl core::error::Error for BlobError {}

/// The payload of a sound frame, and how to read it.
pub(crate) struct Payload<'a> {
    version: u8,
    bytes: &'a [u8],
}

impl Payload<'_> {
    /// Bytes of the blob that it is the payload of.
    pub(crate) fn blob_len(&self) -> usize {
        HEADER_LEN.saturating_add(self.bytes.len())
    }
}

const fn is_known(version: u8) -> bool {
    1 <= version && version <= FORMAT_VERSION
}

/// Splits off the blob that `bytes` begin with, and checks its payload against the CRC: the payload, and what follows the blob.
#[cfg_attr(target_os = "none", inline(always))]
pub(crate) fn split(bytes: &[u8]) -> Result<(Payload<'_>, &[u8]), BlobError> {
    if bytes.iter().zip(&MAGIC).any(|(byte, magic)| byte != magic) {
        return Err(BlobError::Magic);
    }
    // An older reader must not mistake a newer blob for a short one of its own.
    match bytes.get(MAGIC.len()) {
        Some(&version) if !is_known(version) => return Err(BlobError::Version(version)),
        _ => {}
    }
    let Frame { version, checked, crc, payload, rest } = frame(bytes).ok_or(BlobError::Truncated)?;
    if checksum(checked, payload) != crc {
        return Err(BlobError::Crc);
    }
    Ok((Payload { version, bytes: payload }, rest))
}

/// Bytes of the blob that `bytes` begin with, as its header says, whether it is one or not.
pub(crate) fn claimed_len(bytes: &[u8]) -> Option<usize> {
    let &[_, _, _, _, len_low, len_high, ..] = bytes else { return None };
    Some(HEADER_LEN.saturating_add(u16::from_le_bytes([len_low, len_high]).into()))
}

/// Whether `bytes` begin with a blob of any version, up to the length of this one's, whose checksum matches.
pub(crate) fn is_whole(bytes: &[u8]) -> bool {
    bytes.starts_with(&MAGIC)
        && frame(bytes.get(..MAX_LEN).unwrap_or(bytes))
            .is_some_and(|frame| checksum(frame.checked, frame.payload) == frame.crc)
}

/// The parts of a blob, not checked.
struct Frame<'a> {
    version: u8,
    /// What the CRC is of, besides the payload: version and length.
    checked: &'a [u8],
    crc: u32,
    payload: &'a [u8],
    rest: &'a [u8],
}

/// Takes apart the blob that `bytes` begin with, unless they end before it does.
fn frame(bytes: &[u8]) -> Option<Frame<'_>> {
    let (header, rest) = bytes.split_first_chunk::<HEADER_LEN>()?;
    let &[_, _, _, version, len_low, len_high, crc @ ..] = header;
    let (payload, rest) = rest.split_at_checked(u16::from_le_bytes([len_low, len_high]).into())?;
    Some(Frame { version, checked: &header[3..6], crc: u32::from_le_bytes(crc), payload, rest })
}

fn checksum(version_and_len: &[u8], payload: &[u8]) -> u32 {
    !digested(digested(!0, version_and_len), payload)
}

#[cfg_attr(target_os = "none", inline(never))]
fn digested(crc: u32, bytes: &[u8]) -> u32 {
    bytes.iter().fold(crc, |crc, byte| shifted(shifted(crc ^ u32::from(*byte))))
}

/// The CRC-32 register after four more bits, by a table of 64 bytes: without one a load takes three times the instructions, and that of a whole byte takes 1 KB of flash.
fn shifted(crc: u32) -> u32 {
    const OF_FOUR_BITS: [u32; 16] = {
        let mut table = [0; 16];
        let mut index = 0;
        while index < 16 {
            let mut crc = index as u32;
            let mut bit = 0;
            while bit < 4 {
                // The polynomial of ISO-HDLC, reflected.
                crc = (crc >> 1) ^ if crc & 1 == 1 { 0xEDB8_8320 } else { 0 };
                bit += 1;
            }
            table[index] = crc;
            index += 1;
        }
        table
    };
    (crc >> 4) ^ OF_FOUR_BITS[(crc & 15) as usize]
}

impl Profile {
    /// Reads a blob, which must be the whole of `bytes`.
    ///
    /// # Errors
    /// Anything but the exact bytes of a sound profile; [`BlobError`] lists it all.
    pub fn decode(bytes: &[u8]) -> Result<Self, BlobError> {
        let mut profile = Self::blank();
        profile.decode_into(bytes).map(|()| profile)
    }

    /// [`Profile::decode`] into a [`Profile::blank`] that is there, so that there is no second profile on a small stack. What is not blank is added
    /// to, and most likely [`BlobError::Malformed`].
    ///
    /// # Errors
    /// Those of [`Profile::decode`]; then `self` is no profile of anything.
    #[inline]
    pub fn decode_into(&mut self, bytes: &[u8]) -> Result<(), BlobError> {
        let (payload, rest) = split(bytes)?;
        if !rest.is_empty() {
            return Err(BlobError::TrailingBytes);
        }
        self.read(payload.version, payload.bytes)
    }

    pub(crate) fn from_payload(payload: &Payload<'_>) -> Result<Self, BlobError> {
        let mut profile = Self::blank();
        profile.read(payload.version, payload.bytes).map(|()| profile)
    }

    /// Writes the profile as a blob into `buffer` and gives the part that was written.
    ///
    /// # Errors
    /// Values that [`Profile::decode`] would reject.
    #[cfg(feature = "encode")]
    pub fn encode<'a>(&self, buffer: &'a mut [u8; MAX_LEN]) -> Result<&'a [u8], BlobError> {
        let (header, rest) = buffer.split_at_mut(HEADER_LEN);
        let payload = postcard::to_slice(self, rest).map_err(|_| BlobError::Malformed)?;
        let [len_low, len_high] = u16::try_from(payload.len()).map_err(|_| BlobError::Malformed)?.to_le_bytes();
        let crc = checksum(&[FORMAT_VERSION, len_low, len_high], payload).to_le_bytes();
        let [t, two, m] = MAGIC;
        header.copy_from_slice(&[t, two, m, FORMAT_VERSION, len_low, len_high, crc[0], crc[1], crc[2], crc[3]]);
        let len = HEADER_LEN + payload.len();
        let written = &buffer[..len];
        Self::decode(written).map(|_| written)
    }
}
