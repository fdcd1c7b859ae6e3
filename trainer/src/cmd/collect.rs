//! `collect`: a running server to rows.

use crate::collect::{Api, Collected, Event, Settings, Stopped, collect};
use crate::progress;
use crate::table::{Format, percent, scores};
use anyhow::{Result, bail};
use clap::Args;
use std::path::PathBuf;
use std::time::Duration;
use token2metrics_core::MAX_TOKENS;

/// Measure a running server and write rows to train on
///
/// Asks for the token counts that tell most about the device, one request at a time, and goes on until the cross-validated error no longer falls. Run again, it goes on
/// where it was interrupted. Contacts the given address and no other.
///
/// Example: token2metrics collect --url http://127.0.0.1:8080 --api llama-server --output configs/measurements/mine.csv
#[derive(Debug, Args)]
pub struct Collect {
    /// The server's address: http, not https
    #[arg(long, value_name = "URL")]
    url: String,
    /// What it speaks
    #[arg(long, value_enum)]
    api: Api,
    /// The file of rows; to one that is there, rows are added
    #[arg(long, value_name = "CSV")]
    output: PathBuf,
    /// The model, where the server has several
    #[arg(long, value_name = "NAME")]
    model: Option<String>,
    /// Shortest and longest prompt: 8..1024, or 8 1024
    #[arg(long, value_name = "MIN..MAX", num_args = 1..=2, default_value = "8..1024")]
    input_tokens: Vec<String>,
    /// Least and most generated tokens: 2..128, or 2 128
    #[arg(long, value_name = "MIN..MAX", num_args = 1..=2, default_value = "2..128")]
    output_tokens: Vec<String>,
    /// Time after which no request is begun: 90s, 10m, 1h
    #[arg(long, value_name = "TIME", default_value = "10m", value_parser = humantime::parse_duration)]
    budget: Duration,
    /// Longest time of one request
    #[arg(long, value_name = "TIME", default_value = "2m", value_parser = humantime::parse_duration)]
    timeout: Duration,
    /// Decides the token counts and their order; another one adds others
    #[arg(long, value_name = "N", default_value_t = 42)]
    seed: u64,
    /// How to print the summary
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

impl Collect {
    /// # Errors
    /// A file that rows cannot be added to, or a server that does not answer as it should.
    pub fn run(self) -> Result<String> {
        if self.timeout.is_zero() {
            bail!("--timeout: must be above zero");
        }
        let settings = Settings {
            input_tokens: span("--input-tokens", &self.input_tokens)?,
            output_tokens: span("--output-tokens", &self.output_tokens)?,
            url: self.url,
            api: self.api,
            model: self.model,
            output: self.output,
            budget: self.budget,
            timeout: self.timeout,
            seed: self.seed,
        };
        let bar = progress::clock(settings.budget);
        let collected = collect(&settings, |event| match event {
            Event::Progress { rows, error_percent, spent } => {
                let error = error_percent.map_or("not known yet".to_owned(), |error| format!("{} %", percent(error)));
                let left = Duration::from_secs(settings.budget.saturating_sub(spent).as_secs());
                bar.spent(spent, format!("{rows} rows, error {error}, {} left", humantime::format_duration(left)));
            }
            Event::Rejected(failure) => bar.above(|| log::warn!("no row: {failure}")),
        });
        drop(bar);
        let collected = collected?;
        self.format.render(&collected, || text(&collected))
    }
}

/// `MIN..MAX`, or two numbers.
fn span(option: &str, parts: &[String]) -> Result<[u32; 2]> {
    let text = parts.join("..");
    let ends = text.split_once("..").and_then(|(least, most)| Some([least.parse().ok()?, most.parse().ok()?]));
    match ends {
        Some([least, most]) if 1 <= least && least <= most && most <= MAX_TOKENS => Ok([least, most]),
        _ => bail!("{option} {}: must be MIN..MAX, from 1 to {MAX_TOKENS}", parts.join(" ")),
    }
}

fn text(collected: &Collected) -> String {
    let Collected { output, rows, measured, rejected, cross_validation, stopped } = collected;
    let mut text = format!("{}: {rows} rows, {measured} of them new\n", output.display());
    for (reason, count) in rejected {
        text += &format!("no row: {count} times: {reason}\n");
    }
    text += &match cross_validation {
        Some(errors) => format!("Errors of each row, predicted by a fit to others:\n{}", scores(errors)),
        None => "too few rows to tell an error\n".to_owned(),
    };
    text += match stopped {
        Stopped::ErrorSteady => {
            "stopped: the error no longer falls with more rows; another --seed adds other token counts\n"
        }
        Stopped::BudgetSpent => "stopped: the budget is spent; run the command again to go on\n",
    };
    text + &format!(
        "next: name {} as [device] data of a config, then token2metrics train --model CONFIG\n",
        output.display()
    )
}
