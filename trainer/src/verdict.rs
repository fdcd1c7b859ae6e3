//! What a profile's errors come to, in a few sentences: how far off it is, whether its bands held, and what not to trust.

use crate::baseline::{Predictor, THIS_PROFILE};
use crate::page::{Origin, Subject};
use crate::plot::count;
use crate::score::{Errors, Scores};
use crate::table::percent;
use statrs::distribution::{Binomial, DiscreteCDF};
use token2metrics_core::{PowerCurve, Trained};

/// Rows below which errors are themselves not well known.
const FEW: usize = 20;
/// A coverage that chance reaches less often than this is no chance.
const CHANCE: f64 = 0.05;
/// Percent of the rows from which on a 90 % band held almost as promised: it comes from so many rows itself, and is never exact.
const ALMOST: usize = 85;

/// How often the bands of a figure held on rows that were not fitted.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Held {
    /// The figure.
    pub name: &'static str,
    /// Rows.
    pub rows: usize,
    /// Those within the 90 % band.
    pub within_90: usize,
    /// Those that do not exceed the 99 % ratio.
    pub below_99: usize,
}

impl Held {
    fn new(name: &'static str, errors: Option<Errors>) -> Option<Self> {
        let errors = errors?;
        let rows = |share: f64| (share * errors.n as f64).round() as usize;
        Some(Self { name, rows: errors.n, within_90: rows(errors.coverage_90?), below_99: rows(errors.coverage_99?) })
    }

    /// Of the rows, in percent.
    pub fn share(&self, count: usize) -> String {
        format!("{:.1} %", 100.0 * count as f64 / self.rows as f64)
    }

    /// Whether so few would hardly be within if nine of ten were to be expected.
    fn is_below_promise(&self) -> bool {
        // A share of 0.9 is a probability: there is such a distribution.
        let chance = Binomial::new(0.9, self.rows as u64).map(|binomial| binomial.cdf(self.within_90 as u64));
        chance.is_ok_and(|chance| chance < CHANCE)
    }
}

/// How often the bands held: of the whole request first.
pub fn coverage(scores: &Scores) -> Vec<Held> {
    let all = [("total", scores.total_s), ("prefill", scores.prefill_s), ("decode", scores.decode_s)];
    all.into_iter().filter_map(|(name, errors)| Held::new(name, errors)).collect()
}

/// How far off predictions are, and whether the bands held.
pub fn verdict(subject: &Subject<'_>) -> Vec<String> {
    let Some((from, scores)) = subject.basis() else { return vec![unscored(subject), range(subject)] };
    vec![off(&from, scores), bands(&coverage(scores)), range(subject)]
}

/// Whether the bands held.
fn bands(held: &[Held]) -> String {
    if held.is_empty() {
        return "The profile has no error bands: a prediction does not say how far off it may be.".to_owned();
    }
    let each = |held: &Held| {
        let (within, share) = (held.within_90, held.share(held.within_90));
        format!("{within} of {} {} times ({share})", held.rows, held.name)
    };
    let text = format!("The 90 % band held for {}", held.iter().map(each).collect::<Vec<_>>().join(", "));
    let below = || held.iter().filter(|held| held.is_below_promise());
    let far = |held: &&Held| 100 * held.within_90 < ALMOST * held.rows;
    let far_below: Vec<&str> = below().filter(far).map(|held| held.name).collect();
    match far_below.as_slice() {
        [] if held.iter().all(|held| 10 * held.within_90 >= 9 * held.rows) => format!("{text}: as it promises."),
        [] if below().count() > 0 => format!("{text}: a little less often than it promises."),
        [] => format!("{text}: what is missing to 90 % can be chance with so few rows."),
        far_below => format!("{text}: that of {} held clearly less often than it promises.", far_below.join(" and ")),
    }
}

/// Where none of it holds.
fn range(subject: &Subject<'_>) -> String {
    let Trained { input_tokens: input, output_tokens: output } = subject.profile.trained;
    format!(
        "Do not trust it outside {} to {} prompt tokens or {} to {} output tokens.",
        input.min, input.max, output.min, output.max
    )
}

fn off(from: &str, scores: &Scores) -> String {
    let all = [("total", scores.total_s), ("prefill", scores.prefill_s), ("decode", scores.decode_s)];
    let Some((time, errors)) = all.into_iter().find_map(|(time, errors)| Some((time, errors?))) else {
        return format!("Of what the profile predicts, no row has a time ({from}).");
    };
    let requests = count(errors.n, "request");
    let (typical, mean, worst) = (errors.median_ape_percent, errors.mape_percent, errors.max_ape_percent);
    format!(
        "On {requests} that no fit had seen ({from}), a predicted {time} time was typically {} % off, {} % on average and {} % at worst.",
        percent(typical),
        percent(mean),
        percent(worst)
    )
}

