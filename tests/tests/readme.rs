//! The README is true: its commands are run and print what stands there, its table is what `evaluate` measures, its C compiles.

use serde_json::Value;
use std::fmt::Write;
use std::path::Path;
use std::process::Command;
use token2metrics_tests::cli::cli;
use token2metrics_tests::compiler::compile;
use token2metrics_tests::experiment::{Experiment, run_in};
use token2metrics_tests::library::library;
use token2metrics_tests::{assert_file, root};

/// How the README calls the command line from a clone; the tests run the same program, built already.
const CARGO_RUN: &str = "cargo run --release -- ";
/// Builds what the tests have built already.
const BUILD_LIBRARY: &str = "cargo build --release -p token2metrics-ffi";

/// A folder in which the README's commands work: a clone's files, and no outputs yet.
fn clone() -> tempfile::TempDir {
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

fn stdout_of(folder: &Path, command: &str) -> String {
    if command == BUILD_LIBRARY {
        return String::new();
    }
    let command = command.replace(CARGO_RUN, &format!("{} ", cli().display()));
    let output = Command::new("sh").arg("-c").arg(&command).current_dir(folder).output().expect("a shell");
    assert!(output.status.success(), "{command}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("text")
}

/// What a line of the README is in.
#[derive(Clone, Copy, PartialEq)]
enum Inside {
    Text,
    Console,
    Table,
}

/// The README with every command's output and the table of errors as they are now.
fn as_measured(readme: &str, folder: &Path) -> String {
    let mut measured = String::new();
    let mut inside = Inside::Text;
    for line in readme.lines() {
        let begins = |start| line.starts_with(start);
        inside = match (inside, line) {
            (Inside::Text, "```console") => Inside::Console,
            (Inside::Text, _) if begins("<!-- accuracy") => Inside::Table,
            (Inside::Console, "```") | (Inside::Table, "") => Inside::Text,
            (same, _) => same,
        };
        let command = line.strip_prefix("$ ").filter(|_| inside == Inside::Console);
        let added = match inside {
            Inside::Console if command.is_some() => command.map(|command| stdout_of(folder, command)),
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

fn accuracy(folder: &Path) -> String {
    let mut table =
        "| model | variant | rows | prefill MAPE % | decode MAPE % | total MAPE % |\n|---|---|--:|--:|--:|--:|\n"
            .to_owned();
    for model in ["135M", "270M", "1.5B", "8B", "14B"] {
        let errors = run_in(folder, &format!("evaluate --model {model} --format json")).done();
        let errors: Value = serde_json::from_str(&errors).expect("JSON");
        let text = |key: &str| errors[key].as_str().expect("a name").to_owned();
        let mape = |time: &str| errors[time]["mape_percent"].as_f64().expect("a number");
        let (prefill, decode, total) = (mape("prefill_s"), mape("decode_s"), mape("total_s"));
        let (llm, variant, rows) = (text("llm"), text("variant"), &errors["total_s"]["n"]);
        writeln!(table, "| {llm} | {variant} | {rows} | {prefill:.1} | {decode:.1} | {total:.1} |").expect("a string");
    }
    table
}

#[test]
fn commands_and_figures() {
    let clone = clone();
    let path = root().join("README.md");
    let readme = std::fs::read_to_string(&path).expect("the README");
    assert!(readme.matches("\n$ ").count() >= 7, "the commands are found");
    assert_file(&path, &as_measured(&readme, clone.path()));
}

#[test]
fn cargo_run_is_the_command_line() {
    let run = Command::new(env!("CARGO")).args(["run", "--quiet", "--", "--version"]).current_dir(root()).output();
    let run = run.expect("cargo runs");
    assert_eq!(String::from_utf8_lossy(&run.stdout), concat!("token2metrics ", env!("CARGO_PKG_VERSION"), "\n"));
}

#[test]
fn the_c_in_it_compiles() {
    let readme = std::fs::read_to_string(root().join("README.md")).expect("the README");
    let snippet = readme.split("```c\n").nth(1).and_then(|rest| rest.split("```").next()).expect("a C example");
    let experiment = Experiment::default();
    let head = "#include <stdio.h>\n#include <token2metrics.h>\nint main(void) {\nconst uint8_t blob[1] = {0}; size_t len = 1;\n";
    experiment.write("main.c", format!("{head}{snippet}return status != T2M_BLOB_MAGIC;\n}}\n"));
    let program = compile(&experiment.path("main.c"), "c99", &[&library().static_file]).expect("it compiles");
    assert_eq!(program.run(&[] as &[&str]), "");
}

#[test]
fn the_other_commands_in_it_exist() {
    let help = run_in(root(), "--help").done();
    let readme = std::fs::read_to_string(root().join("README.md")).expect("the README");
    for command in ["train", "predict", "batch-predict", "evaluate", "calibrate", "inspect", "export", "demo"] {
        assert!(
            readme.contains(&format!("`{command}`")) && help.contains(&format!("\n  {command} ")),
            "{command}: {help}"
        );
    }
}
