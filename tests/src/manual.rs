//! What the header says of its functions and types: it is their manual.

use crate::header;

/// A function or a type with the comment above it.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Its name.
    pub name: String,
    /// Whether it is a function.
    pub is_function: bool,
    /// The comment, without its stars.
    pub text: String,
    /// Its indented lines.
    pub example: String,
}

/// The functions and types of the header, in its order, behind the example of the introduction.
///
/// # Panics
/// Where the header has no introduction, or a comment does not end.
pub fn entries() -> Vec<Entry> {
    let header = std::fs::read_to_string(header::path()).expect("the header is readable");
    let (introduction, _) = header.split_once("*/").expect("an introduction");
    let (_, example) = introduction.split_once(" * Example\n").expect("the introduction has an example");
    let introduction =
        Entry { name: "introduction".into(), is_function: false, text: introduction.into(), example: plain(example) };
    let comments = header.split("\n/**\n").skip(1).map(|rest| rest.split_once("*/").expect("the comment ends"));
    std::iter::once(introduction).chain(comments.filter_map(|(comment, rest)| entry(comment, rest))).collect()
}

/// Lines without the stars before them.
fn plain(comment: &str) -> String {
    comment.lines().map(|line| line.trim_start().trim_start_matches('*').to_owned() + "\n").collect()
}

/// What a comment stands above; nothing for a number.
fn entry(comment: &str, rest: &str) -> Option<Entry> {
    let declaration = rest.trim_start().split([';', '{', '\n']).next()?;
    let is_type = declaration.starts_with("typedef struct") || declaration.starts_with("enum");
    if declaration.starts_with('#') {
        return None;
    }
    let name = if is_type { declaration } else { declaration.split_once('(')?.0 };
    let name = name.split([' ', '*']).rfind(|word| !word.is_empty())?.to_owned();
    let text = plain(comment);
    // One blank follows the star.
    let example =
        text.lines().filter_map(|line| line.strip_prefix("     ")).map(|line| line.to_owned() + "\n").collect();
    Some(Entry { name, is_function: !is_type, text, example })
}
