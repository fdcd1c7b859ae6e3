//! Rows that are far off what the others say. They stay in the fit, where they pull no harder than others; the report names them.

use crate::clean::Cleaned;
use crate::measurement::Phase;
use crate::score::{mean, median};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;
use token2metrics_core::Request;

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

/// A row that is far off its fit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Outlier {
    /// Its file.
    pub file: PathBuf,
    /// Its line there, from 1.
    pub line: u64,
    /// What was asked.
    pub input_tokens: u32,
    /// What was asked.
    pub output_tokens: u32,
    /// How long the phase took.
    pub observed_s: f64,
    /// How long the fit says.
    pub fitted_s: f64,
    /// Of `ln(observed / fitted)`, among those of the same machine.
    pub modified_z: f64,
}

/// The rows of one machine that are far off a phase's fit, the furthest first.
pub fn outliers(phase: Phase, rows: &Cleaned, fitted_s: impl Fn(Request) -> f64) -> Vec<Outlier> {
    let measured = rows.rows.iter().zip(&rows.files).filter_map(|(row, file)| Some((row, file, phase.seconds(row)?)));
    let mut all: Vec<Outlier> = measured
        .map(|(row, file, observed_s)| Outlier {
            file: file.to_path_buf(),
            line: row.line,
            input_tokens: row.request.input_tokens,
            output_tokens: row.request.output_tokens,
            observed_s,
            fitted_s: fitted_s(row.request),
            modified_z: 0.0,
        })
        .collect();
    let logs: Vec<f64> = all.iter().map(|row| (row.observed_s / row.fitted_s).ln()).collect();
    for (row, score) in all.iter_mut().zip(modified_z_scores(&logs)) {
        row.modified_z = score;
    }
    all.retain(|row| row.modified_z.abs() > OUTLIER);
    all.sort_by(|a, b| b.modified_z.abs().total_cmp(&a.modified_z.abs()));
    all
}

/// What to know of a phase's outliers: nothing, unless one is off by half.
pub fn warn_of(phase: Phase, outliers: &[Outlier]) -> Option<String> {
    /// Nearer than this, as observed / fitted or its inverse, a row is no freak however near the others are.
    const FAR: f64 = 1.5;
    let far = |row: &&Outlier| (row.observed_s / row.fitted_s).ln().abs() > FAR.ln();
    let count = outliers.iter().filter(far).count();
    let Outlier { file, line, observed_s, fitted_s, modified_z, .. } = outliers.iter().find(far)?;
    let others = if count == 1 { String::new() } else { format!(", and {} more", count - 1) };
    Some(format!(
        "{phase}: {}:{line}: {observed_s} s, where the others say {fitted_s:.4} s (modified Z-score {modified_z:.1}){others}: measure again or \
         remove what is wrong; the report has all",
        file.display()
    ))
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
