//! The examples in `--help`: every command has one, and each runs as it stands, in the order of the list of commands, in a folder with the shipped
//! configs.

use std::process::Command;
use token2metrics_tests::cli::commands;
use token2metrics_tests::document::path;
use token2metrics_tests::experiment::run_in;
use token2metrics_tests::root;

/// Commands whose example is not run, each with why not.
const NOT_RUN: &[(&str, &str)] = &[("collect", "it needs a server that runs")];

/// The examples in the help of a command, each in one line again.
fn examples(command: &str) -> Vec<String> {
    let help = run_in(root(), &format!("{command} --help")).done();
    let paragraphs = help.split("\n\n").filter_map(|text| text.trim_start().strip_prefix("Example: "));
    paragraphs.map(|text| text.split_whitespace().collect::<Vec<_>>().join(" ")).collect()
}

/// A folder with the shipped configs and measurements.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    for part in ["configs", "configs/presets", "configs/measurements"] {
        std::fs::create_dir(folder.path().join(part)).expect("a folder");
        for entry in std::fs::read_dir(root().join(part)).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_file() {
                let name = path.file_name().expect("a name");
                std::fs::copy(&path, folder.path().join(part).join(name)).expect("a copy");
            }
        }
    }
    folder
}

#[test]
fn every_example_runs() {
    let folder = folder();
    let path = path();
    let commands = commands();
    assert!(commands.iter().any(|name| name == "train") && commands.len() > 10, "{commands:?}");
    for command in &commands {
        let examples = examples(command);
        assert!(!examples.is_empty(), "`{command} --help` has no paragraph \"Example: token2metrics {command} ..\"");
        for example in examples {
            assert!(example.starts_with(&format!("token2metrics {command}")), "{example}");
            if NOT_RUN.iter().any(|(name, _)| name == command) {
                continue;
            }
            // As one would type it: some are redirected.
            let run =
                Command::new("bash").args(["-c", &example]).current_dir(folder.path()).env("PATH", &path).output();
            let run = run.expect("bash runs");
            assert!(run.status.success(), "{example}: {}", String::from_utf8_lossy(&run.stderr));
        }
    }
    for (name, reason) in NOT_RUN {
        assert!(commands.iter().any(|command| command == name), "{name}, not run because {reason}, is no command");
    }
}
