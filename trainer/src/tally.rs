//! Stage 8 for rows that are not kept: errors summed up as the rows go by, the same whatever part of them comes first.

use crate::clean::Cleaned;
use crate::ingest::IngestError;
use crate::measurement::Measurement;
use crate::score::{Errors, FIGURES, Residual, Scores, score, scored};
use token2metrics_core::Profile;

/// The errors of some profiles on every usable row, kept or not.
///
/// # Errors
/// A file that is not what it was.
pub fn score_all(profiles: &[&Profile], rows: &Cleaned) -> Result<Vec<Scores>, IngestError> {
    if rows.rest.is_none() {
        return Ok(profiles.iter().map(|profile| score(profile, &rows.rows)).collect());
    }
    let mut tallies = tally_rest(profiles, rows, |_, _| true)?;
    for (tallies, profile) in tallies.iter_mut().zip(profiles) {
        rows.rows.iter().for_each(|row| tallies.observe(scored(profile, row)));
    }
    Ok(tallies.iter().map(Tallies::scores).collect())
}

/// Rows that are not kept on which predictors are compared, about: more would make no difference, and would take longer than all else.
const COMPARED: usize = 32_768;

/// One of so many rows that are not kept is compared, by its line.
pub fn stride(rows: &Cleaned) -> usize {
    (rows.usable - rows.rows.len()).div_ceil(COMPARED).max(1)
}

/// The errors of a profile on the rows that are not kept, none where all are; and those of some profiles on one of [`stride`] of these rows.
///
/// # Errors
/// A file that is not what it was.
pub fn score_rest(
    profile: &Profile,
    compared: &[&Profile],
    rows: &Cleaned,
) -> Result<(Scores, Vec<Scores>), IngestError> {
    let stride = stride(rows) as u64;
    let mut tallies =
        tally_rest(&[&[profile], compared].concat(), rows, |index, row| index == 0 || row.line.is_multiple_of(stride))?;
    let own = tallies.remove(0).scores();
    Ok((own, tallies.iter().map(Tallies::scores).collect()))
}

/// Some profiles, by their index, on the rows that they are to be scored on. The files are read once for all.
fn tally_rest(
    profiles: &[&Profile],
    rows: &Cleaned,
    counts: impl Fn(usize, &Measurement) -> bool + Sync,
) -> Result<Vec<Tallies>, IngestError> {
    let new = || -> Vec<Tallies> { profiles.iter().map(|_| Tallies::default()).collect() };
    let Some(rest) = &rows.rest else { return Ok(new()) };
    let parts = rest.fold(new, |tallies, row| {
        for (index, (tallies, profile)) in tallies.iter_mut().zip(profiles).enumerate() {
            if counts(index, row) {
                tallies.observe(scored(profile, row));
            }
        }
    })?;
    let both = |all: Vec<Tallies>, part: Vec<Tallies>| all.into_iter().zip(part).map(|(a, b)| a.and(b)).collect();
    Ok(parts.into_iter().fold(new(), both))
}

/// A tally per figure.
#[derive(Default)]
struct Tallies([Tally; FIGURES.len()]);

impl Tallies {
    #[inline]
    fn observe(&mut self, residuals: [Option<Residual>; FIGURES.len()]) {
        for (tally, residual) in self.0.iter_mut().zip(residuals) {
            residual.iter().for_each(|residual| tally.add(residual));
        }
    }

    fn and(mut self, other: Self) -> Self {
        self.0.iter_mut().zip(other.0).for_each(|(tally, other)| tally.join(other));
        self
    }

    fn scores(&self) -> Scores {
        Scores::new(self.0.each_ref().map(Tally::errors))
    }
}

/// Absolute percentage errors that have been counted.
#[derive(Default)]
struct Tally {
    n: u64,
    /// Of the errors in units of [`UNIT`]: whole numbers have the same sum in any order.
    sum: u128,
    max: f64,
    /// How many errors are in each of the bins; empty before the first.
    bins: Vec<u64>,
    /// How many are within their 90 % band, and below their 99 % ratio.
    within: [u64; 2],
    /// Whether all rows had bands.
    banded: bool,
}

/// Percent to which an error is cut off in the sum; one beyond 10^12 counts as that.
const UNIT: f64 = 1.0 / (1_u64 << 24) as f64;
/// Bins to each doubling of an error: a quantile is exact to 0.1 % of itself.
const BINS: u32 = 10;
/// The least and the greatest exponent of two of an error that has a bin of its own.
const EXPONENTS: [i32; 2] = [-20, 30];

