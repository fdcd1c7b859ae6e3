//! `predict`: one request.

use super::tariff::{TariffArgs, currency_of};
use crate::figures::{Figures, flag_names, remarks};
use crate::formula::identity;
use crate::locate::{Located, ModelArgs};
use crate::table::{self, Format, seconds};
use anyhow::Result;
use clap::Args;
use serde::Serialize;
use std::path::Path;
use token2metrics_core::{Band, Flags, Prediction, Profile, Request};

/// Predict the time, energy and cost of one request from its token counts
///
/// Example: token2metrics predict --model 1.5B --input-tokens 100 --output-tokens 50
#[derive(Debug, Args)]
pub struct Predict {
    #[command(flatten)]
    model: ModelArgs,
    /// Tokens of the whole prompt
    #[arg(long, value_name = "N")]
    input_tokens: u32,
    /// Tokens to generate
    #[arg(long, value_name = "N")]
    output_tokens: u32,
    /// Leading prompt tokens that are in the prefix cache
    #[arg(long, value_name = "N", default_value_t = 0)]
    cached_tokens: u32,
    #[command(flatten)]
    tariff: TariffArgs,
    /// How to print the prediction
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// A request and its prediction.
#[derive(Serialize)]
pub(super) struct Report<'a> {
    llm: &'a str,
    device: &'a str,
    variant: &'a str,
    input_tokens: u32,
    cached_tokens: u32,
    pub(super) output_tokens: u32,
    #[serde(flatten)]
    figures: Figures,
    currency: Option<&'a str>,
    flags: Vec<&'static str>,
}

impl<'a> Report<'a> {
    /// Predicts a request, and warns of figures that are doubtful.
    ///
    /// # Errors
    /// Counts that make no request.
    pub(super) fn new(profile: &'a Profile, request: Request) -> Result<(Self, Prediction)> {
        let prediction = profile.predict(request)?;
        for (_, remark) in remarks(profile).into_iter().filter(|(flag, _)| prediction.flags.contains(*flag)) {
            log::warn!("{remark}");
        }
        let whose = &profile.identity;
        let report = Self {
            llm: &whose.llm,
            device: &whose.device,
            variant: &whose.variant,
            input_tokens: request.input_tokens,
            cached_tokens: request.cached_tokens,
            output_tokens: request.output_tokens,
            figures: Figures::from(&prediction),
            currency: currency_of(profile),
            flags: flag_names(prediction.flags),
        };
        Ok((report, prediction))
    }

    /// Whose prediction it is, as a line.
    pub(super) fn title(&self) -> String {
        identity(self.llm, self.device, self.variant) + "\n"
    }

    /// What its cost is in, if that is stated.
    pub(super) fn currency(&self) -> Option<&str> {
        self.currency
    }

    /// What the profile knows of the request, as a table.
    pub(super) fn table(&self, prediction: &Prediction) -> String {
        text(prediction, self.currency)
    }
}

impl Predict {
    /// # Errors
    /// A model that is not trained, counts that make no request, or prices that make no tariff.
    pub fn run(self, config_dir: &Path) -> Result<String> {
        let Located { mut profile, .. } = self.model.locate(config_dir)?;
        self.tariff.apply(&mut profile)?;
        let Self { input_tokens, cached_tokens, output_tokens, .. } = self;
        let request = Request { input_tokens, cached_tokens, output_tokens };
        let (report, prediction) = Report::new(&profile, request)?;
        self.tariff.warn_of_no_cost(prediction.cost.is_some());
        self.format.render(&report, || report.title() + &report.table(&prediction))
    }
}

/// What the profile knows, as a table.
fn text(prediction: &Prediction, currency: Option<&str>) -> String {
    let time = |name: &str, value: f32, band: Option<Band>| {
        let end = |end: fn(Band) -> f32| band.map_or_else(String::new, |band| seconds(end(band).into()));
        [name.to_owned(), seconds(value.into()), end(|band| band.low_s), end(|band| band.high_s)]
    };
    let other = |name: &str, value: Option<String>| Some([name.to_owned(), value?, String::new(), String::new()]);
    let mut rows = vec![
        time("prefill (TTFT)", prediction.prefill_s, prediction.prefill_band),
        time("decode", prediction.decode_s, prediction.decode_band),
        time("total", prediction.total_s, prediction.total_band),
        time("per output token (TPOT)", prediction.tpot_s, None),
    ];
    rows.extend(other("energy", prediction.energy_j.map(|joules| table::joules(joules.into()))));
    rows.extend(other("average power", prediction.average_power_w.map(|watts| table::watts(watts.into()))));
    rows.extend(other("cost", prediction.cost.map(|cost| table::money(cost.into(), currency))));
    if prediction.flags.contains(Flags::NO_BANDS) {
        table::table(["figure", "predicted"], 1, rows.into_iter().map(|[name, value, ..]| [name, value]))
    } else {
        table::table(["figure", "predicted", "low", "high"], 1, rows)
            + "low, high: 5 % of such requests are expected to take less, 5 % to take more\n"
    }
}
