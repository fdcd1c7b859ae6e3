//! `vllm bench serve --save-result --save-detailed`, and SGLang's `bench_serving`: a document a run, with a list of each figure over all requests. Of the lists only the numbers of each request are kept: token counts, the time to the first token,
//! the sum of the times between tokens.

use super::cell::{Reason, to_count, to_time};
use super::fields::Fields;
use super::json::documents;
use super::overlap::take_alone;
use super::sink::Sink;
use super::{Assumption, Format, ImportError, Imported, Times};
use serde::de::{self, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use std::fmt;

/// One run.
#[derive(Default)]
struct Run {
    /// What it says of itself: texts, numbers and switches.
    scalars: Vec<(String, Value)>,
    input_lens: Vec<Number>,
    output_lens: Vec<Number>,
    ttfts: Vec<Number>,
    itls: Vec<Gaps>,
    errors: Vec<Failure>,
    start_times: Vec<Number>,
}

/// Scalars that tell how a run was made; the others are its results.
const SETUP: [&str; 8] = [
    "backend",
    "endpoint_type",
    "model_id",
    "tokenizer_id",
    "max_concurrency",
    "request_rate",
    "burstiness",
    "random_range_ratio",
];

pub(super) fn read(sink: &mut Sink<'_>) -> Result<(), ImportError> {
    let path = sink.path;
    sink.by_record();
    sink.note("vLLM's results do not say whether prompts were cached: they are taken as not cached");
    sink.note("the time to the first token is the client's, with the network in it");
    let (mut before, mut runs, mut failed) = (0, 0, None);
    let read = documents(path, |json| {
        let run = json.deserialize_any(Runs)?;
        let count = run.input_lens.len() as u64;
        let told = run.tell(sink, before);
        before += count;
        runs += 1;
        told.map_err(|error| {
            failed = Some(error);
            de::Error::custom("stopped")
        })
    })?;
    match (failed, read) {
        (Some(error), _) => Err(error),
        (None, Err(source)) if source.is_eof() && runs > 0 => {
            sink.reject(before + 1, "cut off: the file ends in the middle of a run".into(), 1);
            Ok(())
        }
        (None, Err(source)) => Err(ImportError::Json { path: path.to_owned(), format: Format::Vllm, source }),
        (None, Ok(())) => Ok(()),
    }
}

impl Run {
    fn scalar(&self, key: &str) -> Option<&Value> {
        self.scalars.iter().find(|(known, _)| known == key).map(|(_, value)| value)
    }

    /// Passes the requests on, numbered from those before.
    fn tell(&self, sink: &mut Sink<'_>, before: u64) -> Result<(), ImportError> {
        let count = self.input_lens.len();
        let broken = |problem: String| ImportError::Broken { path: sink.path.to_owned(), problem };
        if count == 0 && self.output_lens.is_empty() && self.ttfts.is_empty() && self.itls.is_empty() {
            let problem = "the results of a run without its requests: the benchmark must be run with --save-detailed";
            return Err(broken(problem.to_owned()));
        }
        let lists = [("output_lens", self.output_lens.len()), ("ttfts", self.ttfts.len()), ("itls", self.itls.len())];
        if let Some((name, len)) = lists.into_iter().find(|(_, len)| *len != count) {
            let problem = match len {
                0 => format!("no list {name}: the benchmark must be run with --save-detailed"),
                len => format!("input_lens has {count} requests and {name} {len}: the file is damaged"),
            };
            return Err(broken(problem));
        }
        let mut fields = Fields::default();
        for (key, value) in &self.scalars {
            let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            match key.as_str() {
                "model_id" => {
                    fields.setup("model", &text);
                    fields.other("model_id", text);
                }
                _ if SETUP.contains(&key.as_str()) => fields.setup(key.clone(), text),
                _ => fields.other(key.clone(), text),
            }
        }
        if !sink.wants(&fields, count) {
            return Ok(());
        }
        let one_at_a_time = self.scalar("max_concurrency").and_then(Value::as_f64) == Some(1.0);
        let timed = self.start_times.len() == count && self.start_times.iter().all(|start| !start.0.is_nan());
        let rows = || (0..count).map(|index| (before + index as u64 + 1, self.row(index, timed)));
        if one_at_a_time || sink.reading.assumes(Assumption::Alone) {
            return rows().try_for_each(|(place, row)| sink.take(place, row));
        }
        if !timed && count > 1 {
            let reason = "max_concurrency is not 1, and when requests ran is not known: may measure a queue; --assume alone if it does not";
            sink.reject(before + 1, reason.into(), count);
            return Ok(());
        }
        take_alone(sink, rows, &[])
    }

    fn row(&self, index: usize, timed: bool) -> Result<Imported, Reason> {
        if self.errors.get(index).is_some_and(|failure| failure.0) {
            return Err("the request failed".into());
        }
        let number = |list: &[Number]| list.get(index).map(|number| number.0).filter(|number| !number.is_nan());
        let input_tokens = to_count("input_lens", number(&self.input_lens))?;
        let output_tokens = to_count("output_lens", number(&self.output_lens))?;
        let prefill_s = to_time("ttfts", number(&self.ttfts))?;
        let Gaps { sum, count } = self.itls[index];
        let decode_s = match (output_tokens, count) {
            (0, _) => return Err("the request gave no token".into()),
            (1, _) => None,
            (_, 0) => return Err("no times between tokens (empty itls): the request failed or did not stream".into()),
            _ => Some(to_time("the sum of itls", Some(sum))?),
        };
        let start_s = number(&self.start_times).filter(|_| timed);
        let first_s = start_s.map(|start| start + prefill_s);
        let times = start_s.zip(first_s);
        let times =
            times.map(|(start_s, first_s)| Times { start_s, first_s, end_s: first_s + decode_s.unwrap_or(0.0) });
        Ok(Imported {
            input_tokens: Some(input_tokens),
            output_tokens,
            prefill_s: Some(prefill_s),
            decode_s,
            times,
            ..Imported::default()
        })
    }
}

struct Runs;

impl<'de> Visitor<'de> for Runs {
    type Value = Run;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the document of a run")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Run, A::Error> {
        let mut run = Run::default();
        while let Some(key) = entries.next_key::<String>()? {
            match key.as_str() {
                "input_lens" => run.input_lens = entries.next_value()?,
                "output_lens" => run.output_lens = entries.next_value()?,
                "ttfts" => run.ttfts = entries.next_value()?,
                "itls" => run.itls = entries.next_value()?,
                "errors" => run.errors = entries.next_value()?,
                "start_times" => run.start_times = entries.next_value()?,
                _ => {
                    if let Scalar(Some(value)) = entries.next_value()? {
                        run.scalars.push((key, value));
                    }
                }
            }
        }
        Ok(run)
    }
}

