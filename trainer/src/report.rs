//! What training says about itself: `report.json`.

use crate::auto::Compared;
use crate::band::AllQuantiles;
use crate::baseline::Predictor;
use crate::calibrate::{Calibrated, Map, Method, Tried};
use crate::clean::{Cleaned, Rejection};
use crate::config::Config;
use crate::formula;
use crate::loss::Loss;
use crate::measured::{FileRows, files};
use crate::measurement::Phase;
use crate::outlier::{Outlier, outliers, warn_of};
use crate::power::Powers;
use crate::score::Scores;
use crate::select::Settings;
use crate::solve::Solver;
use crate::train::{Made, Rows};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use token2metrics_core::blob::HEADER_LEN;
use token2metrics_core::{Profile, Span};

/// The report of one profile.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Report {
    /// The config's file stem.
    pub model: String,
    /// The LLM.
    pub llm: String,
    /// Its size label.
    pub size: String,
    /// The device.
    pub device: String,
    /// Power mode, runtime, quantization.
    pub variant: String,
    /// The machine with many rows, if there is one.
    pub server: Option<String>,
    /// Token counts that the profile was trained on.
    pub input_tokens: [u32; 2],
    /// Token counts that the profile was trained on.
    pub output_tokens: [u32; 2],
    /// What was read and what was set aside.
    pub rows: RowCounts,
    /// How prefill was fitted.
    pub prefill: PhaseReport,
    /// How decode was fitted; `None` where no row has `decode_s`.
    pub decode: Option<PhaseReport>,
    /// The power of both phases; `None` where neither is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub power: Option<Powers>,
    /// The ratios observed / predicted of rows that were not fitted.
    pub bands: AllQuantiles,
    /// Errors on rows that were not fitted.
    pub holdout: Holdout,
    /// Errors on the device rows, each predicted from the other folds.
    pub cross_validation: Option<Scores>,
    /// Parts in cross-validation.
    pub folds: usize,
    /// The blob.
    pub blob: Blob,
    /// What to know before trusting the profile.
    pub warnings: Vec<String>,
}

/// Rows per source.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RowCounts {
    /// Of the server's files.
    pub server: Option<RowCount>,
    /// Of the device's files.
    pub device: RowCount,
    /// Of the holdout files.
    pub holdout: RowCount,
}

/// The rows of one source.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RowCount {
    /// What each of the files has.
    pub files: Vec<FileRows>,
    /// Usable.
    pub kept: usize,
    /// How many of these were fitted, where that is a sample.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fitted: Option<usize>,
    /// The others, each with its reason; the first [`crate::clean::LISTED`].
    pub rejected: Vec<Rejection>,
    /// How many more of the others there are.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub unlisted: usize,
}

/// How one phase was fitted.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct PhaseReport {
    /// The form, without coefficients.
    pub form: String,
    /// The formula with the coefficients that the device has.
    pub formula: String,
    /// The fixed part first, if the form has one; before calibration.
    pub coefficients: Vec<f64>,
    /// What was minimised.
    pub loss: Loss,
    /// How it was minimised.
    pub solver: Solver,
    /// The forms that were compared.
    pub compared: Compared,
    /// Rows that are far off the fit; the furthest first, the server's before the device's.
    pub outliers: Vec<Outlier>,
    /// The calibration method, or `direct` for a fit on the device.
    pub calibration: Method,
    /// The calibration.
    pub map: Map,
    /// The methods that were compared.
    pub calibrations: Vec<Tried>,
}

/// Errors on rows that were not fitted.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Holdout {
    /// Where the rows come from.
    pub from: Cow<'static, str>,
    /// `None` where the rows were too few to set any aside.
    pub scores: Option<Scores>,
    /// The same rows by simpler predictors, the profile first; none where nothing could be compared.
    pub predictors: Vec<Predictor>,
}

impl Holdout {
    /// No row is known that was not fitted.
    pub const NONE: Self = Self { from: Cow::Borrowed(""), scores: None, predictors: Vec::new() };
}

/// The blob's figures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Blob {
    /// Its size.
    pub bytes: usize,
    /// Its format.
    pub format_version: u8,
    /// Its checksum: a report beside another blob is not that blob's.
    pub crc32: u32,
}

impl Blob {
    /// The figures of a blob's bytes.
    pub fn of(blob: &[u8]) -> Self {
        // Magic, version, length of the payload, checksum: docs/blob-format.md.
        let header = blob.first_chunk::<HEADER_LEN>().copied().unwrap_or_default();
        let [_, _, _, format_version, _, _, crc @ ..] = header;
        Self { bytes: blob.len(), format_version, crc32: u32::from_le_bytes(crc) }
    }
}

impl RowCounts {
    /// Counts the rows of a config.
    pub fn new(rows: &Rows) -> Self {
        Self {
            server: rows.server.as_ref().map(RowCount::new),
            device: RowCount::new(&rows.device),
            holdout: RowCount::new(&rows.holdout),
        }
    }

    /// Every row that was set aside, as far as they are listed.
    pub fn rejected(&self) -> impl Iterator<Item = &Rejection> {
        self.each().flat_map(|count| &count.rejected)
    }

    /// How many rows were set aside and are not listed.
    pub fn unlisted(&self) -> usize {
        self.each().map(|count| count.unlisted).sum()
    }

    /// What every file has.
    pub fn files(&self) -> impl Iterator<Item = &FileRows> {
        self.each().flat_map(|count| &count.files)
    }

    fn each(&self) -> impl Iterator<Item = &RowCount> {
        self.server.iter().chain([&self.device, &self.holdout])
    }
}

