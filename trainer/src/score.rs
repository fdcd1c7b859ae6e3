//! How far predictions are from what was measured.

use crate::band::{AllQuantiles, Quantiles};
use crate::measurement::Measurement;
use serde::{Deserialize, Serialize};
use token2metrics_core::{Band, Level, Profile, Ratios, Request};

/// Absolute percentage errors over some rows.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
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
    /// The share of the rows within their 90 % band, between the 5 and the 95 % ratio; `None` without bands.
    pub coverage_90: Option<f64>,
    /// The share of the rows that do not exceed their 99 % ratio.
    pub coverage_99: Option<f64>,
}

/// A row that was predicted by what had not seen it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Residual {
    /// What was asked.
    pub request: Request,
    /// What was measured, above zero.
    pub observed: f64,
    /// What was predicted.
    pub predicted: f64,
    /// Whether it is within its 90 % band, and below its 99 % ratio.
    pub within: Option<[bool; 2]>,
}

/// Errors per phase and of the whole request; `None` where no row has the time or energy. Energies are predicted from the token counts, as
/// times are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
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
    let Some(last) = values.len().checked_sub(1) else { return f64::NAN };
    // What `quantile` says of 0.5, without sorting all.
    let (_, low, above) = values.select_nth_unstable_by(last / 2, f64::total_cmp);
    let high = if last % 2 == 0 { *low } else { above.iter().copied().min_by(f64::total_cmp).unwrap_or(*low) };
    *low + (high - *low) * (0.5 * last as f64).fract()
}

impl Residual {
    fn new(request: Request, observed: f64, predicted: f32, ratios: Option<&Ratios>) -> Self {
        let within = ratios.map(|ratios| {
            let Band { low_s, high_s } = ratios.band(predicted);
            let most = predicted * ratios.at(Level::P99);
            [(low_s.into()..=high_s.into()).contains(&observed), observed <= most.into()]
        });
        Self { request, observed, predicted: predicted.into(), within }
    }

    pub(crate) fn ape_percent(&self) -> f64 {
        ape_percent(self.observed, self.predicted)
    }
}

impl Errors {
    /// Summarises some residuals; `None` of none.
    pub fn of(residuals: &[Residual]) -> Option<Self> {
        let mut ape: Vec<f64> = residuals.iter().map(Residual::ape_percent).collect();
        ape.sort_by(f64::total_cmp);
        let coverage = |level: usize| {
            let within: Option<Vec<bool>> = residuals.iter().map(|residual| Some(residual.within?[level])).collect();
            within.map(|within| within.iter().filter(|within| **within).count() as f64 / within.len() as f64)
        };
        Some(Self {
            n: ape.len(),
            mape_percent: mean(&ape),
            median_ape_percent: quantile(&ape, 0.5),
            p95_ape_percent: quantile(&ape, 0.95),
            max_ape_percent: *ape.last()?,
            coverage_90: coverage(0),
            coverage_99: coverage(1),
        })
    }
}

/// What is predicted and compared, in the order of the residuals of a row.
pub const FIGURES: [&str; 6] = ["prefill_s", "decode_s", "total_s", "prefill_energy_j", "decode_energy_j", "energy_j"];

/// The residuals of one or more profiles, row by row.
#[derive(Clone, Debug, Default)]
pub struct Residuals {
    /// By [`FIGURES`].
    figures: [Vec<Residual>; FIGURES.len()],
    /// How many of the whole requests have a decode step.
    with_decode: usize,
}

/// The residuals of a row, by [`FIGURES`]. What the profile does not know is none.
#[inline]
fn residuals(profile: &Profile, row: &Measurement) -> [Option<Residual>; FIGURES.len()] {
    // Rows have been cleaned: each is a request.
    let Ok(predicted) = profile.predict(row.asked()) else { return [None; FIGURES.len()] };
    let bands = profile.bands.as_ref();
    let or_none = |measured| if row.request.output_tokens == 1 { Some(0.0) } else { measured };
    let both = |first: Option<f64>, second: Option<f64>| Some(first? + or_none(second)?);
    let residual = |observed: Option<f64>, predicted: Option<f32>, ratios: Option<&Ratios>| {
        Some(Residual::new(row.request, observed?, predicted?, ratios))
    };
    let seconds = |observed, predicted: f32, ratios| residual(observed, Some(predicted), ratios);
    let (total_s, energy_j) = (both(row.prefill_s, row.decode_s), both(row.prefill_energy_j, row.decode_energy_j));
    [
        seconds(row.prefill_s, predicted.prefill_s, bands.map(|bands| &bands.prefill)),
        seconds(row.decode_s, predicted.decode_s, bands.map(|bands| &bands.decode)),
        seconds(total_s, predicted.total_s, bands.map(|bands| &bands.total)),
        residual(row.prefill_energy_j, predicted.prefill_energy_j, None),
        residual(row.decode_energy_j, predicted.decode_energy_j, None),
        residual(energy_j, predicted.energy_j, None),
    ]
}

