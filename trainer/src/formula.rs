//! Forms and profiles in words and formulas, for people.

use crate::form::Form;
use crate::measurement::Phase;
use token2metrics_core::{Calibration, Polynomial, Term};

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
    let terms = |separator: &str| {
        let term = |term: &Term| match power(term, variable(phase)).as_str() {
            "1" => format!("{:e}", term.coefficient),
            power => format!("{:e} {power}", term.coefficient),
        };
        polynomial.terms.iter().map(term).collect::<Vec<_>>().join(separator)
    };
    let fitted = match phase {
        Phase::Prefill => format!("{:e} + {}", polynomial.fixed_s, terms(" + ")),
        Phase::Decode => format!("{:e} + sum({})", polynomial.fixed_s, terms(" + ")),
    };
    if *calibration == Calibration::IDENTITY {
        format!("{} = {fitted}", phase.column())
    } else {
        format!("{} = {:e} + {:e} * ({fitted})", phase.column(), calibration.offset_s, calibration.scale)
    }
}

/// What the formulas' symbols mean.
pub const LEGEND: &str = "n: prompt tokens; pad(n, t), whole(n, t): n rounded up, down to a multiple of t; sum: over the decode steps; \
     c: context of a step";

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
