//! What `nm` says of a file.

use crate::compiler::expect_success;
use std::path::Path;
use std::process::Command;

/// A symbol of an object file, library or program.
#[derive(Clone, Debug)]
pub struct Symbol {
    /// The member of the archive that it is in; empty elsewhere.
    pub member: String,
    /// The letter of `nm`: `U` is undefined, `T` is code, ...
    pub kind: String,
    /// Its name, without the version that a shared library gives it.
    pub name: String,
}

impl Symbol {
    /// Whether the file needs the symbol from elsewhere.
    pub fn is_undefined(&self) -> bool {
        matches!(self.kind.as_str(), "U" | "w" | "v")
    }
}

/// The symbols of a file, with `nm`'s arguments.
pub fn symbols(file: &Path, arguments: &[&str]) -> Vec<Symbol> {
    let output = Command::new("nm").args(["--format=posix"]).args(arguments).arg(file).output();
    let text = expect_success(output.expect("nm runs"));
    let mut member = String::new();
    let mut symbols = Vec::new();
    for line in text.lines() {
        if let Some((_, in_brackets)) = line.strip_suffix("]:").and_then(|line| line.rsplit_once('[')) {
            member = in_brackets.to_owned();
        } else if let [name, kind, ..] = line.split_whitespace().collect::<Vec<_>>()[..] {
            let name = name.split('@').next().unwrap_or(name).to_owned();
            symbols.push(Symbol { member: member.clone(), kind: kind.to_owned(), name });
        }
    }
    symbols
}
