//! AIPerf's records, one request a line, each figure with its unit; and, in [`super::perf_summary`], its summary and that of GenAI-Perf.

use super::cell::{Object, Reason, optional, text, to_count, to_time};
use super::fields::Fields;
use super::json::{each, open};
use super::overlap::take_alone;
use super::sink::Sink;
use super::{Assumption, Format, ImportError, Imported, Times, perf_summary};
use serde_json::Value;
use std::io::BufRead;

pub(super) fn read(sink: &mut Sink<'_>) -> Result<(), ImportError> {
    let path = sink.path;
    let mut file = open(path)?;
    let begin = file.fill_buf().map_err(|source| ImportError::Open { path: path.to_owned(), source })?;
    if !matches!(begin.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(begin).trim_ascii_start().first(), Some(b'{' | b'[')) {
        return perf_summary::read_csv(sink, file);
    }
    let (mut rows, mut others) = (Vec::new(), Vec::new());
    each(sink, Format::Aiperf, |sink, place, object| {
        if !object.contains_key("metrics") {
            return perf_summary::take(sink, place, &object);
        }
        sink.note("the time to the first token is the client's, with the network in it");
        let mut fields = Fields::default();
        let metadata = object.get("metadata").and_then(Value::as_object);
        for key in ["worker_id", "benchmark_phase", "phase_name"] {
            if let Some(value) = metadata.and_then(|metadata| text(metadata, key)) {
                fields.other(key, value);
            }
        }
        let row = row(sink, &object, metadata);
        let wanted = sink.wants(&fields, 1);
        if wanted {
            rows.push((place, row));
        } else if let Ok(Imported { times: Some(times), .. }) = row {
            others.push((times.start_s, times.end_s));
        }
        Ok(())
    })?;
    take_alone(sink, || rows.iter().cloned(), &others)
}

fn row(sink: &mut Sink<'_>, object: &Object, metadata: Option<&Object>) -> Result<Imported, Reason> {
    if let Some(error) = object.get("error").filter(|error| !error.is_null()) {
        let kind = error.get("type").or(error.get("code")).map_or(String::new(), |kind| format!(" ({kind})"));
        return Err(format!("the request failed{}", kind.replace('"', "")).into());
    }
    let is_set = |key: &str| metadata.and_then(|metadata| metadata.get(key)).and_then(Value::as_bool) == Some(true);
    if is_set("was_cancelled") {
        return Err("the request was cancelled".into());
    }
    if metadata.and_then(|metadata| text(metadata, "benchmark_phase")).is_some_and(|phase| phase == "warmup") {
        return Err("a warm-up request".into());
    }
    let Some(metrics) = object.get("metrics").and_then(Value::as_object) else { return Err("no metrics".into()) };
    let count = |tag: &str| to_count(tag, metrics.get(tag).and_then(|metric| metric.get("value")?.as_f64()));
    let (input_tokens, output_tokens) = (count("input_sequence_length")?, count("output_sequence_length")?);
    let cached_tokens = match metrics.contains_key("usage_prompt_cache_read_tokens") {
        true => count("usage_prompt_cache_read_tokens")?,
        false => {
            if !sink.reading.assumes(Assumption::Uncached) {
                sink.note("records without usage_prompt_cache_read_tokens do not say whether prompts were cached: they are taken as not cached");
            }
            0
        }
    };
    let prefill_s = seconds(metrics, "time_to_first_token", "value")?;
    let whole_s = seconds(metrics, "request_latency", "value")?;
    let decode_s = if output_tokens > 1 {
        Some(to_time("request_latency without time_to_first_token", Some(whole_s - prefill_s))?)
    } else {
        None
    };
    let start_s = metadata.and_then(|metadata| optional(metadata, "request_start_ns")).map(|ns| ns / 1e9);
    let times = start_s.map(|start_s| Times { start_s, first_s: start_s + prefill_s, end_s: start_s + whole_s });
    Ok(Imported {
        input_tokens: Some(input_tokens),
        output_tokens,
        cached_tokens,
        prefill_s: Some(prefill_s),
        decode_s,
        times,
        ..Imported::default()
    })
}

/// A time of a metric, in the unit that stands beside it.
pub(super) fn seconds(metrics: &Object, tag: &str, key: &str) -> Result<f64, Reason> {
    let Some(metric) = metrics.get(tag) else { return Err(format!("{tag} is missing").into()) };
    let unit = metric.get("unit").and_then(Value::as_str).unwrap_or_default();
    let time = to_time(tag, metric.get(key).and_then(Value::as_f64))?;
    scale(unit).map(|scale| time / scale).ok_or_else(|| format!("{tag}: the unit \"{unit}\" is not known").into())
}

/// How many of a unit are a second.
pub(super) fn scale(unit: &str) -> Option<f64> {
    Some(match unit {
        "s" | "sec" | "seconds" => 1.0,
        "ms" | "milliseconds" => 1e3,
        "us" | "µs" | "microseconds" => 1e6,
        "ns" | "nanoseconds" => 1e9,
        _ => return None,
    })
}
