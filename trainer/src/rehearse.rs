//! How good a calibration from a few rows is likely to be: many draws of so few from rows that are at hand, each scored on the others.

use crate::calibrate::Method;
use crate::measurement::Measurement;
use crate::recalibrate::recalibrate;
use crate::score::{Errors, Scores, quantile, score};
use crate::split::draw;
use serde::Serialize;
use token2metrics_core::Profile;

/// The mean errors of many draws.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Rehearsal {
    /// Draws.
    pub draws: usize,
    /// Rows that each calibration had.
    pub rows: usize,
    /// Draws whose rows determined no calibration; they are in no figure.
    pub failed: usize,
    /// Of prefill.
    pub prefill_s: Option<Spread>,
    /// Of decode.
    pub decode_s: Option<Spread>,
    /// Of whole requests.
    pub total_s: Option<Spread>,
}

/// How the mean absolute percentage errors of the draws are spread.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Spread {
    /// Half of the draws are no worse.
    pub median_mape_percent: f64,
    /// 95 % of the draws are no worse.
    pub p95_mape_percent: f64,
    /// The worst draw.
    pub max_mape_percent: f64,
    /// The mean over the draws of the share of rows within their 90 % band; `None` where some draw had no bands.
    pub coverage_90: Option<f64>,
}

/// Calibrates a profile with each of `draws` random choices of `rows` rows, and scores it on all other rows.
pub fn rehearse(
    profile: &Profile,
    method: Method,
    all: &[Measurement],
    rows: usize,
    draws: usize,
    seed: u64,
) -> Rehearsal {
    let scores: Vec<Scores> = (0..draws as u64)
        .filter_map(|number| {
            let (known, unseen) = draw(all.len(), rows, seed.wrapping_add(number)).of(all);
            Some(score(&recalibrate(profile, method, &known).ok()?.profile, &unseen))
        })
        .collect();
    let spread = |errors: fn(&Scores) -> Option<Errors>| Spread::of(scores.iter().filter_map(errors).collect());
    Rehearsal {
        draws,
        rows,
        failed: draws - scores.len(),
        prefill_s: spread(|scores| scores.prefill_s),
        decode_s: spread(|scores| scores.decode_s),
        total_s: spread(|scores| scores.total_s),
    }
}

impl Spread {
    fn of(errors: Vec<Errors>) -> Option<Self> {
        let mut means: Vec<f64> = errors.iter().map(|errors| errors.mape_percent).collect();
        means.sort_by(f64::total_cmp);
        let coverages: Option<Vec<f64>> = errors.iter().map(|errors| errors.coverage_90).collect();
        Some(Self {
            median_mape_percent: quantile(&means, 0.5),
            p95_mape_percent: quantile(&means, 0.95),
            max_mape_percent: *means.last()?,
            coverage_90: coverages.map(|coverages| crate::score::mean(&coverages)),
        })
    }
}
