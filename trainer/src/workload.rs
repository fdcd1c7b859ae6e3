//! A workload: the requests that are asked of a profile, from a CSV file of token counts, which is read row by row whenever they are needed.

use crate::ingest::{IngestError, Source};
use std::path::Path;
use token2metrics_core::Request;

/// Requests that come one after the other.
#[derive(Clone, Debug)]
pub enum Workload {
    /// Those of a file.
    File(Source),
    /// Just one.
    One(Request),
}

/// A request of a workload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asked {
    /// Its line in the file; 0 without one.
    pub line: u64,
    /// Its token counts, which need not make a request.
    pub request: Request,
    /// How often it comes.
    pub count: u32,
}

impl Workload {
    /// Opens a file with the columns `input_tokens` and `output_tokens`, and optionally `cached_tokens` and `count`.
    ///
    /// # Errors
    /// A file that is not there, or a header that is none.
    pub fn open(path: &Path) -> Result<Self, IngestError> {
        Source::open_requests(path).map(Self::File)
    }

    /// Whether the file says how often each request comes.
    pub fn is_counted(&self) -> bool {
        matches!(self, Self::File(source) if source.is_counted())
    }

    /// Visits every request in the order of the file.
    ///
    /// # Errors
    /// The first thing in the file that cannot be a token count, a file without rows, or what the visitor says.
    pub fn each<E: From<IngestError>>(&self, mut visit: impl FnMut(Asked) -> Result<(), E>) -> Result<(), E> {
        let source = match self {
            Self::File(source) => source,
            Self::One(request) => return visit(Asked { line: 0, request: *request, count: 1 }),
        };
        let mut is_empty = true;
        source.each_counted(|row, count| {
            is_empty = false;
            visit(Asked { line: row.line, request: row.request, count })
        })?;
        if is_empty { Err(IngestError::Empty { path: source.path().to_owned() }.into()) } else { Ok(()) }
    }
}
