//! Stage 4, `type = "auto"`: cross-validates some hundred forms, each at several strengths of ridge, in milliseconds.
//!
//! All forms share their columns, and threads share the forms. A form is fitted robustly once, on all samples; with those weights the normal equations of a
//! fold's remainder are those of all samples less the fold's own. What is chosen here is fitted anew by [`crate::fit`].

use crate::form::{Form, is_whole, observed, requests, seconds};
use crate::loss::{Loss, slope};
use crate::measurement::{Phase, Sample};
use crate::solve::{FIRST_SHARE, SETTLED};
use crate::split::{Split, stratified};
use crate::threads::{self, side_by_side};
use nalgebra::{Cholesky, DMatrix, DVector, Dyn};
use token2metrics_core::{Request, Term};

/// Strengths of ridge that are compared, per row, for columns of mean square 1.
pub const RIDGES: [f64; 4] = [0.0, 1e-5, 1e-4, 1e-3];
/// The strength at which a form is fitted to find the weights of the rows.
const WEIGHING: f64 = 1e-5;
/// Rounds of weights and coefficients, of which each needs the other, at most; as many from the first threshold on as from the last.
const MOST_ROUNDS: usize = 20;
/// Cuts into folds, each a different one: with few rows the score of a form depends on the cut.
const CUTS: u64 = 8;
/// The same from so many rows on.
const CUTS_OF_MANY: (usize, u64) = (250, 2);
/// The least pivot, relative to 1, at which columns count as independent.
const INDEPENDENT: f64 = 1e-11;

/// A form at one strength of ridge.
#[derive(Clone, Debug)]
pub struct Scanned {
    /// Which of the forms.
    pub form: usize,
    /// The strength.
    pub ridge: f64,
    /// Absolute percentage errors, row by row, each predicted from the other folds.
    pub errors: Vec<f64>,
    /// `predicted / observed - 1`, row by row, of the fit to all rows.
    pub deviations: Vec<f64>,
    /// Whether a power, a padded length or the remainder beyond whole tiles has a coefficient below zero. No part of a prompt gives
    /// time back: such a coefficient makes up for one that is too large, and the sum goes astray where the rows end. Padded and whole
    /// tiles differ at multiples of the tile alone; where no row is one, only this tells them apart.
    pub negative: bool,
}

/// What is the same for all forms.
struct Scan<'a> {
    phase: Phase,
    loss: Loss,
    requests: Vec<Request>,
    observed: Vec<f64>,
    /// What a row's residual is multiplied with, before any robust weight.
    weights: Vec<f64>,
    folds: Vec<Vec<Split>>,
    columns: Vec<(Option<Term>, Column)>,
    forms: &'a [Form],
}

/// A weighted column of mean square 1, and what it was divided by.
struct Column {
    values: Vec<f64>,
    scale: f64,
}

/// Cross-validates every form at every strength. Forms that the samples do not determine are left out.
pub fn scan(phase: Phase, forms: &[Form], loss: Loss, folds: usize, seed: u64, samples: &[Sample]) -> Vec<Scanned> {
    let observed = observed(samples);
    let lengths: Vec<u32> = samples.iter().map(|sample| sample.length(phase)).collect();
    let (many, few_cuts) = CUTS_OF_MANY;
    let cuts = if samples.len() < many { CUTS } else { few_cuts };
    let mut scan = Scan {
        phase,
        loss,
        requests: requests(samples),
        weights: observed.iter().map(|seconds| loss.weight(*seconds)).collect(),
        observed,
        folds: (0..cuts).map(|cut| stratified(&lengths, &requests(samples), folds, seed.wrapping_add(cut))).collect(),
        columns: Vec::new(),
        forms,
    };
    let columns: Vec<Vec<usize>> =
        forms.iter().map(|form| terms(form).map(|term| scan.column(term)).collect()).collect();
    let threads = threads::count();
    let scanned = side_by_side(0..threads, |thread| {
        let own = (thread..forms.len()).step_by(threads);
        own.map(|form| scan.form(form, &columns[form])).collect::<Vec<_>>()
    });
    let mut in_turn: Vec<_> = scanned.into_iter().map(Vec::into_iter).collect();
    (0..forms.len()).filter_map(|form| in_turn[form % threads].next()).flatten().collect()
}

