//! The options that override a profile's tariff.

use anyhow::{Result, anyhow, bail};
use clap::Args;
use token2metrics_core::blob::MAX_LEN;
use token2metrics_core::tariff::CURRENCY;
use token2metrics_core::{Name, Profile, Tariff};

/// Prices other than the profile's; what is not given stays as it is there.
#[derive(Clone, Debug, Args)]
pub(super) struct TariffArgs {
    /// The price of a kilowatt hour, instead of the profile's
    #[arg(long, value_name = "PRICE", value_parser = price, allow_negative_numbers = true)]
    per_kwh: Option<f32>,
    /// The price of an hour of the device, instead of the profile's
    #[arg(long, value_name = "PRICE", value_parser = price, allow_negative_numbers = true)]
    per_hour: Option<f32>,
    /// The price of any request, instead of the profile's
    #[arg(long, value_name = "PRICE", value_parser = price, allow_negative_numbers = true)]
    per_request: Option<f32>,
    /// What the prices are in, such as USD
    #[arg(long, value_name = "CODE", value_parser = currency)]
    currency: Option<Name<CURRENCY>>,
}

fn price(text: &str) -> Result<f32, String> {
    match text.parse::<f32>() {
        Ok(price) if price.is_finite() && price >= 0.0 => Ok(price),
        _ => Err("give a price of at least 0, such as 0.25".to_owned()),
    }
}

fn currency(text: &str) -> Result<Name<CURRENCY>, String> {
    match Name::try_from(text) {
        Ok(code) if text.len() == CURRENCY && text.bytes().all(|byte| byte.is_ascii_alphabetic()) => Ok(code),
        _ => Err("give the three letters of a currency, such as USD".to_owned()),
    }
}

impl TariffArgs {
    /// Puts the prices that are given into the profile.
    ///
    /// # Errors
    /// A currency of no price, or prices with which a cost would be infinite.
    pub(super) fn apply(&self, profile: &mut Profile) -> Result<()> {
        let prices = [self.per_kwh, self.per_hour, self.per_request];
        if prices.iter().all(Option::is_none) && self.currency.is_none() {
            return Ok(());
        }
        if profile.tariff.is_none() && prices.iter().all(Option::is_none) {
            bail!("--currency: the profile has no prices: give --per-kwh, --per-hour or --per-request with it");
        }
        let free = || Tariff { currency: Name::new(), per_kwh: 0.0, per_hour: 0.0, per_request: 0.0 };
        let tariff = profile.tariff.get_or_insert_with(free);
        let override_with = |price: &mut f32, given: Option<f32>| *price = given.unwrap_or(*price);
        override_with(&mut tariff.per_kwh, self.per_kwh);
        override_with(&mut tariff.per_hour, self.per_hour);
        override_with(&mut tariff.per_request, self.per_request);
        if let Some(code) = &self.currency {
            tariff.currency.clone_from(code);
        }
        // What a blob can hold has a cost for every request.
        let sound = profile.encode(&mut [0; MAX_LEN]).map(drop);
        sound.map_err(|_| anyhow!("a price is so large that a cost would overflow: give a smaller one"))
    }

    /// Says why there is no cost, if one was asked for.
    pub(super) fn warn_of_no_cost(&self, has_cost: bool) {
        if !has_cost && self.per_kwh.is_some() {
            log::warn!("no cost: --per-kwh needs energies, and the profile has no power curves");
        }
    }
}

/// The currency of a profile's prices, if it is stated.
pub(super) fn currency_of(profile: &Profile) -> Option<&str> {
    profile.tariff.as_ref().map(|tariff| tariff.currency.as_str()).filter(|code| !code.is_empty())
}
