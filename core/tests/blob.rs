//! The bytes of format version 1, exactly.
//!
//! `T2M_BLESS=1` writes `tests/vectors/version_1.t2m` from the bytes that stand here; without it the file is only
//! compared.

use std::path::Path;
use token2metrics_core::blob::MAX_LEN;
use token2metrics_core::{
    BlobError, Calibration, Identity, MAX_TOKENS, Phase, Polynomial, Profile, Span, Term, Trained,
};

/// A profile that uses everything the format has.
fn profile() -> Profile {
    let name = "a name that fits";
    Profile {
        identity: Identity {
            llm: "DeepSeek-R1-Distill-Qwen-1.5B".try_into().expect(name),
            device: "Jetson AGX Orin".try_into().expect(name),
            variant: "MAXN, W4A16".try_into().expect(name),
        },
        trained: Trained { input_tokens: Span { min: 8, max: 4096 }, output_tokens: Span { min: 2, max: 1000 } },
        prefill: Phase {
            polynomial: Polynomial {
                fixed_s: 0.0125,
                terms: [
                    Term::plain(1.5e-4, 1),
                    Term { coefficient: 1.0e-5, knot: 0, tile: 128, power: 1 },
                    // Whole tiles of 16, which run faster than the remainder.
                    Term { coefficient: -5.0e-5, knot: 15, tile: 16, power: 1 },
                    Term::plain(2.0e-9, 2),
                    Term { coefficient: 1.0e-9, knot: 2048, tile: 1, power: 2 },
                    Term { coefficient: 1.0e-14, knot: 0, tile: 256, power: 3 },
                ]
                .into_iter()
                .collect(),
            },
            calibration: Calibration { scale: 1.25, offset_s: -0.016 },
        },
        decode: Phase {
            polynomial: Polynomial {
                fixed_s: 0.002,
                terms: [
                    Term::plain(0.02, 0),
                    Term::plain(1.5e-7, 1),
                    Term { coefficient: -1.0e-7, knot: 1024, tile: 1, power: 1 },
                    Term::plain(3.0e-13, 2),
                ]
                .into_iter()
                .collect(),
            },
            calibration: Calibration { scale: 1.125, offset_s: 0.0005 },
        },
    }
}

/// The same profile as bytes.
#[rustfmt::skip]
const BYTES: [u8; 174] = [
    // Header.
    b'T', b'2', b'M',       // magic
    1,                      // format version
    164, 0,                 // payload length, u16 LE
    0x5A, 0x10, 0x15, 0xA2, // CRC-32 of the three bytes before and of the payload, u32 LE

    // identity
    29,                     // llm: length, UTF-8
    b'D', b'e', b'e', b'p', b'S', b'e', b'e', b'k', b'-', b'R', b'1', b'-', b'D', b'i', b's', b't', b'i', b'l', b'l', b'-',
    b'Q', b'w', b'e', b'n', b'-', b'1', b'.', b'5', b'B',
    15,                     // device
    b'J', b'e', b't', b's', b'o', b'n', b' ', b'A', b'G', b'X', b' ', b'O', b'r', b'i', b'n',
    11,                     // variant
    b'M', b'A', b'X', b'N', b',', b' ', b'W', b'4', b'A', b'1', b'6',

    // trained
    8,                      // input_tokens.min
    0x80, 0x20,             // input_tokens.max, varint of 4096
    2,                      // output_tokens.min
    0xE8, 0x07,             // output_tokens.max, varint of 1000

    // prefill.polynomial
    0xCD, 0xCC, 0x4C, 0x3C, // fixed_s, f32 LE of 0.0125
    6,                      // number of terms
    // coefficient (f32 LE), knot (varint), tile (varint), power
    0x52, 0x49, 0x1D, 0x39,          0,          1, 1, // 1.5e-4 * n
    0xAC, 0xC5, 0x27, 0x37,          0, 0x80, 0x01, 1, // 1e-5 * n padded to 128
    0x17, 0xB7, 0x51, 0xB8,         15,         16, 1, // -5e-5 * the whole tiles of 16 in n
    0x5F, 0x70, 0x09, 0x31,          0,          1, 2, // 2e-9 * n^2
    0x5F, 0x70, 0x89, 0x30, 0x80, 0x10,          1, 2, // 1e-9 * (n - 2048)^2 above 2048
    0xDC, 0x24, 0x34, 0x28,          0, 0x80, 0x02, 3, // 1e-14 * (n padded to 256)^3
    // prefill.calibration
    0x00, 0x00, 0xA0, 0x3F, // scale, 1.25
    0x6F, 0x12, 0x83, 0xBC, // offset_s, -0.016

    // decode.polynomial
    0x6F, 0x12, 0x03, 0x3B, // fixed_s, 0.002
    4,                      // number of terms
    0x0A, 0xD7, 0xA3, 0x3C,          0,          1, 0, // 0.02
    0xB0, 0x0F, 0x21, 0x34,          0,          1, 1, // 1.5e-7 * c
    0x95, 0xBF, 0xD6, 0xB3, 0x80, 0x08,          1, 1, // -1e-7 * (c - 1024) above 1024
    0x8E, 0xE2, 0xA8, 0x2A,          0,          1, 2, // 3e-13 * c^2
    // decode.calibration
    0x00, 0x00, 0x90, 0x3F, // scale, 1.125
    0x6F, 0x12, 0x03, 0x3A, // offset_s, 0.0005
];

