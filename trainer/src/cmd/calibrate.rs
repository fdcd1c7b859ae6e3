//! `calibrate`: a trained profile for another device, by a few rows measured there.

use crate::calibrate::Method;
use crate::clean::{Cleaned, Cleaner, Rejection};
use crate::emit;
use crate::formula;
use crate::import::Reading;
use crate::locate;
use crate::measurement::{Phase, Spent};
use crate::output::write_all;
use crate::power::{self, rescale, warn_of_outliers};
use crate::recalibrate::{Change, Recalibrated, recalibrate};
use crate::report::is_zero;
use crate::select::Validation;
use crate::table::{Format, percent, table};
use anyhow::{Context, Result, bail};
use clap::Args;
use serde::Serialize;
use std::path::PathBuf;
use token2metrics_core::PowerCurve;

/// Map a trained profile to another device, or to the same one after a change, by a few requests measured there
///
/// A phase that was not measured keeps its calibration.
///
/// Example: token2metrics calibrate --model-path outputs/qwen_1_5b/profile.t2m --data configs/measurements/qwen_1_5b_device_holdout.csv --output mine.t2m
#[derive(Debug, Args)]
pub struct Calibrate {
    /// The blob to start from
    #[arg(long, value_name = "BLOB")]
    model_path: PathBuf,
    /// Requests measured on the device
    #[arg(long, value_name = "CSV")]
    data: PathBuf,
    /// How the profile is mapped to the device
    #[arg(long, value_enum, default_value_t)]
    method: Method,
    /// The device's name in the new blob, if it is another one
    #[arg(long, value_name = "NAME")]
    device: Option<String>,
    /// Power mode, runtime or quantization in the new blob, if it is another one
    #[arg(long, value_name = "NAME")]
    variant: Option<String>,
    /// The blob to write
    #[arg(long, value_name = "BLOB")]
    output: PathBuf,
    /// How to print the result
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// What became of one phase.
#[derive(Serialize)]
struct PhaseReport {
    #[serde(flatten)]
    change: Change,
    formula: String,
}

/// What became of one phase's power.
#[derive(Serialize)]
struct PowerReport {
    #[serde(flatten)]
    change: power::Change,
    curve: PowerCurve,
}

#[derive(Serialize)]
struct Report {
    llm: String,
    device: String,
    rejected: Vec<Rejection>,
    #[serde(skip_serializing_if = "is_zero")]
    unlisted: usize,
    prefill: Option<PhaseReport>,
    decode: Option<PhaseReport>,
    /// `None` where nothing is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    prefill_power: Option<PowerReport>,
    #[serde(skip_serializing_if = "Option::is_none")]
    decode_power: Option<PowerReport>,
}

impl Calibrate {
    /// # Errors
    /// A file that is no blob, or rows that do not determine the map.
    pub fn run(self) -> Result<String> {
        let trained = locate::read(&self.model_path)?.profile;
        let cleaned =
            Cleaner::new(Validation::default().seed).read(std::slice::from_ref(&self.data), &Reading::default())?;
        if cleaned.rows.is_empty() {
            bail!("no usable row in {}", self.data.display());
        }
        cleaned.warn();
        let Cleaned { rows, rejected, unlisted, .. } = cleaned;
        let Recalibrated { mut profile, prefill, decode, quantiles } = recalibrate(&trained, self.method, &rows)?;
        for (phase, change) in [(Phase::Prefill, &prefill), (Phase::Decode, &decode)] {
            if change.is_none() {
                log::warn!("no row has {}: {phase} keeps its calibration", phase.column());
            }
        }
        if profile.bands.is_none() {
            log::warn!("too few rows for error bands, or none of one phase: the new profile has no bands");
        }
        for warning in quantiles.warnings() {
            log::warn!("{warning}");
        }
        let old = profile.identity.clone();
        if let Some(device) = &self.device {
            profile.identity.device = emit::name(device)?;
        }
        if let Some(variant) = &self.variant {
            profile.identity.variant = emit::name(variant)?;
        }
        let old_device = (profile.identity != old).then(|| formula::identity(&old.llm, &old.device, &old.variant));
        let spent = |phase: Phase| {
            phase.spent(&rows, |request| profile.predict(request).map_or(0.0, |predicted| predicted.prefill_s.into()))
        };
        let (of_prefill, of_decode) = (spent(Phase::Prefill), spent(Phase::Decode));
        let prefill_power = power(Phase::Prefill, &mut profile.power.prefill, &of_prefill, old_device.as_deref())?;
        let decode_power = power(Phase::Decode, &mut profile.power.decode, &of_decode, old_device.as_deref())?;
        let report_of = |phase: Phase, change: Option<Change>| {
            let formula = match phase {
                Phase::Prefill => formula::phase(phase, &profile.prefill.polynomial, &profile.prefill.calibration),
                Phase::Decode => formula::phase(phase, &profile.decode.polynomial, &profile.decode.calibration),
            };
            change.map(|change| PhaseReport { change, formula })
        };
        let (prefill, decode) = (report_of(Phase::Prefill, prefill), report_of(Phase::Decode, decode));
        write_all(&[(self.output.clone(), emit::blob(&profile)?)])?;
        let (llm, device) = (profile.identity.llm.to_string(), profile.identity.device.to_string());
        let report = Report { llm, device, rejected, unlisted, prefill, decode, prefill_power, decode_power };
        self.format.render(&report, || self.text(&report))
    }

