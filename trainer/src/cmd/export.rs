//! `export`: a blob in the form that a build or a flash tool takes.

use super::inspect::Report;
use crate::formula::identity;
use crate::locate;
use crate::output::write_all;
use anyhow::{Context, Result};
use clap::{Args, ValueEnum};
use ihex::Record;
use std::path::PathBuf;
use token2metrics_core::{Identity, Profile};

/// Write a blob as a C array, an Intel HEX file, its plain bytes or JSON
///
/// Example: token2metrics export outputs/qwen_1_5b/profile.t2m --format c --output profile.h
#[derive(Debug, Args)]
pub struct Export {
    /// The blob
    blob: PathBuf,
    /// The form
    #[arg(long, value_enum)]
    format: Form,
    /// The file to write
    #[arg(long, value_name = "FILE")]
    output: PathBuf,
    /// Where in the device's memory the blob goes, for hex; decimal or 0x...
    #[arg(long, value_name = "ADDRESS", default_value = "0", value_parser = address)]
    address: u32,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Form {
    /// A C array
    C,
    /// Intel HEX, for flash tools
    Hex,
    /// The bytes
    Bin,
    /// The profile as JSON
    Json,
}

fn address(text: &str) -> Result<u32, String> {
    let parsed = match text.strip_prefix("0x") {
        Some(digits) => u32::from_str_radix(digits, 16),
        None => text.parse(),
    };
    parsed.map_err(|error| format!("{error}: give a 32-bit address such as 0x08000000"))
}

impl Export {
    /// # Errors
    /// A file that is no blob, or one that cannot be written.
    pub fn run(self) -> Result<String> {
        let located = locate::read(&self.blob)?;
        let bytes = std::fs::read(&self.blob)?;
        let content = match self.format {
            Form::C => c_array(&located.profile, &bytes).into_bytes(),
            Form::Hex => intel_hex(&bytes, self.address)?.into_bytes(),
            Form::Bin => bytes,
            Form::Json => serde_json::to_vec_pretty(&Report::new(&located)?)?,
        };
        write_all(&[(self.output.clone(), content)])?;
        Ok(format!("{}\n", self.output.display()))
    }
}

/// A header with the blob as an array.
fn c_array(profile: &Profile, bytes: &[u8]) -> String {
    let Identity { llm, device, variant } = &profile.identity;
    // A name must not end the comment or splice lines.
    let comment = identity(llm, device, variant).replace("*/", "* /").replace('\\', "/");
    let lines: Vec<String> = bytes
        .chunks(12)
        .map(|line| line.iter().map(|byte| format!("0x{byte:02x},")).collect::<Vec<_>>().join(" "))
        .collect();
    format!(
        "/* {comment}: for t2m_profile_load(token2metrics_blob, sizeof token2metrics_blob, &profile). */\n\
         #include <stdint.h>\n\n\
         static const uint8_t token2metrics_blob[{}] = {{\n    {}\n}};\n",
        bytes.len(),
        lines.join("\n    ")
    )
}

fn intel_hex(bytes: &[u8], address: u32) -> Result<String> {
    const LINE: usize = 16;
    let mut records = Vec::new();
    let mut at = u64::from(address);
    let mut rest = bytes;
    let mut upper = None;
    while !rest.is_empty() {
        let place = u32::try_from(at).context("--address: the blob does not fit below 4 GiB")?;
        let page = (place >> 16) as u16;
        if upper != Some(page) {
            records.push(Record::ExtendedLinearAddress(page));
            upper = Some(page);
        }
        // A record must not run over the end of its 64 KiB page.
        let len = LINE.min(rest.len()).min(0x1_0000 - (place & 0xFFFF) as usize);
        let (line, behind) = rest.split_at(len);
        records.push(Record::Data { offset: place as u16, value: line.to_vec() });
        (rest, at) = (behind, at + len as u64);
    }
    records.push(Record::EndOfFile);
    Ok(ihex::create_object_file_representation(&records)? + "\n")
}
