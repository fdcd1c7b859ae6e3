//! Programs under valgrind, which sees every instruction of the library as it is shipped.

use std::ffi::OsStr;
use std::path::Path;
use std::process::{Command, Output};

/// How a program ends in which valgrind has found something.
pub const FOUND: i32 = 99;

/// Runs a program under a tool of valgrind.
///
/// # Panics
/// Where there is no valgrind.
pub fn run<A: AsRef<OsStr>>(tool: &str, program: &Path, arguments: &[A]) -> Output {
    let mut command = Command::new("valgrind");
    command.args([&format!("--tool={tool}"), "--quiet", &format!("--error-exitcode={FOUND}")]);
    command.arg(program).args(arguments);
    command.output().unwrap_or_else(|error| panic!("valgrind: {error}: install it, Debian's package is valgrind"))
}
