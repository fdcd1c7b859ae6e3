//! A comparison for programs.

use super::Compared;
use crate::contest::{Banded, Measure, Standing};
use serde::Serialize;
use std::path::Path;

/// What was compared, and who is best in what.
#[derive(Serialize)]
pub(super) struct Report<'a> {
    workload: Option<&'a Path>,
    requests: u64,
    invalid: u64,
    profiles: Vec<Row<'a>>,
    verdict: Vec<Verdict<'a>>,
    /// What the prompts of the stretches are followed by.
    output_tokens: u32,
    stretches: Vec<Soonest<'a>>,
}

/// A profile's figures; `null` is what it does not know.
#[derive(Serialize)]
pub(super) struct Row<'a> {
    pub(super) profile: &'a str,
    llm: &'a str,
    device: &'a str,
    variant: &'a str,
    answered: u64,
    pub(super) unanswered: u64,
    pub(super) extrapolated: u64,
    pub(super) total_s: Option<f64>,
    pub(super) total_low_s: Option<f64>,
    pub(super) total_high_s: Option<f64>,
    pub(super) median_s: Option<f32>,
    median_low_s: Option<f32>,
    median_high_s: Option<f32>,
    pub(super) p95_s: Option<f32>,
    p95_low_s: Option<f32>,
    p95_high_s: Option<f32>,
    pub(super) ttft_median_s: Option<f32>,
    ttft_median_low_s: Option<f32>,
    ttft_median_high_s: Option<f32>,
    pub(super) energy_j: Option<f64>,
    pub(super) cost: Option<f64>,
    pub(super) currency: Option<&'a str>,
}

#[derive(Serialize)]
struct Verdict<'a> {
    figure: &'static str,
    best: &'a str,
    others: Vec<Other<'a>>,
}

#[derive(Serialize)]
struct Other<'a> {
    profile: &'a str,
    ratio: Option<f64>,
    better_on: u64,
}

#[derive(Serialize)]
struct Soonest<'a> {
    from_input_tokens: u32,
    to_input_tokens: u32,
    soonest: &'a str,
    extrapolated: bool,
}

impl<'a> Compared<'a> {
    pub(super) fn report(&self, workload: Option<&'a Path>) -> Report<'a> {
        let verdict = self.verdicts().map(|(measure, (best, rivals))| Verdict {
            figure: match measure {
                Measure::Time => "total_s",
                Measure::Cost => "cost",
                Measure::Energy => "energy_j",
            },
            best: self.name(best),
            others: (rivals.iter())
                .map(|rival| Other { profile: self.name(rival.index), ratio: rival.ratio, better_on: rival.wins })
                .collect(),
        });
        Report {
            workload,
            requests: self.contest.requests,
            invalid: self.contest.invalid,
            profiles: (0..self.entrants.len()).map(|index| self.row(index)).collect(),
            verdict: verdict.collect(),
            output_tokens: self.contest.usual[1],
            stretches: (self.stretches.iter())
                .map(|stretch| Soonest {
                    from_input_tokens: stretch.from,
                    to_input_tokens: stretch.to,
                    soonest: self.name(stretch.soonest),
                    extrapolated: stretch.extrapolated,
                })
                .collect(),
        }
    }

    pub(super) fn row(&self, index: usize) -> Row<'a> {
        let Standing { answered, unanswered, extrapolated, energy_j, cost, .. } = self.contest.standings[index];
        let standing = &self.contest.standings[index];
        let whose = &self.entrants[index].located.profile.identity;
        let figure = |figure: Option<Banded>| {
            let band = figure.and_then(|(_, band)| band);
            (figure.map(|(seconds, _)| seconds), band.map(|band| band.low_s), band.map(|band| band.high_s))
        };
        let (median_s, median_low_s, median_high_s) = figure(standing.median_s);
        let (p95_s, p95_low_s, p95_high_s) = figure(standing.p95_s);
        let (ttft_median_s, ttft_median_low_s, ttft_median_high_s) = figure(standing.ttft_median_s);
        let any = answered > 0;
        let [total_low_s, total_high_s] =
            standing.total_band_s.filter(|_| any).map_or([None, None], |[low, high]| [Some(low), Some(high)]);
        Row {
            profile: self.name(index),
            llm: &whose.llm,
            device: &whose.device,
            variant: &whose.variant,
            answered,
            unanswered,
            extrapolated,
            total_s: any.then_some(standing.total_s),
            total_low_s,
            total_high_s,
            median_s,
            median_low_s,
            median_high_s,
            p95_s,
            p95_low_s,
            p95_high_s,
            ttft_median_s,
            ttft_median_low_s,
            ttft_median_high_s,
            energy_j: energy_j.filter(|_| any),
            cost: cost.filter(|_| any),
            currency: self.currency(index),
        }
    }
}
