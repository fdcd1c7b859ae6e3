//! The bytes of every format version, exactly.
//!
//! `T2M_BLESS=1` writes `tests/vectors/*.t2m` from what stands here; without it the files are only compared.

mod frame;
mod version_1;

use frame::frame;
use std::path::Path;
use token2metrics_core::blob::MAX_LEN;
use token2metrics_core::polynomial::LARGEST_TILE;
use token2metrics_core::{
    Bands, BlobError, Identity, MAX_TOKENS, Phase, Power, PowerCurve, Profile, Ratios, Span, Tariff, Term, Trained,
};

/// The profile of version 1 with everything that version 2 has.
fn version_2() -> Profile {
    Profile {
        power: Power {
            prefill: PowerCurve::Log { base_w: 18.5, slope_w: 4.0 },
            decode: PowerCurve::Ramp { steady_w: 24.0, deficit_w: 6.0, tau_s: 2.5 },
        },
        bands: Some(Bands {
            prefill: Ratios::new([0.91, 0.995, 1.06, 1.09, 2.5]),
            decode: Ratios::new([0.95, 1.0, 1.03, 1.045, 1.12]),
            total: Ratios::new([0.94, 0.998, 1.04, 1.055, 1.14]),
        }),
        tariff: Some(Tariff {
            currency: "USD".try_into().expect("a currency"),
            per_kwh: 0.25,
            per_hour: 0.5,
            per_request: 0.0001,
        }),
        ..version_1::profile()
    }
}

/// A profile that knows next to nothing: the power of prefill, and a price of energy.
fn prefill_only() -> Profile {
    let profile = version_1::profile();
    Profile {
        trained: Trained { output_tokens: Span { min: 1, max: 1 }, ..profile.trained },
        decode: Phase::UNKNOWN,
        power: Power { prefill: PowerCurve::Constant { watts: 15.0 }, decode: PowerCurve::Unknown },
        tariff: Some(Tariff {
            currency: "EUR".try_into().expect("a currency"),
            per_kwh: 0.4,
            per_hour: 0.0,
            per_request: 0.0,
        }),
        ..profile
    }
}

/// The header of [`version_2`].
#[rustfmt::skip]
const HEADER: [u8; 10] = [
    b'T', b'2', b'M',       // magic
    2,                      // format version
    235, 0,                 // payload length, u16 LE
    0x6D, 0x90, 0xD8, 0x40, // CRC-32 of the three bytes before and of the payload, u32 LE
];

/// What its payload has after that of version 1.
#[rustfmt::skip]
const APPENDED: [u8; 71] = [
    // power.prefill
    2,                      // logarithmic
    0x00, 0x00, 0x94, 0x41, // base_w, 18.5
    0x00, 0x00, 0x80, 0x40, // slope_w, 4
    // power.decode
    3,                      // ramp
    0x00, 0x00, 0xC0, 0x41, // steady_w, 24
    0x00, 0x00, 0xC0, 0x40, // deficit_w, 6
    0x00, 0x00, 0x20, 0x40, // tau_s, 2.5

    // bands, in units of 1/8192
    1,                      // there are some
    // prefill: 0.91, 0.995, 1.06, 1.09, 2.5
    0x9F, 0x3A, 0xD7, 0x3F, 0xEC, 0x43, 0xE1, 0x45, 0x80, 0xA0, 0x01,
    // decode: 0.95, 1, 1.03, 1.045, 1.12
    0xE6, 0x3C, 0x80, 0x40, 0xF6, 0x41, 0xF1, 0x42, 0xD7, 0x47,
    // total: 0.94, 0.998, 1.04, 1.055, 1.14
    0x94, 0x3C, 0xF0, 0x3F, 0xC8, 0x42, 0xC3, 0x43, 0xFB, 0x48,

    // tariff
    1,                      // there is one
    3, b'U', b'S', b'D',    // currency
    0x00, 0x00, 0x80, 0x3E, // per_kwh, 0.25
    0x00, 0x00, 0x00, 0x3F, // per_hour, 0.5
    0x17, 0xB7, 0xD1, 0x38, // per_request, 0.0001
];

fn version_2_bytes() -> Vec<u8> {
    [&HEADER, &version_1::BYTES[10..], &APPENDED].concat()
}

fn encoded(profile: &Profile) -> Vec<u8> {
    profile.encode(&mut [0; MAX_LEN]).expect("the profile is sound").to_vec()
}

#[test]
fn encodes_to_these_bytes() {
    assert_eq!(encoded(&version_2()), version_2_bytes());
}

