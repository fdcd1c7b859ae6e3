//! Every [`BlobError`] provoked, with its text: in frames whose checksum is right, so that the check itself is reached.

mod frame;

use frame::frame;
use token2metrics_core::blob::MAX_LEN;
use token2metrics_core::polynomial::LARGEST_TILE;
use token2metrics_core::{Bands, BlobError, MAX_TOKENS, Phase, PowerCurve, Profile, Ratios, Span, Tariff, Term};

const SOUND: &[u8] = include_bytes!("../../tests/vectors/version_2.t2m");
/// The payload of version 1, with which that of [`SOUND`] begins.
const OLD_LEN: usize = 164;

/// Decodes the sound profile after a change, and asserts that the encoder would not have written it either.
fn decode_with(change: impl FnOnce(&mut Profile)) -> BlobError {
    let mut profile = Profile::decode(SOUND).expect("the vector is sound");
    change(&mut profile);
    let mut buffer = [0; MAX_LEN];
    let payload = postcard::to_slice(&profile, &mut buffer).expect("any profile fits");
    let error = Profile::decode(&frame(2, payload)).expect_err("the change is not sound");
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
                (the blob has 3, the library reads 1 to 2)";
    let newer = frame(3, b"what a later version appends");
    // A newer blob is called newer, not short, even where it is cut off.
    for len in 4..=newer.len() {
        let error = Profile::decode(&newer[..len]).expect_err("the version is not known");
        assert_text(error, BlobError::Version(3), text);
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
    let (old, appended) = sound.split_at(OLD_LEN);
    let payloads = [
        ("nothing", 2, Vec::new()),
        ("a value cut off", 2, sound[..sound.len() - 1].to_vec()),
        ("a byte after the last value", 2, [sound, &[0]].concat()),
        ("a name of 41 bytes", 2, [&[41], [b'x'; 41].as_slice(), &sound[30..]].concat()),
        ("9 terms", 2, [&sound[..68], &[9], &sound[69..76].repeat(3), &sound[69..]].concat()),
        ("a varint that does not end", 2, [&[0xFF; 16], sound].concat()),
        ("a curve of a kind that there is not", 2, with(164, 5)),
        ("bands that are neither there nor not", 2, with(186, 2)),
        ("a ratio above a u16", 2, [&sound[..187], &[0xFF, 0xFF, 0x04], &sound[189..]].concat()),
        ("a tariff that is neither there nor not", 2, with(218, 2)),
        ("a currency of 4 bytes", 2, [&sound[..219], b"\x04USDT", &sound[223..]].concat()),
        ("version 1 with what version 2 appends", 1, sound.to_vec()),
        ("version 1 with a byte more", 1, [old, &[0]].concat()),
        ("version 1 with a byte less", 1, old[..OLD_LEN - 1].to_vec()),
        ("version 2 without what it appends", 2, old.to_vec()),
        ("version 2 without bands and tariff", 2, [old, &appended[..22]].concat()),
    ];
    assert_eq!(sound[68], 6, "the number of prefill terms stands there");
    assert_eq!([sound[164], sound[186], sound[218]], [2, 1, 1], "the tags of a curve, bands and tariff stand there");
    assert!(Profile::decode(&frame(1, old)).is_ok() && Profile::decode(&frame(2, sound)).is_ok());
    for (what, version, payload) in payloads {
        let Err(error) = Profile::decode(&frame(version, &payload)) else { panic!("{what} is read") };
        assert_text(error, BlobError::Malformed, "the blob's payload is not a profile");
    }
}

/// What is not UTF-8 is found out by who asks for the name.
#[test]
fn a_name_that_is_not_utf8_is_empty() {
    let mut payload = SOUND[10..].to_vec();
    (payload[1], payload[220]) = (0xFF, 0xFF);
    let profile = Profile::decode(&frame(2, &payload)).expect("names do not matter to predictions");
    assert_eq!([&profile.identity.llm[..], &profile.tariff.expect("it has one").currency[..]], ["", ""]);
    assert_eq!(profile.identity.device.as_str(), "Jetson AGX Orin");
}

/// Every number of a curve, of each kind.
fn curves(value: f32) -> [PowerCurve; 11] {
    let (base_w, slope_w, steady_w, deficit_w, tau_s) = (1.0, 1.0, 1.0, 1.0, 1.0);
    let (idle_w, wake_s) = (1.0, 1.0);
    [
        PowerCurve::Constant { watts: value },
        PowerCurve::Log { base_w: value, slope_w },
        PowerCurve::Log { base_w, slope_w: value },
        PowerCurve::Ramp { steady_w: value, deficit_w: value.min(deficit_w), tau_s },
        PowerCurve::Ramp { steady_w, deficit_w: value, tau_s },
        PowerCurve::Ramp { steady_w, deficit_w, tau_s: value },
        PowerCurve::Wake { idle_w: value, wake_s, steady_w, deficit_w, tau_s },
        PowerCurve::Wake { idle_w, wake_s: value, steady_w, deficit_w, tau_s },
        PowerCurve::Wake { idle_w, wake_s, steady_w: value, deficit_w: value.min(deficit_w), tau_s },
        PowerCurve::Wake { idle_w, wake_s, steady_w, deficit_w: value, tau_s },
        PowerCurve::Wake { idle_w, wake_s, steady_w, deficit_w, tau_s: value },
    ]
}

/// The three prices.
fn prices(tariff: &mut Tariff) -> [&mut f32; 3] {
    [&mut tariff.per_kwh, &mut tariff.per_hour, &mut tariff.per_request]
}

fn with_price(place: usize, price: f32) -> BlobError {
    decode_with(|profile| *prices(profile.tariff.as_mut().expect("the vector has a tariff"))[place] = price)
}

#[test]
fn not_finite() {
    let text = "the blob has a number that is NaN or infinite";
    for value in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        for place in 0..4 {
            let prefill = decode_with(|profile| *values(&mut profile.prefill)[place] = value);
            assert_text(prefill, BlobError::NotFinite, text);
            let decode = decode_with(|profile| *values(&mut profile.decode)[place] = value);
            assert_text(decode, BlobError::NotFinite, text);
        }
        for curve in curves(value) {
            if !matches!(curve, PowerCurve::Wake { .. }) {
                assert_text(decode_with(|profile| profile.power.prefill = curve), BlobError::NotFinite, text);
            }
            assert_text(decode_with(|profile| profile.power.decode = curve), BlobError::NotFinite, text);
        }
        for place in 0..3 {
            assert_text(with_price(place, value), BlobError::NotFinite, text);
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
    let text = "the blob has a tile that is 0, above 16383 or in a step";
    for tile in [0, LARGEST_TILE + 1] {
        assert_text(decode_with(|profile| profile.prefill.polynomial.terms[1].tile = tile), BlobError::Tile, text);
    }
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
    let text = "the blob has a term with a power that its phase cannot have";
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
    let text = "the blob has numbers so large that a prediction would overflow";
    for place in 0..4 {
        let prefill = decode_with(|profile| *values(&mut profile.prefill)[place] = f32::MAX);
        assert_text(prefill, BlobError::Overflow, text);
        let decode = decode_with(|profile| *values(&mut profile.decode)[place] = f32::MIN);
        assert_text(decode, BlobError::Overflow, text);
    }
    let large = [
        PowerCurve::Constant { watts: f32::MAX },
        PowerCurve::Log { base_w: f32::MAX, slope_w: 0.0 },
        PowerCurve::Log { base_w: 0.0, slope_w: f32::MAX },
        PowerCurve::Ramp { steady_w: f32::MAX, deficit_w: 0.0, tau_s: 1.0 },
        PowerCurve::Ramp { steady_w: 0.0, deficit_w: f32::MIN, tau_s: 1.0 },
        PowerCurve::Wake { idle_w: f32::MAX, wake_s: 1.0, steady_w: 0.0, deficit_w: 0.0, tau_s: 1.0 },
        PowerCurve::Wake { idle_w: 0.0, wake_s: 1.0, steady_w: f32::MAX, deficit_w: 0.0, tau_s: 1.0 },
        PowerCurve::Wake { idle_w: 0.0, wake_s: 1.0, steady_w: 0.0, deficit_w: f32::MIN, tau_s: 1.0 },
    ];
    for curve in large {
        if !matches!(curve, PowerCurve::Wake { .. }) {
            assert_text(decode_with(|profile| profile.power.prefill = curve), BlobError::Overflow, text);
        }
        assert_text(decode_with(|profile| profile.power.decode = curve), BlobError::Overflow, text);
        // Watts alone, of which so short a phase makes few joules, are too large for the mean power.
        let short = |profile: &mut Profile| {
            profile.prefill.calibration.scale = 1.0e-30;
            profile.decode.calibration.scale = 1.0e-30;
            profile.prefill.calibration.offset_s = 0.0;
            profile.decode.calibration.offset_s = 0.0;
            profile.power.decode = curve;
        };
        assert_text(decode_with(short), BlobError::Overflow, text);
    }
    for place in 0..3 {
        assert_text(with_price(place, f32::MAX), BlobError::Overflow, text);
    }
}

/// Where the seconds are finite, the joules, the cost and the ends of a band may still not be.
#[test]
fn overflow_of_what_follows_from_the_seconds() {
    let long = |profile: &mut Profile| {
        profile.prefill.calibration.offset_s = 1.0e37;
        profile.power = Default::default();
        (profile.bands, profile.tariff) = (None, None);
    };
    let mut alone = Profile::decode(SOUND).expect("the vector is sound");
    let (bands, tariff) = (alone.bands, alone.tariff.clone());
    long(&mut alone);
    assert!(alone.encode(&mut [0; MAX_LEN]).is_ok());
    for place in 0..3 {
        let error = decode_with(|profile| {
            long(profile);
            match place {
                0 => profile.power.prefill = PowerCurve::Constant { watts: 10.0 },
                1 => profile.bands = bands,
                _ => profile.tariff = tariff.clone().map(|tariff| Tariff { per_hour: 10.0, ..tariff }),
            }
        });
        assert_eq!(error, BlobError::Overflow, "{place}");
    }
}

#[test]
fn watts() {
    let text = "the blob has a power curve that is negative at some time, has no time constant, or wakes in prefill";
    let below_0 = -f32::MIN_POSITIVE;
    let curves = [
        PowerCurve::Constant { watts: below_0 },
        PowerCurve::Log { base_w: below_0, slope_w: 1.0 },
        PowerCurve::Log { base_w: 1.0, slope_w: below_0 },
        PowerCurve::Ramp { steady_w: below_0, deficit_w: -1.0, tau_s: 1.0 },
        PowerCurve::Ramp { steady_w: 1.0, deficit_w: 1.0_f32.next_up(), tau_s: 1.0 },
        PowerCurve::Ramp { steady_w: 1.0, deficit_w: 1.0, tau_s: 0.0 },
        PowerCurve::Ramp { steady_w: 1.0, deficit_w: 1.0, tau_s: -1.0 },
        PowerCurve::Wake { idle_w: below_0, wake_s: 1.0, steady_w: 1.0, deficit_w: 1.0, tau_s: 1.0 },
        PowerCurve::Wake { idle_w: 1.0, wake_s: below_0, steady_w: 1.0, deficit_w: 1.0, tau_s: 1.0 },
        PowerCurve::Wake { idle_w: 1.0, wake_s: 1.0, steady_w: below_0, deficit_w: -1.0, tau_s: 1.0 },
        PowerCurve::Wake { idle_w: 1.0, wake_s: 1.0, steady_w: 1.0, deficit_w: 1.0_f32.next_up(), tau_s: 1.0 },
        PowerCurve::Wake { idle_w: 1.0, wake_s: 1.0, steady_w: 1.0, deficit_w: 1.0, tau_s: 0.0 },
    ];
    for curve in curves {
        assert_text(decode_with(|profile| profile.power.prefill = curve), BlobError::Watts, text);
        assert_text(decode_with(|profile| profile.power.decode = curve), BlobError::Watts, text);
    }
    let sound = PowerCurve::Wake { idle_w: 1.0, wake_s: 1.0, steady_w: 1.0, deficit_w: 1.0, tau_s: 1.0 };
    assert_text(decode_with(|profile| profile.power.prefill = sound), BlobError::Watts, text);
}

#[test]
fn band() {
    let text = "the blob has an error band whose upper end is below its lower end";
    let falling = [[0.9, 1.0, 1.1, 1.2, 1.19], [1.0, 0.9, 1.1, 1.2, 1.3], [1.0, 0.0, 0.0, 0.0, 0.0]].map(Ratios::new);
    for (ratios, place) in falling.into_iter().flat_map(|ratios| [0, 1, 2].map(|place| (ratios, place))) {
        let error = decode_with(|profile| {
            let Bands { prefill, decode, total } = profile.bands.as_mut().expect("the vector has bands");
            *[prefill, decode, total][place] = ratios;
        });
        assert_text(error, BlobError::Band, text);
    }
}

#[test]
fn price() {
    for place in 0..3 {
        assert_text(with_price(place, -f32::MIN_POSITIVE), BlobError::Price, "the blob has a negative price");
    }
}
