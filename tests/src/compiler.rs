//! Compiles C and C++ against `include/`, and runs what comes out.

use crate::root;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use tempfile::TempDir;

/// Warnings that nothing of ours may cause.
const WARNINGS: [&str; 4] = ["-Wall", "-Wextra", "-Wpedantic", "-Werror"];

/// A compiled program, or object file, which is deleted when dropped.
#[derive(Debug)]
pub struct Program {
    /// The file.
    pub path: PathBuf,
    _dir: TempDir,
}

/// Compiles one file with the compiler of its language standard (`c99`, `c++17`): what `CC` or `CXX` names, or else `cc`
/// or `c++`.
///
/// The arguments follow the file, so that libraries among them are linked.
///
/// # Errors
/// What the compiler said.
pub fn compile<A: AsRef<OsStr>>(source: &Path, standard: &str, arguments: &[A]) -> Result<Program, String> {
    let (variable, default) = if standard.starts_with("c++") { ("CXX", "c++") } else { ("CC", "cc") };
    compile_by(&std::env::var_os(variable).unwrap_or_else(|| default.into()), source, standard, arguments)
}

/// The same with this compiler, `clang++` say.
///
/// # Errors
/// What the compiler said.
///
/// # Panics
/// Where there is no such compiler.
pub fn compile_by<A: AsRef<OsStr>>(
    compiler: &OsStr,
    source: &Path,
    standard: &str,
    arguments: &[A],
) -> Result<Program, String> {
    let dir = tempfile::tempdir().expect("a directory for the program");
    let path = dir.path().join("program");
    let mut command = Command::new(compiler);
    command.arg(format!("-std={standard}")).args(WARNINGS).arg("-I").arg(root().join("include"));
    command.arg(source).args(arguments).arg("-o").arg(&path).env("LC_ALL", "C");
    let output = command.output().unwrap_or_else(|error| panic!("{}: {error}: install it", compiler.display()));
    if !output.status.success() {
        return Err(format!("{command:?}: {}", String::from_utf8_lossy(&output.stderr)));
    }
    Ok(Program { path, _dir: dir })
}

impl Program {
    /// A command that runs the program.
    pub fn command(&self) -> Command {
        Command::new(&self.path)
    }

    /// Runs the program, which must end with success, and gives what it wrote to stdout.
    pub fn run<A: AsRef<OsStr>>(&self, arguments: &[A]) -> String {
        expect_success(self.command().args(arguments).output().expect("the program runs"))
    }
}

/// The stdout of a program, which must have ended with success.
pub fn expect_success(output: Output) -> String {
    let stdout = String::from_utf8(output.stdout).expect("the program writes UTF-8");
    assert!(output.status.success(), "{}: {}{stdout}", output.status, String::from_utf8_lossy(&output.stderr));
    stdout
}
