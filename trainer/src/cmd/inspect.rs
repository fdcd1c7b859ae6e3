//! `inspect`: what is in a blob.

use crate::bundle::Choice;
use crate::formula;
use crate::locate::{self, Contents, Located};
use crate::measurement::Phase;
use crate::table::{Format, table};
use anyhow::Result;
use clap::Args;
use serde::{Serialize, Serializer};
use std::io::Write;
use std::path::PathBuf;
use token2metrics_core::blob::MAGIC;
use token2metrics_core::polynomial::{PREFILL_TERMS, STEP_TERMS};
use token2metrics_core::{Bands, Identity, Level, PowerCurve, Profile, Ratios, Tariff, Trained};

/// Show what is in a blob, a bundle or a preset
///
/// Of a bundle, its members are listed, damaged ones with what is wrong with them; if there are any, the command fails after that. With --model
/// or --variant it shows what is in that member.
///
/// Example: token2metrics inspect outputs/qwen_1_5b/profile.t2m
#[derive(Debug, Args)]
pub struct Inspect {
    /// The blob, a bundle, or a preset file
    blob: PathBuf,
    #[command(flatten)]
    member: Choice,
    /// How to print it
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// A profile with its blob's figures: what `inspect` and `export --format json` give. What the profile does not know is null.
#[derive(Serialize)]
pub struct Report<'a> {
    format_version: u8,
    bytes: usize,
    identity: &'a Identity,
    trained: &'a Trained,
    prefill: &'a token2metrics_core::Phase<PREFILL_TERMS>,
    decode: Option<&'a token2metrics_core::Phase<STEP_TERMS>>,
    prefill_power: Option<PowerCurve>,
    decode_power: Option<PowerCurve>,
    bands: Option<OfPhases>,
    tariff: Option<&'a Tariff>,
    prefill_formula: String,
    decode_formula: Option<String>,
    prefill_power_formula: Option<String>,
    decode_power_formula: Option<String>,
}

impl<'a> Report<'a> {
    /// Gathers the report of a blob that was read.
    pub fn new(located: &'a Located) -> Self {
        let Located { profile, bytes: blob, .. } = located;
        let Profile { identity, trained, prefill, decode, power, bands, tariff } = profile;
        let known = |curve: PowerCurve| Some(curve).filter(|curve| *curve != PowerCurve::Unknown);
        let decode = Some(decode).filter(|decode| decode.is_known());
        Self {
            // Not that of this program's core, which reads older ones too.
            format_version: blob.get(MAGIC.len()).copied().unwrap_or_default(),
            bytes: blob.len(),
            identity,
            trained,
            prefill,
            decode,
            prefill_power: known(power.prefill),
            decode_power: known(power.decode),
            bands: bands.map(OfPhases),
            tariff: tariff.as_ref(),
            prefill_formula: formula::phase(Phase::Prefill, &prefill.polynomial, &prefill.calibration),
            decode_formula: decode.map(|phase| formula::phase(Phase::Decode, &phase.polynomial, &phase.calibration)),
            prefill_power_formula: formula::power_curve(Phase::Prefill, &power.prefill),
            decode_power_formula: formula::power_curve(Phase::Decode, &power.decode),
        }
    }

    fn text(&self) -> String {
        let Self { identity, trained: Trained { input_tokens, output_tokens }, .. } = self;
        let mut text = format!(
            "LLM      {}\ndevice   {}\nvariant  {}\nblob     {} bytes, format version {}\n\
             trained  {} to {} input tokens, {} to {} output tokens\n",
            identity.llm,
            identity.device,
            identity.variant,
            self.bytes,
            self.format_version,
            input_tokens.min,
            input_tokens.max,
            output_tokens.min,
            output_tokens.max,
        );
        text.extend(self.tariff.map(tariff));
        let powers = [&self.prefill_power_formula, &self.decode_power_formula].into_iter().flatten();
        let decode = self.decode_formula.as_deref().unwrap_or("decode_s is not known");
        let formulas = [&*self.prefill_formula, decode].into_iter().chain(powers.clone().map(String::as_str));
        text.extend(formulas.map(|formula| format!("{formula}\n")));
        text += formula::LEGEND;
        text.extend(powers.take(1).map(|_| format!("; {}", formula::POWER_LEGEND)));
        text += "\n";
        text.extend(self.bands.as_ref().map(OfPhases::text));
        text
    }
}

fn tariff(tariff: &Tariff) -> String {
    let Tariff { currency, per_kwh, per_hour, per_request } = tariff;
    let prices = format!("{per_kwh} per kWh, {per_hour} per hour, {per_request} per request");
    if currency.is_empty() { format!("tariff   {prices}\n") } else { format!("tariff   {currency}: {prices}\n") }
}

/// The ratios of all levels, per phase.
struct OfPhases(Bands);

impl OfPhases {
    fn phases(&self) -> [(&'static str, Ratios); 3] {
        [("prefill", self.0.prefill), ("decode", self.0.decode), ("total", self.0.total)]
    }

    fn text(&self) -> String {
        let levels = Level::ALL.map(|level| format!("{} %", level.percent()));
        let [p5, p50, p90, p95, p99] = levels.each_ref().map(String::as_str);
        let rows = self.phases().map(|(phase, ratios)| {
            let [p5, p50, p90, p95, p99] = Level::ALL.map(|level| format!("{:.4}", ratios.at(level)));
            [phase.to_owned(), p5, p50, p90, p95, p99]
        });
        table(["observed / predicted", p5, p50, p90, p95, p99], 1, rows)
            + "the ratio that so many of the requests which no fit has seen do not exceed\n"
    }
}

impl Serialize for OfPhases {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.phases().map(|(phase, ratios)| (phase, OfLevels(ratios))))
    }
}

struct OfLevels(Ratios);

impl Serialize for OfLevels {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(Level::ALL.map(|level| (format!("p{}", level.percent()), self.0.at(level))))
    }
}

impl Inspect {
    /// # Errors
    /// A file that is no blob and no bundle, or a bundle with damaged members.
    pub fn run(self) -> Result<String> {
        match locate::open(&self.blob)? {
            Contents::Bundle(bundle) if !self.member.is_made() => {
                let listing = bundle.listing();
                let report = self.format.render(&listing, || listing.text())?;
                if let Err(damage) = bundle.check() {
                    // What is sound is worth seeing as well.
                    std::io::stdout().write_all(report.as_bytes())?;
                    return Err(damage);
                }
                Ok(report)
            }
            contents => {
                let located = contents.choose(&self.member, &self.blob)?;
                let report = Report::new(&located);
                self.format.render(&report, || report.text())
            }
        }
    }
}
