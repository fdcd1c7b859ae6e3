//! The times of a power curve: time constant and waking.

use super::shape::{Curve, Shape};
use super::watts::{fit_watts, mean_error};
use crate::measurement::Spent;
use crate::solve::SolveError;
use argmin::core::{CostFunction, Executor, State};
use argmin::solver::neldermead::NelderMead;
use std::ops::RangeInclusive;

/// Values of each time, evenly spread over their logarithms, of which the best are where the search begins. An error against the time
/// constant is smooth; one against the waking has an edge at each row.
const TAUS: usize = 12;
const WAKES: usize = 32;
/// Steps of the search from there.
const MOST_ITERATIONS: u64 = 100;
/// The spread of errors, as shares, at which it stops.
const TOLERANCE: f64 = 1e-7;
/// The error of what is no curve: worse than any other, and finite so that the search can compare it.
const WORST: f64 = 1e30;

/// The times that a form has, by the logarithms that they lie between: the time constant first, then the waking.
pub(super) struct Times {
    form: Curve,
    bounds: Vec<(RangeInclusive<f64>, usize)>,
}

impl Times {
    pub(super) fn new(form: Curve, spent: &[Spent]) -> Self {
        let seconds = spent.iter().map(|row| row.seconds);
        let (least, most) = seconds.fold((f64::INFINITY, 0.0_f64), |(least, most), s| (least.min(s), most.max(s)));
        let between = |from: f64, to: f64| from.clamp(1e-9, 1e9).ln()..=to.clamp(1e-9, 1e9).ln();
        // A ramp far shorter or longer than any row is one that no row shows; a waking after all of them is none.
        let (tau, wake) = ((between(0.1 * least, 10.0 * most), TAUS), (between(0.1 * least, most), WAKES));
        let bounds = match form {
            Curve::Constant | Curve::Log | Curve::Auto => Vec::new(),
            Curve::Ramp => vec![tau],
            Curve::Wake => vec![tau, wake],
        };
        Self { form, bounds }
    }

    /// The shape with these times, given by their logarithms.
    pub(super) fn shape(&self, times: &[f64]) -> Shape {
        let time = |index: usize| times.get(index).map_or(1.0, |time| time.exp());
        match self.form {
            Curve::Constant | Curve::Auto => Shape::Constant,
            Curve::Log => Shape::Log,
            Curve::Ramp => Shape::Ramp { tau_s: time(0) },
            Curve::Wake => Shape::Wake { tau_s: time(0), wake_s: time(1) },
        }
    }

    /// The logarithms of the times that leave the least error.
    pub(super) fn search(&self, spent: &[Spent]) -> Result<Vec<f64>, SolveError> {
        let step =
            |(bounds, count): &(RangeInclusive<f64>, usize)| (bounds.end() - bounds.start()) / (count - 1) as f64;
        let mut starts = vec![Vec::new()];
        for of_time in &self.bounds {
            let values = |index| of_time.0.start() + step(of_time) * index as f64;
            let longer =
                |start: Vec<f64>| (0..of_time.1).map(move |index| [start.as_slice(), &[values(index)]].concat());
            starts = starts.into_iter().flat_map(longer).collect();
        }
        let problem = Problem { times: self, spent };
        let starts = starts.into_iter().map(|start| (problem.error(&start), start));
        let (_, best) = starts.min_by(|a, b| a.0.total_cmp(&b.0)).unwrap_or_default();
        if best.is_empty() {
            return Ok(best);
        }
        let mut simplex = vec![best.clone()];
        for (index, of_time) in self.bounds.iter().enumerate() {
            let mut corner = best.clone();
            corner[index] += 0.5 * step(of_time);
            simplex.push(corner);
        }
        let failed = |error: argmin::core::Error| SolveError::Solver(error.to_string());
        let solver = NelderMead::new(simplex).with_sd_tolerance(TOLERANCE).map_err(failed)?;
        let search = Executor::new(problem, solver).configure(|state| state.max_iters(MOST_ITERATIONS));
        let found = search.timer(false).ctrlc(false).run().map_err(failed)?;
        Ok(found.state().get_best_param().cloned().unwrap_or(best))
    }
}

struct Problem<'a> {
    times: &'a Times,
    spent: &'a [Spent],
}

impl Problem<'_> {
    fn error(&self, times: &[f64]) -> f64 {
        if !self.times.bounds.iter().zip(times).all(|((bounds, _), time)| bounds.contains(time)) {
            return WORST;
        }
        let curve = fit_watts(self.times.shape(times), self.spent);
        curve.map_or(WORST, |curve| mean_error(&curve, self.spent).min(WORST))
    }
}

impl CostFunction for Problem<'_> {
    type Param = Vec<f64>;
    type Output = f64;

    fn cost(&self, times: &Self::Param) -> Result<f64, argmin::core::Error> {
        Ok(self.error(times))
    }
}
