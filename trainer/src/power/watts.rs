//! The watts of a power curve whose times are known.

use super::shape::Shape;
use crate::loss::{Loss, slope};
use crate::measurement::Spent;
use crate::score::{mean, median};
use crate::solve::SolveError;
use nalgebra::{DMatrix, DVector};
use token2metrics_core::PowerCurve;

/// How often the watts are fitted, each time with weights by how far the rows of the fit before are off.
const MOST_ROUNDS: usize = 30;
/// The share by which joules may differ from those of the fit before and count as settled: near the precision of the device.
const SETTLED: f64 = 1e-6;

/// The watts of a shape, none below 0, that minimise Huber's loss over the logarithm of observed / predicted joules: ten times and a tenth
/// of its joules make a row a freak alike, where the tenth would pull ten times as hard on a relative loss.
///
/// Least squares of the joules as shares of the prediction before, weighted so that a row pulls by its logarithm, up to the threshold. The
/// first prediction is the median power, which no freak moves.
pub(super) fn fit_watts(shape: Shape, spent: &[Spent]) -> Result<PowerCurve, SolveError> {
    let units = shape.units();
    let design = DMatrix::from_fn(spent.len(), units.len(), |row, unit| spent[row].predicted_j(&units[unit]));
    let watts = median(spent.iter().map(|row| row.joules / row.seconds).collect());
    let mut predicted = DVector::from_iterator(spent.len(), spent.iter().map(|row| watts * row.seconds));
    let mut coefficients = DVector::zeros(units.len());
    for _ in 0..MOST_ROUNDS {
        let ratios: Vec<f64> = spent.iter().zip(&predicted).map(|(row, joules)| row.joules / joules).collect();
        let off: Vec<f64> = ratios.iter().map(|ratio| ratio.ln()).collect();
        let threshold = Loss::Huber.threshold(&off);
        let weights: Vec<f64> = ratios.iter().zip(&off).map(|(ratio, off)| weight(*ratio, *off, threshold)).collect();
        let weighted = DMatrix::from_fn(design.nrows(), design.ncols(), |row, unit| {
            weights[row] * design[(row, unit)] / predicted[row]
        });
        let target = DVector::from_fn(ratios.len(), |row, _| weights[row] * ratios[row]);
        coefficients = not_below_zero(&weighted, &target).ok_or(SolveError::Range)?;
        let before = predicted;
        // Above 0, for the logarithm.
        predicted = (&design * &coefficients).map(|joules| joules.max(f64::MIN_POSITIVE));
        if predicted.iter().zip(&before).all(|(now, before)| (now - before).abs() <= SETTLED * before) {
            break;
        }
    }
    Ok(shape.curve(coefficients.as_slice()))
}

/// The weight of a row: squared and times its relative error, it is the logarithm of its ratio, cut to the threshold.
fn weight(ratio: f64, off: f64, threshold: f64) -> f64 {
    if off == 0.0 { 1.0 } else { (slope(off, threshold) / (ratio - 1.0)).sqrt() }
}

/// How far a curve is off on the mean: the logarithm of observed / predicted joules, without its sign.
///
/// It compares fits of different times, whose losses have thresholds of their own.
pub(super) fn mean_error(curve: &PowerCurve, spent: &[Spent]) -> f64 {
    mean(&spent.iter().map(|row| (row.joules / row.predicted_j(curve)).ln().abs()).collect::<Vec<_>>())
}

/// The coefficients of least squares that are not below 0; `None` where no number is one.
///
/// The squares are convex: where their minimum has coefficients below 0, the least that is allowed leaves out some columns. So it does where
/// columns depend on each other.
fn not_below_zero(design: &DMatrix<f64>, target: &DVector<f64>) -> Option<DVector<f64>> {
    let (gram, moments) = (design.tr_mul(design), design.tr_mul(target));
    let columns = design.ncols();
    let all = (1_usize << columns) - 1;
    let with = |set: usize| {
        let chosen: Vec<usize> = (0..columns).filter(|column| set >> column & 1 == 1).collect();
        let coefficients = least_squares(&gram, &moments, &chosen)?;
        coefficients.iter().all(|coefficient| *coefficient >= 0.0).then_some(coefficients)
    };
    // The squares less those of the target alone.
    let squares =
        |coefficients: &DVector<f64>| coefficients.dot(&(&gram * coefficients)) - 2.0 * coefficients.dot(&moments);
    let some = || (1..all).filter_map(with).min_by(|a, b| squares(a).total_cmp(&squares(b)));
    with(all).or_else(some)
}

/// The coefficients of some columns by the normal equations, 0 of the others; `None` where the columns depend on each other.
fn least_squares(gram: &DMatrix<f64>, moments: &DVector<f64>, chosen: &[usize]) -> Option<DVector<f64>> {
    /// Of columns of norm 1, the square of the least distance of one from the others; the joules have 24 bits.
    const INDEPENDENT: f64 = 1e-10;
    let norm = |index: usize| gram[(chosen[index], chosen[index])].sqrt();
    let count = chosen.len();
    let scaled = DMatrix::from_fn(count, count, |i, j| gram[(chosen[i], chosen[j])] / (norm(i) * norm(j)));
    let target = DVector::from_fn(count, |index, _| moments[chosen[index]] / norm(index));
    let cholesky = scaled.cholesky()?;
    if cholesky.l_dirty().diagonal().iter().any(|pivot| pivot * pivot < INDEPENDENT) {
        return None;
    }
    let solved = cholesky.solve(&target);
    let mut coefficients = DVector::zeros(gram.nrows());
    for (index, column) in chosen.iter().enumerate() {
        coefficients[*column] = solved[index] / norm(index);
    }
    Some(coefficients)
}
