//! What C programs may do to the library, and what it must not do in return: bad arguments, threads, allocation.

use std::path::{Path, PathBuf};
use token2metrics_tests::compiler::{Program, compile};
use token2metrics_tests::library::{Flaw, library};
use token2metrics_tests::{header, root};

fn vector(name: &str) -> PathBuf {
    root().join("tests/vectors").join(name)
}

fn program(name: &str, library: &Path, flags: &[&str]) -> Program {
    let library = library.to_str().expect("the path is UTF-8");
    let arguments = [&[library, "-pthread"], flags].concat();
    compile(&root().join("tests/c").join(name), "c99", &arguments).unwrap_or_else(|error| panic!("{error}"))
}

/// A new function must be called with bad arguments from C and from Rust, and with good ones.
#[test]
fn programs_call_every_function() {
    let rust = root().join("ffi/tests/boundary");
    let rust = std::fs::read_dir(rust).expect("the Rust tests").map(|entry| entry.expect("a file").path());
    let read = |path: &PathBuf| std::fs::read_to_string(path).expect("readable");
    let rust = rust.map(|path| read(&path)).collect::<String>();
    let c = |name: &str| read(&root().join("tests/c").join(name));
    let (bad, good) = (c("bad_calls.h") + &c("boundary.c"), c("valid_calls.h"));
    for function in header::functions() {
        for (name, source) in [("boundary.c", &bad), ("valid_calls.h", &good), ("ffi/tests/boundary", &rust)] {
            assert!(source.contains(&format!("{function}(")), "{name} does not call {function}");
        }
    }
}

#[test]
fn bad_arguments_have_their_status_and_write_nothing() {
    let blobs = ["version_2.t2m", "version_1.t2m", "prefill_only.t2m"].map(vector);
    for flags in [&["-O2"][..], &["-g", "-fsanitize=address,undefined", "-fno-sanitize-recover=all"]] {
        assert_eq!(program("boundary.c", &library().static_file, flags).run(&blobs), "ok\n");
    }
}

#[test]
fn eight_threads_get_the_same_answers() {
    let program = program("threads.c", &library().static_file, &["-O2"]);
    assert_eq!(program.run(&[vector("version_2.t2m")]), "the same in all threads\n");
}

/// The flags that bring every allocation to `allocation.c`.
fn counted(flags: &[&str]) -> Vec<String> {
    let wrapped = ["malloc", "calloc", "realloc", "aligned_alloc", "posix_memalign"];
    let wrapped = wrapped.iter().map(|name| format!("-Wl,--wrap={name}"));
    wrapped.chain(flags.iter().map(|flag| (*flag).to_owned())).collect()
}

fn allocations(library: &Path, flags: &[&str]) -> String {
    let flags = counted(flags);
    let flags = flags.iter().map(String::as_str).collect::<Vec<_>>();
    program("allocation.c", library, &flags).run(&[vector("version_2.t2m")])
}

#[test]
fn nothing_is_allocated() {
    assert_eq!(allocations(&library().static_file, &[]), "0 allocations\n");
}

#[test]
fn an_allocation_would_be_noticed() {
    let dir = tempfile::tempdir().expect("a directory");
    let flawed = Flaw::Allocation.build(dir.path());

    assert_eq!(allocations(&flawed, &[]), "0 allocations\n");
    assert_eq!(allocations(&flawed, &["-DFLAWED"]), "1 allocations\n");
}
