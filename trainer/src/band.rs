//! Stage 7: error bands, from predictions of rows that no fit had seen.
//!
//! Split conformal prediction (V. Vovk et al., "Algorithmic Learning in a Random World", 2005) on the ratio observed / predicted: of n
//! such ratios, the one of rank `ceil((n + 1) p)` is not exceeded by a new one with a probability of at least p, whatever the
//! distribution, as long as new requests are like those. That rank exists from 19 rows on for 5 and 95 %, from 99 rows on for 99 %.
//!
//! With fewer rows no such promise can be made. The band then widens to a prediction limit of the log ratios by Student's t, and at
//! least to the furthest ratio seen; and the report says so. Latencies have freaks that normal errors have not: t has never more than 4 degrees of
//! freedom.

use crate::score::mean;
use serde::{Deserialize, Serialize};
use statrs::distribution::{ContinuousCDF, StudentsT};
use token2metrics_core::{Bands, Level, Ratios};

/// Rows from which on a 90 % band is guaranteed.
const GUARANTEED_90: usize = 19;

/// The quantiles of one phase's ratios.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Quantiles {
    /// Rows that they come from.
    pub rows: usize,
    /// One per level of [`Level::ALL`].
    pub ratios: [f64; Level::ALL.len()],
    /// The levels, in percent, that these rows cannot guarantee.
    pub not_guaranteed: Vec<u8>,
}

/// The quantiles of both phases and of whole requests, as far as there are residuals.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct AllQuantiles {
    /// Of `prefill_s`.
    pub prefill: Option<Quantiles>,
    /// Of `decode_s`.
    pub decode: Option<Quantiles>,
    /// Of `total_s`.
    pub total: Option<Quantiles>,
}

impl AllQuantiles {
    /// As a blob keeps them; `None` where a phase that the profile knows has none. Where it knows no decode, that band is not used; where no row has
    /// both phases, a whole request is taken to be as far off as the phase that is further off at each end.
    pub fn bands(&self, knows_decode: bool) -> Option<Bands> {
        let prefill = self.prefill.as_ref()?;
        let decode = if knows_decode { self.decode.as_ref()? } else { prefill };
        let furthest = || {
            let pairs = std::array::from_fn(|level| {
                let (one, other) = (prefill.ratios[level], decode.ratios[level]);
                if level == 0 { one.min(other) } else { one.max(other) }
            });
            Ratios::new(pairs.map(|ratio: f64| ratio as f32))
        };
        let total = self.total.as_ref().map_or_else(furthest, Quantiles::kept);
        Some(Bands { prefill: prefill.kept(), decode: decode.kept(), total })
    }

    /// Those that there are, by name.
    pub fn known(&self) -> impl Iterator<Item = (&'static str, &Quantiles)> {
        let all = [("prefill", &self.prefill), ("decode", &self.decode), ("total", &self.total)];
        all.into_iter().filter_map(|(name, quantiles)| Some((name, quantiles.as_ref()?)))
    }

    /// What to know before trusting the bands: that there is no promise behind the 90 % band, or that it is cut off. The 99 % ratio takes more rows
    /// than most devices have; that it is widened stands with it in the report.
    pub fn warnings(&self) -> Vec<String> {
        let fewest = self.known().map(|(_, quantiles)| quantiles.rows).min().filter(|rows| *rows < GUARANTEED_90);
        let few = fewest.map(|rows| {
            format!(
                "error bands: {rows} rows cannot guarantee that 90 % of requests are within, and the bands are widened: it takes {GUARANTEED_90}"
            )
        });
        let cut_off = self.known().filter(|(_, quantiles)| quantiles.is_cut_off()).map(|(name, _)| name);
        let cut_off = cut_off.collect::<Vec<_>>().join(", ");
        let far = format!("error bands: cut off at {:.1} times the prediction: {cut_off}", Ratios::MAX);
        few.into_iter().chain((!cut_off.is_empty()).then_some(far)).collect()
    }
}

impl Quantiles {
    /// Of ratios observed / predicted; `None` of fewer than two, which have no spread.
    pub fn of(mut ratios: Vec<f64>) -> Option<Self> {
        ratios.retain(|ratio| ratio.is_finite() && *ratio > 0.0);
        ratios.sort_by(f64::total_cmp);
        let rows = ratios.len();
        if rows < 2 {
            return None;
        }
        let mut not_guaranteed = Vec::new();
        let quantiles = Level::ALL.map(|level| {
            guaranteed(&ratios, level).unwrap_or_else(|| {
                not_guaranteed.push(level.percent());
                widened(&ratios, level)
            })
        });
        Some(Self { rows, ratios: rising(quantiles), not_guaranteed })
    }

    /// Each ratio with its level in percent.
    pub fn by_level(&self) -> impl Iterator<Item = (u8, f64)> {
        Level::ALL.map(Level::percent).into_iter().zip(self.ratios)
    }

