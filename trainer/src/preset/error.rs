//! How far off a preset was, as whoever measured it says.

use crate::formula;
use crate::measurement::Phase;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;
use token2metrics_core::Profile;

/// What can be off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Measure {
    /// Seconds of the prompt.
    PrefillS,
    /// Seconds of the steps.
    DecodeS,
    /// Seconds of both.
    TotalS,
    /// Joules of the prompt.
    PrefillEnergyJ,
    /// Joules of the steps.
    DecodeEnergyJ,
    /// Joules of both.
    EnergyJ,
}

/// By how much.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StatedError {
    /// The mean absolute percentage error.
    pub mape_percent: f64,
    /// Over so many rows.
    pub rows: usize,
    /// How it was measured.
    pub how: String,
}

/// All that is stated of a preset's errors.
pub type Stated = BTreeMap<Measure, StatedError>;

impl Measure {
    const ALL: [Self; 6] =
        [Self::PrefillS, Self::DecodeS, Self::TotalS, Self::PrefillEnergyJ, Self::DecodeEnergyJ, Self::EnergyJ];
}

/// What a `report.json` says of a profile: its size label, and its errors by cross-validation or as they were stated.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Beside {
    /// The size label.
    pub size: Option<String>,
    /// The errors.
    pub error: Stated,
}

/// Reads the `report.json` in the folder of a blob; `None` where there is none, or none of this profile.
pub fn beside(blob: &Path, profile: &Profile) -> Option<Beside> {
    let text = std::fs::read(blob.with_file_name("report.json")).ok()?;
    let report: Value = serde_json::from_slice(&text).ok()?;
    // The formulas have all of the coefficients: with others, the report is of another profile.
    let formula = formula::phase(Phase::Prefill, &profile.prefill.polynomial, &profile.prefill.calibration);
    let same_prefill = report["prefill"]["formula"] == formula;
    let formula = formula::phase(Phase::Decode, &profile.decode.polynomial, &profile.decode.calibration);
    let same_decode = !profile.decode.is_known() || report["decode"]["formula"] == formula;
    if !(same_prefill && same_decode) {
        return None;
    }
    let size = report["size"].as_str().filter(|size| !size.is_empty()).map(str::to_owned);
    let error = match report.get("stated") {
        Some(stated) => Stated::deserialize(&stated["error"]).ok()?,
        None => {
            let how = format!("{}-fold cross-validation", report["folds"].as_u64()?);
            let error = |measure: Measure| {
                let errors = &report["cross_validation"][crate::table::name(&measure)];
                let (mape_percent, rows) = (errors["mape_percent"].as_f64()?, errors["n"].as_u64()? as usize);
                Some((measure, StatedError { mape_percent, rows, how: how.clone() }))
            };
            Measure::ALL.into_iter().filter_map(error).collect()
        }
    };
    Some(Beside { size, error })
}
