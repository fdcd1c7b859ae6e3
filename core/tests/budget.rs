//! Budgets against the scan that counts up token by token.

mod strategy;

use proptest::prelude::*;
use strategy::{Shape, any_profile, curve, fitted_profile};
use token2metrics_core::{
    Budget, BudgetError, Correction, Flags, Level, Limit, MAX_TOKENS, Phase, Power, PowerCurve, Prediction, Profile,
    Quantity, Request, RequestError, Term,
};

const MEDIAN_S: Limit = Limit { quantity: Quantity::Seconds, value: 1.0, confidence: Level::P50 };

fn budget(profile: &Profile, request: Request, limit: Limit) -> Result<Budget, BudgetError> {
    profile.max_output_tokens(&Correction::NONE, request, limit)
}

fn predict(profile: &Profile, request: Request, output_tokens: u32) -> Prediction {
    profile.predict(Request { output_tokens, ..request }).expect("the request is sound")
}

/// Shorter requests, so that a scan has an end.
fn request() -> impl Strategy<Value = Request> {
    strategy::request(2000)
}

proptest! {
    /// Seconds rise with tokens to the bit, so that the scan and the bisection cannot differ.
    #[test]
    fn seconds_are_as_scanned(
        profile in fitted_profile(Shape::Rising),
        request in request(),
        within in any::<prop::sample::Index>(),
        factor in 0.5..1.5_f32,
    ) {
        prop_assume!(profile.decode.is_known());
        let high_s = |output_tokens| {
            let prediction = predict(&profile, request, output_tokens);
            prediction.total_band.map_or(prediction.total_s, |band| band.high_s)
        };
        let confidence = if profile.bands.is_some() { Level::P95 } else { Level::P50 };
        let value = factor * high_s(1 + within.index(request.output_tokens as usize) as u32);
        prop_assume!(value > 0.0);
        let scanned = (1..=request.output_tokens).take_while(|count| high_s(*count) <= value).count();
        let found = budget(&profile, request, Limit { quantity: Quantity::Seconds, value, confidence }).expect("a limit");
        prop_assert_eq!(found.output_tokens as usize, scanned);
        prop_assert_eq!(found.value, high_s(found.output_tokens.max(1)));
    }

    /// Whatever the coefficients are: what is answered fits, and one more does not, or would take less time than none.
    #[test]
    fn one_more_does_not_fit(
        profile in any_profile(),
        power in curve(-1.0e3..1.0e3_f32),
        request in strategy::request(MAX_TOKENS),
        quantity in prop::sample::select(vec![Quantity::Seconds, Quantity::Joules, Quantity::Cost]),
        value in prop_oneof![0.0..1.0e3_f32, 0.0..1.0e12_f32],
    ) {
        prop_assume!(profile.decode.is_known() && value > 0.0);
        let prefill = if let PowerCurve::Wake { .. } = power { PowerCurve::Unknown } else { power };
        let profile = Profile { power: Power { prefill, decode: power }, bands: None, ..profile };
        let figure = |output_tokens| {
            let prediction = predict(&profile, request, output_tokens);
            match quantity {
                Quantity::Seconds => Some(prediction.total_s),
                Quantity::Joules => prediction.energy_j,
                Quantity::Cost => prediction.cost,
            }
        };
        match budget(&profile, request, Limit { quantity, value, confidence: Level::P50 }) {
            Ok(found) => {
                let of = |count| figure(count).expect("what a limit is of is known");
                prop_assert_eq!(found.value, of(found.output_tokens.max(1)));
                prop_assert!(found.output_tokens == 0 || found.value <= value, "{:?}", found);
                let ended = found.output_tokens == request.output_tokens || found.flags.contains(Flags::RAISED_TO_ZERO);
                prop_assert!(ended || of(found.output_tokens + 1) > value, "{:?}", found);
            }
            Err(BudgetError::NoEnergy) => prop_assert!(quantity == Quantity::Joules && figure(request.output_tokens).is_none()),
            Err(BudgetError::NoCost) => prop_assert!(quantity == Quantity::Cost && figure(request.output_tokens).is_none()),
            Err(other) => prop_assert!(false, "{:?}", other),
        }
    }
}

