//! What is wrong with a config, where, and what to do about it.

use crate::nearest::nearest;
use std::ops::Range;
use std::path::{Path, PathBuf};

/// Why a config cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file or folder is not there or not readable.
    #[error("{}: cannot read the config", path.display())]
    Read {
        /// The file or folder.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// The text is not TOML, or a key or value is wrong.
    #[error("{}:{line}: {problem}", path.display())]
    Line {
        /// The file.
        path: PathBuf,
        /// Its line, from 1.
        line: usize,
        /// What is wrong there, and what to do.
        problem: String,
    },
    /// The folder has no configs.
    #[error("{}: no config (*.toml) in this folder: name another with --config-dir", path.display())]
    NoConfigs {
        /// The folder.
        path: PathBuf,
    },
    /// No config has the name.
    #[error("no model \"{name}\" in {};{} there are: {known}", path.display(), meant(near.as_deref()))]
    NoModel {
        /// What was asked for.
        name: String,
        /// The folder.
        path: PathBuf,
        /// The labels that there are.
        known: String,
        /// The name most like it, if any is.
        near: Option<String>,
    },
    /// Several configs have the name.
    #[error("\"{name}\" may mean {}: use the name of the file", stems.join(" or "))]
    Ambiguous {
        /// What was asked for.
        name: String,
        /// The configs' file stems.
        stems: Vec<String>,
    },
}

fn meant(near: Option<&str>) -> String {
    near.map_or(String::new(), |near| format!(" is \"{near}\" meant?"))
}

/// A config's text, to say where in it something is wrong.
pub(super) struct Text<'a> {
    pub(super) path: &'a Path,
    pub(super) text: &'a str,
}

impl Text<'_> {
    /// An error at a place in the text.
    pub(super) fn error(&self, span: Range<usize>, problem: impl Into<String>) -> ConfigError {
        let before = self.text.get(..span.start).unwrap_or(self.text);
        ConfigError::Line {
            path: self.path.to_owned(),
            line: 1 + before.matches('\n').count(),
            problem: problem.into(),
        }
    }

    /// An error of the TOML reader, with the nearest known name where one is not known.
    pub(super) fn toml_error(&self, error: &toml::de::Error) -> ConfigError {
        let span = error.span().unwrap_or(0..0);
        let message = error.message();
        // serde's texts: "unknown field `x`, expected one of `y`, `z`", the same with "variant", and "missing field `x`".
        let mut names = message.split('`').skip(1).step_by(2);
        let name = names.next().unwrap_or_default();
        let known = || {
            let known: Vec<&str> = names.collect();
            let meant = meant(nearest(name, known.iter().copied()));
            format!("\"{name}\";{meant} known: {}", known.join(", "))
        };
        let problem = match message.split(' ').next().zip(message.split(' ').nth(1)) {
            Some(("unknown", "field")) => format!("unknown {} {}", self.key_at(&span), known()),
            Some(("unknown", "variant")) => format!("unknown value: {}", known()),
            Some(("missing", "field")) if ["llm", "device", "preset"].contains(&name) => {
                format!("missing table: [{name}]")
            }
            Some(("missing", "field")) => format!("missing {} \"{name}\"", self.key_at(&span)),
            _ => message.replace('`', "\""),
        };
        self.error(span, problem)
    }

    /// What stands at a place in the text: a table's header or a key in a table.
    fn key_at(&self, span: &Range<usize>) -> String {
        let before = self.text.get(..span.start).unwrap_or_default();
        // Of a table's header, not of an array.
        if before.rsplit('\n').next() == Some("[") {
            return "table:".to_owned();
        }
        // The table of a missing key is the place itself.
        let end = before.len() + self.text[before.len()..].find('\n').unwrap_or_default();
        let table = self.text[..end].lines().rev().find(|line| line.starts_with('['));
        let table = table.and_then(|table| table.split('#').next());
        table.map_or("key:".to_owned(), |table| format!("key in {}:", table.trim()))
    }
}
