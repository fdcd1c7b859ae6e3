//! What `train` says of a preset, which it does not fit: `report.json`.

use super::Stated;
use crate::config::Preset;
use crate::formula;
use crate::measurement::Phase;
use crate::table::{name, percent, table};
use serde::Serialize;
use token2metrics_core::{Identity, Power, Profile, Trained};

/// `stated` is here alone; the other keys mean what they mean in the report of a fit.
#[derive(Clone, Debug, Serialize)]
pub struct Report<'a> {
    model: &'a str,
    llm: &'a str,
    size: Option<&'a str>,
    device: &'a str,
    variant: &'a str,
    input_tokens: [u32; 2],
    output_tokens: [u32; 2],
    prefill: Formula,
    decode: Option<Formula>,
    power: Power,
    stated: Source<'a>,
    blob: crate::report::Blob,
}

/// How a phase is predicted.
#[derive(Clone, Debug, Serialize)]
struct Formula {
    formula: String,
}

/// Where the coefficients come from.
#[derive(Clone, Debug, Serialize)]
struct Source<'a> {
    source: &'a str,
    error: &'a Stated,
}

impl<'a> Report<'a> {
    /// Gathers the report of a preset.
    pub fn new(preset: &'a Preset) -> Self {
        let Profile { identity, trained: Trained { input_tokens, output_tokens }, prefill, decode, power, .. } =
            &preset.profile;
        let Identity { llm, device, variant } = identity;
        Self {
            model: &preset.stem,
            llm,
            size: preset.size.as_deref(),
            device,
            variant,
            input_tokens: [input_tokens.min, input_tokens.max],
            output_tokens: [output_tokens.min, output_tokens.max],
            prefill: Formula { formula: formula::phase(Phase::Prefill, &prefill.polynomial, &prefill.calibration) },
            decode: decode
                .is_known()
                .then(|| Formula { formula: formula::phase(Phase::Decode, &decode.polynomial, &decode.calibration) }),
            power: *power,
            stated: Source { source: &preset.source, error: &preset.error },
            blob: crate::report::Blob::of(&preset.blob),
        }
    }

    /// For people.
    pub fn text(&self) -> String {
        let whose = formula::identity(self.llm, self.device, self.variant);
        let powers = [(Phase::Prefill, self.power.prefill), (Phase::Decode, self.power.decode)];
        let powers = powers.into_iter().filter_map(|(phase, curve)| formula::power_curve(phase, &curve));
        let formulas = [Some(&self.prefill), self.decode.as_ref()].into_iter().flatten();
        let mut text = format!("{whose}: a preset, stated and not fitted here\nsource: {}\n", self.stated.source);
        text.extend(formulas.map(|phase| format!("{}\n", phase.formula)));
        text.extend(powers.map(|formula| format!("{formula}\n")));
        text += &format!("{}; {}\n", formula::LEGEND, formula::POWER_LEGEND);
        let rows = self.stated.error.iter().map(|(measure, error)| {
            [name(measure), error.how.clone(), error.rows.to_string(), percent(error.mape_percent)]
        });
        text + &table(["stated error of", "by", "rows", "MAPE %"], 2, rows)
    }
}
