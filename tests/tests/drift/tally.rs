//! What is counted: the errors of three predictors request by request, and whether bands hold.

use std::collections::VecDeque;
use token2metrics_core::{Calibration, Drift, Measured, Prediction, Profile, Request};

/// Requests that a refit is made on.
pub(crate) const REFIT: usize = 20;

/// Mean absolute percentage errors of `total_s`.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Errors {
    /// Of the profile as it is.
    pub(crate) alone: f64,
    /// Of the profile, the scale of each phase fitted to the last 20 requests: their median ratio, which no freak moves.
    pub(crate) refit: f64,
    /// Of the profile with its drift.
    pub(crate) drift: f64,
}

/// Counts of one case.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tally {
    /// With at least 20 requests since the start or the last change.
    pub(crate) settled: Errors,
    /// In the first 20 requests, when there are too few for a refit.
    pub(crate) starting: Errors,
    /// In the 20 requests after a change, where there is one.
    pub(crate) changing: Option<Errors>,
    held: [u32; 2],
    asked: u32,
}

/// A request that has run.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Observed {
    pub(crate) request: Request,
    pub(crate) measured: Measured,
    /// Nobody could have foreseen it: it is observed and counts for the bands, and is no error of a predictor.
    pub(crate) freak: bool,
    /// Requests since the start or since the device changed last, this one not counted; and whether it ever did.
    pub(crate) since: usize,
    pub(crate) changed: bool,
}

/// The sums that a tally is the mean of.
#[derive(Default)]
pub(crate) struct Counting {
    settled: (Errors, u32),
    starting: (Errors, u32),
    changing: (Errors, u32),
    held: [u32; 2],
    asked: u32,
}

fn total_s(measured: Measured) -> f64 {
    f64::from(measured.prefill_s) + f64::from(measured.decode_s)
}

impl Counting {
    /// Runs requests one after the other through all three predictors.
    pub(crate) fn run(&mut self, profile: &Profile, requests: impl Iterator<Item = Observed>) {
        let mut drift = Drift::NEW;
        let mut last = VecDeque::new();
        for observed in requests {
            let Observed { request, measured, .. } = observed;
            let alone = profile.predict(request).expect("a request");
            let correction = drift.correction().expect("a sound state");
            let with_drift = profile.predict_corrected(&correction, request).expect("a request");
            let refit = refit(profile, last.make_contiguous()).predict(request).expect("a request");
            self.count(observed, [alone, refit, with_drift]);
            if last.len() == REFIT {
                last.pop_front();
            }
            last.push_back((alone, measured));
            drift.observe(profile, request, measured).expect("a measured request");
        }
    }

    fn count(&mut self, observed: Observed, predictions: [Prediction; 3]) {
        let total_s = total_s(observed.measured);
        let [alone, refit, drift] = predictions.map(|prediction| prediction.total_s);
        let percent = |predicted_s: f32| 100.0 * (f64::from(predicted_s) - total_s).abs() / total_s;
        let settled = observed.since >= REFIT;
        if settled {
            self.asked += 1;
            for (held, prediction) in self.held.iter_mut().zip([predictions[0], predictions[2]]) {
                let band = prediction.total_band.expect("the profile has bands");
                *held += u32::from((f64::from(band.low_s)..=f64::from(band.high_s)).contains(&total_s));
            }
        }
        if observed.freak {
            return;
        }
        let (errors, count) = match settled {
            true => &mut self.settled,
            false if observed.changed => &mut self.changing,
            false => &mut self.starting,
        };
        errors.alone += percent(alone);
        errors.refit += percent(refit);
        errors.drift += percent(drift);
        *count += 1;
    }

    pub(crate) fn tally(self) -> Tally {
        let mean = |(errors, count): (Errors, u32)| {
            let Errors { alone, refit, drift } = errors;
            let [alone, refit, drift] = [alone, refit, drift].map(|sum| sum / f64::from(count));
            Errors { alone, refit, drift }
        };
        let Self { settled, starting, changing, held, asked } = self;
        assert!(settled.1 > 100 && starting.1 > 100, "too few to say anything");
        let changing = (changing.1 > 0).then(|| mean(changing));
        Tally { settled: mean(settled), starting: mean(starting), changing, held, asked }
    }
}

impl Tally {
    /// Percent of all settled requests within their 90 % band: without and with drift.
    pub(crate) fn coverage(&self) -> [f64; 2] {
        self.held.map(|held| 100.0 * f64::from(held) / f64::from(self.asked))
    }
}

/// The profile with each phase scaled by the median of measured / predicted.
fn refit(profile: &Profile, requests: &[(Prediction, Measured)]) -> Profile {
    let scaled = |calibration: Calibration, ratio: fn(&(Prediction, Measured)) -> f32| {
        let mut ratios: Vec<f32> = requests.iter().map(ratio).filter(|ratio| ratio.is_finite()).collect();
        ratios.sort_by(f32::total_cmp);
        let median =
            if ratios.is_empty() { 1.0 } else { 0.5 * (ratios[(ratios.len() - 1) / 2] + ratios[ratios.len() / 2]) };
        Calibration { scale: median * calibration.scale, offset_s: median * calibration.offset_s }
    };
    let mut refit = profile.clone();
    refit.prefill.calibration =
        scaled(profile.prefill.calibration, |(predicted, measured)| measured.prefill_s / predicted.prefill_s);
    // A request without steps has no ratio.
    refit.decode.calibration =
        scaled(profile.decode.calibration, |(predicted, measured)| measured.decode_s / predicted.decode_s);
    refit
}
