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
