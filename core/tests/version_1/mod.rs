//! A profile of format version 1, and its bytes, exactly.

use token2metrics_core::{Calibration, Identity, Phase, Polynomial, Power, Profile, Span, Term, Trained};

/// A profile that uses everything that version 1 has.
pub(crate) fn profile() -> Profile {
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
        power: Power::default(),
        bands: None,
        tariff: None,
    }
}

/// The same profile as bytes.
#[rustfmt::skip]
pub(crate) const BYTES: [u8; 174] = [
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
