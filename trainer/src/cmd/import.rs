//! `import`: the files of other benchmarks to canonical rows.

use crate::import::power::Power;
use crate::import::{
    Assumption, Condition, Content, Filter, Format, ImportError, Reading, Rejected, Summary, Writer, detect, import,
};
use crate::output::{begin, finish};
use crate::table::{self, table};
use anyhow::{Result, bail, ensure};
use clap::builder::PossibleValue;
use clap::{Args, ValueEnum};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Read the files that benchmarks have written, of any format that is known, into canonical rows
///
/// Kept rows are written; every other row is counted under the reason for which it is not.
///
/// Example: token2metrics import configs/measurements/smollm2_135m_device.csv --output rows.csv
#[derive(Debug, Args)]
pub struct Import {
    #[command(flatten)]
    files: Files,
    /// A log of power for requests of which the file says when they ran: of tegrastats, or a CSV with time_s,power_w; its integral fills the energy columns
    #[arg(long, value_name = "LOG")]
    power: Option<PathBuf>,
    /// The rail of the tegrastats log; if it is repeated, the rails are added up
    #[arg(long, value_name = "NAME", requires = "power")]
    rail: Vec<String>,
    /// Seconds to add to the log's times to make them the requests', such as for a log in local time
    #[arg(long, value_name = "SECONDS", default_value_t = 0.0, requires = "power", allow_negative_numbers = true)]
    power_shift: f64,
    /// The canonical CSV file to write
    #[arg(long, value_name = "CSV")]
    output: PathBuf,
    /// How to print the summary
    #[arg(long, value_enum, default_value_t)]
    format: table::Format,
}

/// Which files, and how they are read.
#[derive(Debug, Args)]
pub(super) struct Files {
    /// Files, and folders of them
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// What wrote them; unless it is named, each is recognised by its content
    #[arg(long, value_enum, value_name = "FORMAT", default_value = "auto")]
    from: From,
    /// Take only records of which the file says so, such as threads=1, model=NAME or device=NAME; may be repeated: all keys must fit, and of one key any value
    #[arg(long, value_name = "KEY=VALUE")]
    filter: Vec<Condition>,
    /// A server table that knows the input tokens of a device table's rows; FILE.xlsx#SHEET for one sheet of several
    #[arg(long, value_name = "FILE")]
    join: Vec<PathBuf>,
    /// What may be taken for granted where a file does not say it
    #[arg(long, value_enum, value_name = "WHAT", value_delimiter = ',')]
    assume: Vec<Assumption>,
}

/// A format, or whichever a file is recognised as.
#[derive(Clone, Copy, Debug)]
struct From(Option<Format>);

impl ValueEnum for From {
    fn value_variants<'a>() -> &'a [Self] {
        const ALL: [From; 12] = [
            From(None),
            From(Some(Format::Canonical)),
            From(Some(Format::Server)),
            From(Some(Format::Device)),
            From(Some(Format::LlamaBench)),
            From(Some(Format::LlamaBatchedBench)),
            From(Some(Format::LlamaServer)),
            From(Some(Format::Ollama)),
            From(Some(Format::Vllm)),
            From(Some(Format::Aiperf)),
            From(Some(Format::GenaiPerf)),
            From(Some(Format::Executorch)),
        ];
        &ALL
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        match self.0 {
            None => Some(PossibleValue::new("auto").help("Whatever the content is")),
            Some(format) => format.to_possible_value(),
        }
    }
}

/// What became of all files.
#[derive(Serialize)]
struct Report {
    rows: usize,
    files: Vec<Summary>,
    #[serde(skip_serializing_if = "Option::is_none")]
    power: Option<PowerReport>,
    output: PathBuf,
}

#[derive(Serialize)]
struct PowerReport {
    file: PathBuf,
    filled_phases: usize,
    unfilled_phases: BTreeMap<String, usize>,
    rejected_samples: BTreeMap<String, usize>,
}

impl Import {
    /// # Errors
    /// A file that is not there or of no format that is known, conditions that nothing fits, or no row at all; then nothing is written.
    pub fn run(self) -> Result<String> {
        let (files, reading) = (self.files.find()?, self.files.reading());
        let mut power = match &self.power {
            Some(log) => Some(Power::open(log, &self.rail, self.power_shift)?),
            None => None,
        };
        self.keep_inputs(files.iter().map(|(path, _)| path))?;
        let output = begin(&self.output)?;
        let mut writer = Writer::new(output.as_file())?;
        let mut summaries = Vec::with_capacity(files.len());
        for (path, format) in files {
            let summary = import(&path, format, &reading, |row| {
                let mut row = *row;
                if let Some(power) = &mut power {
                    power.fill(&mut row);
                }
                writer.put(&row)
            })?;
            summaries.push(summary);
        }
        let rows = summaries.iter().map(|summary| summary.kept).sum();
        if let (0, Some(misfit)) = (rows, summaries.iter().find_map(|summary| summary.misfit(&reading.filter))) {
            return Err(misfit.into());
        }
        if let Some(mixed) = Summary::all_mixed(&summaries) {
            log::warn!("{mixed}");
        }
        writer.finish()?;
        let power = power.map(|power| PowerReport {
            file: self.power.clone().unwrap_or_default(),
            filled_phases: power.filled,
            unfilled_phases: power.unfilled,
            rejected_samples: power.rejected,
        });
        let report = Report { rows, files: summaries, power, output: self.output.clone() };
        ensure!(rows > 0, "no row is left: {}", report.reasons());
        finish(output, &self.output)?;
        self.format.render(&report, || report.text())
    }

