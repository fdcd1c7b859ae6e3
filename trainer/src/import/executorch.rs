//! Logs of ExecuTorch's runners: a line `PyTorchObserver {...}` a request, with times in milliseconds.
//!
//! `generated_tokens` counts the loop after prefill, which gives the first token itself: so many steps, and one more output token.

use super::cell::{Object, Reason, count, optional, to_time};
use super::fields::Fields;
use super::lines::Lines;
use super::sink::Sink;
use super::{ImportError, Imported};

const MARK: &str = "PyTorchObserver ";

pub(super) fn read(sink: &mut Sink<'_>) -> Result<(), ImportError> {
    sink.note("ExecuTorch keeps no prompt cache between runs: prompts are taken as not cached; prefill includes the tokenizer");
    let mut lines = Lines::open(sink.path)?;
    while let Some((number, text)) = lines.next()? {
        let Some((_, json)) = text.split_once(MARK) else { continue };
        if !sink.wants(&Fields::default(), 1) {
            continue;
        }
        // Other messages may follow on the same line.
        let object = serde_json::Deserializer::from_str(json).into_iter::<Object>().next();
        let row = match object {
            Some(Ok(object)) => row(&object),
            _ => Err("cut off or not JSON behind PyTorchObserver".into()),
        };
        sink.take(number, row)?;
    }
    Ok(())
}

fn row(object: &Object) -> Result<Imported, Reason> {
    let per_second = optional(object, "SCALING_FACTOR_UNITS_PER_SECOND").unwrap_or(1e3);
    let (input_tokens, steps) = (count(object, "prompt_tokens")?, count(object, "generated_tokens")?);
    let at = |key: &str| {
        optional(object, key).filter(|time| *time > 0.0).ok_or_else(|| Reason::from(format!("{key} is missing")))
    };
    let (start, first, end) = (at("inference_start_ms")?, at("first_token_ms")?, at("inference_end_ms")?);
    Ok(Imported {
        input_tokens: Some(input_tokens),
        output_tokens: steps.saturating_add(1),
        prefill_s: Some(to_time("first_token_ms - inference_start_ms", Some((first - start) / per_second))?),
        decode_s: if steps > 0 {
            Some(to_time("inference_end_ms - first_token_ms", Some((end - first) / per_second))?)
        } else {
            None
        },
        ..Imported::default()
    })
}
