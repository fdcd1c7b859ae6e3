//! What holds for every profile and every request.
//!
//! | what | tolerance | why |
//! |---|---|---|
//! | encode, then decode | 0 | the payload holds the bits of every f32 |
//! | rises with `input_tokens`, `output_tokens` | 0 | rounding is monotone, and nothing that grows is subtracted |
//! | falls with `cached_tokens` | 1e-6 | `b - a` falls while `b + a` rises: a few roundings of 2^-24 can cross |
//! | energy rises with time | 4e-6 | the curves' logarithm, exponential and series meet with differences of a few 2^-24 |
//! | f32 against f64 | 1e-5 | twenty roundings of 2^-24, threefold where half of a slope is subtracted again; thrice that for energy |

mod frame;
mod reference;
mod strategy;

use proptest::prelude::*;
use reference::Figure;
use strategy::{Shape, any_profile, curve, fitted_profile, huge_profile, request};
use token2metrics_core::blob::MAX_LEN;
use token2metrics_core::{Band, BlobError, Flags, MAX_TOKENS, Power, Prediction, Profile, Request, find, members};

const FALLS: f32 = 1.0e-6;
const ENERGY_RISES: f32 = 4.0e-6;
const AGAINST_F64: f64 = 1.0e-5;

/// The profile's answer; it may be that decode is not known.
fn predict(profile: &Profile, mut request: Request) -> Prediction {
    if !profile.decode.is_known() {
        request.output_tokens = 1;
    }
    profile.predict(request).expect("the request is sound")
}

fn seconds(profile: &Profile, request: Request) -> [f32; 3] {
    let prediction = predict(profile, request);
    [prediction.prefill_s, prediction.decode_s, prediction.total_s]
}

/// Every float of a prediction that is known.
fn known(prediction: &Prediction) -> Vec<f32> {
    let Prediction { prefill_s, decode_s, total_s, tpot_s, prefill_energy_j, decode_energy_j, energy_j, .. } =
        *prediction;
    let bands = [prediction.prefill_band, prediction.decode_band, prediction.total_band];
    let ends = bands.into_iter().flatten().flat_map(|Band { low_s, high_s }| [low_s, high_s]);
    let options = [prefill_energy_j, decode_energy_j, energy_j, prediction.average_power_w, prediction.cost];
    [prefill_s, decode_s, total_s, tpot_s].into_iter().chain(options.into_iter().flatten()).chain(ends).collect()
}

/// What may lie in flash: a blob, a damaged or a cut one, the beginning of one, erased flash, anything.
fn part() -> impl Strategy<Value = Vec<u8>> {
    let blob = any_profile()
        .prop_map(|profile| profile.encode(&mut [0; MAX_LEN]).expect("the strategy makes sound profiles").to_vec());
    prop_oneof![
        4 => (blob, any::<prop::sample::Index>(), 0..4_u8).prop_map(|(mut blob, at, what)| {
            let at = at.index(blob.len());
            match what {
                0 => blob[at] ^= 0x10,
                1 => blob.truncate(at),
                _ => {}
            }
            blob
        }),
        1 => Just(b"T2M\x02".to_vec()),
        1 => prop::collection::vec(Just(0xFF_u8), 0..16),
        1 => prop::collection::vec(any::<u8>(), 0..64),
    ]
}

