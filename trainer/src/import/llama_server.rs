//! Responses of llama-server, native or like OpenAI's, with their `timings`; or the timings alone.
//!
//! `prompt_n` counts the computed tokens of the prompt and `cache_n` the cached ones. How many steps `predicted_ms` covers is what `predicted_per_token_ms` was divided by; that is `predicted_n - 1` where the first token
//! belongs to prefill, and `predicted_n` in older builds. The time of the `predicted_n - 1` steps of the row is that many times the time per token, either way.

use super::cell::{Object, Reason, count, optional, text, time, to_count};
use super::fields::Fields;
use super::json::each;
use super::sink::Sink;
use super::{Format, ImportError, Imported};
use serde_json::Value;

pub(super) fn read(sink: &mut Sink<'_>) -> Result<(), ImportError> {
    each(sink, Format::LlamaServer, |sink, place, response| {
        let mut fields = Fields::default();
        for (key, name) in [("model", "model"), ("system_fingerprint", "build")] {
            if let Some(value) = text(&response, key) {
                fields.setup(name, value);
            }
        }
        if !sink.wants(&fields, 1) {
            return Ok(());
        }
        let timings = match response.get("timings") {
            Some(Value::Object(timings)) => timings,
            _ => &response,
        };
        sink.take(place, row(&response, timings))
    })
}

fn row(response: &Object, timings: &Object) -> Result<Imported, Reason> {
    if response.contains_key("error") {
        return Err("the request failed".into());
    }
    if !timings.contains_key("predicted_ms") {
        return Err("no timings in the response".into());
    }
    if optional(timings, "draft_n").is_some_and(|drafted| drafted > 0.0) {
        return Err("speculative decoding: a step gives more than one token".into());
    }
    let computed = count(timings, "prompt_n")?;
    let whole = || optional(response, "tokens_evaluated");
    let cached_tokens = match (timings.get("cache_n"), whole()) {
        (Some(_), _) => count(timings, "cache_n")?,
        (None, Some(whole)) => to_count("tokens_evaluated without prompt_n", Some(whole - f64::from(computed)))?,
        (None, None) => return Err("whether the prompt was cached is not known: no cache_n".into()),
    };
    let output_tokens = count(timings, "predicted_n")?;
    let decode_s = match output_tokens.saturating_sub(1) {
        0 => None,
        steps => Some(decode_s(time(timings, "predicted_ms")?, time(timings, "predicted_per_token_ms")?, steps)?),
    };
    Ok(Imported {
        input_tokens: computed.checked_add(cached_tokens),
        cached_tokens,
        output_tokens,
        prefill_s: Some(time(timings, "prompt_ms")? / 1e3),
        decode_s,
        ..Imported::default()
    })
}

/// Seconds of so many steps, of which `predicted_ms` covers as many as it is divided by for `predicted_per_token_ms`: one less than tokens, or, in older builds, as many.
pub(crate) fn decode_s(predicted_ms: f64, per_token_ms: f64, steps: u32) -> Result<f64, Reason> {
    let covered = predicted_ms / per_token_ms;
    let is_near = |whole: u32| (covered / f64::from(whole) - 1.0).abs() < 1e-3;
    match steps.checked_add(1) {
        _ if is_near(steps) => Ok(predicted_ms / 1e3),
        Some(tokens) if is_near(tokens) => Ok(predicted_ms * f64::from(steps) / f64::from(tokens) / 1e3),
        _ => Err(format!(
            "predicted_ms is {covered:.2} times predicted_per_token_ms, and not the number of tokens or one less"
        )
        .into()),
    }
}

#[cfg(test)]
mod tests {
    use super::decode_s;

    #[test]
    fn the_quotient_tells_how_many_steps_the_time_covers() {
        assert_eq!(decode_s(90.0, 10.0, 9), Ok(0.09));
        assert_eq!(decode_s(90.0, 9.0, 9), Ok(0.081));
        for wrong in [8.0, 0.0, -10.0, f64::NAN] {
            assert!(decode_s(90.0, wrong, 9).is_err(), "{wrong}");
        }
    }
}
