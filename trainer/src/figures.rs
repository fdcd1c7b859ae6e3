//! The figures and flags of a prediction by their names, for JSON and CSV alike.

use serde::{Serialize, Serializer};
use token2metrics_core::{Band, Flags, Prediction, Profile};

/// The figures in the order of the columns; `None` is what the profile does not know.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Figures([(&'static str, Option<f32>); 15]);

impl From<&Prediction> for Figures {
    fn from(prediction: &Prediction) -> Self {
        let ends = |band: Option<Band>| (band.map(|band| band.low_s), band.map(|band| band.high_s));
        let (prefill_low_s, prefill_high_s) = ends(prediction.prefill_band);
        let (decode_low_s, decode_high_s) = ends(prediction.decode_band);
        let (total_low_s, total_high_s) = ends(prediction.total_band);
        Self([
            ("prefill_s", Some(prediction.prefill_s)),
            ("decode_s", Some(prediction.decode_s)),
            ("total_s", Some(prediction.total_s)),
            ("tpot_s", Some(prediction.tpot_s)),
            ("prefill_energy_j", prediction.prefill_energy_j),
            ("decode_energy_j", prediction.decode_energy_j),
            ("energy_j", prediction.energy_j),
            ("average_power_w", prediction.average_power_w),
            ("cost", prediction.cost),
            ("prefill_low_s", prefill_low_s),
            ("prefill_high_s", prefill_high_s),
            ("decode_low_s", decode_low_s),
            ("decode_high_s", decode_high_s),
            ("total_low_s", total_low_s),
            ("total_high_s", total_high_s),
        ])
    }
}

impl Figures {
    /// The names, in order.
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        self.0.iter().map(|(name, _)| *name)
    }

    /// The values, in the order of the names.
    pub fn values(&self) -> impl Iterator<Item = Option<f32>> {
        self.0.iter().map(|(_, value)| *value)
    }
}

/// As the keys of an object.
impl Serialize for Figures {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0)
    }
}

/// The flags' names.
pub fn flag_names(flags: Flags) -> Vec<&'static str> {
    let all = [
        (Flags::INPUT_EXTRAPOLATED, "input_extrapolated"),
        (Flags::OUTPUT_EXTRAPOLATED, "output_extrapolated"),
        (Flags::RAISED_TO_ZERO, "raised_to_zero"),
        (Flags::NO_ENERGY, "no_energy"),
        (Flags::NO_COST, "no_cost"),
        (Flags::NO_BANDS, "no_bands"),
    ];
    all.into_iter().filter(|(flag, _)| flags.contains(*flag)).map(|(_, name)| name).collect()
}

/// Whether the figures are to be doubted, rather than just fewer than there might be.
pub fn is_doubtful(flags: Flags) -> bool {
    [Flags::INPUT_EXTRAPOLATED, Flags::OUTPUT_EXTRAPOLATED, Flags::RAISED_TO_ZERO]
        .iter()
        .any(|flag| flags.contains(*flag))
}

/// What the flags that make the figures doubtful mean, in words.
pub(crate) fn remarks(profile: &Profile) -> [(Flags, String); 3] {
    let (input, output) = (profile.trained.input_tokens, profile.trained.output_tokens);
    [
        (Flags::INPUT_EXTRAPOLATED, format!("extrapolated: trained on {} to {} input tokens", input.min, input.max)),
        (
            Flags::OUTPUT_EXTRAPOLATED,
            format!("extrapolated: trained on {} to {} output tokens", output.min, output.max),
        ),
        (Flags::RAISED_TO_ZERO, "a phase came out negative and was raised to 0: do not trust it".to_owned()),
    ]
}