impl Report {
    /// Gathers the report of a profile.
    pub(crate) fn new(config: &Config, rows: &Rows, made: Made, profile: &Profile, blob: &[u8]) -> Self {
        let Made { phases, powers, quantiles, cross_validation, holdout } = made;
        let Span { min, max } = profile.trained.input_tokens;
        let mut warnings = sampled(config, rows);
        warnings.extend(uncovered("input_tokens", config.input_tokens, profile.trained.input_tokens));
        // One output token needs no decode step, and so no row to learn it from.
        let output_tokens = config.output_tokens.map(|[least, greatest]| [least.max(2), greatest.max(2)]);
        warnings.extend(uncovered("output_tokens", output_tokens, profile.trained.output_tokens));
        if phases.decode.is_none() {
            warnings.push("no row has decode_s: the profile answers requests of one output token only".to_owned());
        }
        for calibrated in [Some(&phases.prefill), phases.decode.as_ref()].into_iter().flatten() {
            let phase = calibrated.selected.fitted.phase;
            let advice = match &calibrated.selected.flaw {
                Some(flaw) => Some(format!("{phase}: the fit {flaw}: choose another type")),
                None => {
                    let flaw = calibrated.flaw(&phase.samples(&rows.trained(calibrated.method)));
                    flaw.map(|flaw| format!("{phase}: the calibrated fit {flaw}: choose another calibration.method"))
                }
            };
            warnings.extend(advice);
        }
        warnings.extend(quantiles.warnings());
        warnings.extend(powers.warnings(rows.server.as_ref().map_or(&[], |server| &server.rows)));
        if holdout.scores.is_none() {
            warnings.push("too few device rows to set any aside: no holdout errors".to_owned());
        }
        if cross_validation.is_none() {
            warnings.push("too few device rows for cross-validation".to_owned());
        }
        let (prefill, decode) = (
            PhaseReport::new(
                &phases.prefill,
                &config.prefill,
                formula::phase(Phase::Prefill, &profile.prefill.polynomial, &profile.prefill.calibration),
                rows,
            ),
            phases.decode.as_ref().map(|decode| {
                let formula = formula::phase(Phase::Decode, &profile.decode.polynomial, &profile.decode.calibration);
                PhaseReport::new(decode, &config.decode, formula, rows)
            }),
        );
        warnings.extend(warn_of(Phase::Prefill, &prefill.outliers));
        warnings.extend(decode.as_ref().and_then(|decode| warn_of(Phase::Decode, &decode.outliers)));
        Self {
            model: config.stem.clone(),
            llm: config.llm.clone(),
            size: config.size.clone(),
            device: config.device.name.clone(),
            variant: config.variant.clone(),
            server: config.server.as_ref().map(|server| server.name.clone()),
            input_tokens: [min, max],
            output_tokens: [profile.trained.output_tokens.min, profile.trained.output_tokens.max],
            rows: RowCounts::new(rows),
            prefill,
            decode,
            power: powers.any().then_some(powers),
            bands: quantiles,
            holdout,
            cross_validation,
            folds: config.validation.folds,
            blob: Blob::of(blob),
            warnings,
        }
    }
}

pub(crate) fn is_zero(count: &usize) -> bool {
    *count == 0
}

impl RowCount {
    fn new(cleaned: &Cleaned) -> Self {
        Self {
            files: files(cleaned),
            kept: cleaned.usable,
            fitted: cleaned.is_sample().then_some(cleaned.rows.len()),
            rejected: cleaned.rejected.clone(),
            unlisted: cleaned.unlisted,
        }
    }

    /// How many rows were set aside, listed or not.
    pub fn rejections(&self) -> usize {
        self.rejected.iter().map(|rejection| rejection.rows).sum::<usize>() + self.unlisted
    }
}

impl PhaseReport {
    fn new(calibrated: &Calibrated, settings: &Settings, formula: String, rows: &Rows) -> Self {
        let fitted = &calibrated.selected.fitted;
        let phase = fitted.phase;
        let server = rows.server.as_ref().filter(|_| calibrated.method != Method::Direct);
        let mut far = server.map_or(Vec::new(), |rows| outliers(phase, rows, |request| fitted.seconds(&[request])[0]));
        far.extend(outliers(phase, &rows.device, |request| calibrated.seconds(request)));
        Self {
            form: formula::form(fitted.phase, &fitted.form),
            formula,
            coefficients: fitted.coefficients.clone(),
            loss: settings.loss,
            solver: fitted.solver.clone(),
            compared: calibrated.selected.compared.clone(),
            outliers: far,
            calibration: calibrated.method,
            map: calibrated.calibration,
            calibrations: calibrated.tried.clone(),
        }
    }
}

/// Which machines' rows were too many to fit all, and what became of the others.
fn sampled(config: &Config, rows: &Rows) -> Vec<String> {
    let of = |machine: &str, rows: &Cleaned, others: &str| {
        let (fitted, usable) = (rows.rows.len(), rows.usable);
        format!(
            "{machine}: fitted on {fitted} of {usable} usable rows, drawn by validation.seed; the other {} {others}",
            usable - fitted
        )
    };
    let server = rows.server.as_ref().filter(|server| server.is_sample());
    let device = Some(&rows.device).filter(|device| device.is_sample());
    let scored =
        if config.holdout.is_empty() { "are what the profile is scored on" } else { "were checked and not used" };
    let warnings = [
        server.map(|rows| of("server", rows, "were checked and not used")),
        device.map(|rows| of("device", rows, scored)),
    ];
    warnings.into_iter().flatten().collect()
}

fn uncovered(column: &str, expected: Option<[u32; 2]>, trained: Span) -> Option<String> {
    let [least, greatest] = expected?;
    (least < trained.min || greatest > trained.max).then(|| {
        format!(
            "the rows have {column} from {} to {}, the config expects {least} to {greatest}: predictions beyond the rows are extrapolated",
            trained.min, trained.max
        )
    })
}
