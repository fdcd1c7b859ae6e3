//! The text of a preset's file, in which every number is the one of the blob.

use super::Stated;
use crate::formula::identity;
use crate::table::name;
use token2metrics_core::{Bands, Calibration, Level, Phase, PowerCurve, Profile, Ratios, Tariff, Term};

/// What is said of a profile and not in its blob.
#[derive(Clone, Copy, Debug)]
pub struct About<'a> {
    /// The size label, if it is known.
    pub size: Option<&'a str>,
    /// Other names that the preset may be called by.
    pub aliases: &'a [String],
    /// Where the measurements were published.
    pub source: &'a str,
    /// How far off it was.
    pub error: &'a Stated,
}

/// Writes a profile as a preset.
pub fn file(profile: &Profile, about: &About<'_>) -> String {
    let Profile { identity: whose, trained, prefill, decode, power, bands, tariff } = profile;
    let mut text =
        format!("# {}\n", identity(&whose.llm, &whose.device, &whose.variant).replace(char::is_control, " "));
    text += "# The coefficients of a trained profile, without its measurements; docs/preset-format.md has the keys.\n";
    text += &format!("\n[llm]\nname = {}\n", quoted(&whose.llm));
    text.extend(about.size.map(|size| format!("size = {}\n", quoted(size))));
    if !about.aliases.is_empty() {
        let aliases: Vec<String> = about.aliases.iter().map(|alias| quoted(alias)).collect();
        text += &format!("aliases = [{}]\n", aliases.join(", "));
    }
    text += &format!("\n[device]\nname = {}\n", quoted(&whose.device));
    if !whose.variant.is_empty() {
        text += &format!("variant = {}\n", quoted(&whose.variant));
    }
    text.extend(tariff.as_ref().map(prices));
    let (input, output) = (trained.input_tokens, trained.output_tokens);
    text += &format!("\n[preset]\nsource = {}\n", quoted(about.source));
    text += &format!("trained_input_tokens = [{}, {}]\n", input.min, input.max);
    text += &format!("trained_output_tokens = [{}, {}]\n", output.min, output.max);
    text += &phase("prefill", prefill);
    if *decode != Phase::UNKNOWN {
        text += &phase("decode", decode);
    }
    text += &curve("prefill", power.prefill);
    text += &curve("decode", power.decode);
    text.extend(bands.as_ref().map(ratios));
    for (measure, error) in about.error {
        text += &format!(
            "\n[preset.error.{}]\nmape_percent = {:.2}\nrows = {}\nhow = {}\n",
            name(measure),
            error.mape_percent,
            error.rows,
            quoted(&error.how)
        );
    }
    text
}

fn prices(tariff: &Tariff) -> String {
    let Tariff { currency, per_kwh, per_hour, per_request } = tariff;
    let currency = if currency.is_empty() { String::new() } else { format!("currency = {}\n", quoted(currency)) };
    let prices = [("per_kwh", *per_kwh), ("per_hour", *per_hour), ("per_request", *per_request)];
    format!("\n[tariff]\n{currency}{}", numbers(&prices))
}

fn phase<const N: usize>(phase: &str, of_profile: &Phase<N>) -> String {
    let Phase { polynomial, calibration } = of_profile;
    let mut text = format!("\n[preset.{phase}]\n{}terms = [\n", numbers(&[("fixed_s", polynomial.fixed_s)]));
    for Term { coefficient, knot, tile, power } in &polynomial.terms {
        let knot = if *knot == 0 { String::new() } else { format!("knot = {knot}, ") };
        let tile = if *tile == 1 { String::new() } else { format!("tile = {tile}, ") };
        text += &format!("    {{ coefficient = {}, {knot}{tile}power = {power} }},\n", number(*coefficient));
    }
    text += "]\n";
    if *calibration != Calibration::IDENTITY {
        text += &numbers(&[("scale", calibration.scale), ("offset_s", calibration.offset_s)]);
    }
    text
}

fn curve(phase: &str, curve: PowerCurve) -> String {
    let (form, watts) = match curve {
        PowerCurve::Unknown => return String::new(),
        PowerCurve::Constant { watts } => ("constant", numbers(&[("watts", watts)])),
        PowerCurve::Log { base_w, slope_w } => ("log", numbers(&[("base_w", base_w), ("slope_w", slope_w)])),
        PowerCurve::Ramp { steady_w, deficit_w, tau_s } => {
            ("ramp", numbers(&[("steady_w", steady_w), ("deficit_w", deficit_w), ("tau_s", tau_s)]))
        }
        PowerCurve::Wake { idle_w, wake_s, steady_w, deficit_w, tau_s } => {
            let awake = numbers(&[("steady_w", steady_w), ("deficit_w", deficit_w), ("tau_s", tau_s)]);
            ("wake", numbers(&[("idle_w", idle_w), ("wake_s", wake_s)]) + &awake)
        }
    };
    format!("\n[preset.power.{phase}]\nform = \"{form}\"\n{watts}")
}

fn ratios(bands: &Bands) -> String {
    let levels = Level::ALL.map(|level| format!("{} %", level.percent())).join(", ");
    // Four digits: half of the last one is less than half of a unit of the blob.
    let five = |ratios: Ratios| Level::ALL.map(|level| format!("{:.4}", ratios.at(level))).join(", ");
    let Bands { prefill, decode, total } = *bands;
    format!(
        "\n[preset.bands] # observed / predicted that {levels} of the requests do not exceed\nprefill = [{}]\ndecode = [{}]\ntotal = [{}]\n",
        five(prefill),
        five(decode),
        five(total)
    )
}

fn numbers(values: &[(&str, f32)]) -> String {
    values.iter().map(|(key, value)| format!("{key} = {}\n", number(*value))).collect()
}

/// The shortest digits that give the same `f32` again, although TOML reads them as an `f64`.
fn number(value: f32) -> String {
    let short = format!("{value:?}");
    if short.parse::<f64>().is_ok_and(|read| read as f32 == value) { short } else { format!("{:?}", f64::from(value)) }
}

/// A TOML string. JSON has the same escapes, and leaves out only that of DEL.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string().replace('\u{7f}', "\\u007f")
}
