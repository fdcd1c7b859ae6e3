//! Messages to people: on stderr, and in a file if one is asked for.

use crate::color;
use anyhow::{Context, Result};
use log::LevelFilter;
use std::path::Path;

/// Sends messages of a level and above to stderr and to the end of a file.
///
/// # Errors
/// A file that cannot be written.
pub fn begin(level: LevelFilter, file: Option<&Path>) -> Result<()> {
    let stderr = fern::Dispatch::new()
        .format(|out, message, record| out.finish(format_args!("{}: {message}", color::level(record.level()))))
        .chain(std::io::stderr());
    let mut all = fern::Dispatch::new().level(LevelFilter::Off).level_for("token2metrics_trainer", level).chain(stderr);
    if let Some(path) = file {
        let log = fern::log_file(path).with_context(|| format!("{}: cannot write the log", path.display()))?;
        let dated = fern::Dispatch::new()
            .format(|out, message, record| {
                out.finish(format_args!("{} {} {message}", seconds_since_1970(), record.level()))
            })
            .chain(log);
        all = all.chain(dated);
    }
    all.apply().context("the log is in use already")
}

fn seconds_since_1970() -> u64 {
    std::time::UNIX_EPOCH.elapsed().map_or(0, |since| since.as_secs())
}