/// The fixed part of a form, then its terms.
fn terms(form: &Form) -> impl Iterator<Item = Option<Term>> {
    form.intercept.then_some(None).into_iter().chain(form.terms.iter().copied().map(Some))
}

impl Scan<'_> {
    fn column(&mut self, term: Option<Term>) -> usize {
        if let Some(index) = self.columns.iter().position(|(known, _)| *known == term) {
            return index;
        }
        let value = |request: &Request| term.map_or(1.0, |term| seconds(self.phase, &term, *request));
        let values: Vec<f64> = self.requests.iter().zip(&self.weights).map(|(request, w)| value(request) * w).collect();
        let scale = (values.iter().map(|value| value * value).sum::<f64>() / values.len() as f64).sqrt();
        let values = if scale > 0.0 { values.iter().map(|value| value / scale).collect() } else { values };
        self.columns.push((term, Column { values, scale }));
        self.columns.len() - 1
    }

    fn form(&self, index: usize, columns: &[usize]) -> Vec<Scanned> {
        let terms: Vec<Option<Term>> = terms(&self.forms[index]).collect();
        let columns: Vec<&Column> = columns.iter().map(|column| &self.columns[*column].1).collect();
        if columns.iter().any(|column| !column.scale.is_normal()) {
            return Vec::new();
        }
        let rows = 0..self.observed.len();
        let values = rows.clone().flat_map(|row| columns.iter().map(move |column| column.values[row])).collect();
        let design = Design { columns: columns.len(), values };
        let target = self.target();
        let Some(robust) = self.robust_weights(&design, &target) else { return Vec::new() };
        let all = Normal::of(&design, &robust, &target, rows);
        let cuts: Vec<Vec<Normal>> = self
            .folds
            .iter()
            .map(|folds| {
                let of = |split: &Split| all.less(&Normal::of(&design, &robust, &target, split.scored.iter().copied()));
                folds.iter().map(of).collect()
            })
            .collect();
        RIDGES.into_iter().filter_map(|ridge| self.score(index, &terms, &design, &all, &cuts, ridge)).collect()
    }

    fn score(
        &self,
        form: usize,
        terms: &[Option<Term>],
        design: &Design,
        all: &Normal,
        cuts: &[Vec<Normal>],
        ridge: f64,
    ) -> Option<Scanned> {
        let fitted = all.solve(ridge)?;
        let negative = terms.iter().zip(&fitted).any(|(term, value)| match term {
            Some(term) if is_whole(term) => *value > 0.0,
            // Of a knot either sign makes sense: a cost sets in, or levels off.
            Some(term) if term.knot > 0 => false,
            _ => *value < 0.0,
        });
        let mut errors = vec![0.0; self.observed.len()];
        for (folds, normals) in self.folds.iter().zip(cuts) {
            for (split, normal) in folds.iter().zip(normals) {
                let coefficients = normal.solve(ridge)?;
                for &row in &split.scored {
                    errors[row] += 100.0 * self.deviation(design, &coefficients, row).abs() / self.folds.len() as f64;
                }
            }
        }
        let deviations = (0..errors.len()).map(|row| self.deviation(design, &fitted, row)).collect();
        errors.iter().all(|error| error.is_finite()).then_some(Scanned { form, ridge, errors, deviations, negative })
    }

    /// `predicted / observed - 1`.
    fn deviation(&self, design: &Design, coefficients: &DVector<f64>, row: usize) -> f64 {
        design.predicted(row, coefficients) / (self.weights[row] * self.observed[row]) - 1.0
    }

    fn target(&self) -> Vec<f64> {
        self.observed.iter().zip(&self.weights).map(|(seconds, weight)| seconds * weight).collect()
    }

    /// Iteratively reweighted least squares: the weight of a row is the slope of its loss over its residual. The threshold begins
    /// and settles as in [`crate::solve`].
    fn robust_weights(&self, design: &Design, target: &[f64]) -> Option<Vec<f64>> {
        let mut weights = vec![1.0; target.len()];
        for share in [FIRST_SHARE, 1.0] {
            let mut before = f64::NAN;
            for _ in 0..MOST_ROUNDS {
                let coefficients = Normal::of(design, &weights, target, 0..target.len()).solve(WEIGHING)?;
                let predicted: Vec<f64> = (0..target.len()).map(|row| design.predicted(row, &coefficients)).collect();
                // What weighing the rows by their yardsticks multiplies with.
                let lighter: Vec<f64> =
                    target.iter().zip(&predicted).map(|(t, p)| t / self.loss.yardstick(*t, *p)).collect();
                let residuals: Vec<f64> =
                    predicted.iter().zip(target).zip(&lighter).map(|((p, t), by)| (p - t) * by).collect();
                let threshold = share * self.loss.threshold(&residuals);
                if threshold.is_infinite() {
                    return Some(weights);
                }
                let weight = |(residual, by): (&f64, &f64)| {
                    by * by * if *residual == 0.0 { 1.0 } else { slope(*residual, threshold) / residual }
                };
                weights = residuals.iter().zip(&lighter).map(weight).collect();
                if (threshold - before).abs() <= SETTLED * before {
                    break;
                }
                before = threshold;
            }
        }
        Some(weights)
    }
}

