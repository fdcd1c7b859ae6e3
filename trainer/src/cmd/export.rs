//! `export`: a blob in the form that a build or a flash tool takes.

use super::inspect::Report;
use crate::bundle::{Bundle, Choice};
use crate::c_source::{self, c_source, in_comment};
use crate::config::Preset;
use crate::emit;
use crate::formula::identity;
use crate::locate::{self, Contents, Located};
use crate::output::write_all;
use crate::preset::{About, beside, file};
use anyhow::{Context, Result, bail};
use clap::{Args, ValueEnum};
use ihex::Record;
use std::path::PathBuf;
use token2metrics_core::{Identity, Profile};

/// Write a blob as a C array, C source that predicts, an Intel HEX file, its plain bytes, JSON or a preset; or a bundle as an array, HEX or bytes
///
/// Of a bundle, all of it is written, or with --model or --variant that one profile.
///
/// A preset has the size label and the cross-validated errors of the report.json that `train` wrote beside the blob.
///
/// Example: token2metrics export outputs/qwen_1_5b/profile.t2m --format c --output profile.h
#[derive(Debug, Args)]
pub struct Export {
    /// The blob, a bundle, or a preset file
    blob: PathBuf,
    #[command(flatten)]
    member: Choice,
    /// The form
    #[arg(long, value_enum)]
    format: Form,
    /// The file to write
    #[arg(long, value_name = "FILE")]
    output: PathBuf,
    /// Where in the device's memory the blob goes, for hex; decimal or 0x...
    #[arg(long, value_name = "ADDRESS", default_value = "0", value_parser = address)]
    address: u32,
    /// Where the measurements were published, for toml
    #[arg(long, value_name = "TEXT", required_if_eq("format", "toml"))]
    source: Option<String>,
    /// What the names in the C begin with, for c-source: to call NAME_predict
    #[arg(long, value_name = "NAME", default_value = "token2metrics", value_parser = c_source::name)]
    name: String,
    /// Another name that the preset can be called by, for toml; may be given several times
    #[arg(long, value_name = "NAME")]
    alias: Vec<String>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Form {
    /// A C array, also of a whole bundle
    C,
    /// C that predicts by itself, without the library
    CSource,
    /// Intel HEX, for flash tools, also of a whole bundle
    Hex,
    /// The bytes, also of a whole bundle
    Bin,
    /// The profile as JSON
    Json,
    /// A preset: the coefficients without the measurements
    Toml,
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
    /// A file that is no blob and no sound bundle, or one that cannot be written.
    pub fn run(self) -> Result<String> {
        let content = match locate::open(&self.blob)? {
            Contents::Bundle(bundle) if !self.member.is_made() => self.of_bundle(&bundle)?,
            contents => self.of_profile(contents.choose(&self.member, &self.blob)?)?,
        };
        write_all(&[(self.output.clone(), content)])?;
        Ok(format!("{}\n", self.output.display()))
    }

    fn of_profile(&self, located: Located) -> Result<Vec<u8>> {
        let Identity { llm, device, variant } = &located.profile.identity;
        Ok(match self.format {
            Form::C => {
                let comment = format!(
                    "{}: for t2m_profile_load(token2metrics_blob, sizeof token2metrics_blob, &profile).",
                    in_comment(&identity(llm, device, variant))
                );
                c_array(&comment, "token2metrics_blob", &located.bytes).into_bytes()
            }
            Form::CSource => {
                c_source(&located.profile, &self.name, &in_comment(&identity(llm, device, variant)))?.into_bytes()
            }
            Form::Hex => intel_hex(&located.bytes, self.address)?.into_bytes(),
            Form::Json => serde_json::to_vec_pretty(&Report::new(&located))?,
            Form::Toml => self.preset(&located.profile)?.into_bytes(),
            Form::Bin => located.bytes,
        })
    }

    fn of_bundle(&self, bundle: &Bundle) -> Result<Vec<u8>> {
        let bytes = bundle.whole()?;
        Ok(match self.format {
            Form::C => {
                let members: String =
                    bundle.members.iter().map(|entry| format!("   {}\n", in_comment(&entry.name()))).collect();
                let comment = format!(
                    "For t2m_profile_find(token2metrics_bundle, sizeof token2metrics_bundle, NAME, &profile):\n{}",
                    members.trim_end()
                );
                c_array(&comment, "token2metrics_bundle", bytes).into_bytes()
            }
            Form::Hex => intel_hex(bytes, self.address)?.into_bytes(),
            Form::Bin => bytes.to_vec(),
            Form::CSource | Form::Json | Form::Toml => bail!(
                "{}: a bundle of {} profiles, of which one fits into this format: choose it with --model",
                self.blob.display(),
                bundle.members.len()
            ),
        })
    }

    /// The text of a preset, read again and compared before anyone gets it.
    fn preset(&self, profile: &Profile) -> Result<String> {
        let beside = beside(&self.blob, profile).unwrap_or_else(|| {
            log::warn!(
                "{}: no report.json of this profile beside it: the preset states no errors",
                self.blob.display()
            );
            Default::default()
        });
        let about = About {
            size: beside.size.as_deref(),
            aliases: &self.alias,
            source: self.source.as_deref().unwrap_or_default(),
            error: &beside.error,
        };
        let text = file(profile, &about);
        // An older blob becomes one of today's format.
        if Preset::parse(&self.output, &text)?.blob != emit::blob(profile)? {
            bail!("{}: the preset does not give the profile back", self.output.display());
        }
        Ok(text)
    }
}

/// A header with the bytes as an array.
fn c_array(comment: &str, name: &str, bytes: &[u8]) -> String {
    let lines: Vec<String> = bytes
        .chunks(12)
        .map(|line| line.iter().map(|byte| format!("0x{byte:02x},")).collect::<Vec<_>>().join(" "))
        .collect();
    format!(
        "/* {comment} */\n#include <stdint.h>\n\nstatic const uint8_t {name}[{}] = {{\n    {}\n}};\n",
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
