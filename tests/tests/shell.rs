//! What a person's shell and manual take from the program: completions and manual pages.

use std::process::Command;
use token2metrics_tests::cli::commands;
use token2metrics_tests::experiment::{Experiment, run_in};
use token2metrics_tests::root;

#[test]
fn bash_completes_commands_options_and_choices() {
    let experiment = Experiment::default();
    experiment.write("completions.bash", experiment.run("completions bash").done());
    let complete = |words: &[&str]| {
        let script = r#"
source completions.bash
COMP_WORDS=("$@")
COMP_CWORD=$(($# - 1))
_token2metrics token2metrics "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
printf '%s\n' "${COMPREPLY[@]}"
"#;
        let mut bash = Command::new("bash");
        let bash = bash.args(["--norc", "-euc", script, "bash", "token2metrics"]).args(words);
        let output = bash.current_dir(experiment.path("")).output().expect("bash runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("text").split_whitespace().map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(complete(&["batch"]), ["batch-predict"]);
    assert_eq!(complete(&["compl"]), ["completions"]);
    assert_eq!(complete(&["train", "--all"]), ["--all-models"]);
    assert_eq!(complete(&["calibrate", "--method", "me"]), ["median_ratio"]);
    let syntax = Command::new("bash").args(["-n", "completions.bash"]).current_dir(experiment.path("")).status();
    assert!(syntax.expect("bash runs").success());
}

#[test]
fn every_shell_has_its_script() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = run_in(root(), &format!("completions {shell}")).done();
        assert!(script.contains("batch-predict") && script.contains("all-models"), "{shell}");
    }
    run_in(root(), "completions tcsh").failed(2);
}

#[test]
fn the_manual_has_every_command() {
    let experiment = Experiment::default();
    let main = experiment.run("man").done();
    assert!(main.contains("\n.TH token2metrics 1 "), "{main}");
    let written = experiment.run("man --output pages/man1").done();
    assert_eq!(std::fs::read_to_string(experiment.path("pages/man1/token2metrics.1")).expect("a page"), main);
    let commands = commands();
    for command in &commands {
        // A hyphen is a minus in a manual.
        let name = format!("token2metrics-{command}");
        assert!(main.contains(&name.replace('-', "\\-")), "{name}: {main}");
        let page = std::fs::read_to_string(experiment.path(&format!("pages/man1/{name}.1"))).expect("a page");
        assert!(page.contains(&format!("\n.TH {name} 1 ")) && page.contains("Example: token2metrics"), "{page}");
    }
    assert_eq!(written.lines().count(), 1 + commands.len(), "{written}");
}
