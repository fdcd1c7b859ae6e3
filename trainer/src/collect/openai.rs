//! Servers like OpenAI's: a streamed completion, its first and last token by the client's clock, its counts from `usage`.

use super::failure::{Failure, Reason};
use super::server::{Answer, Flaw, Server, count, optional_count};
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use token2metrics_core::Request;

pub(super) const PATH: &str = "/v1/completions";
/// Shorter than any step: two pieces that are no further apart came together, the first of them late.
const TOGETHER: Duration = Duration::from_micros(100);

/// What came when.
#[derive(Debug, Default)]
struct Heard {
    first: Option<Duration>,
    second: Option<Duration>,
    last: Option<Duration>,
    /// Pieces with text, and those without that came before them.
    pieces: u32,
    silent: u32,
    usage: Value,
    error: Value,
}

pub(super) fn measure(server: &mut Server, asked: Request) -> Result<Result<Answer, Flaw>, Failure> {
    let words = server.counted.words(asked.input_tokens);
    let prompt = server.prompts.text(words);
    let heard = match ask(server, asked, &prompt) {
        // No part of OpenAI's own: a server that knows it never ends early, a strict one refuses it.
        Err(failure) if server.ignore_eos && failure.reason == Reason::Status => {
            server.ignore_eos = false;
            ask(server, asked, &prompt)
        }
        heard => heard,
    }?;
    let answer = heard.answer();
    if let Ok(answer) = &answer {
        server.counted.learn(words, answer.request.input_tokens);
    }
    Ok(answer)
}

fn ask(server: &Server, asked: Request, prompt: &str) -> Result<Heard, Failure> {
    let mut question = json!({
        "model": server.model,
        "prompt": prompt,
        "max_tokens": asked.output_tokens,
        "temperature": 0,
        "stream": true,
        "stream_options": {"include_usage": true},
    });
    if server.ignore_eos {
        question["ignore_eos"] = true.into();
    }
    let mut heard = Heard::default();
    let begin = Instant::now();
    server.client.events(PATH, &question, |now, event| heard.hear(now - begin, event))?;
    Ok(heard)
}

impl Heard {
    fn hear(&mut self, after: Duration, mut event: Value) {
        if let Some(choice) = event["choices"].get(0) {
            if choice["text"].as_str().is_some_and(|text| !text.is_empty()) {
                match self.pieces {
                    0 => self.first = Some(after),
                    1 => self.second = Some(after),
                    _ => {}
                }
                self.pieces += 1;
            } else if self.first.is_none() {
                self.silent += 1;
            }
            self.last = Some(after);
        }
        if event["usage"].is_object() {
            self.usage = event["usage"].take();
        }
        if !event["error"].is_null() {
            self.error = event["error"].take();
        }
    }

    fn answer(&self) -> Result<Answer, Flaw> {
        if !self.error.is_null() {
            return Err((Reason::Status, format!("{}: see the server's log", self.error)));
        }
        if self.usage.is_null() {
            return Err((Reason::NoCounts, "no \"usage\": the server must know stream_options.include_usage".into()));
        }
        let (input_tokens, output_tokens) =
            (count(&self.usage, "prompt_tokens")?, count(&self.usage, "completion_tokens")?);
        // A server that does not say has nothing of a prompt whose first word is new.
        let cached_tokens = optional_count(&self.usage["prompt_tokens_details"], "cached_tokens")?.unwrap_or(0);
        let (Some(first), Some(last)) = (self.first, self.last) else {
            return Err((Reason::NoTimes, "no text in the answer: is this the right --api?".into()));
        };
        if self.silent > 0 {
            return Err((Reason::FirstTokenUnknown, format!("{} pieces without text came first", self.silent)));
        }
        // Some pieces are of two tokens, where one alone is no whole character.
        if 2 * self.pieces < output_tokens {
            let detail = format!("{output_tokens} tokens came in {} pieces: each must be one", self.pieces);
            return Err((Reason::FirstTokenUnknown, detail));
        }
        if self.second.is_some_and(|second| second - first < TOGETHER) {
            let detail = "the first two pieces came together: is the machine of the client or the server busy?";
            return Err((Reason::FirstTokenUnknown, detail.into()));
        }
        let decode_s = (output_tokens > 1).then(|| (last - first).as_secs_f64());
        let request = Request { input_tokens, cached_tokens, output_tokens };
        Ok(Answer { request, prefill_s: first.as_secs_f64(), decode_s })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heard(pieces: &[(u64, &str)]) -> Result<Answer, Flaw> {
        let mut heard = Heard::default();
        for (micros, text) in pieces {
            heard.hear(Duration::from_micros(*micros), json!({"choices": [{"text": text}]}));
        }
        heard.hear(
            Duration::from_secs(9),
            json!({"choices": [], "usage": {"prompt_tokens": 7, "completion_tokens": 3}}),
        );
        heard.answer()
    }

    #[test]
    fn the_first_token_must_be_known() {
        let answer = heard(&[(5000, "a"), (7000, "b"), (9000, "c")]).expect("three pieces");
        assert_eq!((answer.prefill_s, answer.decode_s), (0.005, Some(0.004)));
        for unknown in [
            // One without text, three tokens in one piece, and two that came together.
            [(5000, ""), (7000, "b"), (9000, "c")].as_slice(),
            &[(5000, "abc")],
            &[(5000, "a"), (5050, "b"), (9000, "c")],
        ] {
            assert_eq!(heard(unknown).map_err(|flaw| flaw.0), Err(Reason::FirstTokenUnknown));
        }
        assert_eq!(heard(&[]).map_err(|flaw| flaw.0), Err(Reason::NoTimes));
    }
}
