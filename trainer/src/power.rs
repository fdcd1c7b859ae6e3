//! Stage 6: the power curve of each phase, from the device rows that have both its seconds and its joules.

mod fit;
mod rescale;
mod shape;

pub use fit::{PowerError, fit};
pub use rescale::{Change, rescale};
pub use shape::Curve;

use crate::compare::{Comparison, simplest};
use crate::config::Config;
use crate::fit::FitError;
use crate::measurement::{Measurement, Phase, Spent};
use crate::outlier::{OUTLIER, modified_z_scores};
use crate::score::{ape_percent, median};
use crate::select::Validation;
use crate::split::folds;
use serde::Serialize;
use token2metrics_core::{Power, PowerCurve};

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
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Powers {
    /// Of prefill.
    pub prefill: PhasePower,
    /// Of decode.
    pub decode: PhasePower,
}

/// How one phase's curve came about.
#[derive(Clone, Debug, PartialEq, Serialize)]
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// Rows.
    Measured,
    /// The config's word; nobody measured it.
    Stated,
    /// Nothing: there is none.
    Unknown,
}

/// A form that was tried, for the report.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Candidate {
    /// The form.
    pub form: Curve,
    /// How many numbers it has.
    pub parameters: usize,
    /// How it did.
    #[serde(flatten)]
    pub comparison: Comparison,
}

/// A fitted curve, and how it was chosen.
#[derive(Clone, Debug, PartialEq)]
pub struct Selected {
    /// Fitted to all rows.
    pub curve: PowerCurve,
    /// How it did.
    pub comparison: Comparison,
    /// All that was compared.
    pub candidates: Vec<Candidate>,
}

/// With fewer rows, a form of many numbers does well in cross-validation by chance.
const ROWS_A_PARAMETER: usize = 4;

/// Fits the curve that was asked for; `auto` takes the simplest of those that are as good as the best by cross-validation.
///
/// # Errors
/// Rows that determine no curve.
pub fn select(phase: Phase, form: Curve, validation: &Validation, spent: &[Spent]) -> Result<Selected, PowerError> {
    let forms = if form == Curve::Auto { Curve::FORMS.as_slice() } else { &[form] };
    let mut tried: Vec<Tried> =
        forms.iter().map(|&form| Tried::new(phase, form, forms.len() > 1, validation, spent)).collect();
    // One row cannot be cross-validated: the first form is all that it gives.
    let chosen = simplest(tried.iter().map(|tried| (tried.candidate.parameters, &tried.without_freaks))).unwrap_or(0);
    let curve = tried[chosen].curve.clone()?;
    let candidates: Vec<Candidate> = tried.drain(..).map(|tried| tried.candidate).collect();
    Ok(Selected { curve, comparison: candidates[chosen].comparison.clone(), candidates })
}

/// A form, fitted and scored.
struct Tried {
    candidate: Candidate,
    /// What it is judged by.
    without_freaks: Comparison,
    curve: Result<PowerCurve, PowerError>,
}

impl Tried {
    fn new(phase: Phase, form: Curve, has_rivals: bool, validation: &Validation, spent: &[Spent]) -> Self {
        let (parameters, curve) = (form.parameters(), fit(phase, form, spent));
        let needed = ROWS_A_PARAMETER * parameters;
        let errors = match &curve {
            Err(error) => Err(error.to_string()),
            Ok(_) if has_rivals && form != Curve::Constant && spent.len() < needed => {
                Err(format!("too few rows to compare it: it takes {needed}, there are {}", spent.len()))
            }
            Ok(_) => Ok(cross_validate(phase, form, validation, spent)),
        };
        let compared = |of: fn(Vec<f64>) -> Vec<f64>| match &errors {
            Err(reason) => Comparison::rejected(reason.clone()),
            Ok(errors) => Comparison::new(errors.clone().map(of), None),
        };
        let candidate = Candidate { form, parameters, comparison: compared(|errors| errors) };
        Self { candidate, without_freaks: compared(cut_freaks), curve }
    }
}

