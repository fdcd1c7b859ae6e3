//! What the header declares.

use crate::root;
use std::collections::BTreeSet;
use std::path::PathBuf;

/// `include/token2metrics.h`.
pub fn path() -> PathBuf {
    root().join("include/token2metrics.h")
}

/// The text of the header without its comments.
pub fn code() -> String {
    let text = std::fs::read_to_string(path()).expect("the header is readable");
    let mut parts = text.split("/*");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |code, part| code + part.split_once("*/").expect("the comment ends").1)
}

/// The names of the functions that the header declares.
pub fn functions() -> BTreeSet<String> {
    let is_name = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    let code = code();
    let names = code.match_indices('(').map(|(at, _)| code[..at].rsplit(|letter| !is_name(letter)).next());
    names.flatten().filter(|name| name.starts_with("t2m_")).map(str::to_owned).collect()
}
