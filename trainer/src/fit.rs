//! Stage 4: the coefficients of one form for one phase.

use crate::form::{Form, observed, requests};
use crate::loss::Loss;
use crate::measurement::{Phase, Sample};
use crate::solve::{SETTLED, SolveError, Solver, solve_weighted};
use nalgebra::DVector;
use token2metrics_core::{Polynomial, Request, Term};

/// How often rows are weighed anew by what is predicted for them.
const MOST_ROUNDS: usize = 10;

/// A form with its coefficients.
#[derive(Clone, Debug, PartialEq)]
pub struct Fitted {
    /// The phase.
    pub phase: Phase,
    /// The form.
    pub form: Form,
    /// The fixed part first, if the form has one; then one per term.
    pub coefficients: Vec<f64>,
    /// How they were found.
    pub solver: Solver,
}

/// Why a phase cannot be fitted.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum FitError {
    /// No row has the phase's time.
    #[error("no usable row has {}: measure that phase, or name more files in `data`", .0.column())]
    NoRows(Phase),
    /// All rows have the same length, and the form has a fixed part.
    #[error(
        "{phase}: all rows have {length}: one length cannot tell a fixed time from one per token; measure others or set fit_intercept = false"
    )]
    OneLength {
        /// The phase.
        phase: Phase,
        /// The length, in words.
        length: String,
    },
    /// The coefficients cannot be determined.
    #[error("{phase}: {reason}")]
    Solve {
        /// The phase.
        phase: Phase,
        /// Why.
        reason: SolveError,
    },
}

/// Fits a form to the samples of a phase, with a penalty of `ridge` as in [`crate::solve`].
///
/// # Errors
/// Samples that do not determine the coefficients.
pub fn fit(phase: Phase, form: &Form, loss: Loss, ridge: f64, samples: &[Sample]) -> Result<Fitted, FitError> {
    check_lengths(phase, form, samples)?;
    let (requests, observed) = (requests(samples), observed(samples));
    let design = form.design(phase, &requests);
    let solved = |yardsticks: &[f64]| {
        let weights: Vec<f64> = yardsticks.iter().map(|seconds| loss.weight(*seconds)).collect();
        let solution = solve_weighted(&design, &observed, &weights, loss, ridge);
        solution.map_err(|reason| FitError::Solve { phase, reason })
    };
    let mut yardsticks = observed.clone();
    let mut solution = solved(&yardsticks)?;
    for _ in 0..MOST_ROUNDS {
        let predicted = &design * DVector::from_column_slice(&solution.coefficients);
        let next: Vec<f64> = observed.iter().zip(&predicted).map(|(o, p)| loss.yardstick(*o, *p)).collect();
        if next.iter().zip(&yardsticks).all(|(next, now)| (next / now - 1.0).abs() <= SETTLED) {
            break;
        }
        yardsticks = next;
        solution = solved(&yardsticks)?;
    }
    Ok(Fitted { phase, form: form.clone(), coefficients: solution.coefficients, solver: solution.solver })
}

fn check_lengths(phase: Phase, form: &Form, samples: &[Sample]) -> Result<(), FitError> {
    let length = |request: &Request| match phase {
        Phase::Prefill => request.input_tokens - request.cached_tokens,
        Phase::Decode => request.output_tokens,
    };
    let Some(first) = samples.first().map(|sample| length(&sample.request)) else {
        return Err(FitError::NoRows(phase));
    };
    let fixed_and_more = form.intercept && !form.terms.is_empty();
    if samples.len() > 1 && fixed_and_more && samples.iter().all(|sample| length(&sample.request) == first) {
        let length = match phase {
            Phase::Prefill => format!("{first} input tokens to compute"),
            Phase::Decode => format!("{first} output tokens"),
        };
        return Err(FitError::OneLength { phase, length });
    }
    Ok(())
}

