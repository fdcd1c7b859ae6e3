//! A server that measures: what is asked of each kind, and what its answers have in common.

use super::client::Client;
use super::failure::{Failure, Reason};
use super::prompt::{Counted, Prompts};
use super::{Settings, llama_server, ollama, openai};
use anyhow::{Result, bail};
use clap::ValueEnum;
use serde_json::Value;
use token2metrics_core::Request;

/// What a server speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Api {
    /// llama.cpp's own: /completion with token ids, times by the server.
    LlamaServer,
    /// Ollama's: /api/generate, times by the server.
    Ollama,
    /// OpenAI's, as vLLM, SGLang, llama-server and others have it: a streamed /v1/completions, times by the client's clock.
    Openai,
}

/// What was measured of one request.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Answer {
    /// The counts that the server says.
    pub(super) request: Request,
    /// Seconds up to the first token.
    pub(super) prefill_s: f64,
    /// Seconds of the steps, if there are any.
    pub(super) decode_s: Option<f64>,
}

/// A server, its vocabulary and its model.
#[derive(Debug)]
pub(super) struct Server {
    pub(super) client: Client,
    pub(super) api: Api,
    /// The model's name, where it has to be told.
    pub(super) model: String,
    /// The words' token ids, where prompts are ids.
    pub(super) ids: Vec<u64>,
    pub(super) prompts: Prompts,
    pub(super) counted: Counted,
    /// Tokens of the longest request, and some more.
    pub(super) context: u32,
    /// Whether the server knows `ignore_eos`, where that is not known beforehand.
    pub(super) ignore_eos: bool,
    longest: Request,
}

impl Server {
    /// Finds out what has to be known before the first request.
    ///
    /// # Errors
    /// A URL that is none, or a server that does not answer like one of its kind.
    pub(super) fn open(settings: &Settings) -> Result<Self> {
        let Settings { input_tokens, output_tokens, .. } = *settings;
        let mut server = Self {
            client: Client::new(&settings.url, settings.timeout)?,
            api: settings.api,
            model: settings.model.clone().unwrap_or_default(),
            ids: Vec::new(),
            prompts: Prompts::new(),
            counted: Counted::default(),
            // A prompt may turn out a quarter longer than asked for, until the server's count of words is known.
            context: input_tokens[1].saturating_add(input_tokens[1] / 4 + output_tokens[1] + 64),
            ignore_eos: true,
            longest: Request { input_tokens: input_tokens[1], cached_tokens: 0, output_tokens: output_tokens[1] },
        };
        match server.api {
            Api::LlamaServer => server.ids = llama_server::ids(&server.client)?,
            Api::Ollama => server.choose_model("/api/tags", "models", "name")?,
            Api::Openai => server.choose_model("/v1/models", "data", "id")?,
        }
        Ok(server)
    }

    /// Without a name, the one model that there is.
    fn choose_model(&mut self, path: &str, list: &str, key: &str) -> Result<()> {
        if !self.model.is_empty() {
            return Ok(());
        }
        let models = self.client.get(path)?;
        let named = models[list].as_array().into_iter().flatten().filter_map(|model| model[key].as_str());
        let names: Vec<&str> = named.collect();
        match names.as_slice() {
            [only] => self.model = (*only).to_owned(),
            [] => bail!("{} lists no model: name it with --model", self.client.failure(path, Reason::NotJson, "").url),
            _ => bail!("the server has several models: name one with --model: {}", names.join(", ")),
        }
        Ok(())
    }

    /// Lets the server load, allocate and count before anything is measured: a short request, and the longest of all.
    ///
    /// # Errors
    /// What a measured request may fail with.
    pub(super) fn warm_up(&mut self) -> Result<(), Failure> {
        self.settle()?;
        self.unrecorded(self.longest)
    }

    /// A short request that is not recorded, so that the next one finds the server idle.
    ///
    /// # Errors
    /// What a measured request may fail with.
    pub(super) fn settle(&mut self) -> Result<(), Failure> {
        let (input_tokens, output_tokens) = (self.longest.input_tokens.min(32), self.longest.output_tokens.min(2));
        self.unrecorded(Request { input_tokens, cached_tokens: 0, output_tokens })
    }

    fn unrecorded(&mut self, asked: Request) -> Result<(), Failure> {
        match self.measure(asked) {
            // Of no row, the time is of no interest.
            Err(failure) if failure.reason == Reason::FirstTokenUnknown => Ok(()),
            answer => answer.map(drop),
        }
    }

    /// Measures one request.
    ///
    /// # Errors
    /// Why there is no row of it.
    pub(super) fn measure(&mut self, asked: Request) -> Result<Answer, Failure> {
        let (path, answer) = match self.api {
            Api::LlamaServer => (llama_server::PATH, llama_server::measure(self, asked)?),
            Api::Ollama => (ollama::PATH, ollama::measure(self, asked)?),
            Api::Openai => (openai::PATH, openai::measure(self, asked)?),
        };
        answer
            .and_then(|answer| answer.checked(asked))
            .map_err(|(reason, detail)| self.client.failure(path, reason, detail))
    }
}

/// What is wrong with an answer.
pub(super) type Flaw = (Reason, String);

impl Answer {
    /// The answer, if it can be one to what was asked.
    fn checked(self, asked: Request) -> Result<Self, Flaw> {
        let Request { input_tokens, output_tokens, .. } = self.request;
        self.request.check().map_err(|error| (Reason::NoCounts, format!("{error}: is this the right --api?")))?;
        let far = |counted: u32, asked: u32| counted.abs_diff(asked) > 8 + asked / 4;
        // Fewer output tokens are an answer that came to its end.
        if far(input_tokens, asked.input_tokens) || output_tokens > asked.output_tokens {
            let counts =
                |request: Request| format!("{} input and {} output", request.input_tokens, request.output_tokens);
            let hint = "is the context cut off by the server? lower --input-tokens, or enlarge its context";
            return Err((
                Reason::FarCounts,
                format!("asked for {} tokens, the server counts {}: {hint}", counts(asked), counts(self.request)),
            ));
        }
        for (time, seconds) in [("prefill", Some(self.prefill_s)), ("decode", self.decode_s)] {
            if let Some(seconds) = seconds.filter(|seconds| !(seconds.is_finite() && *seconds > 0.0)) {
                return Err((Reason::BadTime, format!("{time} took {seconds} s: see the server's log")));
            }
        }
        Ok(self)
    }
}

/// A number of an answer, which must be there.
pub(super) fn number(object: &Value, key: &str, missing: Reason) -> Result<f64, Flaw> {
    match &object[key] {
        Value::Null => Err((missing, format!("no \"{key}\": is this the right --api?"))),
        value => value.as_f64().ok_or_else(|| (missing, format!("\"{key}\" is {value}, no number"))),
    }
}

/// A token count of an answer, which must be there.
pub(super) fn count(object: &Value, key: &str) -> Result<u32, Flaw> {
    let number = number(object, key, Reason::NoCounts)?;
    match object[key].as_u64().map(u32::try_from) {
        Some(Ok(count)) => Ok(count),
        _ => Err((Reason::NoCounts, format!("\"{key}\" is {number}, no token count"))),
    }
}

/// A token count of an answer that may not be there.
pub(super) fn optional_count(object: &Value, key: &str) -> Result<Option<u32>, Flaw> {
    if object[key].is_null() { Ok(None) } else { count(object, key).map(Some) }
}
