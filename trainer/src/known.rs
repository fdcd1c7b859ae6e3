//! What is known of a profile besides its bytes: what its preset states, or the `report.json` next to its blob, if that is of this very blob.

use crate::locate::Found;
use crate::page::Origin;
use crate::preset::Stated;
use crate::report::{Blob, Holdout, Report, RowCounts};
use anyhow::{Context, Result};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::path::Path;

/// What was written down of a profile.
pub enum Known {
    /// All that training knew.
    Trained(Box<Report>),
    /// What a preset states.
    Stated(StatedReport),
    /// Nothing.
    Nothing,
}

/// What the `report.json` of a preset has, as far as it is needed here.
#[derive(Debug, Deserialize)]
pub struct StatedReport {
    size: Option<String>,
    stated: Source,
}

#[derive(Debug, Deserialize)]
struct Source {
    source: String,
    error: Stated,
}

/// The part that every report has.
#[derive(Deserialize)]
struct Whose {
    blob: Blob,
    /// Only of a preset.
    stated: Option<serde::de::IgnoredAny>,
}

impl Known {
    /// What is known of a profile that was found; says so where a report cannot be read.
    pub fn new(found: &Found, blob: &[u8]) -> Self {
        match found {
            Found::Preset(preset) => {
                let (source, error) = (preset.source.clone(), preset.error.clone());
                Self::Stated(StatedReport { size: preset.size.clone(), stated: Source { source, error } })
            }
            // A report stands next to one blob, not to several.
            Found::Member(_) => Self::Nothing,
            Found::Blob(path) => {
                let path = path.with_file_name("report.json");
                beside(&path, blob).unwrap_or_else(|reason| {
                    log::warn!("{}: not used: {reason:#}", path.display());
                    Self::Nothing
                })
            }
        }
    }

    /// For the page.
    pub fn origin(&self) -> Origin<'_> {
        match self {
            Self::Trained(report) => Origin::Trained(report),
            Self::Stated(StatedReport { stated: Source { source, error }, .. }) => Origin::Stated { source, error },
            Self::Nothing => Origin::Unknown,
        }
    }

    /// The errors that training found; none where there was no training.
    pub fn holdout(&self) -> Holdout {
        match self {
            Self::Trained(report) => report.holdout.clone(),
            Self::Stated(_) | Self::Nothing => Holdout::NONE,
        }
    }

    /// The rows that training read.
    pub fn counts(&self) -> Option<RowCounts> {
        match self {
            Self::Trained(report) => Some(report.rows.clone()),
            Self::Stated(_) | Self::Nothing => None,
        }
    }

    /// The machine with many rows.
    pub fn server(&self) -> Option<&str> {
        match self {
            Self::Trained(report) => report.server.as_deref(),
            Self::Stated(_) | Self::Nothing => None,
        }
    }

    /// The LLM's size label.
    pub fn size(&self) -> Option<&str> {
        match self {
            Self::Trained(report) => Some(&report.size),
            Self::Stated(report) => report.size.as_deref(),
            Self::Nothing => None,
        }
    }
}

/// Reads a report; one of another blob, or of an older version that did not say of which, is none.
fn beside(path: &Path, blob: &[u8]) -> Result<Known> {
    let Ok(text) = std::fs::read(path) else { return Ok(Known::Nothing) };
    let Ok(Whose { blob: whose, stated }) = serde_json::from_slice(&text) else { return Ok(Known::Nothing) };
    if whose != Blob::of(blob) {
        return Ok(Known::Nothing);
    }
    Ok(match stated {
        Some(_) => Known::Stated(parse(&text)?),
        None => Known::Trained(Box::new(parse(&text)?)),
    })
}

fn parse<T: DeserializeOwned>(text: &[u8]) -> Result<T> {
    serde_json::from_slice(text).context("no report that this version has written")
}