    /// The output must not take the place of what is read.
    fn keep_inputs<'a>(&'a self, files: impl Iterator<Item = &'a PathBuf>) -> Result<()> {
        // Not there yet: no input.
        let Ok(output) = std::fs::canonicalize(&self.output) else { return Ok(()) };
        for path in files.chain(&self.files.join).chain(&self.power) {
            let same = std::fs::canonicalize(path).is_ok_and(|path| path == output);
            ensure!(!same, "{}: is read, and cannot be the output: name another file", path.display());
        }
        Ok(())
    }
}

impl Files {
    /// The conditions of the filter.
    pub(super) fn conditions(&self) -> Vec<(String, String)> {
        self.filter.iter().map(|Condition(key, value)| (key.clone(), value.clone())).collect()
    }

    /// How the files are read.
    pub(super) fn reading(&self) -> Reading {
        Reading {
            filter: Filter::new(self.conditions()),
            join: self.join.clone(),
            assume: self.assume.clone(),
            constant_step: false,
        }
    }

    /// The files that are named or in a folder that is, each once, with its format. In a folder, what is of no known format is passed over, and said.
    ///
    /// # Errors
    /// A file that is not there or of no format that is known, or tables of server and device at once.
    pub(super) fn find(&self) -> Result<Vec<(PathBuf, Format)>> {
        let (mut files, mut seen) = (Vec::new(), BTreeSet::new());
        for path in &self.files {
            let found = if path.is_dir() { in_folder(path)? } else { vec![path.clone()] };
            for file in found {
                if !seen.insert(std::fs::canonicalize(&file).unwrap_or_else(|_| file.clone())) {
                    log::warn!("{}: named twice, and read once", file.display());
                    continue;
                }
                match self.from.0.map_or_else(|| detect(&file), |format| Ok(Content::Rows(format))) {
                    Ok(Content::Rows(format)) => files.push((file, format)),
                    Ok(Content::Tegrastats | Content::Watts) if path.is_dir() => {
                        log::warn!("{}: a log of power, which is given with --power: passed over", file.display());
                    }
                    Ok(_) => bail!("{}: a log of power, not measurements: give it with --power", file.display()),
                    Err(ImportError::NotRecognised { found, .. }) if path.is_dir() => {
                        log::warn!("{}: not recognised: {found}: passed over", file.display());
                    }
                    Err(error) => return Err(error.into()),
                }
            }
        }
        ensure!(!files.is_empty(), "no file of any known format");
        let is = |format: Format| files.iter().find(|(_, known)| *known == format);
        if let (Some((server, _)), Some((device, _))) = (is(Format::Server), is(Format::Device)) {
            bail!(
                "{} is of a server and {} of a device: import them one at a time, the device's with --join {}",
                server.display(),
                device.display(),
                server.display()
            );
        }
        Ok(files)
    }
}

/// The files in a folder and in those below it, in the order of their names; hidden ones are left out.
fn in_folder(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    let walk = walkdir::WalkDir::new(folder).sort_by_file_name().into_iter();
    let hidden =
        |entry: &walkdir::DirEntry| entry.depth() > 0 && entry.file_name().as_encoded_bytes().starts_with(b".");
    for entry in walk.filter_entry(|entry| !hidden(entry)) {
        let entry = entry?;
        if entry.file_type().is_file() {
            files.push(entry.into_path());
        }
    }
    Ok(files)
}

impl Report {
    /// Why there is no row, in a line.
    fn reasons(&self) -> String {
        let rejected = self.files.iter().flat_map(|file| &file.rejected);
        let reasons = rejected.map(|Rejected { reason, rows, .. }| format!("{rows}: {reason}"));
        let filtered: usize = self.files.iter().map(|file| file.filtered).sum();
        let filtered = (filtered > 0).then(|| format!("{filtered}: left out by the filter"));
        reasons.chain(filtered).collect::<Vec<_>>().join("; ")
    }

    fn text(&self) -> String {
        let row = |file: &Summary| {
            let counts = [file.kept, file.rejections(), file.filtered].map(|count| count.to_string());
            let [kept, rejected, filtered] = counts;
            [file.file.display().to_string(), file.format.to_string(), kept, rejected, filtered]
        };
        let mut text = table(["file", "format", "kept", "rejected", "filtered out"], 2, self.files.iter().map(row));
        let reasons = self.files.iter().flat_map(|file| {
            file.rejected.iter().map(|Rejected { reason, rows, first }| {
                let place = format!("{}, {} {first}", file.file.display(), file.unit);
                [reason.clone(), rows.to_string(), place]
            })
        });
        let reasons: Vec<_> = reasons.collect();
        if !reasons.is_empty() {
            text += &table(["rejected because", "rows", "first"], 1, reasons);
        }
        for note in self.files.iter().flat_map(|file| &file.notes).collect::<BTreeSet<_>>() {
            text += &format!("note: {note}\n");
        }
        if let Some(power) = &self.power {
            text += &format!("energy of {} phases from {}\n", power.filled_phases, power.file.display());
            for (reason, count) in &power.unfilled_phases {
                text += &format!("no energy: {count}: {reason}\n");
            }
            for (reason, count) in &power.rejected_samples {
                text += &format!("power samples not used: {count}: {reason}\n");
            }
        }
        text + &format!("{} rows in {}\n", self.rows, self.output.display())
    }
}
