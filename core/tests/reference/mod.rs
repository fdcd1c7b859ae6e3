//! Predictions in f64, as a user of the formulas would write them: powers of lengths, and a loop over the steps.
//! Nothing of the closed forms is used.

use token2metrics_core::{Phase, Profile, Request, Term};

/// The four floats of a prediction, in the order of its fields.
pub(crate) struct Reference {
    pub(crate) prefill_s: f64,
    pub(crate) decode_s: f64,
    pub(crate) total_s: f64,
    pub(crate) tpot_s: f64,
}

pub(crate) fn predict(profile: &Profile, request: Request) -> Reference {
    let Request { input_tokens, cached_tokens, output_tokens } = request;
    let prompt = |tokens| profile.prefill.polynomial.terms.iter().map(|term| value(term, tokens)).sum::<f64>();
    let fitted_s = f64::from(profile.prefill.polynomial.fixed_s) + prompt(input_tokens) - prompt(cached_tokens);
    let prefill_s = on_device(&profile.prefill, fitted_s);

    let mut steps = 0;
    let mut fitted_s = f64::from(profile.decode.polynomial.fixed_s);
    for context in input_tokens + 1..input_tokens + output_tokens {
        steps += 1;
        fitted_s += profile.decode.polynomial.terms.iter().map(|term| value(term, context)).sum::<f64>();
    }
    let decode_s = if steps == 0 { 0.0 } else { on_device(&profile.decode, fitted_s) };
    let tpot_s = if steps == 0 { 0.0 } else { decode_s / f64::from(steps) };
    Reference { prefill_s, decode_s, total_s: prefill_s + decode_s, tpot_s }
}

/// `coefficient * x^power`, and nothing at all up to the knot, also where the power is 0.
fn value(term: &Term, tokens: u32) -> f64 {
    if tokens <= term.knot {
        return 0.0;
    }
    let tile = u32::from(term.tile);
    let mut length = tokens - term.knot;
    if !length.is_multiple_of(tile) {
        length += tile - length % tile;
    }
    f64::from(term.coefficient) * f64::from(length).powi(term.power.into())
}

fn on_device<const N: usize>(phase: &Phase<N>, fitted_s: f64) -> f64 {
    let seconds = f64::from(phase.calibration.scale) * fitted_s + f64::from(phase.calibration.offset_s);
    if seconds < 0.0 { 0.0 } else { seconds }
}
