//! A profile in words, term by term.

use token2metrics_core::{Calibration, Phase, Polynomial, PowerCurve, Profile, Span, Term};
use token2metrics_trainer::words::{decode, power, prefill};

/// Trained on 10 to 1000 prompt tokens and 2 to 101 output tokens.
fn profile() -> Profile {
    let mut profile = Profile::blank();
    profile.trained.input_tokens = Span { min: 10, max: 1000 };
    profile.trained.output_tokens = Span { min: 2, max: 101 };
    (profile.prefill, profile.decode) = (Phase::UNKNOWN, Phase::UNKNOWN);
    profile
}

fn phase<const N: usize>(fixed_s: f32, terms: &[Term], calibration: Calibration) -> Phase<N> {
    let terms = terms.iter().copied().collect();
    Phase { polynomial: Polynomial { fixed_s, terms }, calibration }
}

fn term(coefficient: f32, knot: u32, tile: u16, power: u8) -> Term {
    Term { coefficient, knot, tile, power }
}

fn of_prefill(fixed_s: f32, terms: &[Term], calibration: Calibration) -> Vec<String> {
    prefill(&Profile { prefill: phase(fixed_s, terms, calibration), ..profile() })
}

fn of_decode(fixed_s: f32, terms: &[Term], calibration: Calibration) -> Vec<String> {
    decode(&Profile { decode: phase(fixed_s, terms, calibration), ..profile() })
}

/// All but the last sentence, which has what it comes to in all.
fn of_terms(terms: &[Term]) -> Vec<String> {
    let mut words = of_prefill(0.0, terms, Calibration::IDENTITY);
    words.pop();
    words
}

const TWICE: Calibration = Calibration { scale: 2.0, offset_s: 0.0 };

#[test]
fn a_line() {
    let words = of_prefill(0.024, &[Term::plain(0.002, 1)], Calibration::IDENTITY);
    let all = "In all, a prompt of 10 tokens takes 44.0 ms, one of 1000 takes 2.02 s.";
    assert_eq!(
        words,
        ["Every prompt takes a fixed 24.0 ms, however short it is.", "Each prompt token adds 2.00 ms.", all]
    );
    let words = of_prefill(-0.001, &[Term::plain(0.002, 1)], Calibration::IDENTITY);
    assert_eq!(words[0], "Every prompt takes a fixed 1.00 ms less than follows from its tokens.");
}

#[test]
fn the_calibration_is_in_every_figure() {
    let calibration = Calibration { scale: 2.0, offset_s: -0.01 };
    let words = of_prefill(0.025, &[Term::plain(0.002, 1), term(-0.001, 15, 16, 1)], calibration);
    let by_hand = [
        "Every prompt takes a fixed 40.0 ms, however short it is.",
        "Each prompt token adds 4.00 ms.",
        "Prompts are processed in tiles of 16 tokens: each full tile saves 32.0 ms, so that a token in a full tile takes 2.00 ms instead of 4.00 ms.",
        "The calibration to this device is in all of these times: the formula's bracket is taken 2.0000 times minus 10.0 ms.",
        // 40 ms and 10 tokens; 1000 tokens, of which 992 are in full tiles.
        "In all, a prompt of 10 tokens takes 80.0 ms, one of 1000 takes 2.06 s.",
    ];
    assert_eq!(words, by_hand);
    let words = of_decode(0.01, &[Term::plain(0.002, 0)], Calibration { scale: 2.0, offset_s: 0.005 });
    let by_hand = [
        "Each output token after the first is a step, and a step takes 4.00 ms.",
        "A fixed 25.0 ms comes on top of the steps, once a request.",
        "The calibration to this device is in all of these times: the formula's bracket is taken 2.0000 times plus 5.00 ms.",
    ];
    assert_eq!(words, by_hand);
}

#[test]
fn squares_and_cubes() {
    // 1 us n^2: the n-th token takes (2 n - 1) us, 1000 tokens a second.
    assert_eq!(
        of_terms(&[Term::plain(1e-6, 2)]),
        ["Each token takes 2.00 µs more than the one before it, which adds 1.00 s at 1000 tokens."]
    );
    assert_eq!(
        of_terms(&[term(-1e-6, 900, 1, 2)]),
        [
            "Beyond the first 900, each token takes 2.00 µs less than the one before it, which saves 10.0 ms at 1000 tokens."
        ]
    );
    assert_eq!(of_terms(&[Term::plain(1e-9, 3)]), ["The cube of the length adds 1.00 s at 1000 tokens."]);
    // 1000 tokens are 1024 in tiles of 128, 896 in full ones, 100 beyond 900 are 128 in tiles.
    let squares = |term| of_terms(&[term]).remove(0);
    assert_eq!(
        squares(term(1e-6, 0, 128, 2)),
        "The square of the length rounded up to full tiles of 128 tokens adds 1.05 s at 1000 tokens."
    );
    assert_eq!(
        squares(term(1e-6, 127, 128, 2)),
        "The square of the length rounded down to full tiles of 128 tokens adds 803 ms at 1000 tokens."
    );
    assert_eq!(
        squares(term(1e-6, 900, 128, 2)),
        "The square of the length beyond the first 900 tokens, rounded up to full tiles of 128 tokens, adds 16.4 ms at 1000 tokens."
    );
    assert_eq!(
        squares(term(1e-9, 900, 1, 3)),
        "The cube of the length beyond the first 900 tokens adds 1.00 ms at 1000 tokens."
    );
}

