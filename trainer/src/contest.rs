//! Profiles against each other on one workload: the sums and quantiles of each, who is best in what, by how much, and on how many requests the others
//! are better. Requests come one after the other, and none is kept.

use crate::figures::is_doubtful;
use crate::ingest::IngestError;
use crate::quantile::{Coarse, Fine};
use crate::workload::{Asked, Workload};
use token2metrics_core::{Band, Bands, Prediction, Profile, Ratios};

/// What profiles are compared by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Measure {
    /// Seconds.
    Time,
    /// Money.
    Cost,
    /// Joules.
    Energy,
}

/// Seconds, with the band of a request that takes so long, where the profile has bands.
pub type Banded = (f32, Option<Band>);

/// What a profile makes of a workload.
#[derive(Clone, Debug, PartialEq)]
pub struct Standing {
    /// Requests that it answers; the figures are of these.
    pub answered: u64,
    /// Requests that it does not answer, though others may.
    pub unanswered: u64,
    /// Answers that are to be doubted: extrapolated, or raised to 0.
    pub extrapolated: u64,
    /// Seconds of all requests.
    pub total_s: f64,
    /// The sums of the bands' ends: the band of the sum if the device is off by the same share in every request.
    pub total_band_s: Option<[f64; 2]>,
    /// Joules of all requests; `None` where any is not known.
    pub energy_j: Option<f64>,
    /// The same of the cost.
    pub cost: Option<f64>,
    /// Seconds that half of the requests do not exceed.
    pub median_s: Option<Banded>,
    /// Seconds that 95 % of the requests do not exceed.
    pub p95_s: Option<Banded>,
    /// Seconds to the first token that half of the requests do not exceed.
    pub ttft_median_s: Option<Banded>,
}

/// How a contest went.
#[derive(Clone, Debug)]
pub struct Contest {
    /// In the order of the profiles.
    pub standings: Vec<Standing>,
    /// Requests that make sense.
    pub requests: u64,
    /// Rows whose counts make no request: nobody is asked.
    pub invalid: u64,
    /// The medians of the counts of a request, prompt and output.
    pub usual: [u32; 2],
    /// The greatest of these counts.
    pub most: [u32; 2],
    /// By measure and pair: on how many requests the first of the pair needs less.
    wins: [Vec<Vec<u64>>; Measure::ALL.len()],
}

/// One that is not the best.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rival {
    /// Which profile.
    pub index: usize,
    /// Its sum by that of the best; `None` where that is 0.
    pub ratio: Option<f64>,
    /// On how many requests it needs less than the best.
    pub wins: u64,
}

impl Measure {
    /// In the order of what most people ask first.
    pub const ALL: [Self; 3] = [Self::Time, Self::Cost, Self::Energy];

    fn of(self, prediction: &Prediction) -> Option<f32> {
        match self {
            Self::Time => Some(prediction.total_s),
            Self::Cost => prediction.cost,
            Self::Energy => prediction.energy_j,
        }
    }

    /// The sum of a workload.
    pub fn sum(self, standing: &Standing) -> Option<f64> {
        match self {
            Self::Time => (standing.answered > 0).then_some(standing.total_s),
            Self::Cost => standing.cost,
            Self::Energy => standing.energy_j,
        }
    }
}

/// What is counted of a profile while the workload goes by.
#[derive(Default)]
struct Counts {
    total_s: Coarse,
    prefill_s: Coarse,
}

impl Contest {
    /// Asks every profile for every request, twice: the quantiles are exact and no request is kept.
    ///
    /// # Errors
    /// A workload that cannot be read.
    pub fn new(profiles: &[&Profile], workload: &Workload) -> Result<Self, IngestError> {
        let none = || vec![vec![0; profiles.len()]; profiles.len()];
        let mut contest = Self {
            standings: profiles.iter().map(|profile| Standing::new(profile)).collect(),
            requests: 0,
            invalid: 0,
            usual: [0; 2],
            most: [0; 2],
            wins: [none(), none(), none()],
        };
        let mut counts: Vec<Counts> = profiles.iter().map(|_| Counts::default()).collect();
        let mut lengths = [Coarse::default(), Coarse::default()];
        let mut answers = Vec::new();
        workload.each(|Asked { request, count, .. }| {
            if request.check().is_err() {
                contest.invalid += u64::from(count);
                return Ok::<(), IngestError>(());
            }
            contest.requests += u64::from(count);
            let asked = [request.input_tokens, request.output_tokens];
            contest.most = [0, 1].map(|side| contest.most[side].max(asked[side]));
            // Token counts are exact in an f32.
            lengths.iter_mut().zip(asked).for_each(|(lengths, asked)| lengths.add(asked as f32, count));
            answers.clear();
            answers.extend(profiles.iter().map(|profile| profile.predict(request).ok()));
            for ((standing, counts), answer) in contest.standings.iter_mut().zip(&mut counts).zip(&answers) {
                standing.add(answer.as_ref(), count);
                if let Some(answer) = answer {
                    counts.total_s.add(answer.total_s, count);
                    counts.prefill_s.add(answer.prefill_s, count);
                }
            }
            contest.count_wins(&answers, count);
            Ok(())
        })?;
        let mut usual = lengths.map(|lengths| lengths.quantile(0.5));
        let mut quantiles: Vec<[Option<Fine>; 3]> = counts
            .iter()
            .map(|counts| [counts.total_s.quantile(0.5), counts.total_s.quantile(0.95), counts.prefill_s.quantile(0.5)])
            .collect();
        workload.each(|Asked { request, count, .. }| {
            if request.check().is_err() {
                return Ok::<(), IngestError>(());
            }
            let add = |fine: &mut Option<Fine>, value: f32| {
                fine.iter_mut().for_each(|fine| fine.add(value, count));
            };
            let asked = [request.input_tokens, request.output_tokens];
            usual.iter_mut().zip(asked).for_each(|(usual, asked)| add(usual, asked as f32));
            for (profile, [median, p95, ttft]) in profiles.iter().zip(&mut quantiles) {
                if let Ok(answer) = profile.predict(request) {
                    add(median, answer.total_s);
                    add(p95, answer.total_s);
                    add(ttft, answer.prefill_s);
                }
            }
            Ok(())
        })?;
        contest.usual = usual.map(|usual| usual.map_or(0, |usual| usual.value() as u32));
        for ((standing, profile), [median, p95, ttft]) in contest.standings.iter_mut().zip(profiles).zip(quantiles) {
            let with_band = |fine: Option<Fine>, ratios: fn(&Bands) -> &Ratios| {
                let seconds = fine?.value();
                Some((seconds, profile.bands.as_ref().map(|bands| ratios(bands).band(seconds))))
            };
            standing.median_s = with_band(median, |bands| &bands.total);
            standing.p95_s = with_band(p95, |bands| &bands.total);
            standing.ttft_median_s = with_band(ttft, |bands| &bands.prefill);
        }
        Ok(contest)
    }