/// Cuts the errors of outliers down to where outliers begin: one row that no form can meet would else hide how the forms differ on all
/// others.
fn cut_freaks(errors: Vec<f64>) -> Vec<f64> {
    let most = OUTLIER / 0.6745 * median(errors.clone());
    errors.into_iter().map(|error| if error > most && most > 0.0 { most } else { error }).collect()
}

/// Absolute percentage errors of every row's joules, by the curve of the other folds.
fn cross_validate(phase: Phase, form: Curve, validation: &Validation, spent: &[Spent]) -> Result<Vec<f64>, FitError> {
    let mut errors = Vec::with_capacity(spent.len());
    for split in folds(spent.len(), validation.folds, validation.seed) {
        let (known, scored) = split.of(spent);
        let curve = fit(phase, form, &known).map_err(|error| error.into_fit_error(phase))?;
        errors.extend(scored.iter().map(|row| ape_percent(row.joules, row.predicted_j(&curve))));
    }
    Ok(errors)
}

impl Spent {
    /// What a curve says of the row's seconds, as the device computes it; NaN of an unknown curve.
    pub fn predicted_j(&self, curve: &PowerCurve) -> f64 {
        curve.energy_j(self.seconds as f32).map_or(f64::NAN, f64::from)
    }
}

impl Powers {
    /// The curves that a config asks for, as far as the device's rows have them.
    pub fn new(config: &Config, device: &[Measurement]) -> Self {
        let new = |phase, energy| PhasePower::new(phase, energy, &config.validation, device);
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
            if power.source == Source::Unknown && power.rows == 0 && !phase.spent(server).is_empty() {
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
    fn new(phase: Phase, energy: Option<Energy>, validation: &Validation, rows: &[Measurement]) -> Self {
        let spent = phase.spent(rows);
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
                power.fit(phase, form, validation, &spent);
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

/// Rows whose energy fits no time.
fn warn_of_no_seconds(phase: Phase, rows: &[Measurement]) -> Vec<String> {
    let useless = rows.iter().filter(|row| phase.joules(row).is_some() && phase.seconds(row).is_none()).count();
    let (seconds, joules) = (phase.column(), phase.energy_column());
    let warning =
        format!("{phase}: {joules} of {useless} rows is not fitted: a power curve needs {seconds} of the same row");
    if useless == 0 { Vec::new() } else { vec![warning] }
}

/// Rows whose joules are far from the curve, measured by how far the others are.
pub fn warn_of_outliers(phase: Phase, curve: &PowerCurve, spent: &[Spent]) -> Option<String> {
    /// Rows that are named; a curve of the wrong form has many.
    const NAMED: usize = 5;
    /// Nearer than this, a row is no freak however near the others are.
    const NOTICEABLE: f64 = 0.01;
    let ratios: Vec<f64> = spent.iter().map(|row| (row.joules / row.predicted_j(curve)).ln()).collect();
    let scores = modified_z_scores(&ratios);
    let far = spent
        .iter()
        .zip(ratios)
        .zip(scores)
        .filter(|((_, ratio), score)| score.abs() > OUTLIER && ratio.abs() > NOTICEABLE);
    let named: Vec<String> = far
        .map(|((row, ratio), _)| {
            let (input, output) = (row.request.input_tokens, row.request.output_tokens);
            format!("line {} ({input} input, {output} output tokens: {:.2} times)", row.line, ratio.exp())
        })
        .collect();
    let more = if named.len() > NAMED { format!(" and {} more", named.len() - NAMED) } else { String::new() };
    let named_first = named.iter().take(NAMED).cloned().collect::<Vec<_>>().join(", ");
    (!named.is_empty()).then(|| {
        format!(
            "{phase}: {} far off its power curve: {named_first}{more}: measure them again, or remove what is wrong",
            phase.energy_column()
        )
    })
}
