//! `predict`: one request.

use crate::formula::identity;
use crate::locate::{Located, ModelArgs};
use crate::table::{Format, seconds, table};
use anyhow::Result;
use clap::Args;
use serde::Serialize;
use std::path::Path;
use token2metrics_core::{Flags, Prediction, Profile, Request};

/// Predict the time of one request from its token counts
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
    /// How to print the prediction
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

#[derive(Serialize)]
struct Report<'a> {
    llm: &'a str,
    device: &'a str,
    variant: &'a str,
    input_tokens: u32,
    cached_tokens: u32,
    output_tokens: u32,
    prefill_s: f32,
    decode_s: f32,
    total_s: f32,
    tpot_s: f32,
    flags: Vec<&'static str>,
}

impl Predict {
    /// # Errors
    /// A model that is not trained, or counts that make no request.
    pub fn run(self, config_dir: &Path) -> Result<String> {
        let Located { profile, .. } = self.model.locate(config_dir)?;
        let Self { input_tokens, cached_tokens, output_tokens, .. } = self;
        let request = Request { input_tokens, cached_tokens, output_tokens };
        let prediction = profile.predict(request)?;
        for remark in remarks(&profile, prediction.flags) {
            log::warn!("{remark}");
        }
        let Prediction { prefill_s, decode_s, total_s, tpot_s, flags, .. } = prediction;
        let whose = &profile.identity;
        let report = Report {
            llm: &whose.llm,
            device: &whose.device,
            variant: &whose.variant,
            input_tokens,
            cached_tokens,
            output_tokens,
            prefill_s,
            decode_s,
            total_s,
            tpot_s,
            flags: flag_names(flags),
        };
        self.format.render(&report, || {
            let row = |name: &str, value: f32| [name.to_owned(), seconds(value.into())];
            let rows = [
                row("prefill (TTFT)", prefill_s),
                row("decode", decode_s),
                row("total", total_s),
                row("per output token (TPOT)", tpot_s),
            ];
            identity(report.llm, report.device, report.variant) + "\n" + &table(["time", "predicted"], 1, rows)
        })
    }
}

/// The flags' names in JSON and CSV.
pub fn flag_names(flags: Flags) -> Vec<&'static str> {
    let all = [
        (Flags::INPUT_EXTRAPOLATED, "input_extrapolated"),
        (Flags::OUTPUT_EXTRAPOLATED, "output_extrapolated"),
        (Flags::RAISED_TO_ZERO, "raised_to_zero"),
    ];
    all.into_iter().filter(|(flag, _)| flags.contains(*flag)).map(|(_, name)| name).collect()
}

/// The flags in words.
fn remarks(profile: &Profile, flags: Flags) -> Vec<String> {
    let (input, output) = (profile.trained.input_tokens, profile.trained.output_tokens);
    let all = [
        (Flags::INPUT_EXTRAPOLATED, format!("extrapolated: trained on {} to {} input tokens", input.min, input.max)),
        (
            Flags::OUTPUT_EXTRAPOLATED,
            format!("extrapolated: trained on {} to {} output tokens", output.min, output.max),
        ),
        (Flags::RAISED_TO_ZERO, "a phase came out negative and was raised to 0: do not trust it".to_owned()),
    ];
    all.into_iter().filter(|(flag, _)| flags.contains(*flag)).map(|(_, remark)| remark).collect()
}
