//! What has been seen of a device since its profile was made, as a prediction takes it.

use crate::band::{Band, Bands, Level, Ratios};

/// Factors on the times of a profile, and what they do to its bands.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Correction {
    /// Observed / predicted `prefill_s`.
    pub(crate) prefill: f32,
    /// Observed / predicted `decode_s`.
    pub(crate) decode: f32,
    /// How wide the bands are now; `None` leaves those of the profile as they are.
    pub(crate) widths: Option<Widths>,
}

/// Factors on the widths of the bands.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Widths {
    pub(crate) prefill: f32,
    pub(crate) decode: f32,
    pub(crate) total: f32,
}

impl Correction {
    /// The profile as it is.
    pub const NONE: Self = Self { prefill: 1.0, decode: 1.0, widths: None };

    pub(crate) fn prefill_band(&self, bands: &Bands, seconds: f32) -> Band {
        band(&bands.prefill, self.widths.map(|widths| widths.prefill), seconds)
    }

    pub(crate) fn decode_band(&self, bands: &Bands, seconds: f32) -> Band {
        band(&bands.decode, self.widths.map(|widths| widths.decode), seconds)
    }

    pub(crate) fn total_band(&self, bands: &Bands, seconds: f32) -> Band {
        band(&bands.total, self.widths.map(|widths| widths.total), seconds)
    }

    /// What the total of a request does not exceed at a level, as a ratio to the corrected prediction.
    pub(crate) fn total_ratio(&self, bands: &Bands, level: Level) -> f32 {
        ratio(&bands.total, self.widths.map(|widths| widths.total), level)
    }
}

fn band(ratios: &Ratios, width: Option<f32>, seconds: f32) -> Band {
    match width {
        None => ratios.band(seconds),
        Some(width) => ratios.drifted_band(seconds, width),
    }
}

fn ratio(ratios: &Ratios, width: Option<f32>, level: Level) -> f32 {
    match width {
        None => ratios.at(level),
        Some(width) => ratios.drifted(level, width),
    }
}
