//! The cost of a request.

use super::seconds::{is_never_negative_zero, is_zero};
use super::{Known, literal, power};
use token2metrics_core::{Profile, Tariff};

/// Of which requests the cost is known, those whose energy is or all, and the cost as an expression; `None` where it is of none. See [`Tariff::cost`].
pub(super) fn cost(profile: &Profile, energy: Known) -> Option<(Known, String)> {
    let Tariff { per_kwh, per_hour, per_request, .. } = profile.tariff.as_ref()?;
    let known = if *per_kwh == 0.0 { Known::Always } else { energy };
    let joules = format!("energy_j * {} * {}", literal(*per_kwh), literal(1.0 / 3.6e6));
    let joules = match energy {
        Known::Never if known == Known::Never => return None,
        Known::Never => "0.0f".to_owned(),
        Known::WithoutSteps if known == Known::Always => format!("(output_tokens == 1u ? {joules} : 0.0f)"),
        _ => joules,
    };
    let seconds = format!("total_s * {} * {}", literal(*per_hour), literal(1.0 / 3600.0));
    let parts = [(per_kwh, joules), (per_hour, seconds), (per_request, literal(*per_request))];
    // Adding 0 changes nothing but -0, which nothing here is if the profile has none of it.
    let plain = is_never_negative_zero(&profile.prefill)
        && is_never_negative_zero(&profile.decode)
        && power::is_never_negative_zero(&profile.power.prefill)
        && power::is_never_negative_zero(&profile.power.decode);
    let parts = parts.into_iter().filter(|(price, _)| !(plain && is_zero(**price)));
    let parts: Vec<String> = parts.map(|(_, part)| part).collect();
    Some((known, if parts.is_empty() { "0.0f".to_owned() } else { parts.join(" + ") }))
}
