//! A folder with a config and measurements of its own, and the program run in it.

use crate::cli::cli;
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

/// A config that trains: device rows only, both phases linear.
pub const CONFIG: &str = r#"[llm]
name = "Tiny"
size = "1M"
aliases = ["tiny-llm"]

[device]
name = "Abacus"
data = ["rows.csv"]

[prefill]
type = "linear"

[decode]
type = "linear"
"#;

/// Six rows: a prompt token takes 10 ms after 0.1 s, a step 0.2 s after 0.05 s.
pub const ROWS: &str = "\
input_tokens,output_tokens,prefill_s,decode_s
10,2,0.2,0.25
20,3,0.3,0.45
30,4,0.4,0.65
40,6,0.5,1.05
50,11,0.6,2.05
90,21,1.0,4.05
";

/// A temporary folder with `configs/tiny.toml` and `configs/rows.csv`, deleted when dropped.
#[derive(Debug)]
pub struct Experiment {
    dir: TempDir,
}

/// How a run of the program ended.
#[derive(Clone, Debug)]
pub struct Run {
    /// Its exit code.
    pub code: Option<i32>,
    /// Its results.
    pub stdout: String,
    /// All else.
    pub stderr: String,
}

impl Default for Experiment {
    fn default() -> Self {
        Self::new(CONFIG, ROWS)
    }
}

impl Experiment {
    /// An experiment with this config and these rows.
    pub fn new(config: &str, rows: &str) -> Self {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let experiment = Self { dir };
        experiment.write("configs/tiny.toml", config);
        experiment.write("configs/rows.csv", rows);
        experiment
    }

    /// A file of the experiment.
    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// Writes a file and the folders to it.
    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().expect("a file in the folder")).expect("a folder");
        std::fs::write(path, content).expect("a file");
    }

    /// Runs the program in the folder, as one would: arguments parted by blanks.
    pub fn run(&self, arguments: &str) -> Run {
        run_in(self.dir.path(), arguments)
    }

    /// Every file below the folder with its content, to see that nothing has changed.
    pub fn snapshot(&self) -> Vec<(PathBuf, Vec<u8>)> {
        let mut files = Vec::new();
        let mut folders = vec![self.dir.path().to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).expect("a folder") {
                let path = entry.expect("an entry").path();
                match path.is_dir() {
                    true => folders.push(path.clone()),
                    false => files.push((path.clone(), std::fs::read(&path).expect("a file"))),
                }
            }
        }
        files.sort();
        files
    }
}

/// Trains a config on rows that must fail, and gives the one error line; nothing may have been written.
pub fn training_error(config: &str, rows: &str) -> String {
    let experiment = Experiment::new(config, rows);
    let before = experiment.snapshot();
    let error = experiment.run("train --all-models").failed(1);
    assert_eq!(experiment.snapshot(), before, "a failed run changes nothing");
    error
}

/// A text with one part replaced, which must be in it.
pub fn replaced(text: &str, from: &str, to: &str) -> String {
    assert!(text.contains(from), "{from} is in {text}");
    text.replacen(from, to, 1)
}

/// Runs the program in a folder, as one would: arguments parted by blanks.
pub fn run_in(folder: &Path, arguments: &str) -> Run {
    let output = Command::new(cli()).args(arguments.split_whitespace()).current_dir(folder).output();
    let output = output.expect("the program runs");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("the program writes UTF-8");
    Run { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
}

impl Run {
    /// The results of a run that must have succeeded.
    pub fn done(self) -> String {
        assert_eq!(self.code, Some(0), "{}", self.stderr);
        self.stdout
    }

    /// The one error line of a run that must have failed with this exit code and no results.
    pub fn failed(self, code: i32) -> String {
        assert_eq!((self.code, self.stdout.as_str()), (Some(code), ""), "{}", self.stderr);
        let errors: Vec<&str> =
            self.stderr.lines().filter(|line| !(line.starts_with("warn: ") || line.starts_with("info: "))).collect();
        assert!(code == 2 || errors.len() == 1, "one clear error: {}", self.stderr);
        errors.join("\n")
    }
}
