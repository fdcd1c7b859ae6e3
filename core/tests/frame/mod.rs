//! Frames made by hand, to reach what the encoder refuses to write.

use crc::{CRC_32_ISO_HDLC, Crc};

/// A payload behind a header with the right length and checksum.
pub(crate) fn frame(version: u8, payload: &[u8]) -> Vec<u8> {
    let [low, high] = u16::try_from(payload.len()).expect("the length of a payload is a u16").to_le_bytes();
    let checked = [&[version, low, high], payload].concat();
    let crc = Crc::<u32>::new(&CRC_32_ISO_HDLC).checksum(&checked);
    [b"T2M", &checked[..3], &crc.to_le_bytes(), payload].concat()
}
