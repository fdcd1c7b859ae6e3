//! llama-batched-bench: a JSON object a line, of which those with one sequence (`pl` 1) are what a single stream sees: `pp` prompt tokens in `t_pp` seconds, then `tg` steps in `t_tg`.

use super::cell::{Object, Reason, count, time};
use super::fields::Fields;
use super::json::each;
use super::sink::Sink;
use super::{Format, ImportError, Imported};

/// What belongs to one line.
const NO_SETUP: [&str; 11] = ["pp", "tg", "pl", "n_kv", "t_pp", "speed_pp", "t_tg", "speed_tg", "t", "speed", "B"];

pub(super) fn read(sink: &mut Sink<'_>) -> Result<(), ImportError> {
    each(sink, Format::LlamaBatchedBench, |sink, place, object| {
        let mut fields = Fields::default();
        for (key, value) in object.iter().filter(|(_, value)| !value.is_array() && !value.is_object()) {
            let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            match key.as_str() {
                "n_threads" => fields.setup("threads", text),
                _ if NO_SETUP.contains(&key.as_str()) => fields.other(key.clone(), text),
                _ => fields.setup(key.clone(), text),
            }
        }
        if !sink.wants(&fields, 1) {
            return Ok(());
        }
        sink.note("llama-batched-bench runs no sampling: prefill and decode exclude it");
        sink.take(place, row(&object))
    })
}

fn row(object: &Object) -> Result<Imported, Reason> {
    if count(object, "pl")? != 1 {
        return Err("several sequences at once (pl above 1): not what a single stream sees".into());
    }
    let (input_tokens, steps) = (count(object, "pp")?, count(object, "tg")?);
    Ok(Imported {
        input_tokens: Some(input_tokens),
        output_tokens: steps.saturating_add(1),
        prefill_s: if input_tokens > 0 { Some(time(object, "t_pp")?) } else { None },
        decode_s: if steps > 0 { Some(time(object, "t_tg")?) } else { None },
        ..Imported::default()
    })
}
