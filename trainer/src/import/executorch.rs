//! Logs of ExecuTorch's runners: a line `PyTorchObserver {...}` a request, with times in milliseconds.
//!
//! `generated_tokens` counts the loop after prefill, which gives the first token itself: so many steps, and one more output token.

use super::cell::{Object, Reason, count, optional, to_time};
use super::fields::Fields;
use super::json::open;
use super::sink::Sink;
use super::{ImportError, Imported};
use std::io::{BufRead, Read};

const MARK: &str = "PyTorchObserver ";
/// The longest line that can be a record; what is longer is something else.
const LONGEST: u64 = 1 << 20;

pub(super) fn read(sink: &mut Sink<'_>) -> Result<(), ImportError> {
    let path = sink.path;
    let failed = |source| ImportError::Open { path: path.to_owned(), source };
    let mut file = open(path)?;
    sink.note("ExecuTorch keeps no prompt cache between runs: prompts are taken as not cached; prefill includes the tokenizer");
    let (mut line, mut number) = (Vec::new(), 0);
    loop {
        line.clear();
        number += 1;
        if file.by_ref().take(LONGEST).read_until(b'\n', &mut line).map_err(failed)? == 0 {
            return Ok(());
        }
        if !line.ends_with(b"\n") && line.len() as u64 == LONGEST {
            file.skip_until(b'\n').map_err(failed)?;
        }
        let text = String::from_utf8_lossy(&line);
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
