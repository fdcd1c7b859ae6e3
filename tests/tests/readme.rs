//! The README is true: its commands are run and print what stands there, its table is what `evaluate` measures, its C compiles.

use serde_json::Value;
use std::fmt::Write;
use std::path::Path;
use std::process::Command;
use token2metrics_tests::compiler::compile;
use token2metrics_tests::document::{as_measured, clone};
use token2metrics_tests::experiment::{Experiment, run_in};
use token2metrics_tests::library::library;
use token2metrics_tests::{assert_file, root};

/// The README's table of errors.
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
    assert_file(&path, &as_measured(&readme, clone.path(), accuracy));
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
    for command in [
        "train",
        "predict",
        "batch-predict",
        "evaluate",
        "calibrate",
        "rehearse",
        "budget",
        "inspect",
        "export",
        "bundle",
        "demo",
    ] {
        assert!(
            readme.contains(&format!("`{command}`")) && help.contains(&format!("\n  {command} ")),
            "{command}: {help}"
        );
    }
}
