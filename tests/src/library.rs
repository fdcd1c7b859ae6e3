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
    /// `libtoken2metrics.rlib`.
    pub rust_file: PathBuf,
}

/// The library with its default features, built once per process.
pub fn library() -> &'static Library {
    static LIBRARY: OnceLock<Library> = OnceLock::new();
    LIBRARY.get_or_init(|| build(&target_dir(), &[]))
}

/// The library with a feature, in a target directory of its own so that no build overwrites
/// another. Only the first call takes time: cargo sees that nothing has changed.
pub fn library_with(feature: &str) -> Library {
    build(&target_dir().join(feature), &["--features", feature])
}

fn build(target_dir: &Path, arguments: &[&str]) -> Library {
    cargo(
        Command::new(env!("CARGO"))
            .args(["build", "--release", "-p", "token2metrics-ffi", "--target-dir"])
            .arg(target_dir)
            .args(arguments),
    );
    Library::in_dir(target_dir.join("release"))
}

impl Library {
    /// The files of a build in this directory.
    pub(crate) fn in_dir(dir: PathBuf) -> Self {
        Self {
            static_file: dir.join("libtoken2metrics.a"),
            shared_file: dir.join("libtoken2metrics.so"),
            rust_file: dir.join("libtoken2metrics.rlib"),
            dir,
        }
    }

    /// The static library together with a flaw, a Rust source of `tests/flaw`, to see that a test would notice it; in this directory.
    pub fn with_flaw(&self, flaw: &str, dir: &Path) -> PathBuf {
        let flawed = dir.join("libflaw.a");
        let mut command = Command::new(Path::new(env!("CARGO")).with_file_name("rustc"));
        command.args(["--edition=2024", "--crate-type=staticlib", "-Copt-level=3", "-Cpanic=abort"]);
        command.arg("-L").arg(self.dir.join("deps"));
        command.arg(format!("--extern=token2metrics={}", self.rust_file.display()));
        command.arg(root().join("tests/flaw").join(flaw)).arg("-o").arg(&flawed);
        expect_success(command.output().expect("rustc runs"));
        flawed
    }
}

/// Runs cargo at the root of the repository.
pub(crate) fn cargo(command: &mut Command) {
    let output = command.current_dir(root()).output().expect("cargo runs");
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
}
