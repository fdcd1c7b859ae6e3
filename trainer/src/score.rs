//! How far predictions are from what was measured.

use crate::measurement::Measurement;
use serde::Serialize;
use token2metrics_core::Profile;

/// Absolute percentage errors over some rows.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Errors {
    /// Rows.
    pub n: usize,
    /// Their mean.
    pub mape_percent: f64,
    /// Their median.
    pub median_ape_percent: f64,
    /// What 95 % of them do not exceed.
    pub p95_ape_percent: f64,
    /// The largest.
    pub max_ape_percent: f64,
}

/// Errors per phase and of the whole request; `None` where no row has the time or energy. Energies are predicted from the token counts, as
/// times are.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Scores {
    /// Prefill.
    pub prefill_s: Option<Errors>,
    /// Decode, over rows with at least one step.
    pub decode_s: Option<Errors>,
    /// Both, over rows that have all of their times.
    pub total_s: Option<Errors>,
    /// Joules of prefill, where the profile knows its power.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prefill_energy_j: Option<Errors>,
    /// Joules of decode, likewise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decode_energy_j: Option<Errors>,
    /// Both, over rows that have all of their joules.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub energy_j: Option<Errors>,
}

/// `100 * |predicted - observed| / observed`; observed times are above zero.
pub fn ape_percent(observed: f64, predicted: f64) -> f64 {
    100.0 * (predicted - observed).abs() / observed
}

/// The mean of [`ape_percent`].
pub fn mape_percent(observed: &[f64], predicted: &[f64]) -> f64 {
    mean(&observed.iter().zip(predicted).map(|(o, p)| ape_percent(*o, *p)).collect::<Vec<_>>())
}

/// The mean of some values, NaN of none.
pub fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// The value that a share `q` of sorted values does not exceed, interpolated between neighbours; NaN of none.
pub fn quantile(sorted: &[f64], q: f64) -> f64 {
    let place = q * sorted.len().saturating_sub(1) as f64;
    let at = |index: usize| sorted.get(index).copied().unwrap_or(f64::NAN);
    let (low, high) = (at(place.floor() as usize), at(place.ceil() as usize));
    low + (high - low) * place.fract()
}

/// The median of some values, NaN of none.
pub fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    quantile(&values, 0.5)
}

impl Errors {
    /// Summarises absolute percentage errors.
    pub fn of(mut ape: Vec<f64>) -> Option<Self> {
        ape.sort_by(f64::total_cmp);
        Some(Self {
            n: ape.len(),
            mape_percent: mean(&ape),
            median_ape_percent: quantile(&ape, 0.5),
            p95_ape_percent: quantile(&ape, 0.95),
            max_ape_percent: *ape.last()?,
        })
    }
}

/// The absolute percentage errors of one or more profiles, row by row.
#[derive(Clone, Debug, Default)]
pub struct Residuals {
    prefill: Vec<f64>,
    decode: Vec<f64>,
    total: Vec<f64>,
    prefill_energy: Vec<f64>,
    decode_energy: Vec<f64>,
    energy: Vec<f64>,
}

impl Residuals {
    /// Predicts rows with a profile and notes its errors.
    pub fn observe(&mut self, profile: &Profile, rows: &[Measurement]) {
        for row in rows {
            // Rows have been cleaned: each is a request.
            let Ok(predicted) = profile.predict(row.request) else { continue };
            if let Some(observed) = row.prefill_s {
                self.prefill.push(ape_percent(observed, predicted.prefill_s.into()));
            }
            if let Some(observed) = row.decode_s {
                self.decode.push(ape_percent(observed, predicted.decode_s.into()));
            }
            let or_none = |measured| if row.request.output_tokens == 1 { Some(0.0) } else { measured };
            let decode_s = or_none(row.decode_s);
            if let (Some(prefill_s), Some(decode_s)) = (row.prefill_s, decode_s) {
                self.total.push(ape_percent(prefill_s + decode_s, predicted.total_s.into()));
            }
            let ape = |observed: Option<f64>, predicted: Option<f32>| Some(ape_percent(observed?, predicted?.into()));
            self.prefill_energy.extend(ape(row.prefill_energy_j, predicted.prefill_energy_j));
            self.decode_energy.extend(ape(row.decode_energy_j, predicted.decode_energy_j));
            let both = row
                .prefill_energy_j
                .zip(or_none(row.decode_energy_j))
                .map(|(prefill_j, decode_j)| prefill_j + decode_j);
            self.energy.extend(ape(both, predicted.energy_j));
        }
    }

    /// Sums the errors up.
    pub fn scores(self) -> Scores {
        Scores {
            prefill_s: Errors::of(self.prefill),
            decode_s: Errors::of(self.decode),
            total_s: Errors::of(self.total),
            prefill_energy_j: Errors::of(self.prefill_energy),
            decode_energy_j: Errors::of(self.decode_energy),
            energy_j: Errors::of(self.energy),
        }
    }
}

/// The errors of a profile on some rows; of one without decode, on their prompts and on what has no decode.
pub fn score(profile: &Profile, rows: &[Measurement]) -> Scores {
    let of = |rows: &[Measurement]| {
        let mut residuals = Residuals::default();
        residuals.observe(profile, rows);
        residuals.scores()
    };
    let scores = of(rows);
    if profile.decode.is_known() {
        return scores;
    }
    let Scores { prefill_s, prefill_energy_j, .. } = of(&rows.iter().map(Measurement::prompt).collect::<Vec<_>>());
    Scores { prefill_s, prefill_energy_j, ..scores }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_of_a_case_solved_by_hand() {
        let errors = Errors::of([(2.0, 1.0), (4.0, 5.0), (10.0, 10.0)].map(|(o, p)| ape_percent(o, p)).to_vec());
        let errors = errors.expect("three rows");
        assert_eq!((errors.n, errors.mape_percent, errors.median_ape_percent), (3, 25.0, 25.0));
        assert_eq!((errors.p95_ape_percent, errors.max_ape_percent), (47.5, 50.0));
        assert_eq!(mape_percent(&[2.0, 4.0], &[1.0, 5.0]), 37.5);
        assert!(Errors::of(Vec::new()).is_none());
    }
}
