//! Ollama's final objects of `/api/generate` and `/api/chat`, one a line. Durations are nanoseconds; fields that are zero are left out.
//!
//! `prompt_eval_count` may or may not include tokens from the cache: only a server that reports `prompt_eval_cached_count` tells. Where no record of a file has that field, the cache's state is not known.

use super::cell::{Object, Reason, count, text, time};
use super::fields::Fields;
use super::json::{each, open};
use super::sink::Sink;
use super::{Assumption, Format, ImportError, Imported};
use std::io::Read;

const CACHED: &str = "prompt_eval_cached_count";

pub(super) fn read(sink: &mut Sink<'_>) -> Result<(), ImportError> {
    let path = sink.path;
    let reports = mentions(open(path)?, CACHED.as_bytes())
        .map_err(|source| ImportError::Open { path: path.to_owned(), source })?;
    let told = reports || sink.reading.assumes(Assumption::Uncached);
    each(sink, Format::Ollama, |sink, place, object| {
        // The pieces of a streamed answer.
        if object.get("done").is_some_and(|done| done == false) {
            return Ok(());
        }
        let mut fields = Fields::default();
        if let Some(model) = text(&object, "model") {
            fields.setup("model", model);
        }
        if !sink.wants(&fields, 1) {
            return Ok(());
        }
        sink.take(place, row(&object, told))
    })
}

fn row(object: &Object, told: bool) -> Result<Imported, Reason> {
    if object.contains_key("error") {
        return Err("the request failed".into());
    }
    if !object.contains_key("prompt_eval_count") {
        return Err("no prompt_eval_count: the prompt came from the cache".into());
    }
    let cached_tokens = match (object.contains_key(CACHED), told) {
        (true, _) => count(object, CACHED)?,
        // Zero is left out.
        (false, true) => 0,
        (false, false) => {
            return Err("whether the prompt was cached is not known: no prompt_eval_cached_count; --assume uncached if none was".into());
        }
    };
    let output_tokens = count(object, "eval_count")?;
    Ok(Imported {
        input_tokens: Some(count(object, "prompt_eval_count")?),
        cached_tokens,
        output_tokens,
        prefill_s: Some(time(object, "prompt_eval_duration")? / 1e9),
        decode_s: if output_tokens > 1 { Some(time(object, "eval_duration")? / 1e9) } else { None },
        ..Imported::default()
    })
}

/// Whether some bytes occur in a file.
fn mentions(mut file: impl Read, wanted: &[u8]) -> std::io::Result<bool> {
    let mut block = vec![0; 1 << 16];
    let mut kept = 0;
    loop {
        let len = file.read(&mut block[kept..])?;
        if len == 0 {
            return Ok(false);
        }
        let filled = kept + len;
        if memchr::memmem::find(&block[..filled], wanted).is_some() {
            return Ok(true);
        }
        kept = filled.min(wanted.len() - 1);
        block.copy_within(filled - kept..filled, 0);
    }
}
