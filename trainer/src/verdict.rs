//! What a profile's errors come to, in a few sentences: how far off it is, whether its bands held, and what not to trust.

use crate::baseline::{Predictor, THIS_PROFILE};
use crate::page::{Origin, Subject};
use crate::score::{Errors, Scores};
use crate::table::percent;
use statrs::distribution::{Binomial, DiscreteCDF};
use token2metrics_core::PowerCurve;

/// Rows below which errors are themselves not well known.
const FEW: usize = 20;
/// A coverage that chance reaches less often than this is no chance.
const CHANCE: f64 = 0.05;

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
    let Some((from, scores)) = subject.basis() else { return vec![unscored(subject)] };
    let mut words = off(&from, scores);
    let held = coverage(scores);
    let Some((first, others)) = held.split_first() else {
        words.push("The profile has no error bands: a prediction does not say how far off it may be.".to_owned());
        return words;
    };
    let mut band = format!(
        "The 90 % band held for {} of {} {} times ({})",
        first.within_90,
        first.rows,
        first.name,
        first.share(first.within_90)
    );
    for (index, other) in others.iter().enumerate() {
        let and = if index + 1 == others.len() { " and" } else { "," };
        band += &format!(
            "{and} {} of {} {} times ({})",
            other.within_90,
            other.rows,
            other.name,
            other.share(other.within_90)
        );
    }
    let below: Vec<&str> = held.iter().filter(|held| held.is_below_promise()).map(|held| held.name).collect();
    let meets = held.iter().all(|held| 10 * held.within_90 >= 9 * held.rows);
    words.push(match below.as_slice() {
        [] if meets => format!("{band}: as it promises."),
        [] => format!("{band}: with so few rows, chance alone can explain what is missing to 90 %."),
        below => format!("{band}: the band of {} is too narrow, by more than chance explains.", below.join(" and ")),
    });
    words
}

fn off(from: &str, scores: &Scores) -> Vec<String> {
    let typical = |errors: Errors| percent(errors.median_ape_percent);
    let phases: Vec<String> = [("prefill", scores.prefill_s), ("decode", scores.decode_s)]
        .into_iter()
        .filter_map(|(name, errors)| Some(format!("{name} {} %", typical(errors?))))
        .collect();
    match scores.total_s.or(scores.prefill_s).or(scores.decode_s) {
        None => vec![format!("{from}: no row has a time that the profile predicts.")],
        Some(errors) => {
            let what = match (scores.total_s, scores.prefill_s) {
                (Some(_), _) => "total time",
                (None, Some(_)) => "prefill time",
                (None, None) => "decode time",
            };
            let requests = if errors.n == 1 { "1 request".to_owned() } else { format!("{} requests", errors.n) };
            let mut words = vec![format!(
                "On {requests} that no fit had seen ({from}), the predicted {what} was typically {} % off (the median), {} % on average and {} % at \
                 worst.",
                typical(errors),
                percent(errors.mape_percent),
                percent(errors.max_ape_percent)
            )];
            if scores.total_s.is_some() && phases.len() > 1 {
                words.push(format!("Each phase by itself was typically off by: {}.", phases.join(", ")));
            }
            words
        }
    }
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
    let token2metrics_core::Trained { input_tokens: input, output_tokens: output } = subject.profile.trained;
    let mut doubts = vec![format!(
        "Requests outside {} to {} prompt tokens or {} to {} output tokens: they are extrapolated, every prediction of one says so, and nothing on this \
         page tells how far off it is.",
        input.min, input.max, output.min, output.max
    )];
    if let Some((_, scores)) = subject.basis() {
        let fewest =
            [scores.total_s, scores.prefill_s, scores.decode_s].into_iter().flatten().map(|errors| errors.n).min();
        if let Some(rows) = fewest.filter(|rows| *rows < FEW) {
            doubts.push(format!(
                "The last digits of the errors: they come from {rows} rows, and other rows would give others."
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

/// Where another predictor did better than the profile, and that none did where that is so.
pub fn ahead(predictors: &[Predictor]) -> Vec<String> {
    let mape = |errors: Option<Errors>| errors.map(|errors| errors.mape_percent);
    let times: [(&str, fn(&Predictor) -> Option<Errors>); 3] = [
        ("prefill", |predictor| predictor.prefill_s),
        ("decode", |predictor| predictor.decode_s),
        ("total", |predictor| predictor.total_s),
    ];
    let Some((own, others)) = predictors.split_first().filter(|(_, others)| !others.is_empty()) else {
        return Vec::new();
    };
    let mut words = Vec::new();
    for (name, of) in times {
        let Some(mine) = mape(of(own)) else { continue };
        let better = others.iter().filter_map(|other| Some((other, mape(of(other)).filter(|mape| *mape < mine)?)));
        if let Some((other, theirs)) = better.min_by(|a, b| a.1.total_cmp(&b.1)) {
            words.push(format!(
                "In {name}, \"{}\" was ahead on these rows: {} % against {} %.",
                other.name,
                percent(theirs),
                percent(mine)
            ));
        }
    }
    if words.is_empty() {
        words.push(format!("None of the simpler predictors was ahead of {THIS_PROFILE} on these rows."));
    }
    words
}
