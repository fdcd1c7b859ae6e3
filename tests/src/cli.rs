//! The command-line program.

use crate::experiment::run_in;
use crate::library::cargo;
use crate::{root, target_dir};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// The path of `token2metrics`, built once per process and with the profile of the running tests.
pub fn cli() -> &'static Path {
    static CLI: OnceLock<PathBuf> = OnceLock::new();
    CLI.get_or_init(|| {
        let (profile, dir) = if cfg!(debug_assertions) { ("dev", "debug") } else { ("release", "release") };
        let binary = ["build", "-p", "token2metrics-trainer", "--bin", "token2metrics", "--profile", profile];
        cargo(Command::new(env!("CARGO")).args(binary).arg("--target-dir").arg(target_dir()));
        target_dir().join(dir).join("token2metrics")
    })
}

/// The commands, as the program lists them.
pub fn commands() -> Vec<String> {
    let help = run_in(root(), "--help").done();
    let list = help.split_once("\nCommands:\n").and_then(|(_, rest)| rest.split("\n\n").next()).expect("a list");
    // What is set further in is the rest of a description.
    let names = list.lines().filter(|line| !line.starts_with("   "));
    names.filter_map(|line| line.split_whitespace().next()).filter(|name| *name != "help").map(str::to_owned).collect()
}