    fn text(&self, report: &Report) -> String {
        let row = |name: &str, phase: &Option<PhaseReport>| match phase {
            None => {
                [name.to_owned(), "kept".to_owned(), "0".to_owned(), "-".to_owned(), "-".to_owned(), "-".to_owned()]
            }
            Some(PhaseReport { change: Change { rows, method, map, cv_mape_percent }, .. }) => [
                name.to_owned(),
                crate::table::name(method),
                rows.to_string(),
                format!("{:.4}", map.scale),
                crate::table::seconds(map.offset_s),
                cv_mape_percent.map_or("-".to_owned(), percent),
            ],
        };
        let header = ["phase", "method", "rows", "scale", "offset", "cross-validated MAPE %"];
        let mut text = table(header, 2, [row("prefill", &report.prefill), row("decode", &report.decode)]);
        let powers = [(Phase::Prefill, &report.prefill_power), (Phase::Decode, &report.decode_power)];
        let powers: Vec<_> = powers.iter().filter_map(|(phase, power)| Some(power.as_ref()?.row(*phase))).collect();
        if !powers.is_empty() {
            text += &table(["power", "method", "rows", "scale", "cross-validated MAPE %"], 2, powers);
        }
        text + &format!("{}\n", self.output.display())
    }
}

/// Takes one phase's power to the device in place; `None` where nothing is known of it. The old device is named where it is another one.
fn power(
    phase: Phase,
    curve: &mut PowerCurve,
    spent: &[Spent],
    old_device: Option<&str>,
) -> Result<Option<PowerReport>> {
    let (new, change) = rescale(phase, *curve, spent).with_context(|| format!("{phase} power"))?;
    if let (power::Change::Kept, Some(old), true) = (change, old_device, new != PowerCurve::Unknown) {
        let column = phase.energy_column();
        log::warn!("no row has {column}: the power of {phase} stays that of {old}; its watts may be others here");
    }
    if let Some(warning) = warn_of_outliers(phase, &new, spent) {
        log::warn!("{warning}");
    }
    *curve = new;
    Ok((new != PowerCurve::Unknown).then_some(PowerReport { change, curve: new }))
}

impl PowerReport {
    fn row(&self, phase: Phase) -> [String; 5] {
        let (method, rows, scale, mape_percent) = match self.change {
            power::Change::Kept => ("kept", 0, None, None),
            power::Change::Scaled { scale, rows } => ("scaled", rows, Some(scale), None),
            power::Change::Fitted { rows, cv_mape_percent } => ("fitted", rows, None, cv_mape_percent),
        };
        let scale = scale.map_or("-".to_owned(), |scale| format!("{scale:.4}"));
        let mape_percent = mape_percent.map_or("-".to_owned(), percent);
        [phase.to_string(), method.to_owned(), rows.to_string(), scale, mape_percent]
    }
}
