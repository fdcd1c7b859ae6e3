//! The state that follows a device, case by case; how well it does is in `docs/drift.md`.

use token2metrics_core::{Correction, Drift, DriftError, Measured, ObserveError, Profile, Request, RequestError};

const REQUEST: Request = Request { input_tokens: 100, cached_tokens: 0, output_tokens: 50 };

fn profile() -> Profile {
    Profile::decode(include_bytes!("../../tests/vectors/version_2.t2m")).expect("a profile")
}

/// A request that took so many times what the profile says.
fn measured(factor: f32) -> Measured {
    let predicted = profile().predict(REQUEST).expect("a request");
    Measured { prefill_s: factor * predicted.prefill_s, decode_s: factor * predicted.decode_s }
}

fn observed(factors: &[f32]) -> Drift {
    let mut drift = Drift::NEW;
    for factor in factors {
        drift.observe(&profile(), REQUEST, measured(*factor)).expect("measured times");
    }
    drift
}

fn total_ratio(drift: &Drift) -> f32 {
    let correction = drift.correction().expect("a sound state");
    let total_s = |correction| profile().predict_corrected(correction, REQUEST).expect("a request").total_s;
    total_s(&correction) / total_s(&Correction::NONE)
}

#[test]
fn nothing_observed_changes_no_bit() {
    let profile = profile();
    let correction = Drift::NEW.correction().expect("a sound state");
    assert_eq!(profile.predict_corrected(&correction, REQUEST), profile.predict(REQUEST));
}

#[test]
fn two_requests_are_too_few_and_three_are_not() {
    assert_eq!(total_ratio(&observed(&[1.1, 1.1])), 1.0);
    assert!(total_ratio(&observed(&[1.1, 1.1, 1.1])) > 1.05);
}

#[test]
fn a_freak_changes_nothing_and_three_that_agree_are_believed() {
    let steady = [1.0; 10];
    assert_eq!(total_ratio(&observed(&[&steady[..], &[10.0]].concat())), 1.0);
    assert_eq!(total_ratio(&observed(&[&steady[..], &[2.0, 2.0]].concat())), 1.0);
    let changed = total_ratio(&observed(&[&steady[..], &[2.0, 1.9, 2.1]].concat()));
    assert!((changed - 2.0).abs() < 0.05, "{changed}");
    // Three that do not agree are three freaks.
    assert_eq!(total_ratio(&observed(&[&steady[..], &[10.0, 2.0, 0.2]].concat())), 1.0);
}

#[test]
fn nothing_beyond_eightfold_is_believed() {
    for (factor, ratio) in [(1.0e6, 8.0), (1.0e-6, 0.125)] {
        let drift = observed(&[factor; 5]);
        assert_eq!(drift.check(), Ok(()));
        assert!((total_ratio(&drift) / ratio - 1.0).abs() < 1.0e-5, "{drift:?}");
    }
}

#[test]
fn bands_follow_the_noise() {
    let width = |drift: &Drift| {
        let correction = drift.correction().expect("a sound state");
        let band = profile().predict_corrected(&correction, REQUEST).expect("a request").total_band.expect("bands");
        (band.high_s - band.low_s) / band.low_s
    };
    let quiet = width(&observed(&[1.0; 60]));
    let loud = width(&observed(&[0.85, 1.15].repeat(30)));
    assert!(loud > 2.0 * quiet, "{loud} {quiet}");
}

/// The gate follows the noise also where the profile has no bands: what is usual there is not in doubt.
#[test]
fn noise_is_no_change_without_bands_either() {
    let profile = Profile { bands: None, ..profile() };
    let mut drift = Drift::NEW;
    let noise = [0.7, 1.3, 1.1, 0.8, 1.4, 0.75, 1.25, 0.9, 1.35, 0.72, 1.0, 1.28, 0.78];
    for (index, factor) in noise.iter().cycle().take(20 * noise.len()).enumerate() {
        drift.observe(&profile, REQUEST, measured(*factor)).expect("measured times");
        assert!(index < 40 || drift.prefill.doubted == 0, "{index}: {factor} is in doubt: {drift:?}");
    }
    assert!((0.85..1.15).contains(&total_ratio(&drift)), "{drift:?}");
}

#[test]
fn a_request_of_one_token_says_nothing_of_decode() {
    let prompt = Request { output_tokens: 1, ..REQUEST };
    let mut drift = Drift::NEW;
    for _ in 0..4 {
        drift
            .observe(&profile(), prompt, Measured { decode_s: f32::NAN, ..measured(1.1) })
            .expect("decode_s is not read");
    }
    assert_eq!((drift.prefill.observed, drift.decode.observed), (4, 0));
}

#[test]
fn times_that_are_none_are_refused_and_change_nothing() {
    let sound = measured(1.0);
    for seconds in [0.0, -1.0, f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        for measured in [Measured { prefill_s: seconds, ..sound }, Measured { decode_s: seconds, ..sound }] {
            let mut drift = observed(&[1.1; 4]);
            let before = drift;
            assert_eq!(drift.observe(&profile(), REQUEST, measured), Err(ObserveError::Time), "{measured:?}");
            assert_eq!(drift, before);
        }
    }
    let nothing = Request { input_tokens: 0, ..REQUEST };
    let refused = Drift::NEW.clone().observe(&profile(), nothing, sound);
    assert_eq!(refused, Err(ObserveError::Request(RequestError::NoInputTokens)));
}

#[test]
fn a_state_that_is_none_is_refused() {
    let sound = observed(&[1.1, 1.2, 5.0]);
    assert_eq!(sound.check(), Ok(()));
    let damaged = |damage: fn(&mut Drift)| {
        let mut drift = sound;
        damage(&mut drift);
        (drift.check(), drift.correction().map(drop), drift.clone().observe(&profile(), REQUEST, measured(1.0)))
    };
    let refused = |error| (Err(error), Err(error), Err(ObserveError::Drift(error)));
    assert_eq!(damaged(|drift| drift.version += 1), refused(DriftError::Version));
    let damages: [fn(&mut Drift); 9] = [
        |drift| drift.version = 0,
        |drift| drift.version = u32::MAX,
        |drift| drift.prefill.ratio = f32::NAN,
        |drift| drift.prefill.ratio = 0.0,
        |drift| drift.decode.log_ratio = 3.0,
        |drift| drift.decode.width = f32::INFINITY,
        |drift| drift.decode.doubt = f32::NEG_INFINITY,
        |drift| drift.prefill.doubted = 3,
        |drift| drift.total_width = 0.0,
    ];
    for damage in damages {
        assert_eq!(damaged(damage), refused(DriftError::Damaged));
    }
}
