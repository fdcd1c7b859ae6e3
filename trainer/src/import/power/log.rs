//! Samples of power in the order of time.

use super::super::ImportError;
use super::{FEWEST_PERIODS, GAP_PERIODS};
use crate::score::median;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The greatest power of a device that is worth a log, in watts.
const MOST_W: f64 = 1e6;

/// A log of power.
#[derive(Debug)]
pub(super) struct Log {
    pub(super) path: PathBuf,
    /// Seconds and watts.
    samples: Vec<(f64, f64)>,
    period_s: f64,
    rejected: BTreeMap<String, usize>,
}

impl Log {
    pub(super) fn new(path: &Path) -> Self {
        Self { path: path.to_owned(), samples: Vec::new(), period_s: 0.0, rejected: BTreeMap::new() }
    }

    pub(super) fn broken(&self, problem: &str) -> ImportError {
        ImportError::Broken { path: self.path.clone(), problem: problem.to_owned() }
    }

    /// Adds a sample, or counts why it is none.
    pub(super) fn add(&mut self, line: u64, time_s: f64, watts: Option<f64>) -> Result<(), ImportError> {
        if let Some((last, _)) = self.samples.last().filter(|(last, _)| time_s < *last) {
            let problem = format!("the clock jumps back by {:.0} s: cut the log there", last - time_s);
            return Err(ImportError::Line { path: self.path.clone(), line, problem });
        }
        match watts {
            Some(watts) if watts < 0.0 => self.reject("a negative power"),
            Some(watts) if watts <= MOST_W => self.samples.push((time_s, watts)),
            Some(_) => self.reject("a power that no device has"),
            None => self.reject("no power"),
        }
        Ok(())
    }

    pub(super) fn reject(&mut self, reason: &str) {
        *self.rejected.entry(reason.to_owned()).or_default() += 1;
    }

    /// Spreads samples that have the same time, as a clock of whole seconds gives them, evenly over the second that they share.
    pub(super) fn spread(&mut self, second_s: f64) {
        for alike in self.samples.chunk_by_mut(|a, b| a.0 == b.0) {
            let each_s = second_s / alike.len() as f64;
            for (index, sample) in alike.iter_mut().enumerate() {
                sample.0 += (index as f64 + 0.5) * each_s;
            }
        }
    }

    /// Finds the sampling period; gives the samples that were rejected.
    pub(super) fn settle(&mut self) -> Result<BTreeMap<String, usize>, ImportError> {
        self.samples.dedup_by_key(|(time_s, _)| *time_s);
        let periods: Vec<f64> = self.samples.windows(2).map(|pair| pair[1].0 - pair[0].0).collect();
        if periods.is_empty() {
            return Err(self.broken("fewer than two samples of power at different times"));
        }
        self.period_s = median(periods);
        Ok(std::mem::take(&mut self.rejected))
    }

    /// The energy between two times.
    pub(super) fn joules(&self, from_s: f64, to_s: f64) -> Result<f64, String> {
        if to_s - from_s < FEWEST_PERIODS * self.period_s {
            return Err(format!("shorter than two sampling periods of {:.3} s", self.period_s));
        }
        let (begin, end) = (self.samples[0].0, self.samples[self.samples.len() - 1].0);
        if from_s < begin || to_s > end {
            let (away_s, side) = if to_s > end { (to_s - end, "end") } else { (from_s - begin, "begin") };
            // Rounded, so that requests of one clock have one reason.
            let hours = (away_s / 3600.0).round();
            let hint = if hours == 0.0 {
                String::new()
            } else {
                format!(", by {hours:+} h: are the clocks in different time zones? --power-shift has seconds")
            };
            return Err(format!("beyond the log's {side}{hint}"));
        }
        let first = self.samples.partition_point(|(time_s, _)| *time_s <= from_s) - 1;
        let mut joules = 0.0;
        for pair in self.samples[first..].windows(2).take_while(|pair| pair[0].0 < to_s) {
            let [(a_s, a_w), (b_s, b_w)] = [pair[0], pair[1]];
            if b_s - a_s > GAP_PERIODS * self.period_s {
                return Err(format!("the log has a gap of more than {GAP_PERIODS} sampling periods there"));
            }
            let (from, to) = (from_s.max(a_s), to_s.min(b_s));
            let watts = |time_s: f64| a_w + (b_w - a_w) * (time_s - a_s) / (b_s - a_s);
            joules += (to - from) * 0.5 * (watts(from) + watts(to));
        }
        if joules > 0.0 && joules.is_finite() { Ok(joules) } else { Err("no power was drawn, says the log".to_owned()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn log(samples: &[(f64, f64)]) -> Log {
        let mut log = Log::new(Path::new("log"));
        for (line, (time_s, watts)) in (1..).zip(samples) {
            log.add(line, *time_s, Some(*watts)).expect("in order");
        }
        log.settle().expect("two samples");
        log
    }

    #[test]
    fn energies_solved_by_hand() {
        let log = log(&[(0.0, 10.0), (1.0, 10.0), (2.0, 20.0), (3.0, 20.0), (4.0, 0.0), (9.0, 0.0), (10.0, 0.0)]);
        assert_eq!(log.joules(0.5, 2.5), Ok(5.0 + 15.0 + 10.0));
        assert_eq!(log.joules(1.5, 3.5), Ok(0.5 * 17.5 + 20.0 + 0.5 * 15.0));
        assert!(log.joules(0.5, 2.4).is_err_and(|reason| reason.contains("shorter")));
        assert!(log.joules(-1.0, 3.0).is_err_and(|reason| reason == "beyond the log's begin"));
        assert!(log.joules(3595.0, 3605.0).is_err_and(|reason| reason.contains("end, by +1 h")));
        assert!(log.joules(3.0, 6.0).is_err_and(|reason| reason.contains("gap")));
    }

    #[test]
    fn samples_of_one_second_are_spread_over_it() {
        let mut log = Log::new(Path::new("log"));
        for (line, second) in (1..).zip([5.0, 5.0, 6.0]) {
            log.add(line, second, Some(1.0)).expect("in order");
        }
        log.spread(1.0);
        assert_eq!(log.samples.iter().map(|(time_s, _)| *time_s).collect::<Vec<_>>(), [5.25, 5.75, 6.5]);
        assert!(log.add(4, 6.0, Some(1.0)).is_err());
    }
}
