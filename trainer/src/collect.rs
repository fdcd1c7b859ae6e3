//! Stage 0: measures a running server and writes canonical rows.
//!
//! One request at a time. `Plan` says which, a batch after the other, from the seed alone; `Server` asks and checks the answer; `Sheet` has each row on the disk before the next request;
//! after each batch, `Steady` fits all rows as `train` does, and asks for more while the cross-validated error falls. An answer whose times, counts or cache are not beyond
//! doubt gives no row: it is counted, with its reason.

mod client;
mod design;
mod failure;
mod llama_server;
mod ollama;
mod openai;
mod plan;
mod prompt;
mod server;
mod sheet;
mod steady;

pub use failure::{Failure, Reason};
pub use server::Api;

use crate::score::Scores;
use anyhow::{Context, Result, bail};
use plan::Plan;
use serde::Serialize;
use server::Server;
use sheet::Sheet;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::{Duration, Instant};
use steady::Steady;

/// Failures in a row after which the server is given up.
const GIVE_UP: usize = 3;

/// What is measured, and for how long.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The server, `http://HOST:PORT`.
    pub url: String,
    /// What it speaks.
    pub api: Api,
    /// The model, where the server has several.
    pub model: Option<String>,
    /// The file of rows.
    pub output: PathBuf,
    /// Shortest and longest prompt, from 1.
    pub input_tokens: [u32; 2],
    /// Least and most generated tokens, from 1.
    pub output_tokens: [u32; 2],
    /// Time after which no request is begun.
    pub budget: Duration,
    /// Longest time of a request.
    pub timeout: Duration,
    /// Decides the requests and their order.
    pub seed: u64,
}

/// What happened, for those who watch.
#[derive(Clone, Copy, Debug)]
pub enum Event<'a> {
    /// A request gave a row, or a batch an error.
    Progress {
        /// Rows in the file.
        rows: usize,
        /// The error so far, in percent.
        error_percent: Option<f64>,
        /// Time since the beginning.
        spent: Duration,
    },
    /// A request gave no row.
    Rejected(&'a Failure),
}

/// Why no more is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Stopped {
    /// The error no longer falls.
    ErrorSteady,
    /// The time is up.
    BudgetSpent,
}

/// What came of it.
#[derive(Clone, Debug, Serialize)]
pub struct Collected {
    /// The file.
    pub output: PathBuf,
    /// Rows in it that can be fitted.
    pub rows: usize,
    /// How many of them were measured now.
    pub measured: usize,
    /// Requests that gave no row.
    pub rejected: BTreeMap<Reason, usize>,
    /// Errors of all rows, each predicted by a fit to others; `None` of too few.
    pub cross_validation: Option<Scores>,
    /// Why it ended.
    pub stopped: Stopped,
}

/// Measures a server until there are rows enough, or the time is up.
///
/// # Errors
/// A file that rows cannot be added to, a server that does not answer as it should, several times in a row. The rows until then are in the file.
pub fn collect(settings: &Settings, mut watch: impl FnMut(Event<'_>)) -> Result<Collected> {
    let begin = Instant::now();
    let mut plan = Plan::new(settings.input_tokens, settings.output_tokens, settings.seed);
    let mut sheet = Sheet::open(&settings.output, plan.clone())?;
    let mut server = Server::open(settings)?;
    server.warm_up().context("the first requests, which are not recorded")?;
    let mut steady = Steady::new();
    let mut rejected = BTreeMap::new();
    let mut failures = 0;
    let mut scores = None;
    let stopped = 'all: loop {
        for asked in plan.next() {
            if sheet.claim(asked) {
                continue;
            }
            if begin.elapsed() >= settings.budget {
                break 'all Stopped::BudgetSpent;
            }
            // After a failure the server may still be at work on what nobody waits for.
            let settled = if failures > 0 { server.settle() } else { Ok(()) };
            match settled.and_then(|()| server.measure(asked)) {
                Ok(answer) => {
                    sheet.append(&answer)?;
                    failures = 0;
                }
                Err(failure) => {
                    watch(Event::Rejected(&failure));
                    *rejected.entry(failure.reason).or_insert(0) += 1;
                    failures += 1;
                    if failures == GIVE_UP {
                        bail!(
                            "{GIVE_UP} requests in a row gave no row, the last: {failure}; {}",
                            kept(&sheet, settings)
                        );
                    }
                }
            }
            let error_percent = scores.as_ref().and_then(steady::percent);
            watch(Event::Progress { rows: sheet.all().len(), error_percent, spent: begin.elapsed() });
        }
        scores = steady.errors(&sheet.rows);
        let error_percent = scores.as_ref().and_then(steady::percent);
        watch(Event::Progress { rows: sheet.all().len(), error_percent, spent: begin.elapsed() });
        if !steady.falls(error_percent) {
            break Stopped::ErrorSteady;
        }
    };
    let rows = sheet.all();
    Ok(Collected {
        output: settings.output.clone(),
        rows: rows.len(),
        measured: rows.len() - sheet.before,
        rejected,
        cross_validation: steady.errors(&rows),
        stopped,
    })
}

/// What a run that fails leaves.
fn kept(sheet: &Sheet, settings: &Settings) -> String {
    match sheet.all().len() {
        0 => "there are no rows".to_owned(),
        rows => format!("{rows} rows are in {}: run the command again to go on", settings.output.display()),
    }
}
