//! Colours: for people at a terminal who have not forbidden them, and for nobody else. The terminal is a real one, by `script` of util-linux.

use std::process::Command;
use token2metrics_tests::cli::cli;
use token2metrics_tests::experiment::Experiment;

const ESCAPE: char = '\x1b';
/// Has a table on stdout and a level's word on stderr, where a preset is told of.
const COMPARE: &str = "compare one other --input-tokens 20 --output-tokens 5";

fn experiment() -> Experiment {
    let experiment = Experiment::default();
    let preset = |device: &str, seconds: &str| {
        format!(
            "[llm]\nname = \"Late\"\n[device]\nname = \"{device}\"\n[preset]\nsource = \"made up\"\ntrained_input_tokens = [1, 9]\n\
             trained_output_tokens = [1, 9]\n[preset.prefill]\nterms = [{{ coefficient = {seconds}, power = 1 }}]\n[preset.decode]\n\
             terms = [{{ coefficient = {seconds}, power = 0 }}]\n"
        )
    };
    experiment.write("configs/presets/one.toml", preset("Abacus", "0.01"));
    experiment.write("configs/presets/other.toml", preset("Slide rule", "0.02"));
    experiment
}

/// What a command writes, to a terminal or to a pipe, with some variables set.
fn output(experiment: &Experiment, is_terminal: bool, variables: &[(&str, &str)], arguments: &str) -> String {
    let typed = format!("{} {arguments}", cli().display());
    let mut command = Command::new(if is_terminal { "script" } else { "sh" });
    match is_terminal {
        // Both streams are the terminal.
        true => command.args(["-qec", &typed, "/dev/null"]),
        false => command.args(["-c", &format!("{typed} 2>&1")]),
    };
    for name in ["NO_COLOR", "CLICOLOR_FORCE", "CLICOLOR", "CI"] {
        command.env_remove(name);
    }
    command.env("TERM", "xterm-256color").envs(variables.iter().copied());
    let output = command.current_dir(experiment.path("")).stdin(std::process::Stdio::null()).output();
    String::from_utf8(output.expect("it runs").stdout).expect("text").replace('\r', "")
}

#[test]
fn a_terminal_has_colours_unless_they_are_forbidden() {
    let experiment = experiment();
    let of = |is_terminal, variables: &[(&str, &str)], options: &str| {
        [COMPARE, "--help", "predict --wrong"]
            .map(|arguments| output(&experiment, is_terminal, variables, &format!("{options} {arguments}")))
    };
    let plain = of(false, &[], "");
    assert!(plain.iter().all(|text| !text.is_empty() && !text.contains(ESCAPE)), "{plain:?}");
    let [table, help, error] = of(true, &[], "");
    assert!(table.contains("\x1b[1m| profile ") && table.contains("\x1b[1m\x1b[32m*\x1b[0m |"), "{table:?}");
    assert!(table.contains("\x1b[1m\x1b[32minfo\x1b[0m: "), "{table:?}");
    assert!(help.contains(ESCAPE) && error.contains(ESCAPE), "{help:?} {error:?}");
    for forbidden in [("NO_COLOR", "1"), ("TERM", "dumb")] {
        assert_eq!(of(true, &[forbidden], ""), plain, "{forbidden:?}");
        let wanted = of(true, &[forbidden], "--color always");
        assert!(wanted.iter().all(|text| text.contains(ESCAPE)), "{forbidden:?}: {wanted:?}");
    }
    assert_eq!(of(true, &[("NO_COLOR", "")], "")[0], table, "empty is not set");
    assert_eq!(of(true, &[], "--color never"), plain);
    assert!(of(false, &[], "--color=always").iter().all(|text| text.contains(ESCAPE)));
    let after = output(&experiment, false, &[], &format!("{COMPARE} --color always"));
    assert!(after.contains(ESCAPE), "behind the command as well");
    assert!(output(&experiment, true, &[], "predict --input-tokens 3 --output-tokens 2").contains(ESCAPE));
}

/// What programs read has no colours, whatever was asked for.
#[test]
fn json_and_files_have_none() {
    let experiment = experiment();
    let json = experiment.run(&format!("--color always {COMPARE} --format json --log-file log --output plot.svg"));
    assert!(json.stderr.contains(ESCAPE) && !json.stdout.contains(ESCAPE));
    experiment.write("w.csv", "input_tokens,output_tokens\n3,4\n");
    experiment.run("--color always batch-predict --model one --input-file w.csv --output-file p.csv").done();
    experiment.run("--color always train --model one").done();
    experiment.run("--color always man --output man").done();
    for (path, content) in experiment.snapshot() {
        assert!(!content.contains(&(ESCAPE as u8)), "{}", path.display());
    }
    for command in ["man", "schema", "completions fish"] {
        assert!(!experiment.run(&format!("--color always {command}")).done().contains("\x1b["), "{command}");
    }
}

/// The bar of `train` is for terminals: in a pipe there is nothing that moves a cursor.
#[test]
fn a_pipe_has_no_bar() {
    let root = token2metrics_tests::root();
    let folder = tempfile::tempdir().expect("a folder");
    let train = format!("train --all-models --output {}", folder.path().display());
    let run = token2metrics_tests::experiment::run_in(root, &train);
    assert!(run.stderr.lines().all(|line| line.starts_with("info: ") || line.starts_with("warn: ")), "{}", run.stderr);
    assert!(!run.stderr.contains(ESCAPE) && !run.stderr.contains('\r'), "{:?}", run.stderr);
    run.done();
}
