//! Profiles and forms in words and formulas, for people.

use crate::form::Form;
use crate::measurement::Phase;
use token2metrics_core::{Calibration, Polynomial, PowerCurve, Term};

/// A form without its coefficients, such as `1 + n + whole(n, 16)` or `1 + sum(1 + c)`.
pub fn form(phase: Phase, form: &Form) -> String {
    let terms = form.terms.iter().map(|term| power(term, variable(phase))).collect::<Vec<_>>().join(" + ");
    let terms = match phase {
        Phase::Prefill => terms,
        Phase::Decode => format!("sum({terms})"),
    };
    if form.intercept { format!("1 + {terms}") } else { terms }
}

/// A phase's time as a formula with its coefficients, in seconds.
pub fn phase<const N: usize>(phase: Phase, polynomial: &Polynomial<N>, calibration: &Calibration) -> String {
    let terms = polynomial.terms.iter().map(|term| match power(term, variable(phase)).as_str() {
        "1" => signed(term.coefficient),
        power => format!("{} {power}", signed(term.coefficient)),
    });
    let terms = terms.collect::<String>();
    let steps = terms.strip_prefix(" + ").unwrap_or(&terms);
    let fitted = match phase {
        Phase::Prefill => format!("{:e}{terms}", polynomial.fixed_s),
        Phase::Decode if polynomial.fixed_s == 0.0 => format!("sum({steps})"),
        Phase::Decode => format!("{:e} + sum({steps})", polynomial.fixed_s),
    };
    let Calibration { scale, offset_s } = *calibration;
    let calibrated = match (scale, offset_s) {
        (1.0, 0.0) => fitted,
        (_, 0.0) => format!("{scale:e} ({fitted})"),
        _ => format!("{offset_s:e}{} ({fitted})", signed(scale)),
    };
    format!("{} = {calibrated}", phase.column())
}

/// A phase's power against the seconds since it began, in watts; `None` where it is not known.
pub fn power_curve(phase: Phase, curve: &PowerCurve) -> Option<String> {
    let watts = match *curve {
        PowerCurve::Unknown => return None,
        PowerCurve::Constant { watts } => watts.to_string(),
        PowerCurve::Log { base_w, slope_w } => format!("{base_w} + {slope_w} ln(1 + t)"),
        PowerCurve::Ramp { steady_w, deficit_w, tau_s } => {
            let sign = if deficit_w < 0.0 { '+' } else { '-' };
            format!("{steady_w} {sign} {} exp(-t / {tau_s})", deficit_w.abs())
        }
        PowerCurve::Wake { idle_w, wake_s, steady_w, deficit_w, tau_s } => {
            let (sign, deficit_w) = (if deficit_w < 0.0 { '+' } else { '-' }, deficit_w.abs());
            format!(
                "{idle_w} while r < {wake_s}, then {steady_w} {sign} {deficit_w} exp(-(r - {wake_s}) / {tau_s}), r: t from the request on"
            )
        }
    };
    Some(format!("{phase}_w = {watts}"))
}

/// A further summand with its sign.
fn signed(value: f32) -> String {
    if value < 0.0 { format!(" - {:e}", -value) } else { format!(" + {value:e}") }
}

/// Whose profile it is, in words.
pub fn identity(llm: &str, device: &str, variant: &str) -> String {
    if variant.is_empty() { format!("{llm} on {device}") } else { format!("{llm} on {device} ({variant})") }
}

/// What the formulas' symbols mean.
pub const LEGEND: &str = "n: prompt tokens; pad(n, t), whole(n, t): n rounded up, down to a multiple of t; sum: over the decode steps; \
     c: context of a step";

/// What the symbol of a power curve means.
pub const POWER_LEGEND: &str = "t: seconds since the phase began";

/// Prompt tokens in prefill, context in decode.
const fn variable(phase: Phase) -> &'static str {
    match phase {
        Phase::Prefill => "n",
        Phase::Decode => "c",
    }
}

fn power(term: &Term, variable: &str) -> String {
    let beyond_knot = || match term.knot {
        0 => variable.to_owned(),
        knot => format!("max({variable} - {knot}, 0)"),
    };
    let length = match (u32::from(term.tile), term.knot) {
        (1, _) => beyond_knot(),
        (tile, knot) if knot + 1 == tile => format!("whole({variable}, {tile})"),
        (tile, _) => format!("pad({}, {tile})", beyond_knot()),
    };
    match term.power {
        0 if term.knot == 0 => "1".to_owned(),
        0 => format!("({variable} > {})", term.knot),
        1 => length,
        power => format!("{length}^{power}"),
    }
}
