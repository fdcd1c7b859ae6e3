//! The command line: what all commands share, and which there are.

use crate::cmd::{
    batch_predict, budget, bundle, calibrate, collect, compare, completions, demo, evaluate, export, import, init,
    inspect, man, predict, rehearse, report, schema, train,
};
use crate::color;
use anyhow::Result;
use clap::{ColorChoice, CommandFactory, FromArgMatches, Parser, Subcommand};
use log::LevelFilter;
use std::io::{ErrorKind, Write};
use std::path::PathBuf;
use std::process::ExitCode;

/// Predicts how long a language-model request takes on a device, from its token counts alone.
#[derive(Debug, Parser)]
#[command(name = "token2metrics", version, max_term_width = 100)]
struct Cli {
    /// The folder of configs, one TOML file per model
    #[arg(long, global = true, value_name = "DIR", default_value = "configs")]
    config_dir: PathBuf,
    /// The least level of messages on stderr: off, error, warn, info, debug or trace
    #[arg(long, global = true, value_name = "LEVEL", default_value = "info")]
    log_level: LevelFilter,
    /// A file that the messages are appended to as well
    #[arg(long, global = true, value_name = "FILE")]
    log_file: Option<PathBuf>,
    /// Colours: auto has them on a terminal, unless NO_COLOR is set or TERM is dumb
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    color: ColorChoice,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Train(train::Train),
    Predict(predict::Predict),
    BatchPredict(batch_predict::BatchPredict),
    Budget(budget::Budget),
    Compare(compare::Compare),
    Evaluate(evaluate::Evaluate),
    Calibrate(calibrate::Calibrate),
    Collect(collect::Collect),
    Rehearse(rehearse::Rehearse),
    Report(report::Report),
    Inspect(inspect::Inspect),
    Export(export::Export),
    Import(import::Import),
    Init(init::Init),
    Bundle(bundle::Bundle),
    Demo(demo::Demo),
    Schema(schema::Schema),
    Completions(completions::Completions),
    Man(man::Man),
}

/// The command line as clap has it.
pub(crate) fn command() -> clap::Command {
    Cli::command()
}

/// Runs the command line of this process: results to stdout, all else to stderr; 0 done, 1 the work failed, 2 the command line is wrong.
pub fn run() -> ExitCode {
    // clap prints its own errors and exits with 2.
    let mut matches = command().color(color::asked(std::env::args_os().skip(1))).get_matches();
    let cli = Cli::from_arg_matches_mut(&mut matches).unwrap_or_else(|error| error.exit());
    color::begin(cli.color);
    match cli.run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // The log file has it too, unless there is no log.
            if log::log_enabled!(log::Level::Error) {
                log::error!("{error:#}")
            } else {
                eprintln!("{}: {error:#}", color::level(log::Level::Error))
            }
            ExitCode::FAILURE
        }
    }
}

impl Cli {
    fn run(self) -> Result<()> {
        crate::logging::begin(self.log_level, self.log_file.as_deref())?;
        let configs = &self.config_dir;
        let report = match self.command {
            Command::Train(command) => command.run(configs),
            Command::Predict(command) => command.run(configs),
            Command::BatchPredict(command) => command.run(configs),
            Command::Budget(command) => command.run(configs),
            Command::Compare(command) => command.run(configs),
            Command::Evaluate(command) => command.run(configs),
            Command::Calibrate(command) => command.run(),
            Command::Collect(command) => command.run(),
            Command::Rehearse(command) => command.run(configs),
            Command::Report(command) => command.run(configs),
            Command::Inspect(command) => command.run(),
            Command::Export(command) => command.run(),
            Command::Import(command) => command.run(),
            Command::Init(command) => command.run(configs),
            Command::Bundle(command) => command.run(),
            Command::Demo(command) => command.run(),
            Command::Schema(command) => command.run(),
            Command::Completions(command) => command.run(),
            Command::Man(command) => command.run(),
        }?;
        match std::io::stdout().write_all(report.as_bytes()) {
            // The reader has seen enough.
            Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
            written => Ok(written?),
        }
    }
}