#[test]
fn encodes_to_these_bytes() {
    let mut buffer = [0; MAX_LEN];
    assert_eq!(profile().encode(&mut buffer).expect("the profile is sound"), BYTES);
}

#[test]
fn decodes_from_these_bytes() {
    assert_eq!(Profile::decode(&BYTES), Ok(profile()));
}

#[test]
fn file_has_these_bytes() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/vectors/version_1.t2m");
    if std::env::var_os("T2M_BLESS").is_some_and(|bless| bless == "1") {
        std::fs::write(&path, BYTES).expect("the vectors are writable");
    }
    assert_eq!(std::fs::read(&path).expect("the vectors are readable"), BYTES);
}

#[test]
fn every_flipped_bit_is_rejected() {
    for bit in 0..8 * BYTES.len() {
        let mut bytes = BYTES;
        bytes[bit / 8] ^= 1 << (bit % 8);
        let expected: &[BlobError] = match bit / 8 {
            0..3 => &[BlobError::Magic],
            3 => &[BlobError::Version(bytes[3])],
            // A length that is too large reaches past the end; one that is too small fails the checksum.
            4..6 => &[BlobError::Truncated, BlobError::Crc],
            _ => &[BlobError::Crc],
        };
        let error = Profile::decode(&bytes).expect_err("a bit is wrong");
        assert!(expected.contains(&error), "bit {bit}: {error:?}");
    }
}

#[test]
fn every_truncation_is_rejected() {
    for len in 0..BYTES.len() {
        assert_eq!(Profile::decode(&BYTES[..len]), Err(BlobError::Truncated), "{len} bytes");
    }
}

#[test]
fn trailing_bytes_are_rejected() {
    for trailing in [&[0x00][..], &[0xFF], &BYTES] {
        assert_eq!(Profile::decode(&[&BYTES, trailing].concat()), Err(BlobError::TrailingBytes));
    }
}

/// `docs/blob-format.md` tells the number. It is below the bound in the source, which allows 5 bytes for every varint
/// of a u32: no token count needs more than 4.
#[test]
fn largest_blob_has_295_bytes() {
    let mut profile = profile();
    profile.identity = Identity {
        llm: "x".repeat(40).as_str().try_into().expect("the name fits"),
        device: "x".repeat(32).as_str().try_into().expect("the name fits"),
        variant: "x".repeat(32).as_str().try_into().expect("the name fits"),
    };
    let span = Span { min: MAX_TOKENS, max: MAX_TOKENS };
    profile.trained = Trained { input_tokens: span, output_tokens: span };
    let term = Term { knot: MAX_TOKENS, ..Term::plain(1.0, 1) };
    profile.prefill.polynomial.terms = [Term { tile: u16::MAX, ..term }; 8].into_iter().collect();
    profile.decode.polynomial.terms = [term; 4].into_iter().collect();
    assert_eq!(profile.encode(&mut [0; MAX_LEN]).map(<[u8]>::len), Ok(295));
}
