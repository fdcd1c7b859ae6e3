//! The seconds of a phase: its polynomial term by term, and its calibration.

use super::literal;
use token2metrics_core::polynomial::{PREFILL_TERMS, STEP_TERMS};
use token2metrics_core::{Calibration, Phase, Polynomial, Term};

/// How a phase's seconds are computed.
pub(super) struct Seconds {
    /// Statements that leave the seconds of the machine that was fitted in `fitted_s`.
    pub(super) fitted: Vec<String>,
    /// The device's seconds, an expression of them.
    pub(super) device: String,
    /// Whether they could be negative.
    pub(super) may_be_negative: bool,
}

/// Of a prompt of `input_tokens` behind `cached_tokens`; see [`Term::rise`].
pub(super) fn prefill(phase: &Phase<PREFILL_TERMS>) -> Seconds {
    let terms = &phase.polynomial.terms;
    let mut fitted = Vec::new();
    for (at, term) in terms.iter().enumerate() {
        let same = |other: &&Term| (other.knot, other.tile) == (term.knot, term.tile);
        if terms.iter().take(at).any(|earlier| same(&earlier)) {
            continue;
        }
        let of = length_name(term);
        let [to, from] = ["input_tokens", "cached_tokens"].map(|tokens| match of.as_str() {
            "" => tokens.to_owned(),
            _ => format!("{}{of}", if tokens == "input_tokens" { "to" } else { "from" }),
        });
        if !of.is_empty() {
            fitted.push(format!("const uint32_t {to} = {};", length(term, "input_tokens")));
            fitted.push(format!("const uint32_t {from} = {};", length(term, "cached_tokens")));
        }
        fitted.push(format!("const float rise{of} = (float)({to} - {from});"));
        if terms.iter().filter(same).any(|term| term.power > 1) {
            fitted.push(format!("const float a{of} = (float){from}, b{of} = (float){to};"));
        }
    }
    fitted.extend(sum(&phase.polynomial, |term| {
        let of = length_name(term);
        match term.power {
            1 => format!("rise{of}"),
            2 => format!("(rise{of} * (b{of} + a{of}))"),
            _ => format!("(rise{of} * (b{of} * b{of} + a{of} * b{of} + a{of} * a{of}))"),
        }
    }));
    calibrated(phase, fitted)
}

/// Of `steps` decode steps behind `input_tokens`; see [`Term::sum`].
pub(super) fn decode(phase: &Phase<STEP_TERMS>) -> Seconds {
    let terms = &phase.polynomial.terms;
    let mut fitted = Vec::new();
    if terms.iter().any(|term| term.knot > 0) {
        fitted.push("const uint32_t end = input_tokens + steps;".to_owned());
    }
    // The tile of a step is 1.
    for (at, term) in terms.iter().enumerate() {
        let same = |other: &&Term| other.knot == term.knot;
        if terms.iter().take(at).any(|earlier| same(&earlier)) {
            continue;
        }
        let of = length_name(term);
        let midpoint = terms.iter().filter(same).any(|term| term.power > 0);
        let contexts = if term.knot == 0 {
            fitted.push(format!("const float count{of} = (float)steps;"));
            "2u * input_tokens + steps + 1u".to_owned()
        } else {
            fitted.push(format!("const uint32_t from{of} = {};", length(term, "input_tokens")));
            fitted.push(format!("const uint32_t to{of} = {};", length(term, "end")));
            fitted.push(format!("const float count{of} = (float)(to{of} - from{of});"));
            format!("from{of} + to{of} + 1u")
        };
        fitted.extend(midpoint.then(|| format!("const float midpoint{of} = 0.5f * (float)({contexts});")));
    }
    fitted.extend(sum(&phase.polynomial, |term| {
        let of = length_name(term);
        let twelfth = literal(1.0 / 12.0);
        match term.power {
            0 => format!("count{of}"),
            1 => format!("(count{of} * midpoint{of})"),
            _ => format!("(count{of} * (midpoint{of} * midpoint{of} + (count{of} * count{of} - 1.0f) * {twelfth}))"),
        }
    }));
    calibrated(phase, fitted)
}

