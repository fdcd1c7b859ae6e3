//! Documents that state what commands print, brought up to what these print now.

use crate::cli::cli;
use crate::library::library;
use crate::root;
use std::fmt::Write;
use std::path::Path;
use std::process::Command;

/// How documents call the command line from a clone; the tests run the same program, built already.
const CARGO_RUN: &str = "cargo run --release -- ";
/// Builds what the tests have built already.
const BUILD_LIBRARY: &str = "cargo build --release -p token2metrics-ffi --no-default-features";

/// A folder in which the documents' commands work: a clone's files, and no outputs yet.
///
/// # Panics
/// Where there is no place for it.
pub fn clone() -> tempfile::TempDir {
    let dir = tempfile::tempdir().expect("a folder");
    let link =
        |original: &Path, name: &str| std::os::unix::fs::symlink(original, dir.path().join(name)).expect("a link");
    for name in ["configs", "ffi", "include"] {
        link(&root().join(name), name);
    }
    std::fs::create_dir(dir.path().join("target")).expect("a folder");
    link(&library().dir, "target/release");
    dir
}

/// The blocks of a document that are marked as of this language.
pub fn blocks<'document>(document: &'document str, language: &str) -> Vec<&'document str> {
    let mark = format!("\n```{language}\n");
    document.split(&mark).skip(1).filter_map(|rest| rest.split("```").next()).collect()
}

fn stdout_of(folder: &Path, command: &str) -> String {
    if command == BUILD_LIBRARY {
        return String::new();
    }
    let command = command.replace(CARGO_RUN, "token2metrics ");
    let output = Command::new("sh").arg("-c").arg(&command).current_dir(folder).env("PATH", path()).output();
    let output = output.expect("a shell");
    assert!(output.status.success(), "{command}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("text")
}

/// Where programs are looked for: first where the command line is.
pub fn path() -> std::ffi::OsString {
    let mut path = cli().parent().expect("a folder").as_os_str().to_owned();
    path.push(":");
    path.push(std::env::var_os("PATH").unwrap_or_default());
    path
}

/// A folder with nothing in it but what a user of llama-bench has.
fn new_folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let bench = root().join("tests/samples/llama-bench/smollm2.jsonl");
    std::fs::copy(bench, folder.path().join("bench.jsonl")).expect("a copy");
    folder
}

/// What a line of a document is in.
#[derive(Clone, Copy, PartialEq)]
enum Inside {
    Text,
    Console,
    Table,
}

/// A document with every command's output, and below an `accuracy` mark the table, as they are now.
///
/// # Panics
/// Where a command fails.
pub fn as_measured(document: &str, folder: &Path, accuracy: impl Fn(&Path) -> String) -> String {
    let mut measured = String::new();
    let mut inside = Inside::Text;
    let mut new = None;
    for line in document.lines() {
        let begins = |start| line.starts_with(start);
        inside = match (inside, line) {
            (Inside::Text, "```console") => {
                new = None;
                Inside::Console
            }
            (Inside::Text, "```console in a new folder") => {
                new = Some(new_folder());
                Inside::Console
            }
            (Inside::Text, _) if begins("<!-- accuracy") => Inside::Table,
            (Inside::Console, "```") | (Inside::Table, "") => Inside::Text,
            (same, _) => same,
        };
        let command = line.strip_prefix("$ ").filter(|_| inside == Inside::Console);
        let added = match inside {
            Inside::Console if command.is_some() => {
                command.map(|command| stdout_of(new.as_ref().map_or(folder, |new| new.path()), command))
            }
            Inside::Table if begins("<!--") => Some(accuracy(folder)),
            // What stood there before.
            Inside::Console if !begins("```") => continue,
            Inside::Table => continue,
            Inside::Text | Inside::Console => None,
        };
        writeln!(measured, "{line}").expect("a string");
        measured += &added.unwrap_or_default();
    }
    measured
}