/// A number; NaN where there is none, which takes half the memory of an `Option`.
struct Number(f64);

/// A text, number or switch, if it is one.
struct Scalar(Option<Value>);

/// The times between the tokens of a request, added up.
#[derive(Clone, Copy, Default)]
struct Gaps {
    sum: f64,
    count: u64,
}

/// Whether a request failed: what its error says is not kept.
struct Failure(bool);

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(value: D) -> Result<Self, D::Error> {
        Scalar::deserialize(value).map(|scalar| Self(scalar.0.and_then(|value| value.as_f64()).unwrap_or(f64::NAN)))
    }
}

impl<'de> Deserialize<'de> for Failure {
    fn deserialize<D: Deserializer<'de>>(value: D) -> Result<Self, D::Error> {
        Scalar::deserialize(value).map(|scalar| Self(scalar.0.is_some_and(|error| error.as_str() != Some(""))))
    }
}

impl<'de> Deserialize<'de> for Gaps {
    fn deserialize<D: Deserializer<'de>>(value: D) -> Result<Self, D::Error> {
        struct Sum;
        impl<'de> Visitor<'de> for Sum {
            type Value = Gaps;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of times")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Gaps, A::Error> {
                let mut gaps = Gaps::default();
                while let Some(Number(gap)) = list.next_element()? {
                    // One that is no time spoils the sum.
                    gaps.sum += if gap >= 0.0 { gap } else { f64::NAN };
                    gaps.count += 1;
                }
                Ok(gaps)
            }

            fn visit_unit<E>(self) -> Result<Gaps, E> {
                Ok(Gaps::default())
            }
        }
        value.deserialize_any(Sum)
    }
}

impl<'de> Deserialize<'de> for Scalar {
    fn deserialize<D: Deserializer<'de>>(value: D) -> Result<Self, D::Error> {
        struct Any;
        impl<'de> Visitor<'de> for Any {
            type Value = Scalar;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("any JSON")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Scalar, A::Error> {
                while entries.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
                Ok(Scalar(None))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Scalar, A::Error> {
                while list.next_element::<IgnoredAny>()?.is_some() {}
                Ok(Scalar(None))
            }

            fn visit_unit<E>(self) -> Result<Scalar, E> {
                Ok(Scalar(None))
            }

            fn visit_bool<E>(self, value: bool) -> Result<Scalar, E> {
                Ok(Scalar(Some(value.into())))
            }

            fn visit_i64<E>(self, value: i64) -> Result<Scalar, E> {
                Ok(Scalar(Some(value.into())))
            }

            fn visit_u64<E>(self, value: u64) -> Result<Scalar, E> {
                Ok(Scalar(Some(value.into())))
            }

            fn visit_f64<E>(self, value: f64) -> Result<Scalar, E> {
                Ok(Scalar(Some(value.into())))
            }

            fn visit_str<E>(self, value: &str) -> Result<Scalar, E> {
                Ok(Scalar(Some(value.into())))
            }
        }
        value.deserialize_any(Any)
    }
}