/// What the variables of a term's length end with.
fn length_name(term: &Term) -> String {
    match (term.knot, u32::from(term.tile)) {
        (0, 1) => String::new(),
        (knot, 1) => format!("_above_{knot}"),
        (0, tile) => format!("_pad_{tile}"),
        (knot, tile) if knot + 1 == tile => format!("_whole_{tile}"),
        (knot, tile) => format!("_above_{knot}_pad_{tile}"),
    }
}

/// `ceil(max(n - knot, 0) / tile) * tile`.
fn length(term: &Term, tokens: &str) -> String {
    let (knot, tile) = (term.knot, u32::from(term.tile));
    if knot + 1 == tile && knot > 0 {
        return format!("{tokens} / {tile}u * {tile}u");
    }
    let above = match knot {
        0 => tokens.to_owned(),
        knot if tile == 1 => format!("{tokens} > {knot}u ? {tokens} - {knot}u : 0u"),
        knot => format!("({tokens} > {knot}u ? {tokens} - {knot}u : 0u)"),
    };
    if tile == 1 { above } else { format!("({above} + {}u) / {tile}u * {tile}u", tile - 1) }
}

/// The fixed part plus each term, in their order.
fn sum<const N: usize>(polynomial: &Polynomial<N>, shape: impl Fn(&Term) -> String) -> Vec<String> {
    let Polynomial { fixed_s, terms } = polynomial;
    let mut terms = terms.iter().peekable();
    // No shape is the negative zero: only a coefficient could make one of it, which 0 would change to the positive one.
    let first = match terms.next_if(|first| is_zero(*fixed_s) && first.coefficient.is_sign_positive()) {
        Some(first) => format!("{} * {}", literal(first.coefficient), shape(first)),
        None => literal(*fixed_s),
    };
    let further = terms.map(|term| {
        let sign = if term.coefficient.is_sign_negative() { '-' } else { '+' };
        format!("fitted_s {sign}= {} * {};", literal(term.coefficient.abs()), shape(term))
    });
    std::iter::once(format!("float fitted_s = {first};")).chain(further).collect()
}

fn calibrated<const N: usize>(phase: &Phase<N>, fitted: Vec<String>) -> Seconds {
    let Calibration { scale, offset_s } = phase.calibration;
    let scaled = if scale == 1.0 { "fitted_s".to_owned() } else { format!("{} * fitted_s", literal(scale)) };
    let device = if is_zero(offset_s) && is_never_negative_zero(phase) {
        scaled
    } else {
        format!("{} + {scaled}", literal(offset_s))
    };
    let terms = phase.polynomial.terms.iter().map(|term| term.coefficient);
    let may_be_negative = [phase.polynomial.fixed_s, scale, offset_s].into_iter().chain(terms).any(|value| value < 0.0);
    Seconds { fitted, device, may_be_negative }
}

/// Whether it is 0 and not -0.
pub(super) fn is_zero(value: f32) -> bool {
    value.to_bits() == 0
}

/// Whether a phase's scaled seconds are never -0, so that adding 0 changes no bit of them.
///
/// A sum is -0 only if every part of it is: not with a fixed part that is not. A product is -0 also where a negative one underflows, but what is
/// added up here are multiples of the last place of some constant, as no shape is between 0 and 1; times the scale, they are normal numbers.
pub(super) fn is_never_negative_zero<const N: usize>(phase: &Phase<N>) -> bool {
    let Phase { polynomial: Polynomial { fixed_s, terms }, calibration: Calibration { scale, .. } } = phase;
    let mut constants = terms.iter().map(|term| term.coefficient).chain([*fixed_s]).filter(|value| *value != 0.0);
    let last_place = |value: f32| f64::from(value.abs()) * f64::from(f32::EPSILON) / 2.0;
    fixed_s.to_bits() != (-0.0_f32).to_bits()
        && *scale > 0.0
        && constants.all(|value| last_place(value) * f64::from(*scale) >= f64::from(f32::MIN_POSITIVE))
}
