//! Which of some values are far from the bulk of them.

use crate::score::{mean, median};

/// The modified Z-score beyond which a value is an outlier.
pub const OUTLIER: f64 = 3.5;

/// The modified Z-scores of some values, `0.6745 * (value - median) / MAD` with MAD the median absolute deviation (B. Iglewicz and
/// D. C. Hoaglin, "How to Detect and Handle Outliers", 1993).
///
/// Where more than half of the values are the same, the MAD is 0 and the mean absolute deviation stands in for it: on normal values that is
/// 0.7979 standard deviations, where the MAD is 0.6745.
pub fn modified_z_scores(values: &[f64]) -> Vec<f64> {
    let middle = median(values.to_vec());
    let deviations: Vec<f64> = values.iter().map(|value| (value - middle).abs()).collect();
    let mad = median(deviations.clone());
    let deviation = if mad > 0.0 { mad / 0.6745 } else { mean(&deviations) / 0.7979 };
    // Without any deviation each value is the median.
    values.iter().map(|value| if deviation > 0.0 { (value - middle) / deviation } else { 0.0 }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn assert_near(values: &[f64], by_hand: &[f64]) {
        let scores = modified_z_scores(values);
        let near = scores.iter().zip(by_hand).all(|(score, by_hand)| (score - by_hand).abs() < 1e-9);
        assert!(near && scores.len() == by_hand.len(), "{scores:?}, by hand {by_hand:?}");
    }

    /// Median 3, deviations 2, 1, 0, 1, 97, of which the median is 1.
    #[test]
    fn scores_of_a_case_solved_by_hand() {
        assert_near(&[1.0, 2.0, 3.0, 4.0, 100.0], &[2.0, 1.0, 0.0, -1.0, -97.0].map(|d: f64| -0.6745 * d));
    }

    /// Median 2, deviations 0, 0, 0, 8, of which the median is 0 and the mean 2.
    #[test]
    fn values_that_are_mostly_the_same() {
        assert_near(&[2.0, 2.0, 2.0, 10.0], &[0.0, 0.0, 0.0, 4.0 * 0.7979]);
        assert_near(&[5.0, 5.0], &[0.0, 0.0]);
        assert_near(&[], &[]);
    }

    #[test]
    fn a_value_that_is_no_number_is_no_outlier() {
        let scores = modified_z_scores(&[1.0, 2.0, 3.0, f64::NAN]);
        assert!(!scores.iter().any(|score| score.abs() > OUTLIER), "{scores:?}");
    }
}
