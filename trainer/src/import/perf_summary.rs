//! The summaries of AIPerf and GenAI-Perf, as JSON and as CSV: one row, of averages.

use super::aiperf::{scale, seconds};
use super::cell::{Object, Reason, to_count, to_time};
use super::detect::some;
use super::fields::Fields;
use super::sink::Sink;
use super::{Assumption, ImportError, Imported};
use crate::ingest::WithoutReturns;
use serde_json::Value;
use std::io::Read;

/// The averages that make a row.
struct Averages {
    input_tokens: f64,
    output_tokens: f64,
    cached_tokens: Option<f64>,
    prefill_s: f64,
    whole_s: f64,
    requests: Option<f64>,
}

/// The summary in a JSON object.
pub(super) fn take(sink: &mut Sink<'_>, place: u64, object: &Object) -> Result<(), ImportError> {
    if sink.wants(&fields(object), 1) {
        let row = averages(object).and_then(|averages| match concurrency(object) {
            Some(many) if many > 1.0 && !sink.reading.assumes(Assumption::Alone) => {
                Err("several requests at the same time: measures a queue or a batch; --assume alone if it does not"
                    .into())
            }
            None => {
                sink.note("the summary does not say how many requests ran at the same time: it is taken as one");
                averages.row(sink)
            }
            Some(_) => averages.row(sink),
        });
        sink.take(place, row)?;
    }
    Ok(())
}

fn fields(object: &Object) -> Fields {
    let mut fields = Fields::default();
    let config = object.get("input_config");
    let model = config.and_then(|config| {
        config
            .pointer("/models/items/0/name")
            .or(config.pointer("/endpoint/model_names/0"))
            .or(config.pointer("/model_names/0"))?
            .as_str()
    });
    if let Some(model) = model {
        fields.setup("model", model);
    }
    fields
}

/// How many requests were meant to run at the same time.
fn concurrency(object: &Object) -> Option<f64> {
    let config = object.get("input_config")?;
    let places =
        ["/phases/0/concurrency", "/loadgen/concurrency", "/perf_analyzer/stimulus/concurrency", "/concurrency"];
    places.into_iter().find_map(|place| config.pointer(place)).and_then(Value::as_f64)
}

fn averages(object: &Object) -> Result<Averages, Reason> {
    let average = |tag: &str| object.get(tag).and_then(|metric| metric.get("avg")?.as_f64());
    let tokens = |tag: &str| average(tag).ok_or_else(|| Reason::from(format!("{tag} is missing")));
    Ok(Averages {
        input_tokens: tokens("input_sequence_length")?,
        output_tokens: tokens("output_sequence_length")?,
        cached_tokens: average("usage_prompt_cache_read_tokens"),
        prefill_s: seconds(object, "time_to_first_token", "avg")?,
        whole_s: seconds(object, "request_latency", "avg")?,
        requests: average("request_count"),
    })
}

/// The summary in a CSV file: sections with a blank line between, the first with a row a metric, named as for people, with its unit.
pub(super) fn read_csv(sink: &mut Sink<'_>, file: impl Read) -> Result<(), ImportError> {
    let path = sink.path;
    let failed = |source| ImportError::Csv { path: path.to_owned(), source };
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(WithoutReturns(file));
    let header = reader.headers().map_err(failed)?.clone();
    if header.get(0).is_none_or(|name| name.trim() != "Metric") {
        return Err(ImportError::MissingColumn {
            path: path.to_owned(),
            format: sink.format(),
            column: "Metric".to_owned(),
            found: some(header.iter()),
        });
    }
    let average = header.iter().position(|name| name.trim() == "avg").unwrap_or(1);
    let mut found = Vec::new();
    for record in reader.records() {
        let record = record.map_err(failed)?;
        let place = record.position().map_or(0, csv::Position::line);
        // Other sections have other columns, and a row that is cut off may end within its average.
        let whole = record.len() == header.len();
        if let (true, Some(name), Some(value)) = (whole, record.get(0), record.get(average)) {
            found.push((place, name.trim().to_owned(), value.replace(',', "")));
        }
    }
    let number = |name: &str| {
        let (_, metric, value) = found
            .iter()
            .find(|(_, metric, _)| metric.split(" (").next().is_some_and(|known| known.eq_ignore_ascii_case(name)))?;
        let unit = metric.split_once(" (").and_then(|(_, unit)| unit.strip_suffix(')')).unwrap_or_default();
        Some((unit.to_owned(), value.trim().parse::<f64>().ok()?))
    };
    let tokens =
        |name: &str| number(name).map(|(_, value)| value).ok_or_else(|| Reason::from(format!("\"{name}\" is missing")));
    let time = |name: &str| {
        let (unit, value) = number(name).ok_or_else(|| Reason::from(format!("\"{name}\" is missing")))?;
        let scale =
            scale(&unit).ok_or_else(|| Reason::from(format!("\"{name}\": the unit \"{unit}\" is not known")))?;
        Ok::<_, Reason>(to_time(name, Some(value))? / scale)
    };
    let averages = || {
        Ok::<_, Reason>(Averages {
            input_tokens: tokens("Input Sequence Length")?,
            output_tokens: tokens("Output Sequence Length")?,
            cached_tokens: number("Usage Prompt Cache Read Tokens").map(|(_, value)| value),
            prefill_s: time("Time to First Token")?,
            whole_s: time("Request Latency")?,
            requests: number("Request Count").map(|(_, value)| value),
        })
    };
    if sink.wants(&Fields::default(), 1) {
        sink.note("the summary does not say how many requests ran at the same time: it is taken as one");
        sink.note("figures of two decimals");
        let row = averages().and_then(|averages| averages.row(sink));
        sink.take(1, row)?;
    }
    Ok(())
}

impl Averages {
    fn row(&self, sink: &mut Sink<'_>) -> Result<Imported, Reason> {
        let Self { input_tokens, output_tokens, cached_tokens, prefill_s, whole_s, requests } = *self;
        let requests = requests.map_or("several".to_owned(), |requests| requests.to_string());
        sink.note(format!("one row of averages over {requests} requests: token counts are rounded from {input_tokens} and {output_tokens}"));
        sink.note("the time to the first token is the client's, with the network in it");
        if cached_tokens.is_none() {
            sink.note("the summary does not say whether prompts were cached: they are taken as not cached");
        }
        let output = to_count("output_sequence_length", Some(output_tokens.round()))?;
        Ok(Imported {
            input_tokens: Some(to_count("input_sequence_length", Some(input_tokens.round()))?),
            output_tokens: output,
            cached_tokens: to_count("usage_prompt_cache_read_tokens", Some(cached_tokens.unwrap_or(0.0).round()))?,
            prefill_s: Some(prefill_s),
            decode_s: if output > 1 {
                Some(to_time("request_latency without time_to_first_token", Some(whole_s - prefill_s))?)
            } else {
                None
            },
            ..Imported::default()
        })
    }
}