#[test]
fn tiles_and_knots() {
    assert_eq!(
        of_terms(&[term(1e-3, 0, 128, 1)]),
        ["Prompts are processed in tiles of 128 tokens: each tile that is begun adds 128 ms."]
    );
    assert_eq!(
        of_terms(&[term(1e-3, 256, 128, 1)]),
        ["Beyond the first 256 tokens, each tile of 128 tokens that is begun adds 128 ms."]
    );
    assert_eq!(
        of_terms(&[term(1e-3, 15, 16, 1)]),
        ["Prompts are processed in tiles of 16 tokens: each full tile adds 16.0 ms."]
    );
    assert_eq!(of_terms(&[term(-1e-3, 128, 1, 1)]), ["Each token beyond the first 128 saves 1.00 ms."]);
    // A full tile that saves more than its tokens take is no price of a token.
    let words = of_terms(&[Term::plain(1e-3, 1), term(-2e-3, 15, 16, 1)]);
    assert_eq!(words[1], "Prompts are processed in tiles of 16 tokens: each full tile saves 32.0 ms.");
    assert_eq!(of_terms(&[term(1e-3, 0, 1, 0)]), [""; 0], "no rise, no words");
}

#[test]
fn steps() {
    let line = [Term::plain(0.03, 0), Term::plain(5e-6, 1)];
    let by_hand = [
        "Each output token after the first is a step, and a step takes 60.0 ms and 10.0 µs more for each token of context.",
        "The calibration to this device is in all of these times: the formula's bracket is taken 2.0000 times.",
        "In all, a step takes 60.1 ms at a context of 11 tokens, and 71.0 ms at 1100.",
    ];
    assert_eq!(of_decode(0.0, &line, TWICE), by_hand);
    let first = |fixed_s, terms: &[Term]| of_decode(fixed_s, terms, Calibration::IDENTITY).remove(0);
    let step = "Each output token after the first is a step, and a step takes";
    assert_eq!(first(0.0, &[Term::plain(5e-6, 1)]), format!("{step} 5.00 µs for each token of context."));
    let falling = [Term::plain(0.03, 0), Term::plain(-5e-6, 1)];
    assert_eq!(first(0.0, &falling), format!("{step} 30.0 ms and 5.00 µs less for each token of context."));
    assert_eq!(first(0.0, &[term(1e-3, 512, 1, 0)]), "From a context of 513 tokens on, a step takes 1.00 ms more.");
    assert_eq!(
        first(0.0, &[term(-1e-6, 512, 1, 1)]),
        "Each token of context beyond the first 512 makes a step 1.00 µs shorter."
    );
    assert_eq!(
        first(0.0, &[Term::plain(1e-9, 2)]),
        "The square of the context makes a step 1.21 ms longer at a context of 1100 tokens."
    );
    assert_eq!(
        first(0.0, &[term(1e-6, 1000, 1, 2)]),
        "The square of the context beyond 1000 tokens makes a step 10.0 ms longer at a context of 1100 tokens."
    );
    assert_eq!(first(-0.01, &[]), "Once a request, a fixed 10.0 ms is taken off the steps.");
    assert!(decode(&profile())[0].starts_with("Decode is not known"));
    assert_eq!(prefill(&profile()), ["Prefill is not known."]);
}

#[test]
fn watts_over_time() {
    assert_eq!(power(&PowerCurve::Unknown), None);
    let words = |curve| power(&curve).unwrap_or_default();
    assert_eq!(words(PowerCurve::Constant { watts: 12.5 }), "The device draws 12.50 W throughout.");
    assert_eq!(
        words(PowerCurve::Log { base_w: 10.0, slope_w: 2.0 }),
        // 2 ln 2 and 2 ln 11.
        "The device draws 10.00 W at first, and ever more slowly more: 11.39 W after a second, 14.80 W after ten."
    );
    let ramp = |deficit_w| words(PowerCurve::Ramp { steady_w: 30.0, deficit_w, tau_s: 1.5 });
    assert_eq!(ramp(20.0), "The device draws 10.00 W at first, which rises to 30.00 W, 63 % of the way within 1.50 s.");
    assert_eq!(
        ramp(-20.0),
        "The device draws 50.00 W at first, which falls to 30.00 W, 63 % of the way within 1.50 s."
    );
    assert_eq!(
        words(PowerCurve::Wake { idle_w: 5.0, wake_s: 0.5, steady_w: 30.0, deficit_w: 20.0, tau_s: 1.5 }),
        "The device draws 5.00 W up to 500 ms after the request came, then 10.00 W, which rises to 30.00 W, 63 % of the way within 1.50 s."
    );
}
