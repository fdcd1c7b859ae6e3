//! The command-line program.

use crate::library::cargo;
use crate::target_dir;
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
