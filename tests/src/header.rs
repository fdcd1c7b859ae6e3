//! What the header declares.

use crate::root;
use std::collections::{BTreeMap, BTreeSet};
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

/// A struct that the header declares.
#[derive(Clone, Debug)]
pub struct Struct {
    /// Its name.
    pub name: String,
    /// The type and the name of each field; arrays without their length.
    pub fields: Vec<(String, String)>,
}

/// The structs that the header declares, by their names.
///
/// # Panics
/// Where a struct is declared in a way that is not known here.
pub fn structs() -> Vec<Struct> {
    let code = code();
    let bodies = code.split("typedef struct ").skip(1).map(|rest| rest.split_once('}').expect("the struct ends").0);
    let mut structs: Vec<Struct> = bodies
        .map(|body| {
            let (head, fields) = body.split_once('{').expect("the struct has fields");
            let name = head.split_whitespace().last().expect("the struct has a name").to_owned();
            let fields = fields.split(';').map(str::trim).filter(|field| !field.is_empty());
            let field = |declared: &str| {
                let (kind, name) = declared.rsplit_once(' ').expect("a field has a type and a name");
                (kind.to_owned(), name.split('[').next().unwrap_or_default().to_owned())
            };
            Struct { name, fields: fields.map(field).collect() }
        })
        .collect();
    structs.sort_by(|a, b| a.name.cmp(&b.name));
    structs
}

/// The functions that the header declares: their names and their prototypes, one line each.
pub fn prototypes() -> BTreeMap<String, String> {
    let code = code();
    let lines: Vec<&str> = code.lines().filter(|line| !line.starts_with('#')).collect();
    let code = lines.join("\n");
    let statements = code.split(';').filter_map(|statement| statement.rsplit(['{', '}']).next());
    let prototypes = statements.map(|statement| statement.split_whitespace().collect::<Vec<_>>().join(" "));
    let named = prototypes.filter_map(|prototype| {
        let name = prototype.split_once('(')?.0.rsplit([' ', '*']).next()?.to_owned();
        Some((name, prototype))
    });
    named.collect()
}

/// The names of the numbers that the header defines: macros without parameters, and statuses.
pub fn numbers() -> Vec<String> {
    let code = code();
    let named = code.lines().filter_map(|line| {
        let line = line.trim();
        let status = || line.split_once(" = ").map(|(name, _)| name);
        line.strip_prefix("#define ").and_then(|rest| rest.split_once(' ')).map(|(name, _)| name).or_else(status)
    });
    named.filter(|name| name.starts_with("T2M_") && !name.contains('(')).map(str::to_owned).collect()
}
