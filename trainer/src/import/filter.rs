//! Which records of a file are wanted: `key=value`.

use std::str::FromStr;

/// Conditions on what a file says of each record; all keys must fit, and of one key any value.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Filter(Vec<(String, String)>);

impl Filter {
    /// Conditions from pairs of key and value.
    pub fn new(pairs: impl IntoIterator<Item = (String, String)>) -> Self {
        Self(pairs.into_iter().collect())
    }

    /// The keys that have a condition.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(key, _)| key.as_str())
    }

    /// Whether a record's value of a key is one of those wanted.
    pub(super) fn takes(&self, key: &str, value: &str) -> bool {
        let mut wanted = self.0.iter().filter(|(known, _)| known == key).peekable();
        wanted.peek().is_none() || wanted.any(|(_, wanted)| wanted.eq_ignore_ascii_case(value))
    }

    /// What was asked for, as it is written.
    pub(super) fn describe(&self) -> String {
        self.0.iter().map(|(key, value)| format!("{key}={value}")).collect::<Vec<_>>().join(" ")
    }
}

/// One `key=value` of a command line.
#[derive(Clone, Debug, PartialEq)]
pub struct Condition(pub String, pub String);

impl FromStr for Condition {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once('=') {
            Some((key, value)) if !key.trim().is_empty() => Ok(Self(key.trim().to_owned(), value.trim().to_owned())),
            _ => Err("a condition is written key=value, such as threads=1".to_owned()),
        }
    }
}
