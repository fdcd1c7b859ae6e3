//! Every [`BlobError`] provoked, with its text: in frames whose checksum is right, so that the check itself is reached.

mod frame;

use frame::frame;
use token2metrics_core::blob::MAX_LEN;
use token2metrics_core::{BlobError, MAX_TOKENS, Phase, Profile, Span, Term};

const SOUND: &[u8] = include_bytes!("../../tests/vectors/version_1.t2m");

/// Decodes the sound profile after a change, and asserts that the encoder would not have written it either.
fn decode_with(change: impl FnOnce(&mut Profile)) -> BlobError {
    let mut profile = Profile::decode(SOUND).expect("the vector is sound");
    change(&mut profile);
    let mut buffer = [0; MAX_LEN];
    let payload = postcard::to_slice(&profile, &mut buffer).expect("any profile fits");
    let error = Profile::decode(&frame(1, payload)).expect_err("the change is not sound");
    assert_eq!(profile.encode(&mut [0; MAX_LEN]), Err(error));
    error
}

#[track_caller]
fn assert_text(error: BlobError, expected: BlobError, text: &str) {
    assert_eq!(error, expected);
    assert_eq!(error.to_string(), text);
}

/// One of each kind of number that a phase has.
fn values<const N: usize>(phase: &mut Phase<N>) -> [&mut f32; 4] {
    let Phase { polynomial, calibration } = phase;
    let coefficient = &mut polynomial.terms.last_mut().expect("the vector has terms").coefficient;
    [&mut polynomial.fixed_s, coefficient, &mut calibration.scale, &mut calibration.offset_s]
}

#[test]
fn truncated() {
    let error = Profile::decode(&SOUND[..SOUND.len() - 1]).expect_err("a byte is missing");
    assert_text(error, BlobError::Truncated, "the blob is truncated: copy it again, whole");
}

#[test]
fn magic() {
    let error = Profile::decode(&[0xFF; 64]).expect_err("erased flash");
    assert_text(error, BlobError::Magic, "not a token2metrics blob: it does not begin with the bytes T2M");
}

#[test]
fn version() {
    let text = "the blob's format version is not known to this library: update the library or train again \
                (the blob has 2, the library reads 1)";
    let newer = frame(2, b"what a later version appends");
    // A newer blob is called newer, not short, even where it is cut off.
    for len in 4..=newer.len() {
        let error = Profile::decode(&newer[..len]).expect_err("the version is not known");
        assert_text(error, BlobError::Version(2), text);
    }
    assert_eq!(Profile::decode(&frame(0, &SOUND[10..])), Err(BlobError::Version(0)));
}

#[test]
fn trailing_bytes() {
    let error = Profile::decode(&[SOUND, &[0]].concat()).expect_err("a byte follows");
    let text = "bytes follow the blob: give its exact length, or search it as a bundle";
    assert_text(error, BlobError::TrailingBytes, text);
}

#[test]
fn crc() {
    let mut damaged = SOUND.to_vec();
    damaged[20] ^= 1;
    let error = Profile::decode(&damaged).expect_err("a bit is wrong");
    assert_text(error, BlobError::Crc, "the blob is damaged: its checksum does not match; copy it again");
}

#[test]
fn malformed() {
    let sound = &SOUND[10..];
    let with = |at: usize, byte: u8| {
        let mut payload = sound.to_vec();
        payload[at] = byte;
        payload
    };
    let payloads = [
        ("nothing", Vec::new()),
        ("a value cut off", sound[..sound.len() - 1].to_vec()),
        ("a byte after the last value", [sound, &[0]].concat()),
        ("a name that is not UTF-8", with(1, 0xFF)),
        ("a name of 41 bytes", [&[41], [b'x'; 41].as_slice(), &sound[30..]].concat()),
        ("9 terms", with(68, 9)),
        ("a varint that does not end", [&[0xFF; 16], sound].concat()),
    ];
    assert_eq!(sound[68], 6, "the number of prefill terms stands there");
    for (what, payload) in payloads {
        let error = Profile::decode(&frame(1, &payload)).expect_err(what);
        assert_text(error, BlobError::Malformed, "the blob's payload is not a profile");
    }
}

#[test]
fn not_finite() {
    let text = "the blob has a coefficient that is NaN or infinite";
    for value in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        for place in 0..4 {
            let prefill = decode_with(|profile| *values(&mut profile.prefill)[place] = value);
            assert_text(prefill, BlobError::NotFinite, text);
            let decode = decode_with(|profile| *values(&mut profile.decode)[place] = value);
            assert_text(decode, BlobError::NotFinite, text);
        }
    }
}

#[test]
fn range() {
    let text = "the blob has a range of token counts that is empty or out of bounds";
    let spans = [(0, 10), (10, 9), (1, MAX_TOKENS + 1), (u32::MAX, u32::MAX)];
    for span in spans.map(|(min, max)| Span { min, max }) {
        let error = decode_with(|profile| profile.trained.input_tokens = span);
        assert_text(error, BlobError::Range, text);
        let error = decode_with(|profile| profile.trained.output_tokens = span);
        assert_text(error, BlobError::Range, text);
    }
}

#[test]
fn tile() {
    let text = "the blob has a tile that is 0 or stands in a step";
    assert_text(decode_with(|profile| profile.prefill.polynomial.terms[1].tile = 0), BlobError::Tile, text);
    for tile in [0, 2, u16::MAX] {
        assert_text(decode_with(|profile| profile.decode.polynomial.terms[1].tile = tile), BlobError::Tile, text);
    }
}

#[test]
fn knot() {
    let text = "the blob has a knot above the largest token count";
    let term = Term { knot: MAX_TOKENS + 1, ..Term::plain(1.0e-6, 1) };
    assert_text(decode_with(|profile| profile.prefill.polynomial.terms[0] = term), BlobError::Knot, text);
    assert_text(decode_with(|profile| profile.decode.polynomial.terms[0] = term), BlobError::Knot, text);
}

#[test]
fn power() {
    let text = "the blob has a power that its phase cannot have";
    for power in [0, 4, u8::MAX] {
        let error = decode_with(|profile| profile.prefill.polynomial.terms[0].power = power);
        assert_text(error, BlobError::Power, text);
    }
    for power in [3, u8::MAX] {
        let error = decode_with(|profile| profile.decode.polynomial.terms[0].power = power);
        assert_text(error, BlobError::Power, text);
    }
}

#[test]
fn overflow() {
    let text = "the blob has coefficients so large that a prediction would overflow";
    for place in 0..4 {
        let prefill = decode_with(|profile| *values(&mut profile.prefill)[place] = f32::MAX);
        assert_text(prefill, BlobError::Overflow, text);
        let decode = decode_with(|profile| *values(&mut profile.decode)[place] = f32::MIN);
        assert_text(decode, BlobError::Overflow, text);
    }
}
