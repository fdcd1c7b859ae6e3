//! Files are written whole or not at all.

use anyhow::{Context, Result};
use std::io::Write;
use std::path::{Path, PathBuf};
use tempfile::NamedTempFile;

/// Writes several files: first all of them under temporary names, then each under its own.
///
/// # Errors
/// What the system says, with the file; files that were there are then as they were.
pub fn write_all(files: &[(PathBuf, Vec<u8>)]) -> Result<()> {
    let mut written = Vec::with_capacity(files.len());
    for (path, content) in files {
        let mut file = begin(path)?;
        file.write_all(content).with_context(|| format!("{}: cannot write", path.display()))?;
        written.push((file, path));
    }
    written.into_iter().try_for_each(|(file, path)| finish(file, path))
}

/// Begins a file under a temporary name beside its own.
///
/// # Errors
/// What the system says, with the file.
pub fn begin(path: &Path) -> Result<NamedTempFile> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    std::fs::create_dir_all(folder).with_context(|| format!("{}: cannot make the folder", folder.display()))?;
    let mut builder = tempfile::Builder::new();
    builder.prefix(".token2metrics-");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // As any other program would create it; a temporary file is private by default.
        builder.permissions(std::fs::Permissions::from_mode(0o666));
    }
    builder.tempfile_in(folder).with_context(|| format!("{}: cannot write here", folder.display()))
}

/// Gives a file its own name.
///
/// # Errors
/// What the system says, with the file.
pub fn finish(file: NamedTempFile, path: &Path) -> Result<()> {
    file.persist(path).map(drop).with_context(|| format!("{}: cannot write", path.display()))
}