/// A step of 10 ms and a prompt of 100 ms, without bands.
fn plain() -> Profile {
    let blob = include_bytes!("../../tests/vectors/version_1.t2m");
    let mut profile = Profile::decode(blob).expect("a profile");
    (profile.prefill, profile.decode) = (Phase::UNKNOWN, Phase::UNKNOWN);
    profile.prefill.polynomial.fixed_s = 0.1;
    profile.decode.polynomial.terms.push(Term::plain(0.01, 0)).expect("room");
    profile
}

const REQUEST: Request = Request { input_tokens: 10, cached_tokens: 0, output_tokens: MAX_TOKENS };

#[test]
fn a_budget_is_as_counted_by_hand() {
    let found = budget(&plain(), REQUEST, MEDIAN_S).expect("a limit");
    // The first token comes with the prompt: 0.1 s and 90 steps of 0.01 s.
    assert_eq!(found.output_tokens, 91);
    let few = Request { output_tokens: 5, ..REQUEST };
    assert_eq!(budget(&plain(), few, MEDIAN_S).expect("a limit").output_tokens, 5);
}

#[test]
fn a_prompt_that_does_not_fit_is_no_error() {
    let found = budget(&plain(), REQUEST, Limit { value: 0.05, ..MEDIAN_S }).expect("a limit");
    assert_eq!((found.output_tokens, found.value), (0, 0.1));
}

#[test]
fn beyond_the_trained_range_is_flagged() {
    let found = budget(&plain(), REQUEST, Limit { value: 1.0e4, ..MEDIAN_S }).expect("a limit");
    assert!(found.output_tokens > plain().trained.output_tokens.max);
    assert!(found.flags.contains(Flags::OUTPUT_EXTRAPOLATED));
}

#[test]
fn limits_that_are_none_are_refused() {
    for value in [0.0, -0.0, -1.0, f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        assert_eq!(budget(&plain(), REQUEST, Limit { value, ..MEDIAN_S }), Err(BudgetError::Value), "{value}");
    }
    for (quantity, error) in [(Quantity::Joules, BudgetError::NoEnergy), (Quantity::Cost, BudgetError::NoCost)] {
        assert_eq!(budget(&plain(), REQUEST, Limit { quantity, ..MEDIAN_S }), Err(error));
    }
    for confidence in [Level::P90, Level::P95, Level::P99] {
        assert_eq!(budget(&plain(), REQUEST, Limit { confidence, ..MEDIAN_S }), Err(BudgetError::NoBands));
    }
    let nothing = Request { output_tokens: 0, ..REQUEST };
    assert_eq!(budget(&plain(), nothing, MEDIAN_S), Err(BudgetError::Request(RequestError::NoOutputTokens)));
}

/// A step that falls by 1 ms a token below nothing, and behind a knot rises again: at context 110 it takes no time.
#[test]
fn the_search_ends_where_steps_take_no_time() {
    let mut profile = plain();
    let terms = &mut profile.decode.polynomial.terms;
    terms.push(Term::plain(-1.0e-4, 1)).expect("room");
    terms.push(Term { knot: 4000, ..Term::plain(1.0, 1) }).expect("room");
    let found = budget(&profile, REQUEST, Limit { value: 1.0e3, ..MEDIAN_S }).expect("a limit");
    // Contexts 11 to 100 take time; the first token has none.
    assert_eq!(found.output_tokens, 91);
    assert!(found.flags.contains(Flags::RAISED_TO_ZERO));
    // A smaller limit ends before that.
    let found = budget(&profile, REQUEST, Limit { value: 0.2, ..MEDIAN_S }).expect("a limit");
    assert!(!found.flags.contains(Flags::RAISED_TO_ZERO) && (10..20).contains(&found.output_tokens), "{found:?}");
}

/// Least between two contexts at which it takes time: only the vertex shows it.
#[test]
fn a_dip_between_two_ends_is_found() {
    let mut profile = plain();
    let terms = &mut profile.decode.polynomial.terms;
    terms.clear();
    // (c - 500)^2 / 1e6 - 1e-4: below nothing from 490 to 510.
    for (coefficient, power) in [(0.25 - 1.0e-4, 0), (-1.0e-3, 1), (1.0e-6, 2)] {
        terms.push(Term::plain(coefficient, power)).expect("room");
    }
    let found = budget(&profile, REQUEST, Limit { value: 1.0e6, ..MEDIAN_S }).expect("a limit");
    assert!((475..=482).contains(&found.output_tokens), "{found:?}");
    assert!(found.flags.contains(Flags::RAISED_TO_ZERO));
}
