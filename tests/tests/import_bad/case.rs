//! Files that are given to `import`.

use serde_json::Value;
use std::path::Path;
use token2metrics_tests::experiment::Experiment;
use token2metrics_tests::root;

/// What `import` made of some files.
#[derive(Debug, PartialEq)]
pub(crate) struct Made {
    /// The rows of the output, without its header.
    pub(crate) rows: Vec<String>,
    /// Reason, rows and place of the first.
    pub(crate) rejected: Vec<(String, u64, u64)>,
    /// The whole report.
    pub(crate) report: Value,
    /// Warnings.
    pub(crate) stderr: String,
}

/// Imports one file of a folder of its own.
pub(crate) fn import(name: &str, content: impl AsRef<[u8]>, options: &str) -> Result<Made, String> {
    let experiment = Experiment::default();
    experiment.write(name, content);
    import_in(&experiment, &format!("{name} {options}"))
}

/// Imports files of a folder; the error is the one line of a run that wrote nothing.
pub(crate) fn import_in(experiment: &Experiment, arguments: &str) -> Result<Made, String> {
    let before = experiment.snapshot();
    let run = experiment.run(&format!("import {arguments} --output rows.csv --format json"));
    assert!(!run.stderr.contains("panicked"), "{}", run.stderr);
    if run.code == Some(0) {
        let report: Value = serde_json::from_str(&run.stdout).expect("JSON");
        let text = std::fs::read_to_string(experiment.path("rows.csv")).expect("the output");
        let rows: Vec<String> = text.lines().skip(1).map(str::to_owned).collect();
        assert_eq!(report["rows"], rows.len(), "every row that is counted is written");
        return Ok(Made { rows, rejected: rejected(&report), report, stderr: run.stderr });
    }
    assert_eq!((run.code, run.stdout.as_str()), (Some(1), ""), "{}", run.stderr);
    assert_eq!(experiment.snapshot(), before, "a failed run writes nothing");
    let error = run.stderr.lines().skip_while(|line| !line.starts_with("error: ")).collect::<Vec<_>>().join("\n");
    assert!(!error.is_empty(), "{}", run.stderr);
    Err(error)
}

fn rejected(report: &Value) -> Vec<(String, u64, u64)> {
    let files = report["files"].as_array().expect("a list");
    let all = files.iter().flat_map(|file| file["rejected"].as_array().expect("a list"));
    all.map(|one| {
        let number = |key: &str| one[key].as_u64().expect("a number");
        (one["reason"].as_str().expect("a text").to_owned(), number("rows"), number("first"))
    })
    .collect()
}

impl Made {
    /// The reasons alone.
    pub(crate) fn reasons(&self) -> Vec<&str> {
        self.rejected.iter().map(|(reason, ..)| reason.as_str()).collect()
    }
}

/// A file of the samples.
pub(crate) fn sample(name: &str) -> Vec<u8> {
    std::fs::read(root().join("tests/samples").join(name)).expect("a sample")
}

/// Every sample, by its path below `tests/samples`.
pub(crate) fn samples() -> Vec<String> {
    let mut names = Vec::new();
    for folder in ["llama-bench", "llama-server", "aiperf"] {
        for entry in std::fs::read_dir(root().join("tests/samples").join(folder)).expect("a folder") {
            let name = entry.expect("an entry").file_name().into_string().expect("a name");
            names.push(format!("{folder}/{name}"));
        }
    }
    names.sort();
    assert!(names.len() > 10);
    names
}

/// The name of a sample's file.
pub(crate) fn file_name(sample: &str) -> &str {
    Path::new(sample).file_name().and_then(|name| name.to_str()).expect("a name")
}
