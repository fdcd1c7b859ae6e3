//! The joules of a phase.

use super::literal;
use token2metrics_core::PowerCurve;

/// Statements that leave the joules of `phase` (prefill, decode) in the variable of that name; `None` of an unknown curve. See
/// [`PowerCurve::energy_from_j`].
pub(super) fn joules(curve: &PowerCurve, phase: &str, name: &str) -> Option<Vec<String>> {
    let seconds = format!("{phase}_s");
    let joules = match *curve {
        PowerCurve::Unknown => return None,
        PowerCurve::Constant { watts } => format!("{} * {seconds}", literal(watts)),
        PowerCurve::Log { base_w, slope_w } => {
            format!("{} * {seconds} + {} * {name}_grown({seconds})", literal(base_w), literal(slope_w))
        }
        PowerCurve::Ramp { steady_w, deficit_w, tau_s } => {
            let (steady, deficit, tau) = (literal(steady_w), literal(deficit_w.abs()), literal(tau_s));
            if falls(deficit_w) {
                format!("{steady} * {seconds} + {deficit} * {name}_missing({seconds}, {tau})")
            } else {
                // The rounding of this difference is that of any compiler.
                let least = literal(steady_w - deficit_w);
                let deficit = literal(deficit_w);
                format!("{least} * {seconds} + {deficit} * {name}_caught_up({seconds}, {tau})")
            }
        }
        PowerCurve::Wake { idle_w, wake_s, steady_w, deficit_w, tau_s } => {
            let (idle, wake, steady) = (literal(idle_w), literal(wake_s), literal(steady_w));
            let (deficit, tau) = (literal(deficit_w), literal(tau_s));
            let ramp = |of: &str| {
                if falls(deficit_w) {
                    format!("({steady} * {of} - deficit_w * {name}_missing({of}, {tau}))")
                } else {
                    format!("(({steady} - deficit_w) * {of} + deficit_w * {name}_caught_up({of}, {tau}))")
                }
            };
            return Some(vec![
                format!("float deficit_w = {deficit};"),
                format!("const float asleep_s = {wake} - prefill_s;"),
                format!("if (prefill_s >= {wake}) {{"),
                "    /* Awake since prefill: what is left of the deficit. */".to_owned(),
                format!("    deficit_w *= {name}_decay((prefill_s - {wake}) / {tau});"),
                format!("    {phase}_j = {};", ramp(&seconds)),
                format!("}} else if (asleep_s >= {seconds}) {{"),
                format!("    {phase}_j = {idle} * {seconds};"),
                "} else {".to_owned(),
                format!("    const float awake_s = {seconds} - asleep_s;"),
                format!("    {phase}_j = {idle} * asleep_s + {};", ramp("awake_s")),
                "}".to_owned(),
            ]);
        }
    };
    Some(vec![format!("{phase}_j = {joules};")])
}

/// The watts that a curve misses at first.
pub(super) fn deficit_w(curve: &PowerCurve) -> Option<f32> {
    match *curve {
        PowerCurve::Ramp { deficit_w, .. } | PowerCurve::Wake { deficit_w, .. } => Some(deficit_w),
        _ => None,
    }
}

/// Whether power falls to its steady value: core has a formula for either way, in which nothing cancels.
///
/// What is left of a negative deficit may have become -0, for which core takes the other formula: both give the same bits then.
pub(super) fn falls(deficit_w: f32) -> bool {
    deficit_w < 0.0
}

/// Whether the joules of a phase are never -0 if its seconds are not.
pub(super) fn is_never_negative_zero(curve: &PowerCurve) -> bool {
    match *curve {
        PowerCurve::Unknown => true,
        PowerCurve::Constant { watts } => watts.is_sign_positive(),
        PowerCurve::Log { base_w, slope_w } => base_w.is_sign_positive() && slope_w.is_sign_positive(),
        PowerCurve::Ramp { steady_w, .. } => steady_w.is_sign_positive(),
        PowerCurve::Wake { idle_w, steady_w, .. } => idle_w.is_sign_positive() && steady_w.is_sign_positive(),
    }
}
