//! The energy of requests whose times are known: the time integral of the power that a log has, by the trapezoidal rule, over each phase.
//!
//! A phase that lasts less than two sampling periods, that a part of has no sample near, or that the log does not cover, gets no energy, for a reason that is counted. The row's times stay.

mod log;
mod tegrastats;
mod watts;

use super::{Content, ImportError, Imported, Times, detect};
use log::Log;
use std::collections::BTreeMap;
use std::path::Path;

/// Sampling periods that a phase must last.
const FEWEST_PERIODS: f64 = 2.0;
/// Sampling periods without a sample that make a gap.
const GAP_PERIODS: f64 = 4.0;

/// The power of a device over time, and what became of the requests that it was joined with.
#[derive(Debug)]
pub struct Power {
    log: Log,
    /// Added to the log's times to make them the requests'.
    shift_s: f64,
    /// Phases that have an energy now.
    pub filled: usize,
    /// Phases that have none, by reason.
    pub unfilled: BTreeMap<String, usize>,
    /// Samples of the log that are none, by reason.
    pub rejected: BTreeMap<String, usize>,
}

impl Power {
    /// Reads a log: of tegrastats, of which the power of some rails is added up, or a CSV with the columns `time_s` and `power_w`.
    ///
    /// # Errors
    /// A file that is neither, rails that are not in it, or a clock that jumps back.
    pub fn open(path: &Path, rails: &[String], shift_s: f64) -> Result<Self, ImportError> {
        let mut log = Log::new(path);
        match detect(path)? {
            Content::Tegrastats => tegrastats::read(&mut log, rails)?,
            Content::Watts if rails.is_empty() => watts::read(&mut log)?,
            Content::Watts => return Err(log.broken("a CSV of times and powers has no rails: leave --rail out")),
            Content::Rows(format) => {
                return Err(log.broken(&format!(
                    "measurements of {format}, not a log of power: give tegrastats' output or a CSV with time_s,power_w"
                )));
            }
        }
        let rejected = log.settle()?;
        Ok(Self { log, shift_s, filled: 0, unfilled: BTreeMap::new(), rejected })
    }

    /// Fills in the energies of a request.
    pub fn fill(&mut self, row: &mut Imported) {
        let Some(Times { start_s, first_s, end_s }) = row.times else {
            return self.count("the file does not say when the request ran");
        };
        if row.prefill_s.is_some() {
            row.prefill_energy_j = self.joules(start_s, first_s);
        }
        if row.decode_s.is_some() {
            row.decode_energy_j = self.joules(first_s, end_s);
        }
    }

    fn joules(&mut self, from_s: f64, to_s: f64) -> Option<f64> {
        match self.log.joules(from_s - self.shift_s, to_s - self.shift_s) {
            Ok(joules) => {
                self.filled += 1;
                Some(joules)
            }
            Err(reason) => {
                self.count(&reason);
                None
            }
        }
    }

    fn count(&mut self, reason: &str) {
        *self.unfilled.entry(reason.to_owned()).or_default() += 1;
    }
}
