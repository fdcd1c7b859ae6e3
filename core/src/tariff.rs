//! What energy, time and a request cost.

use heapless::String;
use serde::Deserialize;

/// Bytes of a currency's name: the three letters of ISO 4217.
pub const CURRENCY: usize = 3;

/// `cost = joules * per_kwh / 3.6e6 + seconds * per_hour / 3600 + per_request`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[cfg_attr(feature = "encode", derive(serde::Serialize))]
pub struct Tariff {
    /// What the prices are in, such as `USD`.
    pub currency: String<CURRENCY, u8>,
    /// Price of a kilowatt hour, at least 0.
    pub per_kwh: f32,
    /// Price of an hour of the device, at least 0.
    pub per_hour: f32,
    /// Price of any request, at least 0.
    pub per_request: f32,
}

impl Tariff {
    /// The cost of a request; `None` where energy has a price and is not known.
    pub fn cost(&self, energy_j: Option<f32>, seconds: f32) -> Option<f32> {
        let energy = match energy_j {
            Some(joules) => joules * self.per_kwh * (1.0 / 3.6e6),
            None if self.per_kwh == 0.0 => 0.0,
            None => return None,
        };
        Some(energy + seconds * self.per_hour * (1.0 / 3600.0) + self.per_request)
    }

    pub(crate) fn prices(&self) -> [f32; 3] {
        [self.per_kwh, self.per_hour, self.per_request]
    }
}
