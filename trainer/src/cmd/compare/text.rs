//! A comparison for people.

use super::{Compared, Entrant};
use crate::contest::{Banded, Contest, Measure, Rival, Standing};
use crate::crossing::Stretch;
use crate::formula::identity;
use crate::table::{self, seconds, table};
use std::path::Path;

/// Changes of the soonest that are told of in words; JSON has all.
const MOST_SHOWN: usize = 5;

impl Compared<'_> {
    pub(super) fn text(&self, workload: Option<&Path>) -> String {
        let Contest { requests, invalid, usual: [input_tokens, output_tokens], .. } = self.contest;
        let mut text = match workload {
            Some(path) => format!("{requests} requests of {}, one after the other", path.display()),
            None => format!("{input_tokens} input tokens, {output_tokens} output tokens"),
        };
        text += &if invalid > 0 { format!("; {invalid} more make no request\n") } else { "\n".to_owned() };
        for Entrant { name, located } in self.entrants {
            let whose = identity(
                &located.profile.identity.llm,
                &located.profile.identity.device,
                &located.profile.identity.variant,
            );
            text += &if *name == whose { format!("{name}\n") } else { format!("{name}: {whose}\n") };
        }
        text += &self.table();
        text += "*: the best of its column\n";
        if self.contest.standings.iter().any(|standing| standing.total_band_s.is_some()) {
            text += match workload {
                None => "low, high: 5 % of such requests are expected to take less, 5 % to take more\n",
                Some(_) => {
                    "low, high: the ends of the requests' 90 % bands added up, as if every request were off by the same share; a sum of requests that are \
                     off independently is nearer to the total\n"
                }
            };
        }
        for (index, Standing { unanswered, .. }) in self.contest.standings.iter().enumerate() {
            if *unanswered > 0 {
                let name = self.name(index);
                text += &format!(
                    "{name} knows no decode and does not answer {unanswered} of the requests: its figures are of the others and are not compared\n"
                );
            }
        }
        if !self.same_currency {
            text += "The costs are in several currencies and are not compared.\n";
        }
        for (measure, verdict) in self.verdicts() {
            text += &self.verdict(measure, verdict);
        }
        text + &self.crossings()
    }

    fn table(&self) -> String {
        let best = |figure: &dyn Fn(&Standing) -> Option<f64>| self.contest.best(figure);
        let quantile = |of: fn(&Standing) -> Option<Banded>| {
            best(&move |standing| of(standing).map(|(seconds, _)| seconds.into()))
        };
        let cheapest = best(&|standing| standing.cost).filter(|_| self.same_currency);
        let marks = [
            best(&|standing| Measure::Time.sum(standing)),
            quantile(|standing| standing.median_s),
            quantile(|standing| standing.p95_s),
            quantile(|standing| standing.ttft_median_s),
            best(&|standing| standing.energy_j),
            cheapest,
        ];
        let rows = (0..self.entrants.len()).map(|index| {
            let row = self.row(index);
            let mark = |column: usize, text: Option<String>| match text {
                Some(text) if marks[column] == Some(index) => format!("{text}{}", table::BEST),
                text => text.unwrap_or_else(|| "-".to_owned()),
            };
            let plain = |value: Option<f64>| value.map_or("-".to_owned(), seconds);
            let time = |column, value: Option<f32>| mark(column, value.map(|value| seconds(value.into())));
            [
                row.profile.to_owned(),
                mark(0, row.total_s.map(seconds)),
                plain(row.total_low_s),
                plain(row.total_high_s),
                time(1, row.median_s),
                time(2, row.p95_s),
                time(3, row.ttft_median_s),
                mark(4, row.energy_j.map(table::joules)),
                mark(5, row.cost.map(|cost| table::money(cost, row.currency))),
                row.extrapolated.to_string(),
                row.unanswered.to_string(),
            ]
        });
        let header = [
            "profile",
            "total",
            "low",
            "high",
            "median",
            "95th %",
            "TTFT median",
            "energy",
            "cost",
            "extrapolated",
            "unanswered",
        ];
        table(header, 1, rows)
    }

    fn verdict(&self, measure: Measure, (best, rivals): (usize, Vec<Rival>)) -> String {
        let sum = measure.sum(&self.contest.standings[best]).unwrap_or_default();
        let (what, amount, needs) = match measure {
            Measure::Time => ("Soonest", seconds(sum), "as long"),
            Measure::Cost => ("Cheapest", table::money(sum, self.currency(best)), "as much"),
            Measure::Energy => ("Least energy", table::joules(sum), "as much"),
        };
        let mut text = format!("{what}: {}, {amount}", self.name(best));
        for rival in rivals {
            let name = self.name(rival.index);
            text += &match rival.ratio {
                Some(ratio) => format!("; {name} takes {ratio:.2} times {needs}"),
                None => format!("; {name} takes more"),
            };
            if self.contest.requests > 1 {
                text += &format!(", and less on {} of {} requests", rival.wins, self.contest.requests);
            }
        }
        for (index, standing) in self.contest.standings.iter().enumerate() {
            if self.contest.is_complete(index) && measure.sum(standing).is_none() {
                text += &format!("; that of {} is not known", self.name(index));
            }
        }
        text + "\n"
    }

    /// Which prompts make whom the soonest.
    fn crossings(&self) -> String {
        let output_tokens = self.contest.usual[1];
        let at = |stretch: &Stretch| {
            let doubt = if stretch.extrapolated { ", extrapolated" } else { "" };
            format!("{} from {}{doubt}", self.name(stretch.soonest), stretch.from)
        };
        match self.stretches.as_slice() {
            [] => String::new(),
            [one] => format!(
                "With {output_tokens} output tokens, {} is the soonest at every prompt length up to {}.\n",
                self.name(one.soonest),
                one.to
            ),
            [first, rest @ ..] => {
                let mut shown: Vec<String> = rest.iter().take(MOST_SHOWN).map(at).collect();
                if let Some((last, more)) = rest[shown.len()..].split_last() {
                    shown.push(format!("{} more changes", more.len()));
                    shown.push(at(last));
                }
                format!(
                    "With {output_tokens} output tokens, {} is the soonest for the shortest prompts; then {} input tokens on (tried up to {}).\n",
                    self.name(first.soonest),
                    shown.join("; "),
                    self.most[0]
                )
            }
        }
    }
}
