//! Bundles: files of blobs back to back.

use crate::formula::identity;
use crate::locate::{Found, Located};
use crate::nearest::nearest;
use crate::table::table;
use anyhow::{Result, bail, ensure};
use clap::Args;
use serde::Serialize;
use std::path::{Path, PathBuf};
use token2metrics_core::{BlobError, Member, Profile, members};

/// A file with one blob or several, whole or damaged.
#[derive(Clone, Debug)]
pub struct Bundle {
    path: PathBuf,
    bytes: Vec<u8>,
    /// The members, in their order.
    pub members: Vec<Entry>,
}

/// What a member is.
#[derive(Clone, Debug, Serialize)]
pub struct Entry {
    /// Where it begins.
    pub offset: usize,
    /// Its length.
    pub bytes: usize,
    /// The language model; of a damaged member as far as it can be read, else empty.
    pub llm: String,
    /// The machine, likewise.
    pub device: String,
    /// The variant, likewise.
    pub variant: String,
    /// What is wrong with it; `None` where it is sound.
    pub error: Option<String>,
    #[serde(skip)]
    profile: Result<Profile, BlobError>,
}

/// Which member of a bundle.
#[derive(Clone, Debug, Default, Args)]
pub struct Choice {
    /// Of a bundle, the profile of this LLM
    #[arg(long = "model", value_name = "NAME")]
    pub llm: Option<String>,
    /// Of a bundle, the profile of this variant
    #[arg(long, value_name = "NAME")]
    pub variant: Option<String>,
}

/// A bundle in figures.
#[derive(Serialize)]
pub struct Listing<'a> {
    bytes: usize,
    members: &'a [Entry],
}

impl From<Member<'_>> for Entry {
    fn from(member: Member<'_>) -> Self {
        let identity = member.identity();
        Self {
            offset: member.offset,
            bytes: member.bytes.len(),
            llm: identity.llm.to_string(),
            device: identity.device.to_string(),
            variant: identity.variant.to_string(),
            error: member.profile.as_ref().err().map(BlobError::to_string),
            profile: member.profile,
        }
    }
}

impl Entry {
    /// Whose profile it is, in words.
    pub fn name(&self) -> String {
        match (self.llm.as_str(), self.device.as_str()) {
            ("", _) => format!("the member at byte {}", self.offset),
            (llm, "") => llm.to_owned(),
            (llm, device) => identity(llm, device, &self.variant),
        }
    }

    /// Whether it has the same name, device and variant.
    pub fn is_as(&self, other: &Self) -> bool {
        (&self.llm, &self.device, &self.variant) == (&other.llm, &other.device, &other.variant)
    }

    fn problem(&self) -> Option<String> {
        let place = if self.llm.is_empty() { String::new() } else { format!(" at byte {}", self.offset) };
        self.error.as_ref().map(|error| format!("{}{place}: {error}", self.name()))
    }
}

impl Choice {
    /// Whether anything is chosen.
    pub fn is_made(&self) -> bool {
        self.llm.is_some() || self.variant.is_some()
    }

    /// Whether a profile is the chosen one.
    pub fn fits(&self, llm: &str, variant: &str) -> bool {
        let is =
            |chosen: &Option<String>, own: &str| chosen.as_ref().is_none_or(|chosen| chosen.eq_ignore_ascii_case(own));
        is(&self.llm, llm) && is(&self.variant, variant)
    }

    /// What may be meant instead, of the LLMs and variants that there are: the LLM, or if that is there, the variant.
    pub fn meant<'a>(&self, known: impl Iterator<Item = (&'a str, &'a str)>) -> String {
        let (llms, variants): (Vec<&str>, Vec<&str>) = known.unzip();
        let near = |name: &Option<String>, known: Vec<&'a str>| {
            let name = name.as_deref()?;
            let is_there = known.iter().any(|known| known.eq_ignore_ascii_case(name));
            if is_there { None } else { nearest(name, known) }
        };
        let near = near(&self.llm, llms).or_else(|| near(&self.variant, variants));
        near.map_or(String::new(), |near| format!(" is \"{near}\" meant?"))
    }

    /// What was chosen, in words.
    pub fn text(&self) -> String {
        let wanted = [("LLM", &self.llm), ("variant", &self.variant)];
        let wanted = wanted.iter().filter_map(|(what, name)| Some(format!("{what} \"{}\"", name.as_ref()?)));
        wanted.collect::<Vec<_>>().join(" and ")
    }
}

impl Bundle {
    /// Looks what is in the bytes of a file.
    pub fn new(path: &Path, bytes: Vec<u8>) -> Self {
        let members = members(&bytes).map(Entry::from).collect();
        Self { path: path.to_owned(), bytes, members }
    }

