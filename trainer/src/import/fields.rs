//! What a file says about how a record was measured.

use std::borrow::Cow;

/// Names and values: those that a setup consists of, which should be one and the same for all rows of a profile, and others, which can be filtered by as well.
#[derive(Clone, Debug, Default)]
pub(super) struct Fields(Vec<Field>);

/// One of them.
#[derive(Clone, Debug)]
pub(super) struct Field {
    pub(super) key: Cow<'static, str>,
    pub(super) value: String,
    pub(super) is_setup: bool,
}

impl Fields {
    /// Something that should not differ among the rows of a profile.
    pub(super) fn setup(&mut self, key: impl Into<Cow<'static, str>>, value: impl Into<String>) {
        self.0.push(Field { key: key.into(), value: value.into(), is_setup: true });
    }

    /// Something that may.
    pub(super) fn other(&mut self, key: impl Into<Cow<'static, str>>, value: impl Into<String>) {
        self.0.push(Field { key: key.into(), value: value.into(), is_setup: false });
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Field> {
        self.0.iter()
    }

    pub(super) fn get(&self, key: &str) -> Option<&str> {
        self.0.iter().find(|field| field.key == key).map(|field| field.value.as_str())
    }
}
