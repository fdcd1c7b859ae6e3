//! Large files, in little memory; and where in them the one bad row is.

use super::case::import_in;
use std::io::{BufWriter, Write};
use std::process::Command;
use token2metrics_tests::cli::cli;
use token2metrics_tests::experiment::Experiment;
use token2metrics_tests::root;

/// A file of 50 MB passes in less memory than two of it would take; a resident figure, so that nothing depends on the machine.
#[test]
#[cfg(target_os = "linux")]
fn files_pass_in_little_memory() {
    const MOST_MB: f64 = 60.0;
    let script = root().join("tests/peers/import_memory.py");
    let formats = ["llama-bench", "vllm", "aiperf", "server", "llama-server"];
    let mut run = Command::new("python3");
    run.arg(script).args(["--megabytes", "50", "--program"]).arg(cli()).args(formats);
    let run = run.output().expect("python3");
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    let text = String::from_utf8(run.stdout).expect("UTF-8");
    let peaks: Vec<f64> = text
        .lines()
        .map(|line| {
            let (_, peak) = line.split_once("peak ").expect("a peak");
            peak.split(' ').next().and_then(|peak| peak.parse().ok()).expect("a figure")
        })
        .collect();
    assert_eq!(peaks.len(), formats.len(), "{text}");
    assert!(peaks.iter().all(|peak| *peak < MOST_MB), "{text}");
}

#[test]
fn the_one_bad_row_of_many() {
    const ROWS: u64 = 1_000_000;
    let experiment = Experiment::default();
    let file = std::fs::File::create(experiment.path("configs/rows.csv")).expect("a file");
    let mut file = BufWriter::new(file);
    writeln!(file, "input_tokens,output_tokens,prefill_s,decode_s").expect("a file");
    for row in 0..ROWS {
        writeln!(file, "{},{},0.1{row},1.{row}", 1 + row % 4096, 2 + row % 977).expect("a file");
    }
    writeln!(file, "7,7,0.7,fast").expect("a file");
    file.into_inner().expect("a file");
    let line = ROWS + 2;
    let error =
        format!("configs/rows.csv:{line}: column \"decode_s\": \"fast\" is not a number: correct or remove the row");
    assert_eq!(experiment.run("train --model tiny").failed(1), format!("error: model tiny: {error}"));
    assert_eq!(import_in(&experiment, "configs/rows.csv"), Err(format!("error: {error}")));
}

/// A line that never ends, of a file that is something else or begins as one that is known.
#[test]
fn a_line_of_100_megabytes() {
    let experiment = Experiment::default();
    let mut bytes = 100_000_000;
    for (begin, format) in [
        ("", ""),
        ("{\"n_prompt\": \"", ""),
        ("[", ""),
        ("", "--from llama-bench"),
        ("", "--from executorch"),
        ("", "--from vllm"),
        ("", "--from server"),
        ("INSERT INTO llama_bench (", ""),
        ("PyTorchObserver {", ""),
    ] {
        let mut content = begin.as_bytes().to_vec();
        content.resize(bytes, b'x');
        experiment.write("a", content);
        let run = experiment.run(&format!("import a {format} --output rows.csv"));
        assert_eq!(run.code, Some(1), "{begin} {format}: {}", run.stderr);
        assert!(run.stderr.starts_with("error: ") && run.stderr.len() < 1000, "{begin} {format}");
        assert!(!experiment.path("rows.csv").exists());
        // One is enough of that size.
        bytes = 20_000_000;
    }
}
