//! The `token2metrics` command line.

use std::process::ExitCode;

fn main() -> ExitCode {
    token2metrics_trainer::run()
}
