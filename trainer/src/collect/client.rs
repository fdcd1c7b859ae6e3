//! HTTP to one address and no other: no proxy, no redirect, no TLS; answers and waiting are bounded.

use super::failure::{Failure, Reason};
use anyhow::{Result, bail};
use serde_json::Value;
use std::io::{BufRead, BufReader, ErrorKind, Read};
use std::time::{Duration, Instant};
use ureq::http::{Response, Uri};
use ureq::{Agent, Body, Timeout};

/// Bytes of an answer; one with the probabilities of all tokens would be longer.
const LONGEST_ANSWER: u64 = 16 << 20;
/// Bytes of an error's text that are looked at, and characters that are shown.
const LONGEST_ERROR: (u64, usize) = (1 << 16, 200);
/// Longest wait for a connection; `--timeout` may be shorter.
const CONNECTING: Duration = Duration::from_secs(10);

/// The way to a server.
#[derive(Debug)]
pub(super) struct Client {
    agent: Agent,
    base: String,
    timeout: Duration,
}

impl Client {
    /// The way to the server at a URL.
    ///
    /// # Errors
    /// A URL that is not of the form `http://HOST:PORT`, with or without a path.
    pub(super) fn new(url: &str, timeout: Duration) -> Result<Self> {
        if url.starts_with("https:") {
            bail!("--url {url}: https is not supported: give the server's http address, or an http tunnel to it");
        }
        let sound = url.parse::<Uri>().is_ok_and(|uri| {
            let authority = uri.authority().is_some_and(|authority| !authority.as_str().contains('@'));
            uri.scheme_str() == Some("http") && authority && uri.query().is_none()
        });
        if !sound {
            bail!("--url {url}: must be like http://127.0.0.1:8080");
        }
        let config = Agent::config_builder()
            .proxy(None)
            .max_redirects(0)
            .http_status_as_error(false)
            // Every request pays for its connection, not only the first.
            .max_idle_connections(0)
            .timeout_connect(Some(CONNECTING.min(timeout)))
            .timeout_global(Some(timeout))
            .build();
        Ok(Self { agent: config.into(), base: url.trim_end_matches('/').to_owned(), timeout })
    }

    /// Something wrong at a path of the server.
    pub(super) fn failure(&self, path: &str, reason: Reason, detail: impl Into<String>) -> Failure {
        Failure { url: format!("{}{path}", self.base), reason, detail: detail.into() }
    }

    /// The JSON at a path.
    pub(super) fn get(&self, path: &str) -> Result<Value, Failure> {
        self.json(path, self.agent.get(self.url(path)).call())
    }

    /// The JSON that answers a question.
    pub(super) fn post(&self, path: &str, question: &Value) -> Result<Value, Failure> {
        self.json(path, self.send(path, question))
    }