#[test]
fn decodes_from_these_bytes() {
    assert_eq!(Profile::decode(&version_2_bytes()), Ok(version_2()));
}

#[test]
fn version_1_is_read_for_ever() {
    assert_eq!(Profile::decode(&version_1::BYTES), Ok(version_1::profile()));
}

#[test]
fn files_have_these_bytes() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/vectors");
    for (name, bytes) in [
        ("version_1.t2m", version_1::BYTES.to_vec()),
        ("version_2.t2m", version_2_bytes()),
        ("prefill_only.t2m", encoded(&prefill_only())),
    ] {
        let path = folder.join(name);
        if std::env::var_os("T2M_BLESS").is_some_and(|bless| bless == "1") {
            std::fs::write(&path, &bytes).expect("the vectors are writable");
        }
        assert_eq!(std::fs::read(&path).expect("the vectors are readable"), bytes, "{name}");
    }
}

#[test]
fn every_flipped_bit_is_rejected() {
    for sound in [version_1::BYTES.to_vec(), version_2_bytes()] {
        for bit in 0..8 * sound.len() {
            let mut bytes = sound.clone();
            bytes[bit / 8] ^= 1 << (bit % 8);
            let error = Profile::decode(&bytes).expect_err("a bit is wrong");
            let expected: &[BlobError] = match bit / 8 {
                0..3 => &[BlobError::Magic],
                3 => &[BlobError::Version(bytes[3])],
                // A length that is too large reaches past the end; one that is too small fails the checksum.
                4..6 => &[BlobError::Truncated, BlobError::Crc],
                _ => &[BlobError::Crc],
            };
            assert!(expected.contains(&error), "bit {bit}: {error:?}");
        }
    }
}

#[test]
fn every_truncation_is_rejected() {
    for sound in [version_1::BYTES.to_vec(), version_2_bytes()] {
        for len in 0..sound.len() {
            assert_eq!(Profile::decode(&sound[..len]), Err(BlobError::Truncated), "{len} bytes");
        }
    }
}

#[test]
fn trailing_bytes_are_rejected() {
    for sound in [version_1::BYTES.to_vec(), version_2_bytes()] {
        for trailing in [&[0x00][..], &[0xFF], &sound] {
            assert_eq!(Profile::decode(&[&sound, trailing].concat()), Err(BlobError::TrailingBytes));
        }
    }
}

/// The checksum covers the version: a blob is not read as one of another version, whose fields it may happen to have.
#[test]
fn another_version_is_another_checksum() {
    let [mut older, mut newer] = [version_2_bytes(), version_1::BYTES.to_vec()];
    (older[3], newer[3]) = (1, 2);
    assert_eq!(Profile::decode(&older), Err(BlobError::Crc));
    assert_eq!(Profile::decode(&newer), Err(BlobError::Crc));
}

/// `docs/blob-format.md` tells the numbers.
#[test]
fn largest_blobs_have_287_and_384_bytes() {
    let long = "x".repeat(40);
    let span = Span { min: MAX_TOKENS, max: MAX_TOKENS };
    let term = Term { knot: MAX_TOKENS, ..Term::plain(1.0, 1) };
    let ramp = PowerCurve::Ramp { steady_w: 1.0, deficit_w: 1.0, tau_s: 1.0 };
    let wake = PowerCurve::Wake { idle_w: 1.0, wake_s: 1.0, steady_w: 1.0, deficit_w: 1.0, tau_s: 1.0 };
    let ratios = Ratios::new([Ratios::MAX; 5]);
    let mut profile = version_2();
    profile.identity = Identity {
        llm: long.as_str().try_into().expect("the name fits"),
        device: long[..32].try_into().expect("the name fits"),
        variant: long[..32].try_into().expect("the name fits"),
    };
    profile.trained = Trained { input_tokens: span, output_tokens: span };
    profile.prefill.polynomial.terms = [Term { tile: LARGEST_TILE, ..term }; 8].into_iter().collect();
    profile.decode.polynomial.terms = [term; 4].into_iter().collect();
    profile.power = Power { prefill: ramp, decode: wake };
    profile.bands = Some(Bands { prefill: ratios, decode: ratios, total: ratios });
    let largest = encoded(&profile);
    assert_eq!(largest.len(), MAX_LEN);
    assert_eq!(MAX_LEN, 384);
    // Two curves, bands and a tariff are what version 2 appends.
    let appended = 13 + 21 + (1 + 3 * 5 * 3) + (1 + 4 + 12);
    let of_version_1 = frame(1, &largest[10..largest.len() - appended]);
    assert_eq!(of_version_1.len(), 287);
    assert!(Profile::decode(&of_version_1).is_ok());
}
