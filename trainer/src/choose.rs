//! Which of several ways to predict is chosen: the simplest that is as good as the best.

use crate::fit::FitError;
use crate::form::{observed, requests};
use crate::measurement::{Phase, Sample};
use crate::outlier::{OUTLIER, modified_z_scores};
use crate::score::{ape_percent, mean, median, quantile};
use crate::select::Validation;
use crate::split::stratified;
use serde::{Deserialize, Serialize};
use token2metrics_core::Request;

/// How one of several ways did in cross-validation, for the report.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Comparison {
    /// The mean absolute percentage error of rows that were not fitted.
    pub cv_mape_percent: Option<f64>,
    /// The standard error of that mean.
    pub standard_error: Option<f64>,
    /// Why this way was not considered.
    pub rejected: Option<String>,
}

impl Comparison {
    /// Sums up the absolute percentage errors of a cross-validation, or why there are none. A flaw speaks against the way however
    /// small they are.
    pub fn new(errors: Result<Vec<f64>, FitError>, flaw: Option<String>) -> Self {
        match errors {
            Ok(errors) if mean(&errors).is_finite() => Self {
                cv_mape_percent: Some(mean(&errors)),
                standard_error: Some(standard_error(&errors)),
                rejected: flaw,
            },
            Ok(_) => Self::rejected("cross-validation: the errors have no mean".to_owned()),
            Err(error) => Self::rejected(flaw.unwrap_or_else(|| format!("cross-validation: {error}"))),
        }
    }

    /// A way that cannot be considered.
    pub fn rejected(reason: String) -> Self {
        Self { cv_mape_percent: None, standard_error: None, rejected: Some(reason) }
    }

    /// Mean and standard error, unless this way was rejected.
    fn score(&self) -> Option<(f64, f64)> {
        match self.rejected {
            None => self.cv_mape_percent.zip(self.standard_error),
            Some(_) => None,
        }
    }
}

/// Absolute percentage errors of every sample, predicted by what was learned from the other folds.
///
/// # Errors
/// Samples of a fold that nothing can be learned from.
pub fn cross_validate(
    phase: Phase,
    samples: &[Sample],
    validation: &Validation,
    predict: impl Fn(&[Sample], &[Request]) -> Result<Vec<f64>, FitError>,
) -> Result<Vec<f64>, FitError> {
    let mut errors = Vec::with_capacity(samples.len());
    let lengths: Vec<u32> = samples.iter().map(|sample| sample.length(phase)).collect();
    for split in stratified(&lengths, &requests(samples), validation.folds, validation.seed) {
        let (known, scored) = split.of(samples);
        let predicted = predict(&known, &requests(&scored))?;
        errors.extend(observed(&scored).into_iter().zip(predicted).map(|(o, p)| ape_percent(o, p)));
    }
    Ok(errors)
}

/// The one-standard-error rule (L. Breiman et al., "Classification and Regression Trees", 1984): of the ways that are within one standard error of the
/// best, the one of least complexity; of several equally complex ones, the best. Gives its index.
pub fn simplest<'a>(ways: impl Iterator<Item = (usize, &'a Comparison)>) -> Option<usize> {
    let scores: Vec<_> = ways
        .enumerate()
        .filter_map(|(index, (complexity, comparison))| Some((index, complexity, comparison.score()?)))
        .collect();
    let &(_, _, (best, error)) = scores.iter().min_by(|a, b| a.2.0.total_cmp(&b.2.0))?;
    let close = scores.iter().filter(|(_, _, (score, _))| *score <= best + error);
    close.min_by(|a, b| a.1.cmp(&b.1).then(a.2.0.total_cmp(&b.2.0))).map(|(index, ..)| *index)
}

/// Share of the rows that may be freaks.
const FREAKS: usize = 10;
/// The share of the errors that a standard error is of; larger ones are cut off there. A single row at the end of the range, far off
/// for every form that has not seen it, would otherwise excuse any form.
const CUT_OFF: f64 = 0.75;

/// The mean of errors that are cut off at ten times their median: how a way does apart from the rows that it misses most.
pub fn trimmed(errors: &[f64]) -> f64 {
    let cut = 10.0 * median(errors.to_vec());
    mean(&errors.iter().map(|error| error.min(cut)).collect::<Vec<_>>())
}

/// Which values are far off the others by their modified Z-score: the furthest, and at most one in ten.
pub fn far_off(values: &[f64]) -> Vec<bool> {
    let scores = modified_z_scores(values);
    let mut order: Vec<usize> = (0..scores.len()).filter(|row| scores[*row].abs() > OUTLIER).collect();
    order.sort_by(|a, b| scores[*b].abs().total_cmp(&scores[*a].abs()));
    order.truncate((scores.len() / FREAKS).max(1));
    (0..scores.len()).map(|row| order.contains(&row)).collect()
}

/// The standard error of a mean, of errors cut off at their 75 % quantile.
pub fn cut_off_error(errors: &[f64]) -> f64 {
    let mut sorted = errors.to_vec();
    sorted.sort_by(f64::total_cmp);
    let cut = quantile(&sorted, CUT_OFF);
    standard_error(&sorted.into_iter().map(|error| error.min(cut)).collect::<Vec<_>>())
}

/// The standard error of the mean of some values.
fn standard_error(values: &[f64]) -> f64 {
    let mean = mean(values);
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    (squares / (values.len().saturating_sub(1).max(1) * values.len()) as f64).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scored(cv_mape_percent: f64, standard_error: f64) -> Comparison {
        Comparison { cv_mape_percent: Some(cv_mape_percent), standard_error: Some(standard_error), rejected: None }
    }

    #[test]
    fn the_simplest_within_one_standard_error_wins() {
        let ways = [scored(9.0, 0.5), scored(3.4, 0.5), scored(3.3, 0.5), scored(3.0, 0.5)];
        let choose = |complexity: [usize; 4]| simplest(complexity.into_iter().zip(&ways));
        assert_eq!(choose([1, 2, 2, 3]), Some(2), "of two equally simple ones the better");
        assert_eq!(choose([1, 3, 3, 2]), Some(3));
        let rejected = Comparison { rejected: Some("falls".to_owned()), ..scored(1.0, 0.1) };
        assert_eq!(simplest([(1, &rejected), (2, &ways[3])].into_iter()), Some(1));
        assert_eq!(simplest([(1, &rejected)].into_iter()), None);
    }

    #[test]
    fn errors_without_a_mean_never_win() {
        // NaN of either sign: one of them sorts before every number.
        let ways =
            [Ok(vec![f64::NAN]), Ok(vec![-f64::NAN]), Ok(vec![f64::INFINITY]), Ok(Vec::new()), Ok(vec![7.0, 9.0])];
        let ways = ways.map(|errors| Comparison::new(errors, None));
        assert_eq!(simplest(ways.iter().map(|way| (1, way))), Some(4), "{ways:?}");
    }

    #[test]
    fn the_standard_error_of_a_case_solved_by_hand() {
        // Mean 3, squares 4 + 0 + 4, variance 8 / 2, standard error sqrt(4 / 3).
        assert_eq!(standard_error(&[1.0, 3.0, 5.0]), (4.0_f64 / 3.0).sqrt());
    }
}