    /// As a blob keeps them. No lower end is above the largest ratio that can be kept.
    pub fn kept(&self) -> Ratios {
        Ratios::new(self.ratios.map(|ratio| ratio as f32))
    }

    /// Whether a ratio is beyond what a blob can keep.
    pub fn is_cut_off(&self) -> bool {
        self.ratios.iter().any(|ratio| *ratio > Ratios::MAX.into())
    }
}

/// The ratio of the rank that holds the level, of sorted ratios; `None` where there is no such rank.
fn guaranteed(sorted: &[f64], level: Level) -> Option<f64> {
    let (rows, percent) = (sorted.len() + 1, usize::from(level.percent()));
    let rank = match level {
        // From below: no more than 5 % of new ratios are less.
        Level::P5 => rows * percent / 100,
        Level::P50 | Level::P90 | Level::P95 | Level::P99 => (rows * percent).div_ceil(100),
    };
    sorted.get(rank.checked_sub(1)?).copied()
}

/// Degrees of freedom of Student's t, at most.
const MOST_FREEDOM: f64 = 4.0;

/// `exp(m + t s sqrt(1 + 1 / n))` with mean m and standard deviation s of the log ratios and the quantile t of Student's distribution with
/// n - 1 degrees of freedom, at most [`MOST_FREEDOM`]; no nearer than the furthest ratio seen.
fn widened(sorted: &[f64], level: Level) -> f64 {
    let logs: Vec<f64> = sorted.iter().map(|ratio| ratio.ln()).collect();
    let (rows, middle) = (logs.len() as f64, mean(&logs));
    let deviation = (logs.iter().map(|log| (log - middle).powi(2)).sum::<f64>() / (rows - 1.0)).sqrt();
    let student = StudentsT::new(0.0, 1.0, MOST_FREEDOM.min(rows - 1.0))
        .map_or(f64::NAN, |t| t.inverse_cdf(f64::from(level.percent()) / 100.0));
    let limit = (middle + student * deviation * (1.0 + 1.0 / rows).sqrt()).exp();
    match (level, sorted) {
        (Level::P5, [least, ..]) => limit.min(*least),
        (_, [.., greatest]) => limit.max(*greatest),
        (_, []) => limit,
    }
}

/// Each at least the one before.
fn rising(mut quantiles: [f64; Level::ALL.len()]) -> [f64; Level::ALL.len()] {
    for index in 1..quantiles.len() {
        quantiles[index] = quantiles[index].max(quantiles[index - 1]);
    }
    quantiles
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of 99 ratios 0.01 .. 0.99, the ranks of (99 + 1) p: 5, 50, 90, 95 and 99.
    #[test]
    fn ranks_of_a_case_solved_by_hand() {
        let quantiles = Quantiles::of((1..=99).map(|rank| f64::from(rank) / 100.0).collect()).expect("enough");
        assert_eq!(quantiles.ratios, [0.05, 0.5, 0.9, 0.95, 0.99]);
        assert!(quantiles.not_guaranteed.is_empty());
    }

    #[test]
    fn fewer_rows_guarantee_less_and_widen() {
        let of =
            |rows: u32| Quantiles::of((0..rows).map(|row| 1.0 + 0.01 * f64::from(row % 5)).collect()).expect("two");
        assert_eq!(of(98).not_guaranteed, [99]);
        assert_eq!(of(19).not_guaranteed, [99]);
        assert_eq!(of(18).not_guaranteed, [5, 95, 99]);
        assert_eq!(of(9).not_guaranteed, [5, 95, 99]);
        assert_eq!(of(8).not_guaranteed, [5, 90, 95, 99]);
        assert!(Quantiles::of(vec![1.0]).is_none());
        let width = |rows| of(rows).ratios[3] - of(rows).ratios[0];
        assert!(width(2) > width(5) && width(5) > width(10) && width(10) > width(100), "{}", width(2));
    }

    #[test]
    fn no_band_is_made_up_for_a_phase_without_rows() {
        let prefill = Quantiles::of(vec![0.9, 1.1]);
        let all = AllQuantiles { prefill: prefill.clone(), decode: None, total: None };
        assert_eq!(all.bands(true), None);
        let kept = prefill.expect("two").kept();
        assert_eq!(all.bands(false).map(|bands| (bands.prefill, bands.total)), Some((kept, kept)));
    }

    /// Logs -0.1 and 0.1: mean 0, s = 0.1 sqrt(2), n = 2, t of 95 % with 1 degree of freedom 6.313752: exp(6.313752 * 0.1414214 * 1.2247449).
    #[test]
    fn the_limit_of_two_rows_solved_by_hand() {
        let quantiles = Quantiles::of(vec![(-0.1_f64).exp(), 0.1_f64.exp()]).expect("two");
        assert!((quantiles.ratios[3] - 2.985_02).abs() < 1e-3, "{:?}", quantiles.ratios);
        assert!((quantiles.ratios[0] * quantiles.ratios[3] - 1.0).abs() < 1e-9);
    }
}
