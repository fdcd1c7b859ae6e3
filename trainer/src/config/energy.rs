//! What `[energy]` and `[tariff]` say.

use super::raw::{RawCurve, RawEnergy, RawForm, RawStated, RawTariff};
use super::raw_preset::RawPower;
use super::spanned::Spanned;
use super::{Checker, ConfigError};
use crate::power::{Curve, Energy, EnergySettings};
use token2metrics_core::tariff::CURRENCY;
use token2metrics_core::{Name, Power, PowerCurve, Tariff};

/// What is wrong with prefill then.
const WAKES: &str = "cannot be of form \"wake\": nothing could have woken the device before the request";

impl Checker<'_> {
    pub(super) fn energy(&self, raw: Option<Spanned<RawEnergy>>) -> Result<EnergySettings, ConfigError> {
        let Some(raw) = raw else { return Ok(EnergySettings::default()) };
        let (place, raw) = (raw.span(), raw.into_inner());
        let phase = |table: &str, raw: Option<RawCurve>| match raw {
            None => Ok(None),
            Some(RawCurve::Fitted(form)) => Ok(Some(Energy::Fitted(form))),
            Some(RawCurve::Stated(stated)) => self.stated(table, *stated).map(|curve| Some(Energy::Stated(curve))),
        };
        let prefill = phase("energy.prefill", raw.prefill)?;
        if matches!(prefill, Some(Energy::Fitted(Curve::Wake) | Energy::Stated(PowerCurve::Wake { .. }))) {
            return Err(self.text.error(place, format!("energy.prefill {WAKES}")));
        }
        Ok(EnergySettings { prefill, decode: phase("energy.decode", raw.decode)? })
    }

    /// What a preset says of power: curves by their numbers.
    pub(super) fn power(&self, raw: RawPower) -> Result<Power, ConfigError> {
        let curve = |table: &str, raw: Option<RawStated>| raw.map(|raw| self.stated(table, raw)).transpose();
        let place = raw.prefill.as_ref().map_or(0..0, |stated| stated.form.span());
        let prefill = curve("preset.power.prefill", raw.prefill)?.unwrap_or_default();
        if matches!(prefill, PowerCurve::Wake { .. }) {
            return Err(self.text.error(place, format!("preset.power.prefill {WAKES}")));
        }
        Ok(Power { prefill, decode: curve("preset.power.decode", raw.decode)?.unwrap_or_default() })
    }

    /// A curve by its numbers, with the bounds that the blob has.
    fn stated(&self, table: &str, raw: RawStated) -> Result<PowerCurve, ConfigError> {
        let RawStated { form, watts, base_w, slope_w, steady_w, deficit_w, tau_s, idle_w, wake_s } = raw;
        let mut given = [
            ("watts", watts),
            ("base_w", base_w),
            ("slope_w", slope_w),
            ("steady_w", steady_w),
            ("deficit_w", deficit_w),
            ("tau_s", tau_s),
            ("idle_w", idle_w),
            ("wake_s", wake_s),
        ];
        let (name, keys): (&str, &[&str]) = match form.get_ref() {
            RawForm::Constant => ("constant", &["watts"]),
            RawForm::Log => ("log", &["base_w", "slope_w"]),
            RawForm::Ramp => ("ramp", &["steady_w", "deficit_w", "tau_s"]),
            RawForm::Wake => ("wake", &["idle_w", "wake_s", "steady_w", "deficit_w", "tau_s"]),
        };
        let has = format!("form \"{name}\" has {}", keys.join(", "));
        for (key, value) in &given {
            if let Some(value) = value.as_ref().filter(|_| !keys.contains(key)) {
                return self.fail(&format!("{table}.{key}"), value, format!("is of another form: {has}"));
            }
        }
        let mut number = |wanted: &str| {
            let (key, value) = given
                .iter_mut()
                .find(|(key, _)| *key == wanted)
                .map_or((wanted, None), |(key, value)| (*key, value.take()));
            let Some(value) = value else {
                return self.fail(table, &form, format!("lacks {key}: {has}"));
            };
            let key = format!("{table}.{key}");
            match self.number(&key, &value)? {
                number if number < 0.0 && wanted != "deficit_w" => self.fail(&key, &value, "must not be below zero"),
                number if number == 0.0 && wanted == "tau_s" => self.fail(&key, &value, "must be above zero"),
                number => Ok((number, value.span())),
            }
        };
        Ok(match form.get_ref() {
            RawForm::Constant => PowerCurve::Constant { watts: number("watts")?.0 },
            RawForm::Log => PowerCurve::Log { base_w: number("base_w")?.0, slope_w: number("slope_w")?.0 },
            RawForm::Ramp | RawForm::Wake => {
                let (steady_w, _) = number("steady_w")?;
                let (deficit_w, place) = number("deficit_w")?;
                if deficit_w > steady_w {
                    let problem = format!("{table}.deficit_w must not be above steady_w: power would begin below zero");
                    return Err(self.text.error(place, problem));
                }
                let (tau_s, _) = number("tau_s")?;
                match form.get_ref() {
                    RawForm::Wake => PowerCurve::Wake {
                        idle_w: number("idle_w")?.0,
                        wake_s: number("wake_s")?.0,
                        steady_w,
                        deficit_w,
                        tau_s,
                    },
                    _ => PowerCurve::Ramp { steady_w, deficit_w, tau_s },
                }
            }
        })
    }

    pub(super) fn tariff(&self, raw: RawTariff) -> Result<Tariff, ConfigError> {
        let price = |key: &str, value: Option<Spanned<f64>>| match value {
            None => Ok(0.0),
            Some(value) => match *value.get_ref() as f32 {
                price if price.is_finite() && price >= 0.0 => Ok(price),
                _ => self.fail(&format!("tariff.{key}"), &value, "must be a finite price that is not below zero"),
            },
        };
        let currency = match raw.currency {
            None => Name::new(),
            Some(code) => match Name::try_from(code.get_ref().as_str()) {
                Ok(short) if short.len() == CURRENCY && short.bytes().all(|byte| byte.is_ascii_alphabetic()) => short,
                _ => {
                    return self.fail(
                        "tariff.currency",
                        &code,
                        "must be the three letters of a currency, such as \"USD\"",
                    );
                }
            },
        };
        Ok(Tariff {
            currency,
            per_kwh: price("per_kwh", raw.per_kwh)?,
            per_hour: price("per_hour", raw.per_hour)?,
            per_request: price("per_request", raw.per_request)?,
        })
    }
}
