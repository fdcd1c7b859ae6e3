//! When there are rows enough: when the error of the trainer's own fit, on rows that it has not seen, no longer falls.

use crate::calibrate::Method;
use crate::config::{Config, Machine};
use crate::import::Reading;
use crate::loss::Loss;
use crate::measurement::Measurement;
use crate::power::EnergySettings;
use crate::score::Scores;
use crate::select::{Settings, Type, Validation};
use crate::train::cross_validate;

/// The share of the least error so far that a lower one must not exceed.
const LOWER: f64 = 0.95;
/// Percent below which an error is as good as none.
const NEGLIGIBLE: f64 = 0.1;
/// Batches in a row without a lower error.
const PATIENCE: usize = 2;

/// The errors so far.
#[derive(Debug)]
pub(super) struct Steady {
    config: Config,
    least: f64,
    without: usize,
}

impl Steady {
    /// Before the first batch.
    pub(super) fn new() -> Self {
        let settings = Settings { form: Type::Auto, degree: 2, fit_intercept: true, loss: Loss::default() };
        let config = Config {
            stem: String::new(),
            llm: "LLM".to_owned(),
            size: String::new(),
            aliases: Vec::new(),
            input_tokens: None,
            output_tokens: None,
            server: None,
            device: Machine {
                name: "device".to_owned(),
                memory_gb: None,
                power_limit_w: None,
                data: Vec::new(),
                reading: Reading::default(),
            },
            variant: String::new(),
            holdout: Vec::new(),
            prefill: settings,
            decode: settings,
            calibration: Method::default(),
            validation: Validation::default(),
            energy: EnergySettings::default(),
            tariff: None,
        };
        Self { config, least: f64::INFINITY, without: 0 }
    }

    /// The errors of rows as `train` cross-validates them; `None` of too few.
    pub(super) fn errors(&self, rows: &[Measurement]) -> Option<Scores> {
        cross_validate(&self.config, rows)
    }

    /// Whether a further batch is worth while, given the error after one more.
    pub(super) fn falls(&mut self, error: Option<f64>) -> bool {
        match error {
            None => return true,
            Some(error) if error < LOWER * self.least && self.least > NEGLIGIBLE => {
                (self.least, self.without) = (error, 0);
            }
            Some(_) => self.without += 1,
        }
        self.without < PATIENCE
    }
}

/// The one figure that is to fall: the mean over the phases of the median absolute percentage error, which a freak row does not raise.
pub(super) fn percent(scores: &Scores) -> Option<f64> {
    let phases = [scores.prefill_s, scores.decode_s];
    let medians: Vec<f64> = phases.into_iter().flatten().map(|errors| errors.median_ape_percent).collect();
    (!medians.is_empty()).then(|| crate::score::mean(&medians))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_batches_without_a_lower_error_are_enough() {
        let falls = |errors: &[f64]| {
            let mut steady = Steady::new();
            errors.iter().map(|error| steady.falls(Some(*error))).collect::<Vec<_>>()
        };
        assert_eq!(falls(&[5.0, 3.0, 2.9, 2.0, 1.95, 2.5]), [true, true, true, true, true, false]);
        assert_eq!(falls(&[0.01, 0.001, 0.0001]), [true, true, false], "nothing to gain");
        assert!(Steady::new().falls(None), "too few rows");
    }
}