    fn count_wins(&mut self, answers: &[Option<Prediction>], count: u32) {
        for (measure, wins) in Measure::ALL.iter().zip(&mut self.wins) {
            let value = |answer: &Option<Prediction>| measure.of(answer.as_ref()?);
            for (one, wins) in answers.iter().map(value).zip(wins) {
                for (other, wins) in answers.iter().map(value).zip(wins) {
                    if one.zip(other).is_some_and(|(one, other)| one < other) {
                        *wins += u64::from(count);
                    }
                }
            }
        }
    }

    /// Whether the sums of a profile are those of the whole workload.
    pub fn is_complete(&self, index: usize) -> bool {
        self.requests > 0 && self.standings[index].unanswered == 0
    }

    /// The best of those whose figures are of the whole workload; `None` where there are not two such.
    pub fn best(&self, figure: impl Fn(&Standing) -> Option<f64>) -> Option<usize> {
        let known: Vec<(usize, f64)> = (self.standings.iter().enumerate())
            .filter(|(index, _)| self.is_complete(*index))
            .filter_map(|(index, standing)| Some((index, figure(standing)?)))
            .collect();
        let best = known.iter().min_by(|a, b| a.1.total_cmp(&b.1)).map(|(index, _)| *index);
        best.filter(|_| known.len() > 1)
    }

    /// The best by a measure and the others, the nearest first.
    pub fn verdict(&self, measure: Measure) -> Option<(usize, Vec<Rival>)> {
        let best = self.best(|standing| measure.sum(standing))?;
        let least = measure.sum(&self.standings[best])?;
        let wins = &self.wins[measure as usize];
        let mut rivals: Vec<(f64, Rival)> = (self.standings.iter().enumerate())
            .filter(|(index, _)| *index != best && self.is_complete(*index))
            .filter_map(|(index, standing)| {
                let sum = measure.sum(standing)?;
                let ratio = (least > 0.0).then(|| sum / least);
                Some((sum, Rival { index, ratio, wins: wins[index][best] }))
            })
            .collect();
        rivals.sort_by(|a, b| a.0.total_cmp(&b.0));
        Some((best, rivals.into_iter().map(|(_, rival)| rival).collect()))
    }
}

impl Standing {
    fn new(profile: &Profile) -> Self {
        Self {
            answered: 0,
            unanswered: 0,
            extrapolated: 0,
            total_s: 0.0,
            total_band_s: profile.bands.map(|_| [0.0; 2]),
            energy_j: Some(0.0),
            cost: Some(0.0),
            median_s: None,
            p95_s: None,
            ttft_median_s: None,
        }
    }

    fn add(&mut self, answer: Option<&Prediction>, count: u32) {
        let Some(answer) = answer else {
            self.unanswered += u64::from(count);
            return;
        };
        let times = f64::from(count);
        let sum = |sum: Option<f64>, value: Option<f32>| Some(sum? + times * f64::from(value?));
        self.answered += u64::from(count);
        self.extrapolated += if is_doubtful(answer.flags) { u64::from(count) } else { 0 };
        self.total_s += times * f64::from(answer.total_s);
        self.total_band_s = self
            .total_band_s
            .zip(answer.total_band)
            .map(|([low, high], band)| [low + times * f64::from(band.low_s), high + times * f64::from(band.high_s)]);
        self.energy_j = sum(self.energy_j, answer.energy_j);
        self.cost = sum(self.cost, answer.cost);
    }
}
