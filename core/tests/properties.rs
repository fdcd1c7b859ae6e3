//! What holds for every profile and every request.
//!
//! | what | tolerance | why |
//! |---|---|---|
//! | encode, then decode | 0 | the payload holds the bits of every f32 |
//! | rises with `input_tokens`, `output_tokens` | 0 | rounding is monotone, and nothing that grows is subtracted |
//! | falls with `cached_tokens` | 1e-6 | `b - a` falls while `b + a` rises: a few roundings of 2^-24 can cross |
//! | f32 against f64 | 1e-5 | twenty roundings of 2^-24, threefold where half of a slope is subtracted again |

mod frame;
mod reference;
mod strategy;

use proptest::prelude::*;
use strategy::{Shape, any_profile, fitted_profile, huge_profile, request};
use token2metrics_core::blob::MAX_LEN;
use token2metrics_core::{BlobError, Flags, MAX_TOKENS, Profile, Request, find};

const FALLS: f32 = 1.0e-6;
const AGAINST_F64: f64 = 1.0e-5;

fn seconds(profile: &Profile, request: Request) -> [f32; 3] {
    let prediction = profile.predict(request).expect("the request is sound");
    [prediction.prefill_s, prediction.decode_s, prediction.total_s]
}

proptest! {
    #[test]
    fn decode_undoes_encode(profile in any_profile()) {
        let mut buffer = [0; MAX_LEN];
        let blob = profile.encode(&mut buffer).expect("the strategy makes sound profiles");
        prop_assert_eq!(Profile::decode(blob), Ok(profile.clone()));
        prop_assert_eq!(find(blob, &profile.identity.llm), Ok(Some(profile)));
    }

    #[test]
    fn decode_of_any_bytes_returns(bytes in prop::collection::vec(any::<u8>(), 0..512)) {
        let _ = Profile::decode(&bytes);
        let _ = find(&bytes, "any");
    }

    /// Behind a header that is right, random bytes reach the payload's own checks; what passes them is answered.
    #[test]
    fn decode_of_any_payload_returns(
        start in prop::sample::select(vec![0_usize, 58, 64, 68]),
        bytes in prop::collection::vec(any::<u8>(), 0..256),
    ) {
        let sound = &include_bytes!("../../tests/vectors/version_1.t2m")[10..];
        let blob = frame::frame(1, &[&sound[..start], &bytes].concat());
        if let Ok(profile) = Profile::decode(&blob) {
            let request = Request { input_tokens: MAX_TOKENS, cached_tokens: 0, output_tokens: MAX_TOKENS };
            prop_assert!(profile.predict(request).is_ok());
        }
        prop_assert_ne!(find(&blob, "any").err(), Some(BlobError::Crc));
    }

    /// A damaged byte hides only its own member and those after it, and never makes up a profile.
    #[test]
    fn damage_does_not_reach_back(profile in any_profile(), at in any::<prop::sample::Index>(), flip in 1_u8..) {
        let mut buffer = [0; MAX_LEN];
        let blob = profile.encode(&mut buffer).expect("the strategy makes sound profiles");
        let mut bundle = [blob, blob].concat();
        bundle[blob.len() + at.index(blob.len())] ^= flip;
        prop_assert_eq!(find(&bundle, &profile.identity.llm), Ok(Some(profile.clone())));
        prop_assert_ne!(find(&bundle[blob.len()..], &profile.identity.llm), Ok(Some(profile)));
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

    /// Whatever coefficients decoding lets through, no prediction is infinite or NaN.
    #[test]
    fn whatever_decodes_is_finite(profile in huge_profile(), request in request(MAX_TOKENS)) {
        let mut buffer = [0; MAX_LEN];
        match profile.encode(&mut buffer) {
            Ok(blob) => {
                let decoded = Profile::decode(blob).expect("what was encoded");
                for seconds in seconds(&decoded, request) {
                    prop_assert!(seconds.is_finite() && seconds.is_sign_positive(), "{seconds}");
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
    let reference = reference::predict(profile, request);
    prop_assert!(!prediction.flags.contains(Flags::RAISED_TO_ZERO));
    for (name, f32, f64) in [
        ("prefill_s", prediction.prefill_s, reference.prefill_s),
        ("decode_s", prediction.decode_s, reference.decode_s),
        ("total_s", prediction.total_s, reference.total_s),
        ("tpot_s", prediction.tpot_s, reference.tpot_s),
    ] {
        prop_assert!((f64::from(f32) - f64).abs() <= AGAINST_F64 * f64, "{name}: {f32} {f64}");
    }
    Ok(())
}
