//! What is left of a running request.

mod strategy;

use proptest::prelude::*;
use strategy::{Shape, any_profile, fitted_profile};
use token2metrics_core::{Correction, Estimate, Power, PowerCurve, Profile, Progress, ProgressError, Request};

/// Of the whole request: a few roundings of its times.
const FALLS: f32 = 1.0e-5;

fn remaining(profile: &Profile, request: Request, progress: Progress) -> Result<Estimate, ProgressError> {
    profile.remaining(&Correction::NONE, request, progress)
}

/// The seconds after which a request on the predicted pace has so many tokens.
fn predicted_s(profile: &Profile, request: Request, tokens: u32) -> f32 {
    profile.predict(Request { output_tokens: tokens, ..request }).expect("a request").total_s
}

proptest! {
    /// On the predicted pace, at a token and between two, the remaining seconds fall as those that have passed rise.
    #[test]
    fn a_request_on_its_pace_never_runs_backwards(
        profile in fitted_profile(Shape::Rising),
        request in strategy::request(400),
        between in 0.0..1.0_f32,
    ) {
        prop_assume!(profile.decode.is_known());
        let prefill_s = predicted_s(&profile, request, 1);
        let total_s = predicted_s(&profile, request, request.output_tokens);
        let mut last = Estimate { remaining_s: f32::INFINITY, remaining_energy_j: None, total_s, fraction: 0.0, flags: Default::default() };
        for generated_tokens in 0..request.output_tokens {
            let began_s = if generated_tokens == 0 { 0.0 } else { predicted_s(&profile, request, generated_tokens) };
            let ended_s = predicted_s(&profile, request, generated_tokens + 1);
            for elapsed_s in [began_s, began_s + between * (ended_s - began_s)] {
                let progress = Progress { generated_tokens, elapsed_s: elapsed_s.max(if generated_tokens > 0 { prefill_s } else { 0.0 }), prefill_s };
                let now = remaining(&profile, request, progress).expect("a request that runs");
                prop_assert!((now.total_s - total_s).abs() <= FALLS * total_s, "{:?}: {:?} of {}", progress, now, total_s);
                prop_assert!(now.remaining_s <= last.remaining_s + FALLS * total_s, "{:?}: {:?} after {:?}", progress, now, last);
                prop_assert!(now.fraction >= last.fraction - FALLS, "{:?}: {:?} after {:?}", progress, now, last);
                last = now;
            }
        }
        let done = Progress { generated_tokens: request.output_tokens, elapsed_s: total_s, prefill_s };
        let done = remaining(&profile, request, done).expect("a request that is done");
        prop_assert_eq!((done.remaining_s, done.fraction), (0.0, 1.0));
    }

    /// Whatever the profile and the clock, no figure is negative or NaN, and a fraction is one.
    #[test]
    fn every_figure_is_one(
        profile in any_profile(),
        request in strategy::request(1 << 24),
        generated in any::<prop::sample::Index>(),
        elapsed_s in prop_oneof![0.0..1.0e3_f32, 0.0..=f32::MAX],
        share in 0.0..=1.0_f32,
    ) {
        prop_assume!(profile.decode.is_known());
        let generated_tokens = generated.index(request.output_tokens as usize + 1) as u32;
        let progress = Progress { generated_tokens, elapsed_s, prefill_s: share * elapsed_s };
        let left = remaining(&profile, request, progress).expect("sound figures");
        let figures = [left.remaining_s, left.total_s, left.remaining_energy_j.unwrap_or(0.0)];
        prop_assert!(figures.iter().all(|figure| *figure >= 0.0 && figure.is_finite()), "{:?}", left);
        prop_assert!((0.0..=1.0).contains(&left.fraction), "{:?}", left);
    }
}

fn profile() -> Profile {
    let blob = include_bytes!("../../tests/vectors/version_2.t2m");
    let mut profile = Profile::decode(blob).expect("a profile");
    let watts = |watts| PowerCurve::Constant { watts };
    profile.power = Power { prefill: watts(5.0), decode: watts(10.0) };
    profile
}

const REQUEST: Request = Request { input_tokens: 100, cached_tokens: 0, output_tokens: 101 };

/// Half of the tokens in twice the time: the rest is expected at nearly that pace, in seconds and joules.
#[test]
fn the_pace_of_the_request_counts() {
    let profile = profile();
    let prefill_s = predicted_s(&profile, REQUEST, 1);
    let half_s = predicted_s(&profile, REQUEST, 51) - prefill_s;
    let rest_s = predicted_s(&profile, REQUEST, 101) - prefill_s - half_s;
    let at = |pace: f32| {
        let progress = Progress { generated_tokens: 51, elapsed_s: prefill_s + pace * half_s, prefill_s };
        remaining(&profile, REQUEST, progress).expect("a request that runs")
    };
    let slow = at(2.0);
    assert!(slow.remaining_s > 1.7 * rest_s && slow.remaining_s < 2.0 * rest_s, "{slow:?} of {rest_s}");
    let fast = at(0.5);
    assert!(fast.remaining_s < 0.6 * rest_s && fast.remaining_s > 0.5 * rest_s, "{fast:?} of {rest_s}");
    for left in [slow, fast] {
        let joules = left.remaining_energy_j.expect("known watts");
        assert!((joules / (10.0 * left.remaining_s) - 1.0).abs() < 1.0e-4, "{left:?}");
    }
}

/// A prompt that takes longer than predicted is about to end, and the steps are still to come.
#[test]
fn a_late_prompt_is_about_to_end() {
    let profile = profile();
    let prefill_s = predicted_s(&profile, REQUEST, 1);
    let decode_s = predicted_s(&profile, REQUEST, 101) - prefill_s;
    let late = Progress { generated_tokens: 0, elapsed_s: 3.0 * prefill_s, prefill_s: f32::NAN };
    let left = remaining(&profile, REQUEST, late).expect("prefill_s is not read yet");
    assert!((left.remaining_s - decode_s).abs() < 1.0e-4 * decode_s, "{left:?} of {decode_s}");
}

#[test]
fn clocks_and_counts_that_cannot_be_are_refused() {
    let sound = Progress { generated_tokens: 5, elapsed_s: 2.0, prefill_s: 1.0 };
    assert!(remaining(&profile(), REQUEST, sound).is_ok());
    let times = [f32::NAN, f32::INFINITY, -1.0];
    for elapsed_s in times {
        let progress = Progress { elapsed_s, ..sound };
        assert_eq!(remaining(&profile(), REQUEST, progress), Err(ProgressError::Time), "{elapsed_s}");
    }
    for prefill_s in times.into_iter().chain([2.5]) {
        let progress = Progress { prefill_s, ..sound };
        assert_eq!(remaining(&profile(), REQUEST, progress), Err(ProgressError::Time), "{prefill_s}");
    }
    let progress = Progress { generated_tokens: 102, ..sound };
    assert_eq!(remaining(&profile(), REQUEST, progress), Err(ProgressError::Tokens));
}