/// The residuals that count for the errors of a profile: of one without decode, those of the prompt and of what has no decode.
#[inline]
pub(crate) fn scored(profile: &Profile, row: &Measurement) -> [Option<Residual>; FIGURES.len()] {
    let mut scored = residuals(profile, row);
    if !profile.decode.is_known() {
        let [prefill, _, _, prefill_energy, _, _] = residuals(profile, &row.prompt());
        (scored[0], scored[3]) = (prefill, prefill_energy);
    }
    scored
}

impl Residuals {
    /// Predicts rows with a profile and notes its residuals.
    pub fn observe(&mut self, profile: &Profile, rows: &[Measurement]) {
        for row in rows {
            let residuals = residuals(profile, row);
            self.with_decode += usize::from(residuals[2].is_some() && row.request.output_tokens > 1);
            self.note(residuals);
        }
    }

    fn note(&mut self, residuals: [Option<Residual>; FIGURES.len()]) {
        self.figures.iter_mut().zip(residuals).for_each(|(figure, residual)| figure.extend(residual));
    }

    /// All residuals, each with the name of its figure.
    pub fn named(&self) -> impl Iterator<Item = (&'static str, &Residual)> {
        FIGURES.into_iter().zip(&self.figures).flat_map(|(name, all)| all.iter().map(move |residual| (name, residual)))
    }

    /// Sums the residuals up.
    pub fn scores(&self) -> Scores {
        Scores::new(self.figures.each_ref().map(|residuals| Errors::of(residuals)))
    }

    /// The quantiles of observed / predicted.
    pub fn quantiles(&self) -> AllQuantiles {
        let of = |residuals: &[Residual]| {
            Quantiles::of(residuals.iter().map(|residual| residual.observed / residual.predicted).collect())
        };
        let [prefill, decode, total, ..] = &self.figures;
        // Prompts alone say nothing of whole requests where there is a decode.
        let whole = decode.is_empty() || self.with_decode > 0;
        AllQuantiles { prefill: of(prefill), decode: of(decode), total: if whole { of(total) } else { None } }
    }
}

impl Scores {
    /// Errors by [`FIGURES`].
    pub(crate) fn new(errors: [Option<Errors>; FIGURES.len()]) -> Self {
        let [prefill_s, decode_s, total_s, prefill_energy_j, decode_energy_j, energy_j] = errors;
        Self { prefill_s, decode_s, total_s, prefill_energy_j, decode_energy_j, energy_j }
    }
}

/// The errors of a profile on some rows; of one without decode, on their prompts and on what has no decode.
pub fn score(profile: &Profile, rows: &[Measurement]) -> Scores {
    let mut residuals = Residuals::default();
    rows.iter().for_each(|row| residuals.note(scored(profile, row)));
    residuals.scores()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_of_a_case_solved_by_hand() {
        let ratios = Ratios::new([0.5, 1.0, 1.5, 1.75, 2.0]);
        let request = Request { input_tokens: 1, cached_tokens: 0, output_tokens: 1 };
        let residuals =
            [(2.0, 1.0), (4.0, 5.0), (10.0, 10.0)].map(|(o, p)| Residual::new(request, o, p, Some(&ratios)));
        let errors = Errors::of(&residuals);
        let errors = errors.expect("three rows");
        assert_eq!((errors.n, errors.mape_percent, errors.median_ape_percent), (3, 25.0, 25.0));
        assert_eq!((errors.p95_ape_percent, errors.max_ape_percent), (47.5, 50.0));
        assert_eq!(mape_percent(&[2.0, 4.0], &[1.0, 5.0]), 37.5);
        // 2 is above 1.75 times 1, and not above 2 times 1.
        assert_eq!((errors.coverage_90, errors.coverage_99), (Some(2.0 / 3.0), Some(1.0)));
        assert!(Errors::of(&[]).is_none());
    }
}