    /// The server-sent events that answer a question, each with the time at which it was there.
    pub(super) fn events(
        &self,
        path: &str,
        question: &Value,
        mut each: impl FnMut(Instant, Value),
    ) -> Result<(), Failure> {
        let response = self.checked(path, self.send(path, question))?;
        let mut body = BufReader::new(response.into_body().into_reader().take(LONGEST_ANSWER));
        let mut line = Vec::new();
        loop {
            line.clear();
            let read = body.read_until(b'\n', &mut line).map_err(|error| self.broken(path, &error))?;
            let now = Instant::now();
            if body.get_ref().limit() == 0 {
                return Err(self.too_long(path));
            }
            if read == 0 {
                return Err(self.failure(path, Reason::Cut, "no [DONE] at its end: see the server's log"));
            }
            // Other lines are comments, or the blank ones between events.
            let Some(data) = line.strip_prefix(b"data:") else { continue };
            if data.trim_ascii() == b"[DONE]" {
                return Ok(());
            }
            each(now, self.parsed(path, data)?);
        }
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    fn send(&self, path: &str, question: &Value) -> Result<Response<Body>, ureq::Error> {
        self.agent.post(self.url(path)).content_type("application/json").send(question.to_string())
    }

    fn json(&self, path: &str, response: Result<Response<Body>, ureq::Error>) -> Result<Value, Failure> {
        let mut response = self.checked(path, response)?;
        let body = response.body_mut().with_config().limit(LONGEST_ANSWER).read_to_vec();
        self.parsed(path, &body.map_err(|error| self.failed(path, error))?)
    }

    fn parsed(&self, path: &str, text: &[u8]) -> Result<Value, Failure> {
        serde_json::from_slice(text).map_err(|error| {
            let hint = "is this the server's address, and the right --api?";
            self.failure(path, Reason::NotJson, format!("{error}, in \"{}\": {hint}", shown(text)))
        })
    }

    /// A response that is a success.
    fn checked(&self, path: &str, response: Result<Response<Body>, ureq::Error>) -> Result<Response<Body>, Failure> {
        let mut response = response.map_err(|error| self.failed(path, error))?;
        let status = response.status();
        if status.is_success() {
            return Ok(response);
        }
        if status.is_redirection() {
            let location = response.headers().get("location").map_or("nowhere".into(), |to| shown(to.as_bytes()));
            let detail = format!("{status}, to {location}, which is not followed: give the address itself as --url");
            return Err(self.failure(path, Reason::Redirected, detail));
        }
        let mut text = Vec::new();
        // Whatever can be read of it; the status is error enough.
        let _ = response.body_mut().as_reader().take(LONGEST_ERROR.0).read_to_end(&mut text);
        let hint = match status.as_u16() {
            400 | 413 | 422 => {
                "if it is about lengths, lower --input-tokens or --output-tokens, or enlarge the server's context"
            }
            401 | 403 => "start the server without a key",
            404 | 405 => "is this the right --api, and the right --model?",
            503 => "is the model loaded by now?",
            _ => "see the server's log",
        };
        Err(self.failure(path, Reason::Status, format!("HTTP {}, \"{}\": {hint}", status.as_u16(), shown(&text))))
    }

    fn failed(&self, path: &str, error: ureq::Error) -> Failure {
        match error {
            ureq::Error::Io(error) => self.broken(path, &error),
            ureq::Error::Timeout(Timeout::Connect | Timeout::Resolve) => {
                self.unreachable(path, "no connection in time")
            }
            ureq::Error::Timeout(_) => self.late(path),
            ureq::Error::HostNotFound | ureq::Error::ConnectionFailed => self.unreachable(path, &error.to_string()),
            ureq::Error::BodyExceedsLimit(_) => self.too_long(path),
            error => self.failure(path, Reason::NotHttp, format!("{error}: is this the server's address?")),
        }
    }

    fn broken(&self, path: &str, error: &std::io::Error) -> Failure {
        match error.kind() {
            ErrorKind::ConnectionRefused | ErrorKind::HostUnreachable | ErrorKind::NetworkUnreachable => {
                self.unreachable(path, &error.to_string())
            }
            ErrorKind::TimedOut | ErrorKind::WouldBlock => self.late(path),
            _ => self.failure(path, Reason::Cut, format!("{error}: see the server's log")),
        }
    }

    fn unreachable(&self, path: &str, what: &str) -> Failure {
        self.failure(path, Reason::Unreachable, format!("{what}: is the server running, at this address?"))
    }

    fn late(&self, path: &str) -> Failure {
        let timeout = humantime::format_duration(self.timeout);
        self.failure(path, Reason::TimedOut, format!("--timeout is {timeout}: raise it, or lower the token counts"))
    }

    fn too_long(&self, path: &str) -> Failure {
        self.failure(path, Reason::TooLong, format!("over {LONGEST_ANSWER} bytes: is this the right --api?"))
    }
}

/// The beginning of some text, on one line.
fn shown(text: &[u8]) -> String {
    let text = String::from_utf8_lossy(&text[..text.len().min(4 * LONGEST_ERROR.1)]).into_owned();
    let plain = text.chars().map(|char| if char.is_control() { ' ' } else { char });
    plain.take(LONGEST_ERROR.1).collect::<String>().trim().to_owned()
}
