//! Files that the importers are given.

use std::cell::RefCell;
use std::fs::File;
use std::io::{Seek, Write};
use std::path::PathBuf;
use tempfile::NamedTempFile;

/// A file that is written anew for every input.
pub struct Scratch(pub RefCell<NamedTempFile>);

impl Scratch {
    pub fn new() -> Self {
        Self(RefCell::new(NamedTempFile::new().expect("a temporary file")))
    }

    /// Fills the file, and gives its path.
    pub fn fill(&self, bytes: &[u8]) -> PathBuf {
        let mut file = self.0.borrow_mut();
        put(file.as_file_mut(), bytes).expect("a file that can be written");
        file.path().to_owned()
    }
}

fn put(file: &mut File, bytes: &[u8]) -> std::io::Result<()> {
    file.set_len(0)?;
    file.rewind()?;
    file.write_all(bytes)
}