    /// Whether it is more than one blob, be that damaged or not: several, or one in a flash page.
    pub fn is_bundle(&self) -> bool {
        let is_blob = |entry: &&Entry| !(entry.profile == Err(BlobError::Magic) && entry.llm.is_empty());
        let in_page =
            |first: &Entry| first.error.is_none() && self.len() == first.bytes && first.bytes < self.bytes.len();
        self.members.iter().filter(is_blob).count() > 1 || self.members.first().is_some_and(in_page)
    }

    /// The bytes of a member.
    pub fn bytes_of(&self, entry: &Entry) -> &[u8] {
        self.bytes.get(entry.offset..entry.offset + entry.bytes).unwrap_or_default()
    }

    fn len(&self) -> usize {
        self.members.last().map_or(0, |last| last.offset + last.bytes)
    }

    /// The members back to back, without what follows them.
    ///
    /// # Errors
    /// A damaged member, by name.
    pub fn whole(&self) -> Result<&[u8]> {
        self.check()?;
        Ok(self.bytes.get(..self.len()).unwrap_or_default())
    }

    /// Whether all members are sound.
    ///
    /// # Errors
    /// Those that are not, by name.
    pub fn check(&self) -> Result<()> {
        let damaged: Vec<String> = self.members.iter().filter_map(Entry::problem).collect();
        let path = self.path.display();
        match damaged.as_slice() {
            [] => Ok(()),
            [one] => bail!("{path}: {one}"),
            several => {
                bail!("{path}: {} of {} members are damaged: {}", several.len(), self.members.len(), several.join("; "))
            }
        }
    }

    /// The profile of a member, as `t2m_profile_find` finds it: the first of several. Says so if there are others, and which
    /// members are damaged.
    ///
    /// # Errors
    /// No sound member that fits, or several LLMs that do.
    pub fn choose(&self, choice: &Choice) -> Result<Located> {
        let path = self.path.display();
        let sound = || self.members.iter().filter(|entry| entry.error.is_none());
        let fitting: Vec<&Entry> = sound().filter(|entry| choice.fits(&entry.llm, &entry.variant)).collect();
        let names = |entries: &[&Entry]| entries.iter().map(|entry| entry.name()).collect::<Vec<_>>().join("; ");
        let Some((first, others)) = fitting.split_first() else {
            let damaged: Vec<String> = self.members.iter().filter_map(Entry::problem).collect();
            let damaged = if damaged.is_empty() { String::new() } else { format!("; damaged: {}", damaged.join("; ")) };
            let wanted = if choice.is_made() { format!(" of {}", choice.text()) } else { String::new() };
            bail!(
                "{path}: no sound profile{wanted} in the bundle;{} there are: {}{damaged}",
                choice.meant(sound().map(|entry| (entry.llm.as_str(), entry.variant.as_str()))),
                names(&sound().collect::<Vec<_>>())
            );
        };
        ensure!(
            others.iter().all(|other| other.llm == first.llm),
            "{path}: a bundle of {} profiles: choose one by its LLM with --model: {}",
            self.members.len(),
            names(&fitting)
        );
        if !others.is_empty() {
            log::warn!(
                "{path}: took {}, the first that fits; others are: {}{}",
                first.name(),
                names(others),
                if choice.variant.is_none() { "; choose with --variant" } else { "" }
            );
        }
        self.warn_of_damaged();
        let profile = first.profile.clone()?;
        Ok(self.located(first, profile))
    }

    fn located(&self, entry: &Entry, profile: Profile) -> Located {
        Located { profile, bytes: self.bytes_of(entry).to_vec(), found: Found::Member(self.path.clone()) }
    }

    /// All sound members, each with what it is in words. Says which members are damaged.
    pub fn sound(&self) -> Vec<(String, Located)> {
        self.warn_of_damaged();
        let located = |entry: &Entry| {
            let profile = entry.profile.clone().ok()?;
            Some((entry.name(), self.located(entry, profile)))
        };
        self.members.iter().filter_map(located).collect()
    }

    fn warn_of_damaged(&self) {
        for problem in self.members.iter().filter_map(Entry::problem) {
            log::warn!("{}: damaged: {problem}", self.path.display());
        }
    }

    /// The bundle in figures.
    pub fn listing(&self) -> Listing<'_> {
        Listing { bytes: self.len(), members: &self.members }
    }
}

impl Listing<'_> {
    /// A row per member.
    pub fn text(&self) -> String {
        let rows = self.members.iter().map(|entry| {
            [
                entry.llm.clone(),
                entry.device.clone(),
                entry.variant.clone(),
                entry.error.clone().unwrap_or_else(|| "sound".to_owned()),
                entry.offset.to_string(),
                entry.bytes.to_string(),
            ]
        });
        table(["LLM", "device", "variant", "state", "offset", "bytes"], 4, rows)
    }
}
