//! The library under AddressSanitizer. That of a C compiler does not see what the library itself reads and writes; the one
//! of rustc does, and works with both compilers' own.

use crate::compiler::expect_success;
use crate::library::Library;
use crate::{root, target_dir};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const FLAG: &str = "-Zsanitizer=address";

fn target() -> String {
    format!("{}-unknown-linux-gnu", std::env::consts::ARCH)
}

fn sanitized_dir() -> PathBuf {
    target_dir().join("sanitized")
}

/// rustc of the toolchain that runs the tests.
fn rustc() -> Command {
    let mut rustc = Command::new(Path::new(env!("CARGO")).with_file_name("rustc"));
    // The flag is not stable, though any toolchain of rustup has what it needs.
    rustc.env("RUSTC_BOOTSTRAP", "1");
    rustc
}

/// Runs a cargo command on the package of the C API, with everything instrumented but std.
///
/// # Panics
/// Where the toolchain has no runtime of AddressSanitizer.
pub fn cargo(subcommand: &str) -> Output {
    let found = rustc().args(["--print", "target-libdir", "--target", &target()]).output().expect("rustc runs");
    let libraries = PathBuf::from(expect_success(found).trim());
    let is_runtime = |name: &str| name.starts_with("librustc") && name.ends_with("_rt.asan.a");
    let mut names = std::fs::read_dir(&libraries).expect("the libraries of the toolchain").flatten();
    assert!(
        names.any(|entry| entry.file_name().to_str().is_some_and(is_runtime)),
        "{}: this toolchain has no runtime of AddressSanitizer (librustc-..._rt.asan.a): use one of rustup",
        libraries.display()
    );
    let mut command = Command::new(env!("CARGO"));
    command
        .args([
            subcommand,
            "-p",
            "token2metrics-ffi",
            "-p",
            "token2metrics-rlib",
            "--target",
            &target(),
            "--target-dir",
        ])
        .arg(sanitized_dir());
    command.env("RUSTC_BOOTSTRAP", "1").env("RUSTFLAGS", FLAG);
    command.current_dir(root()).output().expect("cargo runs")
}

/// The library, instrumented.
pub fn library() -> Library {
    expect_success(cargo("build"));
    Library::in_dir(sanitized_dir().join(target()).join("debug"))
}

/// Compiles a Rust program against the instrumented library, instrumented as well.
pub fn compile(library: &Library, source: &Path, program: &Path) {
    let mut command = rustc();
    command.args(["--edition=2024", FLAG, "--target", &target()]);
    // Macros are built for the compiler, and not instrumented.
    command.arg("-L").arg(library.dir.join("deps")).arg("-L").arg(sanitized_dir().join("debug/deps"));
    command
        .arg(format!("--extern=token2metrics={}", library.dir.join("libtoken2metrics.rlib").display()))
        .arg(source)
        .arg("-o")
        .arg(program);
    expect_success(command.output().expect("rustc runs"));
}
