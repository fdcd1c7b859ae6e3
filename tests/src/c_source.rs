//! Programs that predict by the C source of a profile.

use crate::compiler::{Program, compile, expect_success};
use crate::figures::row;
use crate::root;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;
use std::process::Stdio;
use token2metrics::{t2m_prediction, t2m_request, t2m_status};

/// A request with its answer.
pub type Answered = (t2m_request, Result<t2m_prediction, t2m_status>);

/// Compiles `tests/c/c_source.c` with a file that `export --format c-source` wrote.
///
/// # Errors
/// What the compiler said.
pub fn program(source: &Path, standard: &str, flags: &[&str]) -> Result<Program, String> {
    let mut arguments = vec![format!("-DSOURCE=\"{}\"", source.display())];
    if standard.starts_with("c++") {
        // By its name it would be C for the compiler of C++.
        arguments.push("-xc++".to_owned());
    }
    arguments.push(source.display().to_string());
    arguments.extend(flags.iter().map(|flag| (*flag).to_owned()));
    compile(&root().join("tests/c/c_source.c"), standard, &arguments)
}

/// Asserts that the program gives the same bits, status and flags as these answers.
///
/// # Panics
/// At the first that it answers otherwise.
pub fn expect_answers(program: &Program, answers: &[Answered], place: &str) {
    let expected: Vec<String> = answers.iter().map(|(request, answer)| row(*request, answer.as_ref())).collect();
    let mut requests = String::new();
    for (t2m_request { input_tokens, cached_tokens, output_tokens }, _) in answers {
        writeln!(requests, "{input_tokens} {cached_tokens} {output_tokens}").expect("a String grows");
    }
    let mut running = program.command().stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("it runs");
    let mut stdin = running.stdin.take().expect("a pipe");
    // In a thread of its own: either pipe may be full.
    let writer = std::thread::spawn(move || stdin.write_all(requests.as_bytes()));
    let rows = expect_success(running.wait_with_output().expect("it ends"));
    writer.join().expect("no panic").expect("it reads all");
    let rows: Vec<&str> = rows.lines().collect();
    assert_eq!(rows.len(), expected.len(), "{place}");
    for (found, expected) in rows.iter().zip(&expected) {
        assert_eq!(found, expected, "{place}");
    }
}
