//! Ollama: raw prompts of words, durations of the answer in nanoseconds.

use super::failure::{Failure, Reason};
use super::server::{Answer, Flaw, Server, count, number, optional_count};
use serde_json::{Value, json};
use token2metrics_core::Request;

pub(super) const PATH: &str = "/api/generate";

pub(super) fn measure(server: &mut Server, asked: Request) -> Result<Result<Answer, Flaw>, Failure> {
    let words = server.counted.words(asked.input_tokens);
    let response = server.client.post(
        PATH,
        &json!({
            "model": server.model,
            "prompt": server.prompts.text(words),
            "raw": true,
            "stream": false,
            // The same context for all: another one loads the model anew.
            "options": {"num_predict": asked.output_tokens, "num_ctx": server.context, "temperature": 0},
        }),
    )?;
    let answer = answer(&response);
    if let Ok(answer) = &answer {
        server.counted.learn(words, answer.request.input_tokens);
    }
    Ok(answer)
}

/// The first token belongs to the prompt's duration, so that the other one covers one step less than there are tokens.
fn answer(response: &Value) -> Result<Answer, Flaw> {
    let prefill_s = number(response, "prompt_eval_duration", Reason::NoTimes)? / 1e9;
    let Some(input_tokens) = optional_count(response, "prompt_eval_count")? else {
        return Err((Reason::CacheUnknown, "no \"prompt_eval_count\", as where the prompt came from the cache".into()));
    };
    // Left out where it is zero. A server that does not know the field has nothing of a prompt whose first word is new.
    let cached_tokens = optional_count(response, "prompt_eval_cached_count")?.unwrap_or(0);
    let output_tokens = count(response, "eval_count")?;
    let decode_s = match output_tokens {
        0 | 1 => None,
        _ => Some(number(response, "eval_duration", Reason::NoTimes)? / 1e9),
    };
    Ok(Answer { request: Request { input_tokens, cached_tokens, output_tokens }, prefill_s, decode_s })
}
