//! A profile as one C file with its coefficients as constants, for toolchains that Rust does not reach: the same bits as
//! [`token2metrics_core`] predicts.
//!
//! It does what core does in the same order. Only what makes no difference to any bit is left out: curves, prices and bands that
//! the profile does not have, a factor of 1, an addition of 0 to what cannot be the negative zero.

mod cost;
mod power;
mod seconds;

use askama::Template;
use seconds::Seconds;
use token2metrics_core::{Flags, Level, MAX_TOKENS, PowerCurve, Profile, Ratios, Span};

/// The file reads like itself in `templates/c_source/profile.c`.
#[derive(Template)]
#[template(path = "c_source/profile.c", escape = "none")]
struct Source<'a> {
    name: &'a str,
    macros: String,
    about: &'a str,
    version: &'static str,
    profile: &'a Profile,
    prefill: Seconds,
    decode: Option<Seconds>,
    prefill_j: Option<Vec<String>>,
    decode_j: Option<Vec<String>>,
    energy: Known,
    cost: Option<(Known, String)>,
    uses: Uses,
    /// Those of every request.
    flags: u32,
}

/// The requests that something is known of.
#[derive(Clone, Copy, PartialEq)]
enum Known {
    Always,
    /// Of requests of one output token.
    WithoutSteps,
    Never,
}

/// The helper functions that a profile needs: C compilers warn of those that nothing calls.
struct Uses {
    infinity: bool,
    exp: bool,
    caught_up: bool,
    missing: bool,
    grown: bool,
}

/// Writes the file. What it declares begins with `name`, which is one that [`name`] has let pass; `about` stands in its first comment.
///
/// # Errors
/// None that is known of: a string takes all.
pub fn c_source(profile: &Profile, name: &str, about: &str) -> Result<String, askama::Error> {
    let [prefill_w, decode_w] = [&profile.power.prefill, &profile.power.decode];
    let decode = Some(&profile.decode).filter(|decode| decode.is_known());
    let prefill_j = power::joules(prefill_w, "prefill", name);
    let decode_j = power::joules(decode_w, "decode", name);
    let energy = match (&prefill_j, &decode_j, decode) {
        (None, ..) => Known::Never,
        (Some(_), None, Some(_)) => Known::WithoutSteps,
        (Some(_), Some(_), _) | (Some(_), None, None) => Known::Always,
    };
    let cost = cost::cost(profile, energy);
    let never = [
        (energy == Known::Never, Flags::NO_ENERGY),
        (cost.is_none(), Flags::NO_COST),
        (profile.bands.is_none(), Flags::NO_BANDS),
    ];
    let flags = never.iter().filter(|(never, _)| *never).map(|(_, flag)| flag.bits()).sum();
    let curve = |wanted: fn(&PowerCurve) -> bool| wanted(prefill_w) || wanted(decode_w);
    let uses = Uses {
        infinity: energy != Known::Always || cost.is_none() || profile.bands.is_none(),
        exp: curve(|curve| matches!(curve, PowerCurve::Wake { .. })),
        caught_up: curve(|curve| power::deficit_w(curve).is_some_and(|deficit_w| !power::falls(deficit_w))),
        missing: curve(|curve| power::deficit_w(curve).is_some_and(power::falls)),
        grown: curve(|curve| matches!(curve, PowerCurve::Log { .. })),
    };
    Source {
        name,
        macros: name.to_ascii_uppercase(),
        about,
        version: env!("CARGO_PKG_VERSION"),
        profile,
        prefill: seconds::prefill(&profile.prefill),
        decode: decode.map(seconds::decode),
        prefill_j,
        decode_j,
        energy,
        cost,
        uses,
        flags,
    }
    .render()
}

/// What the declared names may begin with.
///
/// # Errors
/// What is no identifier of C, or would clash with the C API.
pub fn name(text: &str) -> Result<String, String> {
    let first = text.chars().next().is_some_and(|first| first.is_ascii_alphabetic());
    if !first || !text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
        Err("give a letter, and then letters, digits and underscores, such as qwen_1_5b".to_owned())
    } else if text.eq_ignore_ascii_case("t2m") {
        Err("token2metrics.h declares names that begin so: give another, such as qwen_1_5b".to_owned())
    } else {
        Ok(text.to_owned())
    }
}

/// A number as C has it: exact where it is short, or else with the nine digits that give any `f32` back.
fn literal(value: f32) -> String {
    const DIGITS: i32 = 9;
    let exact = format!("{:?}", f64::from(value));
    if exact.len() <= DIGITS as usize {
        return exact + "f";
    }
    let exponent = f64::from(value.abs()).log10().floor() as i32;
    match usize::try_from(DIGITS - 1 - exponent) {
        Ok(decimals) if (-3..DIGITS - 1).contains(&exponent) => format!("{value:.decimals$}f"),
        _ => format!("{value:.8e}f"),
    }
}

/// The condition that a token count, which is at least `least`, is outside a span; `None` where none is.
fn outside(span: &Span, tokens: &str, least: u32) -> Option<String> {
    let below = (span.min > least).then(|| format!("{tokens} < {}u", span.min));
    let above = (span.max < MAX_TOKENS).then(|| format!("{tokens} > {}u", span.max));
    let sides: Vec<String> = below.into_iter().chain(above).collect();
    Some(sides.join(" || ")).filter(|sides| !sides.is_empty())
}

/// The ratio of a level as C has it.
fn ratio(ratios: &Ratios, level: Level) -> String {
    literal(ratios.at(level))
}

/// The currency of a cost, for a comment.
fn currency(currency: &str) -> String {
    if currency.is_empty() { "by the tariff".to_owned() } else { format!("in {}", in_comment(currency)) }
}

/// A text as it can stand in a comment of C: it does not end it, begins no other, splices no lines and reverses none.
pub fn in_comment(text: &str) -> String {
    let plain = |c: char| {
        if c.is_control() || matches!(c, '\u{200E}'..='\u{202E}' | '\u{2066}'..='\u{2069}') { ' ' } else { c }
    };
    text.replace("*/", "* /").replace("/*", "/ *").replace("??", "? ?").replace('\\', "/").chars().map(plain).collect()
}