proptest! {
    #[test]
    fn decode_undoes_encode(profile in any_profile()) {
        let mut buffer = [0; MAX_LEN];
        let blob = profile.encode(&mut buffer).expect("the strategy makes sound profiles");
        prop_assert_eq!(Profile::decode(blob), Ok(profile.clone()));
        prop_assert_eq!(find(blob, &profile.identity.llm, None), Ok(Some(profile)));
    }

    #[test]
    fn decode_of_any_bytes_returns(bytes in prop::collection::vec(any::<u8>(), 0..512)) {
        let _ = Profile::decode(&bytes);
        let _ = find(&bytes, "any", None);
    }

    /// Behind a header that is right, random bytes reach the payload's own checks; what passes them is answered.
    #[test]
    fn decode_of_any_payload_returns(
        version in 1..=2_u8,
        // Within each part of the payload; the last are where version 2 adds power, bands and tariff.
        start in prop::sample::select(vec![0_usize, 58, 64, 68, 164, 173, 186, 218]),
        bytes in prop::collection::vec(any::<u8>(), 0..256),
    ) {
        let sound = &include_bytes!("../../tests/vectors/version_2.t2m")[10..];
        let blob = frame::frame(version, &[&sound[..start], &bytes].concat());
        if let Ok(profile) = Profile::decode(&blob) {
            let request = Request { input_tokens: MAX_TOKENS, cached_tokens: 0, output_tokens: MAX_TOKENS };
            let prediction = predict(&profile, request);
            prop_assert!(known(&prediction).iter().all(|value| value.is_finite()), "{prediction:?}");
        }
        prop_assert_ne!(find(&blob, "any", None).err(), Some(BlobError::Crc));
    }

    /// A damaged byte hides only its own member, and never makes up a profile; one that became erased flash is the bundle's end.
    #[test]
    fn damage_does_not_spread(profile in any_profile(), at in any::<prop::sample::Index>(), flip in 1_u8..) {
        let mut buffer = [0; MAX_LEN];
        let blob = profile.encode(&mut buffer).expect("the strategy makes sound profiles");
        let mut bundle = [blob; 3].concat();
        bundle[blob.len() + at.index(blob.len())] ^= flip;
        let sound = members(&bundle).filter(|member| member.profile.as_ref() == Ok(&profile)).map(|member| member.offset);
        let behind = (bundle[blob.len()] != 0xFF).then_some(2 * blob.len());
        prop_assert_eq!(sound.collect::<Vec<_>>(), [0].into_iter().chain(behind).collect::<Vec<_>>());
        let damaged = &bundle[blob.len()..2 * blob.len()];
        prop_assert_eq!(find(damaged, &profile.identity.llm, None).ok().flatten(), None);
    }

    /// The walk covers bytes in their order, and ends.
    #[test]
    fn members_of_any_bytes_are_in_order(parts in prop::collection::vec(part(), 0..8)) {
        let bytes = parts.concat();
        let mut behind = 0;
        for member in members(&bytes) {
            prop_assert!(behind <= member.offset && !member.bytes.is_empty());
            behind = member.offset + member.bytes.len();
            prop_assert_eq!(&bytes[member.offset..behind], member.bytes);
            prop_assert_eq!(member.profile.ok(), Profile::decode(member.bytes).ok());
        }
    }

    #[test]
    fn prediction_rises_with_tokens(
        profile in fitted_profile(Shape::Rising),
        request in request(MAX_TOKENS),
        more_input in 0..=MAX_TOKENS,
        more_output in 0..=MAX_TOKENS,
    ) {
        let longer = Request { input_tokens: request.input_tokens.max(more_input), ..request };
        let further = Request { output_tokens: request.output_tokens.max(more_output), ..request };
        let before = seconds(&profile, request);
        for (what, after) in [("input", seconds(&profile, longer)), ("output", seconds(&profile, further))] {
            prop_assert!(before.iter().zip(after).all(|(less, more)| *less <= more), "{what}: {before:?} {after:?}");
        }
    }

    #[test]
    fn prediction_falls_with_cached_tokens(
        profile in fitted_profile(Shape::Rising),
        request in request(MAX_TOKENS),
        less in any::<prop::sample::Index>(),
    ) {
        let cached_tokens = less.index(request.cached_tokens as usize + 1) as u32;
        let [colder, ..] = seconds(&profile, Request { cached_tokens, ..request });
        let [warmer, ..] = seconds(&profile, request);
        prop_assert!(warmer <= colder * (1.0 + FALLS), "{warmer} {colder}");
    }

    /// What a profile knows is answered, and what it does not is flagged.
    #[test]
    fn figures_are_there_or_flagged(profile in any_profile(), request in request(MAX_TOKENS)) {
        let prediction = predict(&profile, request);
        let flagged = |flag| prediction.flags.contains(flag);
        prop_assert_eq!(flagged(Flags::NO_ENERGY), prediction.energy_j.is_none());
        prop_assert_eq!(flagged(Flags::NO_ENERGY), prediction.average_power_w.is_none());
        prop_assert_eq!(flagged(Flags::NO_COST), prediction.cost.is_none());
        let bands = [prediction.prefill_band, prediction.decode_band, prediction.total_band];
        prop_assert!(bands.iter().all(|band| band.is_none() == flagged(Flags::NO_BANDS)));
        prop_assert!(bands.iter().flatten().all(|band| band.low_s <= band.high_s), "{bands:?}");
        let phases = prediction.prefill_energy_j.is_some() && prediction.decode_energy_j.is_some();
        prop_assert_eq!(prediction.energy_j.is_some(), phases);
        // Without a tariff there is no cost; with one there is, unless it asks for an energy that is not there.
        let has_cost = profile.tariff.as_ref().is_some_and(|tariff| tariff.per_kwh == 0.0 || phases);
        prop_assert_eq!(prediction.cost.is_some(), has_cost);
    }

    #[test]
    fn energy_rises_with_time(curve in curve(-60.0..60.0_f32), times in (small_or_large(), small_or_large())) {
        let (short, long) = (times.0.min(times.1), times.0.max(times.1));
        if let Some((less, more)) = curve.energy_j(short).zip(curve.energy_j(long)) {
            prop_assert!(0.0 <= less && less <= more * (1.0 + ENERGY_RISES), "{less} {more}");
        }
    }

    #[test]
    fn energy_and_cost_rise_with_output_tokens(
        profile in fitted_profile(Shape::Rising),
        request in request(MAX_TOKENS),
        more_output in 0..=MAX_TOKENS,
    ) {
        let further = Request { output_tokens: request.output_tokens.max(more_output), ..request };
        let [less, more] = [request, further].map(|request| predict(&profile, request));
        for (less, more) in [(less.energy_j, more.energy_j), (less.cost, more.cost)] {
            if let Some((less, more)) = less.zip(more) {
                prop_assert!(0.0 <= less && less <= more * (1.0 + ENERGY_RISES), "{less} {more}");
            }
        }
    }

    /// Version 1 is version 2 without what follows: all the same seconds, nothing else.
    #[test]
    fn version_1_has_the_seconds_alone(profile in any_profile(), request in request(MAX_TOKENS)) {
        let bare = Profile { power: Power::default(), bands: None, tariff: None, ..profile.clone() };
        let mut buffer = [0; MAX_LEN];
        let blob = bare.encode(&mut buffer).expect("the strategy makes sound profiles");
        // Two curves that are not known, and neither bands nor a tariff.
        let payload = blob[10..].strip_suffix(&[0; 4]).expect("a byte for each");
        let decoded = Profile::decode(&frame::frame(1, payload)).expect("a blob of version 1");
        prop_assert_eq!(&decoded, &bare);
        prop_assert_eq!(seconds(&decoded, request), seconds(&profile, request));
    }

    /// Whatever coefficients decoding lets through, no prediction is infinite or NaN.
    #[test]
    fn whatever_decodes_is_finite(profile in huge_profile(), request in request(MAX_TOKENS)) {
        let mut buffer = [0; MAX_LEN];
        match profile.encode(&mut buffer) {
            Ok(blob) => {
                let decoded = Profile::decode(blob).expect("what was encoded");
                let prediction = predict(&decoded, request);
                for value in known(&prediction) {
                    prop_assert!(value.is_finite() && value.is_sign_positive(), "{prediction:?}");
                }
            }
            Err(error) => prop_assert_eq!(error, BlobError::Overflow),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn f32_is_as_good_as_f64_where_nothing_is_subtracted(
        profile in fitted_profile(Shape::Rising),
        request in request(131_072),
    ) {
        against_f64(&profile, request)?;
    }

    /// Half of a slope is subtracted again at most, which magnifies the roundings threefold.
    #[test]
    fn f32_is_as_good_as_f64_behind_knots(profile in fitted_profile(Shape::WholeTiles), request in request(131_072)) {
        // A cached prefix ends with a whole tile; within one, more can be subtracted than there is.
        let cached_tokens = request.cached_tokens / 16 * 16;
        against_f64(&profile, Request { cached_tokens, ..request })?;
    }
}

fn against_f64(profile: &Profile, request: Request) -> Result<(), TestCaseError> {
    let prediction = profile.predict(request).expect("the request is sound");
    prop_assert!(!prediction.flags.contains(Flags::RAISED_TO_ZERO));
    for figure in reference::compare(profile, request, &prediction, AGAINST_F64) {
        let Figure { name, predicted, expected, .. } = figure;
        prop_assert!(figure.agrees(), "{name}: {predicted:?} {expected:?}");
    }
    Ok(())
}

/// Seconds of every order of magnitude that there is.
fn small_or_large() -> impl Strategy<Value = f32> {
    (0.0..1.0_f32, -12..8).prop_map(|(digits, exponent)| digits * 10.0_f32.powi(exponent))
}
