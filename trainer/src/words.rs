//! What a profile predicts, in sentences: the coefficients, calibration included, in units that fit them.

use crate::table::{duration, watts};
use token2metrics_core::{Calibration, Phase, PowerCurve, Profile, Request, Term};

/// How the seconds of a prompt come about.
pub fn prefill(profile: &Profile) -> Vec<String> {
    let Phase { polynomial, calibration } = &profile.prefill;
    if !profile.prefill.is_known() {
        return vec!["Prefill is not known.".to_owned()];
    }
    let scale = f64::from(calibration.scale);
    let longest = profile.trained.input_tokens.max;
    let mut words = Vec::new();
    let fixed_s = fixed(polynomial.fixed_s, calibration);
    if fixed_s > 0.0 {
        words.push(format!("Every prompt takes a fixed {}, however short it is.", duration(fixed_s)));
    } else if fixed_s < 0.0 {
        words.push(format!("Every prompt takes a fixed {} less than follows from its tokens.", duration(-fixed_s)));
    }
    let of_tokens = |term: &Term| scale * f64::from(term.coefficient);
    let plain = polynomial.terms.iter().filter(|term| term.power == 1);
    let per_token: Vec<f64> = plain.filter(|term| term.knot == 0 && term.tile <= 1).map(of_tokens).collect();
    for term in &polynomial.terms {
        // A term of power 0 has no rise, and so no time.
        if term.power == 0 || term.coefficient == 0.0 {
            continue;
        }
        let (seconds, tile, knot) = (of_tokens(term), u32::from(term.tile.max(1)), term.knot);
        let whole_s = seconds * f64::from(tile);
        words.push(match term.power {
            1 if tile == 1 && knot == 0 => format!("Each prompt token {}.", adds(seconds)),
            1 if tile == 1 => format!("Each token beyond the first {knot} {}.", adds(seconds)),
            1 if is_whole(term) => {
                let text = format!("Prompts are processed in tiles of {tile} tokens: each full tile {}", adds(whole_s));
                match per_token.as_slice() {
                    // Only where nothing else tells a token in a tile from one beside it.
                    [alone] if seconds < 0.0 && seconds + alone > 0.0 => format!(
                        "{text}, so that a token in a full tile takes {} instead of {}.",
                        duration(seconds + alone),
                        duration(*alone)
                    ),
                    _ => text + ".",
                }
            }
            1 if knot == 0 => {
                format!("Prompts are processed in tiles of {tile} tokens: each tile that is begun {}.", adds(whole_s))
            }
            1 => format!("Beyond the first {knot} tokens, each tile of {tile} tokens that is begun {}.", adds(whole_s)),
            2 if tile == 1 => {
                let beyond = if knot == 0 { String::new() } else { format!("beyond the first {knot}, ") };
                let (more, adds) = (more(2.0 * seconds), adds(scale * f64::from(term.rise(0, longest))));
                format!("{beyond}each token takes {more} than the one before it, which {adds} at {longest} tokens.")
            }
            power => {
                let power = if power == 2 { "square" } else { "cube" };
                let adds = adds(scale * f64::from(term.rise(0, longest)));
                format!("The {power} of {} {adds} at {longest} tokens.", length(term))
            }
        });
    }
    words.iter_mut().for_each(|sentence| capitalise(sentence));
    words.extend(scaled(calibration));
    let seconds = |input_tokens: u32| {
        let request = Request { input_tokens, cached_tokens: 0, output_tokens: 1 };
        profile.predict(request).map_or(0.0, |predicted| f64::from(predicted.prefill_s))
    };
    let shortest = profile.trained.input_tokens.min;
    words.push(if shortest == longest {
        format!("In all, a prompt of {} takes {}.", tokens(longest), duration(seconds(longest)))
    } else {
        let (short_s, long_s) = (duration(seconds(shortest)), duration(seconds(longest)));
        format!("In all, a prompt of {} takes {short_s}, one of {longest} takes {long_s}.", tokens(shortest))
    });
    words
}

/// How the seconds of the steps come about.
pub fn decode(profile: &Profile) -> Vec<String> {
    let Phase { polynomial, calibration } = &profile.decode;
    if !profile.decode.is_known() {
        return vec![
            "Decode is not known: nobody measured it, and only requests of one output token are answered.".to_owned(),
        ];
    }
    let scale = f64::from(calibration.scale);
    let longest = profile.trained.input_tokens.max.saturating_add(profile.trained.output_tokens.max).saturating_sub(1);
    let of = |term: &Term| scale * f64::from(term.coefficient);
    let is = |term: &&Term, power| term.power == power && term.knot == 0;
    let sum = |power| polynomial.terms.iter().filter(|term| is(term, power)).map(of).sum::<f64>();
    let (each, per_context) = (sum(0), sum(1));
    let step = match (each, per_context) {
        (0.0, 0.0) => String::new(),
        (each, 0.0) => duration(each),
        (0.0, per_context) => format!("{} for each token of context", duration(per_context)),
        (each, per_context) => format!("{} and {} for each token of context", duration(each), more(per_context)),
    };
    let mut words = Vec::new();
    if !step.is_empty() {
        words.push(format!("Each output token after the first is a step, and a step takes {step}."));
    }
    for term in &polynomial.terms {
        let (seconds, knot) = (of(term), term.knot);
        let at_longest = scale * f64::from(term.sum(longest.saturating_sub(1), longest));
        let beyond = if knot == 0 { String::new() } else { format!(" beyond {knot} tokens") };
        words.push(match (term.power, knot) {
            (0 | 1, 0) => continue,
            (0, _) => {
                format!("From a context of {} tokens on, a step takes {}.", knot.saturating_add(1), more(seconds))
            }
            (1, _) => format!("Each token of context beyond the first {knot} makes a step {}.", longer(seconds)),
            _ => {
                let longer = longer(at_longest);
                format!("The square of the context{beyond} makes a step {longer} at a context of {longest} tokens.")
            }
        });
    }
    let fixed_s = fixed(polynomial.fixed_s, calibration);
    if fixed_s > 0.0 {
        words.push(format!("A fixed {} comes on top of the steps, once a request.", duration(fixed_s)));
    } else if fixed_s < 0.0 {
        words.push(format!("Once a request, a fixed {} is taken off the steps.", duration(-fixed_s)));
    }
    words.extend(scaled(calibration));
    if polynomial.terms.iter().any(|term| term.power > 0 || term.knot > 0) {
        let first = profile.trained.input_tokens.min.saturating_add(1);
        let at = |context: u32| {
            let steps = polynomial.terms.iter().map(|term| f64::from(term.sum(context.saturating_sub(1), context)));
            duration(scale * steps.sum::<f64>())
        };
        words.push(format!(
            "In all, a step takes {} at a context of {}, and {} at {longest}.",
            at(first),
            tokens(first),
            at(longest)
        ));
    }
    words
}

