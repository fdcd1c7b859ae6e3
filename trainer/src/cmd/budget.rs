//! `budget`: how many output tokens fit within a limit.

use super::predict::Report;
use super::tariff::TariffArgs;
use crate::locate::{Located, ModelArgs};
use crate::table::{Format, joules, money, seconds};
use anyhow::Result;
use clap::Args;
use serde::{Serialize, Serializer};
use std::path::Path;
use token2metrics_core::{Correction, Flags, Level, Limit, MAX_TOKENS, Profile, Quantity, Request};

/// How many output tokens fit within a limit of time, energy or cost
///
/// Example: token2metrics budget --model 1.5B --input-tokens 100 --deadline-s 5
#[derive(Debug, Args)]
pub struct Budget {
    #[command(flatten)]
    model: ModelArgs,
    /// Tokens of the whole prompt
    #[arg(long, value_name = "N")]
    input_tokens: u32,
    /// Leading prompt tokens that are in the prefix cache
    #[arg(long, value_name = "N", default_value_t = 0)]
    cached_tokens: u32,
    /// Output tokens that are wanted at most
    #[arg(long, value_name = "N", default_value_t = MAX_TOKENS)]
    output_tokens: u32,
    #[command(flatten)]
    limit: LimitArgs,
    /// Percent of such requests that are to stay within the limit; 90 unless it is given, and 50, the median, of a profile without error bands
    #[arg(long, value_name = "50|90|95|99", value_parser = confidence)]
    confidence: Option<Level>,
    #[command(flatten)]
    tariff: TariffArgs,
    /// How to print the budget
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// One of these.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
struct LimitArgs {
    /// Seconds from submission to the last token
    #[arg(long, value_name = "S", allow_negative_numbers = true)]
    deadline_s: Option<f32>,
    /// Joules of the whole request
    #[arg(long, value_name = "J", allow_negative_numbers = true)]
    energy_j: Option<f32>,
    /// Cost of the whole request, in the currency of the profile
    #[arg(long, value_name = "C", allow_negative_numbers = true)]
    cost: Option<f32>,
}

fn confidence(text: &str) -> Result<Level, String> {
    let level = text.parse().ok().and_then(Level::of_confidence);
    level.ok_or_else(|| "give 50, 90, 95 or 99".to_owned())
}

#[derive(Serialize)]
struct BudgetReport<'a> {
    /// What is limited.
    #[serde(serialize_with = "quantity_name")]
    quantity: Quantity,
    limit: f32,
    confidence: u8,
    /// What the request takes at the confidence.
    value: f32,
    /// Of the request with as many tokens, or with one where none fits.
    #[serde(flatten)]
    request: Report<'a>,
}

impl Budget {
    /// # Errors
    /// A model that is not trained, counts that make no request, a limit that is none or that the profile knows nothing of.
    pub fn run(self, config_dir: &Path) -> Result<String> {
        let Located { mut profile, .. } = self.model.locate(config_dir)?;
        self.tariff.apply(&mut profile)?;
        let (quantity, value) = self.limit.chosen();
        let confidence = self.confidence.unwrap_or_else(|| usual(&profile));
        let limit = Limit { quantity, value, confidence };
        let Self { input_tokens, cached_tokens, output_tokens, .. } = self;
        let request = Request { input_tokens, cached_tokens, output_tokens };
        let budget = profile.max_output_tokens(&Correction::NONE, request, limit)?;

        let fitting = Request { output_tokens: budget.output_tokens.max(1), ..request };
        let (mut request, prediction) = Report::new(&profile, fitting)?;
        request.output_tokens = budget.output_tokens;
        if budget.flags.contains(Flags::RAISED_TO_ZERO) {
            log::warn!("the coefficients would have further tokens take no time: the search ended there");
        }
        let report =
            BudgetReport { quantity, limit: value, confidence: confidence.percent(), value: budget.value, request };
        self.format.render(&report, || {
            report.request.title() + &report.answer(output_tokens) + &report.request.table(&prediction)
        })
    }
}

/// What is asked where nothing else is: the level that a deadline deserves, if the profile has it.
fn usual(profile: &Profile) -> Level {
    if profile.bands.is_some() {
        return Level::P90;
    }
    log::warn!("the profile has no error bands: half of such requests are expected to take more than this budget");
    Level::P50
}

impl BudgetReport<'_> {
    fn answer(&self, wanted: u32) -> String {
        let amount = |value: f32| match self.quantity {
            Quantity::Seconds => seconds(value.into()),
            Quantity::Joules => joules(value.into()),
            Quantity::Cost => money(value.into(), self.request.currency()),
        };
        let (limit, value, confidence) = (amount(self.limit), amount(self.value), self.confidence);
        let fit = match self.request.output_tokens {
            0 => "nothing fits: the prompt with one token is".to_owned(),
            all if all == wanted => format!("all {all} output tokens fit: they are"),
            some => format!("{some} output tokens fit: they are"),
        };
        format!("{fit} within {value} in {confidence} % of such requests, the limit is {limit}\n")
    }
}

fn quantity_name<S: Serializer>(quantity: &Quantity, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(match quantity {
        Quantity::Seconds => "total_s",
        Quantity::Joules => "energy_j",
        Quantity::Cost => "cost",
    })
}

impl LimitArgs {
    fn chosen(&self) -> (Quantity, f32) {
        let given =
            [(Quantity::Seconds, self.deadline_s), (Quantity::Joules, self.energy_j), (Quantity::Cost, self.cost)];
        let chosen = given.into_iter().find_map(|(quantity, value)| Some((quantity, value?)));
        // clap has seen to it that one is given.
        chosen.unwrap_or((Quantity::Seconds, 0.0))
    }
}