/// The weighted columns of a form, row by row.
struct Design {
    columns: usize,
    values: Vec<f64>,
}

impl Design {
    fn row(&self, row: usize) -> &[f64] {
        &self.values[row * self.columns..][..self.columns]
    }

    /// The weighted seconds of a row.
    fn predicted(&self, row: usize, coefficients: &DVector<f64>) -> f64 {
        self.row(row).iter().zip(coefficients.as_slice()).map(|(value, by)| value * by).sum()
    }
}

/// Normal equations: `gram * coefficients = moment`, over so many rows.
struct Normal {
    gram: DMatrix<f64>,
    moment: DVector<f64>,
    rows: f64,
}

impl Normal {
    fn of(design: &Design, weights: &[f64], target: &[f64], rows: impl Iterator<Item = usize>) -> Self {
        let columns = design.columns;
        // Of the Gram matrix the lower triangle, row by row.
        let (mut triangle, mut moment) = (vec![0.0; columns * (columns + 1) / 2], DVector::zeros(columns));
        let mut count = 0.0;
        for row in rows {
            count += 1.0;
            let values = design.row(row);
            let mut sums = triangle.iter_mut();
            for (end, (value, moment)) in (1..).zip(values.iter().zip(moment.as_mut_slice())) {
                let weighted = weights[row] * value;
                *moment += weighted * target[row];
                values[..end].iter().zip(&mut sums).for_each(|(value, sum)| *sum += weighted * value);
            }
        }
        let gram = DMatrix::from_fn(columns, columns, |i, j| if j <= i { triangle[i * (i + 1) / 2 + j] } else { 0.0 });
        Self { gram, moment, rows: count }
    }

    fn less(&self, other: &Self) -> Self {
        Self { gram: &self.gram - &other.gram, moment: &self.moment - &other.moment, rows: self.rows - other.rows }
    }

    /// The coefficients with a penalty of `ridge` times their squares, per row; `None` where the rows do not determine them.
    fn solve(&self, ridge: f64) -> Option<DVector<f64>> {
        let mut gram = self.gram.clone();
        for index in 0..gram.nrows() {
            gram[(index, index)] += ridge * self.rows;
        }
        // Only the lower triangle is read.
        let cholesky: Cholesky<f64, Dyn> = Cholesky::new(gram)?;
        let pivots = cholesky.l_dirty().diagonal();
        (pivots.min().powi(2) > INDEPENDENT * self.rows).then(|| cholesky.solve(&self.moment))
    }
}
