//! The library as it is installed, and programs that are built with it elsewhere.

use crate::compiler::expect_success;
use crate::document::{blocks, clone};
use crate::{root, target_dir};
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

/// The prefix in the documentation.
const PREFIX: &str = "/opt/token2metrics";

/// The text of `docs/install.md`.
pub fn manual() -> String {
    std::fs::read_to_string(root().join("docs/install.md")).expect("the manual")
}

/// Runs a command of the documentation in a folder, and gives what it printed. cargo builds once for all of them.
///
/// # Panics
/// Where it fails.
pub fn shell(folder: &Path, command: &str) -> String {
    let mut shell = Command::new("sh");
    shell.args(["-ec", command]).current_dir(folder).env("CARGO_TARGET_DIR", target_dir().join("packaging"));
    let output = shell.output().expect("a shell");
    assert!(output.status.success(), "{command}: {}", String::from_utf8_lossy(&output.stderr));
    expect_success(output)
}

/// A prefix with the library in it and nothing else.
#[derive(Debug)]
pub struct Installed {
    dir: TempDir,
}

/// Installs the library as the manual says, with further options.
pub fn install(options: &str) -> Installed {
    let (clone, dir) = (clone(), tempfile::tempdir().expect("a folder"));
    let installed = Installed { dir };
    let manual = manual();
    let commands: Vec<&str> =
        blocks(&manual, "console")[0].lines().filter_map(|line| line.strip_prefix("$ ")).collect();
    assert_eq!(commands.len(), 3, "configure, build, install: {commands:?}");
    for command in commands {
        let command = command.replace(PREFIX, installed.prefix().to_str().expect("the path is UTF-8"));
        let options = if command.contains(" -S ") { options } else { "" };
        shell(clone.path(), &format!("{command} {options}"));
    }
    installed
}

impl Installed {
    /// The folder that has `include` and the like.
    pub fn prefix(&self) -> PathBuf {
        self.dir.path().join("prefix")
    }

    /// The folder of the libraries, which some systems call `lib64`.
    pub fn lib(&self) -> PathBuf {
        let names = ["lib", "lib64"].map(|name| self.prefix().join(name));
        names.into_iter().find(|dir| dir.is_dir()).expect("a folder of libraries")
    }

    /// The same files elsewhere.
    #[must_use]
    pub fn moved(self) -> Self {
        let dir = tempfile::tempdir().expect("a folder");
        let moved = Self { dir };
        std::fs::rename(self.prefix(), moved.prefix()).expect("on one disk");
        moved
    }

    /// Every file below the prefix, links with what they point to, sorted.
    pub fn files(&self) -> Vec<String> {
        let find = "find . -type f -printf '%P\\n' -o -type l -printf '%P -> %l\\n' | LC_ALL=C sort";
        shell(&self.prefix(), find).lines().map(str::to_owned).collect()
    }
}