impl Tally {
    fn add(&mut self, residual: &Residual) {
        if self.n == 0 {
            self.bins = vec![0; bin(f32::MAX) + 1];
            self.banded = true;
        }
        let error = residual.ape_percent();
        self.n += 1;
        self.sum += u128::from((error / UNIT) as u64);
        self.max = self.max.max(error);
        self.bins[bin(error as f32)] += 1;
        match residual.within {
            Some(within) => self.within.iter_mut().zip(within).for_each(|(count, is)| *count += u64::from(is)),
            None => self.banded = false,
        }
    }

    fn join(&mut self, other: Self) {
        if self.n == 0 {
            *self = other;
        } else if other.n > 0 {
            self.n += other.n;
            self.sum += other.sum;
            self.max = self.max.max(other.max);
            self.bins.iter_mut().zip(other.bins).for_each(|(bin, other)| *bin += other);
            self.within.iter_mut().zip(other.within).for_each(|(count, other)| *count += other);
            self.banded &= other.banded;
        }
    }

    fn errors(&self) -> Option<Errors> {
        let share = |level: usize| self.banded.then(|| self.within[level] as f64 / self.n as f64);
        (self.n > 0).then(|| Errors {
            n: self.n as usize,
            mape_percent: self.sum as f64 * UNIT / self.n as f64,
            median_ape_percent: self.quantile(0.5),
            p95_ape_percent: self.quantile(0.95),
            max_ape_percent: self.max,
            coverage_90: share(0),
            coverage_99: share(1),
        })
    }

    /// The middle of the bin with the error that a share `q` does not exceed.
    fn quantile(&self, q: f64) -> f64 {
        let rank = (q * (self.n - 1) as f64).round() as u64;
        let mut below = 0;
        let holds = |count: &u64| {
            below += count;
            below > rank
        };
        let bin = self.bins.iter().position(holds).unwrap_or(0);
        (0.5 * (edge(bin) + edge(bin + 1))).min(self.max)
    }
}

/// The bin of an error: its exponent and the first bits behind it. Bin 0 is what is too small for one.
fn bin(error: f32) -> usize {
    let [least, greatest] = EXPONENTS.map(|exponent| 2.0_f32.powi(exponent).to_bits() >> (23 - BINS));
    let bits = error.to_bits() >> (23 - BINS);
    if error.is_nan() { (greatest - least) as usize } else { (bits.clamp(least, greatest) - least) as usize }
}

/// Where a bin begins.
fn edge(bin: usize) -> f64 {
    let least = 2.0_f32.powi(EXPONENTS[0]).to_bits();
    f32::from_bits(least + ((bin as u32) << (23 - BINS))).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use token2metrics_core::Request;

    fn residuals(count: u32) -> Vec<Residual> {
        let request = Request { input_tokens: 1, cached_tokens: 0, output_tokens: 1 };
        let residual = |k: u32| {
            // From 0 to some 300 %, in no order.
            let predicted = 1.0 + 3.0 * f64::from(k.wrapping_mul(2_654_435_761) % 1009) / 1009.0;
            Residual { request, observed: 1.0, predicted, within: Some([k % 10 < 9, k % 100 < 99]) }
        };
        (0..count).map(residual).collect()
    }

    #[test]
    fn a_tally_is_what_all_residuals_say() {
        let all = residuals(5000);
        let tally = |residuals: &[Residual]| {
            let mut tally = Tally::default();
            residuals.iter().for_each(|residual| tally.add(residual));
            tally
        };
        let exact = Errors::of(&all).expect("residuals");
        let (some, others) = all.split_at(1234);
        let mut joined = tally(others);
        joined.join(tally(some));
        joined.join(Tally::default());
        let told = joined.errors().expect("residuals");
        assert_eq!(Some(told), tally(&all).errors(), "in whatever order");
        assert_eq!((told.n, told.max_ape_percent), (exact.n, exact.max_ape_percent));
        assert_eq!((told.coverage_90, told.coverage_99), (exact.coverage_90, exact.coverage_99));
        let near = |a: f64, b: f64, share: f64| (a / b - 1.0).abs() < share;
        assert!(near(told.mape_percent, exact.mape_percent, 1e-8), "{told:?} {exact:?}");
        assert!(near(told.median_ape_percent, exact.median_ape_percent, 1e-3), "{told:?} {exact:?}");
        assert!(near(told.p95_ape_percent, exact.p95_ape_percent, 1e-3), "{told:?} {exact:?}");
        assert!(Tally::default().errors().is_none());
    }

    #[test]
    fn every_error_has_a_bin() {
        for error in [0.0, 1e-30, 1e-7, 3.0, 1e20, f32::INFINITY, f32::NAN] {
            let bin = bin(error);
            assert!(bin <= super::bin(f32::MAX), "{error}");
            if (1e-5..1e8).contains(&error) {
                assert!(edge(bin) <= error.into() && f64::from(error) < edge(bin + 1), "{error}");
            }
        }
    }
}
