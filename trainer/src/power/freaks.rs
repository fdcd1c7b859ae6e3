//! Rows whose energy is far from what the others say.

use crate::measurement::{Phase, Spent};
use crate::outlier::{OUTLIER, modified_z_scores};
use token2metrics_core::PowerCurve;

/// Rows whose joules are far from the curve, measured by how far the others are.
pub fn warn_of_outliers(phase: Phase, curve: &PowerCurve, spent: &[Spent]) -> Option<String> {
    /// Rows that are named; a curve of the wrong form has many.
    const NAMED: usize = 5;
    /// Nearer than this, a row is no freak however near the others are.
    const NOTICEABLE: f64 = 0.1;
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
