//! Stage 4: the coefficients of one form for one phase.

use crate::form::{Form, observed, requests};
use crate::loss::Loss;
use crate::measurement::{Phase, Sample};
use crate::solve::{SolveError, Solver, solve};
use token2metrics_core::{Polynomial, Request, Term};

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
    /// All rows have the same length.
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
    /// Of several forms none can be fitted.
    #[error("{phase}: no form can be fitted; {reasons}")]
    NoForm {
        /// The phase.
        phase: Phase,
        /// One reason a form.
        reasons: String,
    },
}

/// Fits a form to the samples of a phase.
///
/// # Errors
/// Samples that do not determine the coefficients.
pub fn fit(phase: Phase, form: &Form, loss: Loss, samples: &[Sample]) -> Result<Fitted, FitError> {
    check_lengths(phase, form, samples)?;
    let design = form.design(phase, &requests(samples));
    let solution = solve(&design, &observed(samples), loss).map_err(|reason| FitError::Solve { phase, reason })?;
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
    if samples.len() > 1 && form.coefficients() > 1 && samples.iter().all(|sample| length(&sample.request) == first) {
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

    /// What a device could not use: seconds that are not above zero, or fall as the tokens grow, within the samples' range.
    pub fn flaw(&self, samples: &[Sample]) -> Option<String> {
        let (variable, lengths) = self.probes(samples);
        let seconds = self.seconds(&lengths);
        let at = |index: usize| variable(&lengths[index]);
        if let Some(index) = seconds.iter().position(|seconds| *seconds <= 0.0) {
            return Some(format!("is not above zero at {} tokens", at(index)));
        }
        let period = self.form.period() as usize;
        let falls = (period..seconds.len()).find(|&index| seconds[index] < seconds[index - period]);
        falls.map(|index| format!("falls from {} to {} tokens", at(index - period), at(index)))
    }

    /// Requests along the samples' range of tokens, one token apart, and what varies in them.
    fn probes(&self, samples: &[Sample]) -> (fn(&Request) -> u32, Vec<Request>) {
        const MOST: u32 = 16_384;
        let span = |count: fn(&Request) -> u32| {
            let counts = samples.iter().map(|sample| count(&sample.request));
            (counts.clone().min().unwrap_or(1), counts.max().unwrap_or(1))
        };
        match self.phase {
            Phase::Prefill => {
                let (first, last) = span(|request| request.input_tokens);
                let at = |input_tokens| Request { input_tokens, cached_tokens: 0, output_tokens: 1 };
                (|request| request.input_tokens, (first..=last.min(first.saturating_add(MOST))).map(at).collect())
            }
            Phase::Decode => {
                let (input_tokens, _) = span(|request| request.input_tokens);
                let (_, last) = span(|request| request.input_tokens + request.output_tokens);
                let at = |output_tokens| Request { input_tokens, cached_tokens: 0, output_tokens };
                let last = (last - input_tokens).clamp(2, MOST);
                (|request| request.output_tokens, (2..=last).map(at).collect())
            }
        }
    }
}
