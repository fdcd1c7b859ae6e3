//! Builds the library as its users do: in release, from the command line.

use crate::compiler::expect_success;
use crate::{root, target_dir};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// A built library.
#[derive(Clone, Debug)]
pub struct Library {
    /// Where the files are.
    pub dir: PathBuf,
    /// `libtoken2metrics.a`.
    pub static_file: PathBuf,
    /// `libtoken2metrics.so`.
    pub shared_file: PathBuf,
}

/// The library, built once per process as the README says.
pub fn library() -> &'static Library {
    static LIBRARY: OnceLock<Library> = OnceLock::new();
    LIBRARY.get_or_init(|| build(&target_dir(), &[]))
}

/// The library in whose programs no panic can be reached, or they do not link.
pub fn library_without_panic() -> Library {
    build(&without_panic(), &PROVE)
}

const PROVE: [&str; 2] = ["--features", "prove-no-panic"];

/// A target directory of its own, so that no build overwrites another. Only the first build takes time: cargo sees that nothing has changed.
fn without_panic() -> PathBuf {
    target_dir().join("prove-no-panic")
}

fn build(target_dir: &Path, arguments: &[&str]) -> Library {
    let build = ["build", "--release", "-p", "token2metrics-ffi", "--no-default-features", "--target-dir"];
    cargo(Command::new(env!("CARGO")).args(build).arg(target_dir).args(arguments));
    Library::in_dir(target_dir.join("release"))
}

impl Library {
    /// The files of a build in this directory.
    pub(crate) fn in_dir(dir: PathBuf) -> Self {
        Self { static_file: dir.join("libtoken2metrics.a"), shared_file: dir.join("libtoken2metrics.so"), dir }
    }
}

/// A static library with a flaw, a Rust source of `tests/flaw`, to see that a test would notice it; in this directory.
#[derive(Clone, Copy, Debug)]
pub enum Flaw {
    /// With std.
    Allocation,
    /// Without std, and with the handler that must not be reached.
    Panic,
}

impl Flaw {
    /// Builds it in this directory.
    pub fn build(self, dir: &Path) -> PathBuf {
        let (source, target_dir, arguments) = match self {
            Self::Allocation => ("allocation.rs", target_dir(), [].as_slice()),
            Self::Panic => ("panic.rs", without_panic(), ["--no-default-features", PROVE[0], PROVE[1]].as_slice()),
        };
        let build = ["build", "--release", "-p", "token2metrics-rlib", "--target-dir"];
        cargo(Command::new(env!("CARGO")).args(build).arg(&target_dir).args(arguments));

        let flawed = dir.join("libflaw.a");
        let built = target_dir.join("release");
        let mut command = Command::new(Path::new(env!("CARGO")).with_file_name("rustc"));
        command.args(["--edition=2024", "--crate-type=staticlib", "-Copt-level=3", "-Cpanic=abort", "-Clto"]);
        command.arg("-L").arg(built.join("deps"));
        command.arg(format!("--extern=token2metrics={}", built.join("libtoken2metrics.rlib").display()));
        command.arg(root().join("tests/flaw").join(source)).arg("-o").arg(&flawed);
        expect_success(command.output().expect("rustc runs"));
        flawed
    }
}

/// Runs cargo at the root of the repository.
pub(crate) fn cargo(command: &mut Command) {
    let output = command.current_dir(root()).output().expect("cargo runs");
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
}