/// What is said without any row that was not fitted.
fn unscored(subject: &Subject<'_>) -> String {
    let stated = match &subject.origin {
        Origin::Stated { error, .. } => error.iter().find(|(measure, _)| crate::table::name(measure) == "total_s"),
        Origin::Trained(_) | Origin::Unknown => None,
    };
    match stated {
        Some((_, error)) => format!(
            "Nobody has measured this here: whoever did states that the predicted total time was {} % off on average, over {} rows ({}).",
            percent(error.mape_percent),
            error.rows,
            error.how
        ),
        None => {
            "How far off predictions are is not known: there is no measured request that was not fitted.".to_owned()
        }
    }
}

/// What not to trust.
pub fn doubts(subject: &Subject<'_>) -> Vec<String> {
    let mut doubts = vec![
        "Requests outside the token counts that it was trained on: they are extrapolated. Every such prediction says so, and nothing here tells how \
         far off it is."
            .to_owned(),
    ];
    if let Some((_, scores)) = subject.basis() {
        let fewest =
            [scores.total_s, scores.prefill_s, scores.decode_s].into_iter().flatten().map(|errors| errors.n).min();
        if let Some(rows) = fewest.filter(|rows| *rows < FEW) {
            doubts.push(format!(
                "The last digits of the errors: they come from {}, and other rows would give others.",
                count(rows, "row")
            ));
        }
    }
    let files = || subject.counts.files();
    if files().any(|file| file.rows > 0) && files().all(|file| file.cached == 0) {
        doubts.push(
            "Prompts behind a cached prefix: no measured row had one, their times follow from the formula alone."
                .to_owned(),
        );
    }
    if !subject.profile.decode.is_known() {
        doubts.push(
            "Requests of more than one output token: the profile knows no decode, and does not answer them.".to_owned(),
        );
    }
    if subject.profile.power.prefill == PowerCurve::Unknown || subject.profile.power.decode == PowerCurve::Unknown {
        doubts.push("Energy: the power of a phase is not known, so that none is predicted.".to_owned());
    }
    doubts
}

/// A mean error as it is written, in percent: what looks the same is the same.
pub fn written(errors: Errors) -> f64 {
    percent(errors.mape_percent).parse().unwrap_or(f64::INFINITY)
}

/// Where another predictor did better than the profile, and that none did where that is so.
pub fn ahead(predictors: &[Predictor]) -> Vec<String> {
    let Some((own, others)) = predictors.split_first().filter(|(_, others)| !others.is_empty()) else {
        return Vec::new();
    };
    let mut words = Vec::new();
    for (index, (time, mine)) in own.times().into_iter().enumerate() {
        let Some(mine) = mine.map(written) else { continue };
        let theirs = |other: &Predictor| other.times()[index].1.map(written).filter(|theirs| *theirs < mine);
        let better = others.iter().filter_map(|other| Some((theirs(other)?, other)));
        if let Some((theirs, other)) = better.min_by(|a, b| a.0.total_cmp(&b.0)) {
            let (name, theirs, mine) = (&other.name, percent(theirs), percent(mine));
            words.push(format!("In {time}, \"{name}\" was ahead on these rows: {theirs} % against {mine} %."));
        }
    }
    if words.is_empty() {
        words.push(format!("None of the simpler predictors was ahead of {THIS_PROFILE} on these rows."));
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::baseline::Baseline;

    #[test]
    fn bands_that_held_and_bands_that_did_not() {
        let held = |name, within_90, rows| Held { name, rows, within_90, below_99: rows };
        let ends = |held: &[Held], end: &str| {
            let text = bands(held);
            assert!(text.ends_with(end), "{text}");
        };
        ends(&[held("total", 18, 20), held("prefill", 20, 20)], "(100.0 %): as it promises.");
        ends(
            &[held("total", 17, 20)],
            "17 of 20 total times (85.0 %): what is missing to 90 % can be chance with so few rows.",
        );
        // At most 7 of 11 have a chance of 2 % if each has one of 90 %.
        ends(
            &[held("total", 7, 11), held("decode", 11, 11)],
            ": that of total held clearly less often than it promises.",
        );
        ends(&[held("total", 88_500, 100_000)], "(88.5 %): a little less often than it promises.");
        assert!(bands(&[]).contains("no error bands"));
    }

    #[test]
    fn who_is_ahead_by_what_is_written() {
        let errors = |mape_percent| Errors {
            n: 9,
            mape_percent,
            median_ape_percent: 1.0,
            p95_ape_percent: 1.0,
            max_ape_percent: 1.0,
            coverage_90: None,
            coverage_99: None,
        };
        let predictor = |name: &'static str, prefill, total| Predictor {
            name: name.into(),
            prefill_s: Some(errors(prefill)),
            decode_s: None,
            total_s: Some(errors(total)),
            notes: Vec::new(),
        };
        let own = predictor(THIS_PROFILE, 1.344, 2.0);
        let other = |prefill, total| predictor(Baseline::ConstantRate.name(), prefill, total);
        let none = "None of the simpler predictors was ahead of this profile on these rows.";
        assert_eq!(ahead(&[own.clone(), other(1.341, 3.0)]), [none]);
        assert_eq!(
            ahead(&[own.clone(), other(1.5, 1.5), other(1.5, 1.25)]),
            ["In total, \"constant rate\" was ahead on these rows: 1.25 % against 2.00 %."]
        );
        assert_eq!(ahead(&[own]), [""; 0]);
    }
}
