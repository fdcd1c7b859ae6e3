//! What energy, time and a request cost.

use crate::Name;

/// Bytes of a currency's name: the three letters of ISO 4217.
pub const CURRENCY: usize = 3;

/// `cost = joules * per_kwh / 3.6e6 + seconds * per_hour / 3600 + per_request`.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "encode", derive(serde::Serialize))]
pub struct Tariff {
    /// What the prices are in, such as `USD`.
    pub currency: Name<CURRENCY>,
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
        let cost = self.cost_or_infinity(energy_j.unwrap_or(f32::INFINITY), seconds);
        (energy_j.is_some() || self.per_kwh == 0.0).then_some(cost)
    }

    /// [`Tariff::cost`], where what is not known is infinite.
    pub(crate) fn cost_or_infinity(&self, energy_j: f32, seconds: f32) -> f32 {
        // Infinity times a price of 0 would be NaN.
        let energy = if self.per_kwh > 0.0 { energy_j * self.per_kwh * (1.0 / 3.6e6) } else { 0.0 };
        energy + seconds * self.per_hour * (1.0 / 3600.0) + self.per_request
    }
}
