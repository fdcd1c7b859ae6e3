//! Which files are read and written.

use super::case::{Made, file_name, import, import_in, sample};
use std::process::Command;
use token2metrics_tests::cli::cli;
use token2metrics_tests::experiment::Experiment;

const ROW: &str = "{\"n_prompt\": 8, \"n_gen\": 0, \"avg_ns\": 2e9}\n";

fn folder(files: &[(&str, &str)]) -> Experiment {
    let experiment = Experiment::default();
    files.iter().for_each(|(name, content)| experiment.write(name, content));
    experiment
}

fn rows(made: Result<Made, String>) -> Vec<String> {
    made.expect("sound").rows
}

#[test]
fn files_named_twice_are_read_once() {
    let experiment = folder(&[("in/a.jsonl", ROW)]);
    for arguments in ["in/a.jsonl in/a.jsonl", "in in/a.jsonl", "in/a.jsonl in", "in ./in/../in"] {
        let made = import_in(&experiment, arguments).expect("sound");
        assert_eq!(made.rows.len(), 1);
        assert!(made.stderr.contains(": named twice, and read once"), "{}", made.stderr);
        std::fs::remove_file(experiment.path("rows.csv")).expect("the output");
    }
}

#[test]
fn folders() {
    let experiment = folder(&[("in/a.jsonl", ROW), ("in/notes.txt", "nothing\n"), ("in/.hidden", "nothing")]);
    let made = import_in(&experiment, "in").expect("sound");
    assert_eq!(made.rows.len(), 1);
    assert!(made.stderr.contains("in/notes.txt: not recognised"), "{}", made.stderr);
    let experiment = folder(&[("in/notes.txt", "nothing\n")]);
    assert_eq!(import_in(&experiment, "in"), Err("error: no file of any known format".to_owned()));
    let experiment = folder(&[("in/a.jsonl", ROW), ("in/empty.json", "")]);
    assert_eq!(import_in(&experiment, "in"), Err("error: in/empty.json: the file is empty".to_owned()));
    std::fs::create_dir(experiment.path("none")).expect("a folder");
    assert_eq!(import_in(&experiment, "none"), Err("error: no file of any known format".to_owned()));
    let error = import_in(&experiment, "gone").expect_err("nothing there");
    assert_eq!(error, "error: gone: cannot read the file: No such file or directory (os error 2)");
}

#[test]
fn one_bad_file_of_several_writes_nothing() {
    let experiment = folder(&[("a.jsonl", ROW), ("b.jsonl", "{\"n_prompt\": 8, \"n_gen\": 0, x}")]);
    let error = import_in(&experiment, "a.jsonl b.jsonl").expect_err("one is bad");
    assert!(
        error.starts_with("error: b.jsonl: not the JSON of llama-bench: key must be a string at line 1 column 29"),
        "{error}"
    );
}

#[test]
fn an_output_that_is_an_input() {
    let experiment = folder(&[("in/a.jsonl", ROW), ("power.csv", "time_s,power_w\n1,2\n2,2\n")]);
    let run = |arguments: &str| {
        let before = experiment.snapshot();
        let error = experiment.run(&format!("import {arguments}")).failed(1);
        assert_eq!(experiment.snapshot(), before);
        error
    };
    let error = |name: &str| format!("error: {name}: is read, and cannot be the output: name another file");
    assert_eq!(run("in/a.jsonl --output in/a.jsonl"), error("in/a.jsonl"));
    assert_eq!(run("in --output ./in/../in/a.jsonl"), error("in/a.jsonl"));
    assert_eq!(run("in --power power.csv --output power.csv"), error("power.csv"));
}

#[test]
fn an_output_that_cannot_be_written() {
    let experiment = folder(&[("a.jsonl", ROW)]);
    std::fs::create_dir(experiment.path("folder")).expect("a folder");
    for (output, begin) in
        [("a.jsonl/rows.csv", "error: a.jsonl: cannot make the folder: "), ("folder", "error: folder: cannot write: ")]
    {
        let before = experiment.snapshot();
        let error = experiment.run(&format!("import a.jsonl --output {output}")).failed(1);
        assert!(error.starts_with(begin), "{error}");
        assert_eq!(experiment.snapshot(), before);
    }
}

/// A pipe can be read once, and most files are read twice.
#[test]
#[cfg(unix)]
fn pipes() {
    let experiment = folder(&[("a.jsonl", ROW)]);
    let output = experiment.path("rows.csv");
    let script = format!("cat a.jsonl | {} import /dev/stdin --output rows.csv", cli().display());
    for option in ["", " --from llama-bench", " --from device"] {
        let mut run = Command::new("sh");
        run.args(["-c", &format!("{script}{option}")]).current_dir(output.parent().expect("a folder"));
        let run = run.output().expect("a shell");
        let error = String::from_utf8(run.stderr).expect("UTF-8");
        let expected = "error: /dev/stdin: cannot read the file: a folder, a pipe or a device, which cannot be read twice: save it as a file\n";
        assert_eq!((run.status.code(), error.as_str()), (Some(1), expected), "{option}");
        assert!(!output.exists());
    }
}

#[test]
fn the_same_record_twice_is_rejected_by_training_with_its_place() {
    let text = String::from_utf8(sample("llama-server/completion_timings.jsonl")).expect("UTF-8");
    let experiment = Experiment::default();
    experiment.write("a.jsonl", format!("{text}{text}"));
    let rows = rows(import_in(&experiment, "a.jsonl")).len() / 2;
    std::fs::rename(experiment.path("rows.csv"), experiment.path("configs/rows.csv")).expect("a file");
    let run = experiment.run("train --model tiny");
    for line in 2..2 + rows {
        let copy = format!(
            "configs/rows.csv:{}: row not used: the same row as configs/rows.csv:{line}, to the last digit",
            line + rows
        );
        assert!(run.stderr.contains(&copy), "{}", run.stderr);
    }
    assert_eq!(run.code, Some(0), "{}", run.stderr);
}

#[test]
fn a_filter_that_nothing_fits() {
    let name = "llama-bench/smollm2.pp.csv";
    let content = sample(name);
    let made = |options: &str| import(file_name(name), &content, options);
    let error = made("--filter thread=1").expect_err("no such key");
    assert!(
        error.starts_with("error: smollm2.pp.csv: filter: no record has \"thread\"; is \"threads\" meant? There are: "),
        "{error}"
    );
    assert_eq!(
        made("--filter threads=3"),
        Err("error: smollm2.pp.csv: no record fits threads=3; there are threads: 1, 2".to_owned())
    );
    let mixed = made("").expect("sound");
    assert!(mixed.stderr.contains("threads 1, 2; choose one by a filter, such as threads=1"), "{}", mixed.stderr);
    assert_eq!(mixed.rows.len(), 2 * rows(made("--filter threads=1")).len());
    assert_eq!(rows(made("--filter threads=1 --filter threads=2")), mixed.rows);
}
