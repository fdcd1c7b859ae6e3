//! Files of other formats: imported into a canonical file of their own, which is read in their stead.

use super::{IngestError, Source};
use crate::import::{Content, Format, ImportError, Reading, Rejected, Summary, Writer, detect, import};
use std::io::Read;
use std::path::Path;
use tempfile::NamedTempFile;

/// The format of a file, unless it is canonical, or something of which the reader of canonical files knows best what is wrong with it.
pub(super) fn format(path: &Path) -> Result<Option<Format>, IngestError> {
    if !path.is_file() {
        return Ok(None);
    }
    match detect(path) {
        Ok(Content::Rows(Format::Canonical)) => Ok(None),
        Ok(Content::Rows(format)) => Ok(Some(format)),
        Ok(Content::Tegrastats | Content::Watts) => {
            let problem =
                "a log of power, not measurements: join it with timed requests by `import --power`".to_owned();
            Err(ImportError::Broken { path: path.to_owned(), problem }.into())
        }
        Err(ImportError::NotRecognised { .. }) if !is_json(path) => Ok(None),
        Err(ImportError::Empty { .. } | ImportError::Open { .. }) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

fn is_json(path: &Path) -> bool {
    let mut begin = [0; 64];
    let read = std::fs::File::open(path).and_then(|mut file| file.read(&mut begin));
    matches!(begin[..read.unwrap_or(0)].trim_ascii_start().first(), Some(b'{' | b'['))
}

pub(super) fn open(path: &Path, format: Format, reading: &Reading) -> Result<Source, IngestError> {
    let failed = |error| IngestError::from(ImportError::Write(error));
    let copy = NamedTempFile::new().map_err(failed)?;
    let mut writer = Writer::new(copy.as_file())?;
    let summary = import(path, format, reading, |row| writer.put(row))?;
    writer.finish()?;
    if let Some(misfit) = summary.misfit(&reading.filter) {
        return Err(misfit.into());
    }
    if summary.kept == 0 {
        let Rejected { reason, first, .. } = summary.rejected.first().cloned().unwrap_or_default();
        let problem = format!(
            "no row of {} is left: all {} are rejected, the first, {} {first}, because: {reason}",
            summary.format,
            summary.rejections(),
            summary.unit
        );
        return Err(ImportError::Broken { path: path.to_owned(), problem }.into());
    }
    tell(&summary);
    let source = Source::open_canonical(copy.path())?;
    Ok(Source { path: path.to_owned(), copy: Some(copy.into()), imported: Some(Box::new(summary)), ..source })
}

fn tell(summary: &Summary) {
    let Summary { file, format, kept, notes, .. } = summary;
    let notes = notes.iter().map(|note| format!("; {note}")).collect::<String>();
    log::info!(
        "{}: read as {format}: {kept} rows, with the line numbers that `import` gives them{notes}",
        file.display()
    );
}
