//! llama-server: prompts of token ids, `cache_prompt` off, times from `timings`.

use super::client::Client;
use super::failure::{Failure, Reason};
use super::prompt::WORDS;
use super::server::{Answer, Flaw, Server, count, number, optional_count};
use crate::import::llama_server_decode_s;
use serde_json::{Value, json};
use token2metrics_core::Request;

pub(super) const PATH: &str = "/completion";
const TOKENIZE: &str = "/tokenize";

/// The token ids of the words: ordinary ones, whatever the vocabulary.
///
/// # Errors
/// A server that has no such path, or a vocabulary in which the words are no tokens.
pub(super) fn ids(client: &Client) -> Result<Vec<u64>, Failure> {
    let answer = client.post(TOKENIZE, &json!({"content": WORDS.concat(), "add_special": false}))?;
    let ids: Option<Vec<u64>> = answer["tokens"].as_array().and_then(|ids| ids.iter().map(Value::as_u64).collect());
    let ids = ids.filter(|ids| ids.len() >= WORDS.len());
    ids.ok_or_else(|| client.failure(TOKENIZE, Reason::NotJson, "no token ids: is this the right --api?"))
}

pub(super) fn measure(server: &mut Server, asked: Request) -> Result<Result<Answer, Flaw>, Failure> {
    let words = server.prompts.draw(asked.input_tokens as usize);
    let prompt: Vec<u64> = words.into_iter().map(|word| server.ids[word]).collect();
    let response = server.client.post(
        PATH,
        &json!({
            "prompt": prompt,
            "n_predict": asked.output_tokens,
            "cache_prompt": false,
            "ignore_eos": true,
            "temperature": 0,
            "stream": false,
        }),
    )?;
    Ok(answer(&response, asked))
}

fn answer(response: &Value, asked: Request) -> Result<Answer, Flaw> {
    let timings = &response["timings"];
    if !timings.is_object() {
        return Err((Reason::NoTimes, "no \"timings\": is this the right --api?".into()));
    }
    if timings["draft_n"].as_f64().is_some_and(|drafted| drafted > 0.0) {
        return Err((Reason::Speculative, "a step gives more than one token: start the server without a draft".into()));
    }
    let computed = count(timings, "prompt_n")?;
    let cached_tokens = match optional_count(timings, "cache_n")? {
        Some(cached) => cached,
        // Older builds do not say; all that was asked for has been computed.
        None if computed == asked.input_tokens => 0,
        None => {
            let detail =
                format!("{computed} of {} prompt tokens were computed, and no \"cache_n\"", asked.input_tokens);
            return Err((Reason::CacheUnknown, detail));
        }
    };
    let input_tokens = computed.saturating_add(cached_tokens);
    let output_tokens = count(timings, "predicted_n")?;
    let prefill_s = number(timings, "prompt_ms", Reason::NoTimes)? / 1e3;
    let decode_s = match output_tokens.saturating_sub(1) {
        0 => None,
        steps => Some(decode_s(timings, steps)?),
    };
    Ok(Answer { request: Request { input_tokens, cached_tokens, output_tokens }, prefill_s, decode_s })
}

fn decode_s(timings: &Value, steps: u32) -> Result<f64, Flaw> {
    let ms = |key| number(timings, key, Reason::NoTimes);
    llama_server_decode_s(ms("predicted_ms")?, ms("predicted_per_token_ms")?, steps)
        .map_err(|problem| (Reason::BadTime, problem.into_owned()))
}