/// What a phase draws.
pub fn power(curve: &PowerCurve) -> Option<String> {
    let way = |from: f32, to: f32| if from <= to { "rises" } else { "falls" };
    let of = |value: f32| watts(value.into());
    Some(match *curve {
        PowerCurve::Unknown => return None,
        PowerCurve::Constant { watts } => format!("The device draws {} throughout.", of(watts)),
        PowerCurve::Log { base_w, slope_w } => {
            let after = |seconds: f32| of(base_w + slope_w * (1.0 + seconds).ln());
            format!(
                "The device draws {} at first, and ever more slowly more: {} after a second, {} after ten.",
                of(base_w),
                after(1.0),
                after(10.0)
            )
        }
        PowerCurve::Ramp { steady_w, deficit_w, tau_s } => format!(
            "The device draws {} at first, which {} to {}, 63 % of the way within {}.",
            of(steady_w - deficit_w),
            way(0.0, deficit_w),
            of(steady_w),
            duration(tau_s.into())
        ),
        PowerCurve::Wake { idle_w, wake_s, steady_w, deficit_w, tau_s } => format!(
            "The device draws {} up to {} after the request came, then {}, which {} to {}, 63 % of the way within {}.",
            of(idle_w),
            duration(wake_s.into()),
            of(steady_w - deficit_w),
            way(0.0, deficit_w),
            of(steady_w),
            duration(tau_s.into())
        ),
    })
}

/// The fixed part as the device pays it.
fn fixed(fixed_s: f32, Calibration { scale, offset_s }: &Calibration) -> f64 {
    f64::from(*offset_s) + f64::from(*scale) * f64::from(fixed_s)
}

/// That there is a calibration in all of the above, if there is.
fn scaled(calibration: &Calibration) -> Option<String> {
    let Calibration { scale, offset_s } = *calibration;
    let offset = match f64::from(offset_s) {
        offset_s if offset_s > 0.0 => format!(" plus {}", duration(offset_s)),
        offset_s if offset_s < 0.0 => format!(" minus {}", duration(-offset_s)),
        _ => String::new(),
    };
    let words = "The calibration to this device is in all of these times: the formula's bracket is taken";
    (*calibration != Calibration::IDENTITY).then(|| format!("{words} {scale:.4} times{offset}."))
}

/// `adds 3 ms`, `saves 3 ms`.
fn adds(seconds: f64) -> String {
    if seconds < 0.0 { format!("saves {}", duration(-seconds)) } else { format!("adds {}", duration(seconds)) }
}

/// `3 ms more`, `3 ms less`.
fn more(seconds: f64) -> String {
    format!("{} {}", duration(seconds.abs()), if seconds < 0.0 { "less" } else { "more" })
}

/// `3 ms longer`, `3 ms shorter`.
fn longer(seconds: f64) -> String {
    format!("{} {}", duration(seconds.abs()), if seconds < 0.0 { "shorter" } else { "longer" })
}

/// What a term takes a power of.
fn length(term: &Term) -> String {
    match (term.tile, term.knot) {
        (0 | 1, 0) => "the length".to_owned(),
        (0 | 1, knot) => format!("the length beyond the first {knot} tokens"),
        (tile, _) if is_whole(term) => format!("the length rounded down to full tiles of {tile} tokens"),
        (tile, 0) => format!("the length rounded up to full tiles of {tile} tokens"),
        (tile, knot) => {
            format!("the length beyond the first {knot} tokens, rounded up to full tiles of {tile} tokens,")
        }
    }
}

/// Whether a term counts the full tiles only.
fn is_whole(term: &Term) -> bool {
    term.tile > 1 && term.knot + 1 == u32::from(term.tile)
}

fn tokens(tokens: u32) -> String {
    crate::plot::count(tokens as usize, "token")
}

fn capitalise(sentence: &mut str) {
    if let Some(first) = sentence.get_mut(..1) {
        first.make_ascii_uppercase();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use token2metrics_core::{Polynomial, Span};

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
        assert_eq!(
            ramp(20.0),
            "The device draws 10.00 W at first, which rises to 30.00 W, 63 % of the way within 1.50 s."
        );
        assert_eq!(
            ramp(-20.0),
            "The device draws 50.00 W at first, which falls to 30.00 W, 63 % of the way within 1.50 s."
        );
        assert_eq!(
            words(PowerCurve::Wake { idle_w: 5.0, wake_s: 0.5, steady_w: 30.0, deficit_w: 20.0, tau_s: 1.5 }),
            "The device draws 5.00 W up to 500 ms after the request came, then 10.00 W, which rises to 30.00 W, 63 % of the way within 1.50 s."
        );
    }
}
