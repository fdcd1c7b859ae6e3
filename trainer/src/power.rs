//! Stage 6: the power curve of each phase, from the device rows that have both its seconds and its joules.

mod fit;
mod freaks;
mod rescale;
mod search;
mod select;
mod shape;
mod watts;

pub use fit::{PowerError, fit};
pub use freaks::warn_of_outliers;
pub use rescale::{Change, rescale};
pub use select::{Candidate, Selected, select};
pub use shape::Curve;

use crate::choose::Comparison;
use crate::config::Config;
use crate::measurement::{Measurement, Phase, Spent};
use crate::select::Validation;
use serde::{Deserialize, Serialize};
use token2metrics_core::{Power, PowerCurve, Request};

/// Where a phase's curve comes from: a key of a config's `[energy]` table.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Energy {
    /// It is fitted.
    Fitted(Curve),
    /// The config has its numbers.
    Stated(PowerCurve),
}

/// The `[energy]` table of a config; a phase that it does not name is fitted with `auto` where there are rows.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct EnergySettings {
    /// Of prefill.
    pub prefill: Option<Energy>,
    /// Of decode.
    pub decode: Option<Energy>,
}

/// How the curves of both phases came about, for the report.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Powers {
    /// Of prefill.
    pub prefill: PhasePower,
    /// Of decode.
    pub decode: PhasePower,
}

/// How one phase's curve came about.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PhasePower {
    /// Whether it was measured.
    pub source: Source,
    /// The curve.
    pub curve: PowerCurve,
    /// The rows that have the phase's seconds and joules.
    pub rows: usize,
    /// How the curve does on rows that it was not fitted to, at their measured seconds.
    #[serde(flatten)]
    pub comparison: Option<Comparison>,
    /// The forms that were compared, the simplest first.
    pub candidates: Vec<Candidate>,
    /// What to know before trusting it.
    #[serde(skip)]
    pub warnings: Vec<String>,
}

/// What a curve rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// Rows.
    Measured,
    /// The config's word; nobody measured it.
    Stated,
    /// Nothing: there is none.
    Unknown,
}

impl Spent {
    /// What a curve says of the row's seconds, as the device computes it; NaN of an unknown curve.
    pub fn predicted_j(&self, curve: &PowerCurve) -> f64 {
        curve.energy_from_j(self.begin_s as f32, self.seconds as f32).map_or(f64::NAN, f64::from)
    }
}

impl Powers {
    /// The curves that a config asks for, as far as the device's rows have them; decode begins after these seconds.
    pub fn new(config: &Config, device: &[Measurement], prefill_s: impl Fn(Request) -> f64) -> Self {
        let new = |phase: Phase, energy| {
            PhasePower::new(phase, energy, &config.validation, device, &phase.spent(device, &prefill_s))
        };
        Self { prefill: new(Phase::Prefill, config.energy.prefill), decode: new(Phase::Decode, config.energy.decode) }
    }

    /// What a profile has of it.
    pub fn curves(&self) -> Power {
        Power { prefill: self.prefill.curve, decode: self.decode.curve }
    }

    /// What to know before trusting the curves; the rows of a server, another machine, are not used for them.
    pub fn warnings(&self, server: &[Measurement]) -> Vec<String> {
        let phases = [(Phase::Prefill, &self.prefill), (Phase::Decode, &self.decode)];
        let mut warnings = Vec::new();
        for (phase, power) in phases {
            warnings.extend(power.warnings.iter().cloned());
            if power.source == Source::Unknown && power.rows == 0 && server.iter().any(|row| phase.has_energy(row)) {
                let column = phase.energy_column();
                warnings.push(format!(
                    "{phase}: only the server's rows have {column}: not used, they are another machine's watts; measure the device or state \
                     a curve in [energy.{phase}]"
                ));
            }
        }
        warnings
    }

    /// Whether any curve is known.
    pub fn any(&self) -> bool {
        [&self.prefill, &self.decode].iter().any(|power| power.source != Source::Unknown)
    }
}

impl PhasePower {
    fn new(
        phase: Phase,
        energy: Option<Energy>,
        validation: &Validation,
        rows: &[Measurement],
        spent: &[Spent],
    ) -> Self {
        let mut power = Self {
            source: Source::Unknown,
            curve: PowerCurve::Unknown,
            rows: spent.len(),
            comparison: None,
            candidates: Vec::new(),
            warnings: warn_of_no_seconds(phase, rows),
        };
        match energy {
            Some(Energy::Stated(curve)) => {
                (power.source, power.curve) = (Source::Stated, curve);
                if power.rows > 0 {
                    let column = phase.energy_column();
                    power.warnings.push(format!(
                        "{phase}: its power curve is stated: {column} of {} rows is compared with it, not fitted",
                        power.rows
                    ));
                }
            }
            Some(Energy::Fitted(_)) if spent.is_empty() => {
                let (seconds, joules) = (phase.column(), phase.energy_column());
                power.warnings.push(format!(
                    "[energy] asks for a curve of {phase}, but no device row has {joules} and {seconds}: its energy is not known"
                ));
            }
            None if spent.is_empty() => {}
            Some(Energy::Fitted(_)) | None => {
                let form = match energy {
                    Some(Energy::Fitted(form)) => form,
                    _ => Curve::Auto,
                };
                power.fit(phase, form, validation, spent);
            }
        }
        power
    }

    fn fit(&mut self, phase: Phase, form: Curve, validation: &Validation, spent: &[Spent]) {
        match select(phase, form, validation, spent) {
            Ok(Selected { curve, comparison, candidates }) => {
                (self.source, self.curve, self.candidates) = (Source::Measured, curve, candidates);
                self.comparison = Some(comparison);
                self.warnings.extend(warn_of_outliers(phase, &curve, spent));
            }
            Err(error) => self.warnings.push(format!("{phase}: no power curve: {error}")),
        }
    }
}

/// Rows whose energy belongs to no time.
fn warn_of_no_seconds(phase: Phase, rows: &[Measurement]) -> Vec<String> {
    let useless = rows.iter().filter(|row| phase.joules(row).is_some() && phase.seconds(row).is_none()).count();
    let (seconds, joules) = (phase.column(), phase.energy_column());
    let rows = if useless == 1 { "row" } else { "rows" };
    let warning =
        format!("{phase}: {joules} of {useless} {rows} is not fitted: a power curve needs {seconds} of the same row");
    if useless == 0 { Vec::new() } else { vec![warning] }
}