impl Fitted {
    /// The fitted seconds of some requests, before any calibration.
    pub fn seconds(&self, requests: &[Request]) -> Vec<f64> {
        let design = self.form.design(self.phase, requests);
        (design * nalgebra::DVector::from_column_slice(&self.coefficients)).as_slice().to_vec()
    }

    /// The polynomial as the device has it. `N` is large enough for every form that [`crate::select`] offers.
    ///
    /// # Errors
    /// The number of terms, if it is not.
    pub fn polynomial<const N: usize>(&self) -> Result<Polynomial<N>, usize> {
        let (fixed, coefficients) = match (self.form.intercept, self.coefficients.as_slice()) {
            (true, [fixed, rest @ ..]) => (*fixed, rest),
            (_, all) => (0.0, all),
        };
        let with_coefficient = |(term, value): (&Term, &f64)| Term { coefficient: *value as f32, ..*term };
        let terms: Vec<Term> = self.form.terms.iter().zip(coefficients).map(with_coefficient).collect();
        let terms = heapless::Vec::from_slice(&terms).map_err(|_| terms.len())?;
        Ok(Polynomial { fixed_s: fixed as f32, terms })
    }

    /// What a device could not use: seconds that, mapped to it, are not above zero or fall as the tokens grow, within the samples' range.
    pub fn flaw(&self, map: impl Fn(f64) -> f64, samples: &[Sample]) -> Option<String> {
        let Probes { tokens, step, requests: along } = self.probes(samples);
        let seconds = |requests: &[Request]| self.seconds(requests).into_iter().map(&map).collect::<Vec<f64>>();
        let (own, rising) = (requests(samples), seconds(&along));
        let not_above_zero = |requests: &[Request], seconds: &[f64]| {
            let index = seconds.iter().position(|seconds| *seconds <= 0.0)?;
            Some(format!("is not above zero at {} tokens", tokens(&requests[index])))
        };
        if let Some(flaw) = not_above_zero(&along, &rising).or_else(|| not_above_zero(&own, &seconds(&own))) {
            return Some(flaw);
        }
        let apart = (self.form.period() / step).max(1) as usize;
        // By more than the device's rounding: a plateau is no fall.
        let level = 1.0 - f64::from(f32::EPSILON);
        let falls = (apart..rising.len()).find(|&index| rising[index] < level * rising[index - apart]);
        falls.map(|index| format!("falls from {} to {} tokens", tokens(&along[index - apart]), tokens(&along[index])))
    }

    /// Requests along the samples' range of tokens.
    fn probes(&self, samples: &[Sample]) -> Probes {
        /// Enough for one every token in usual ranges.
        const MOST: u32 = 16_384;
        let span = |count: fn(&Request) -> u32| {
            let counts = samples.iter().map(|sample| count(&sample.request));
            (counts.clone().min().unwrap_or(1), counts.max().unwrap_or(1))
        };
        // A power of two, as tiles are: what is a step or a tile apart is compared at the same place of a tile.
        let step = |first: u32, last: u32| (last.saturating_sub(first) / MOST + 1).next_power_of_two();
        let (least, greatest) = span(|request| request.input_tokens);
        match self.phase {
            Phase::Prefill => {
                let step = step(least, greatest);
                let at = |input_tokens| Request { input_tokens, cached_tokens: 0, output_tokens: 1 };
                let requests = (least..=greatest).step_by(step as usize).map(at).collect();
                Probes { tokens: |request| request.input_tokens, step, requests }
            }
            Phase::Decode => {
                let (_, deepest) = span(|request| request.input_tokens + request.output_tokens);
                let step = step(2, deepest - least);
                let at = |output_tokens| Request { input_tokens: least, cached_tokens: 0, output_tokens };
                let requests = (2..=(deepest - least).max(2)).step_by(step as usize).map(at).collect();
                Probes { tokens: |request| request.output_tokens, step, requests }
            }
        }
    }
}

/// Requests of a phase that differ in one token count.
struct Probes {
    /// That count.
    tokens: fn(&Request) -> u32,
    /// How much it differs from one to the next.
    step: u32,
    requests: Vec<Request>,
}
