//! `bundle`: several blobs as one file.

use crate::bundle::{self, Entry, Listing};
use crate::locate::{self, Contents};
use crate::output::write_all;
use crate::table::Format;
use anyhow::{Result, bail};
use clap::Args;
use serde::Serialize;
use std::path::{Path, PathBuf};

/// Join profiles into one file, in which a runtime finds one by LLM and variant
///
/// The files may be blobs, presets and bundles. Of two profiles with the same LLM and variant, a runtime finds the first.
///
/// Example: token2metrics bundle outputs/qwen_1_5b/profile.t2m outputs/llama_8b/profile.t2m --output models.t2m
#[derive(Debug, Args)]
pub struct Bundle {
    /// Blobs, presets and bundles
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// The bundle to write
    #[arg(long, value_name = "FILE")]
    output: PathBuf,
    /// How to print what is in it
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

#[derive(Serialize)]
struct Report<'a> {
    output: &'a Path,
    #[serde(flatten)]
    listing: Listing<'a>,
}

impl Bundle {
    /// # Errors
    /// A file that is no sound blob, preset or bundle, or two profiles that nobody could tell apart; then nothing is written.
    pub fn run(self) -> Result<String> {
        let mut bytes = Vec::new();
        let mut from: Vec<(Entry, &Path)> = Vec::new();
        for file in &self.files {
            let bundle = match locate::open(file)? {
                Contents::Profile(located) => bundle::Bundle::new(file, located.bytes),
                Contents::Bundle(bundle) => bundle,
            };
            bytes.extend_from_slice(bundle.whole()?);
            for entry in bundle.members {
                check(&entry, file, &from)?;
                from.push((entry, file));
            }
        }
        // Read again, as a runtime will.
        let joined = bundle::Bundle::new(&self.output, bytes);
        let content = joined.whole()?.to_vec();
        if !joined.members.iter().map(Entry::name).eq(from.iter().map(|(entry, _)| entry.name())) {
            bail!("{}: the members do not come back the same from the bundle", self.output.display());
        }
        write_all(&[(self.output.clone(), content)])?;
        let report = Report { output: &self.output, listing: joined.listing() };
        self.format.render(&report, || format!("{}{}\n", report.listing.text(), self.output.display()))
    }
}

/// Whether a further member can be told from those before it.
fn check(entry: &Entry, file: &Path, before: &[(Entry, &Path)]) -> Result<()> {
    let name = entry.name();
    for (other, other_file) in before {
        if entry.is_as(other) {
            bail!(
                "{name} is in {} and in {}: no runtime could tell them apart; leave one out, or give it another variant",
                other_file.display(),
                file.display()
            );
        }
        if (&entry.llm, &entry.variant) == (&other.llm, &other.variant) {
            log::warn!(
                "{name}: {} is found first by its LLM and variant: only a listing tells the devices apart",
                other.name()
            );
        }
    }
    Ok(())
}
