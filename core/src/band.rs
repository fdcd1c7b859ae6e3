//! How far off predictions were on requests that no fit had seen.

use crate::polynomial::float;

/// Of observed / predicted, on requests that no fit had seen: the ratio that a share of them does not exceed, for each of [`Level::ALL`].
///
/// The ratios are kept in units of 1/8192: a tenth of a per mille, up to 8.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "encode", derive(serde::Serialize))]
// Copied in words: bytes would take a call of memcpy.
#[repr(align(4))]
pub struct Ratios(pub(crate) [u16; Level::ALL.len()]);

/// The share of requests that a ratio bounds from above.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// 5 %: the lower end of a 90 % band.
    P5,
    /// Half of them.
    P50,
    /// 90 %.
    P90,
    /// 95 %: the upper end of a 90 % band.
    P95,
    /// 99 %.
    P99,
}

/// The bands of a profile: one per phase, and one of the whole request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "encode", derive(serde::Serialize))]
pub struct Bands {
    /// Of `prefill_s`.
    pub prefill: Ratios,
    /// Of `decode_s`.
    pub decode: Ratios,
    /// Of `total_s`.
    pub total: Ratios,
}

/// The seconds between which 90 % of such requests are expected.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Band {
    /// 5 % of them take less.
    pub low_s: f32,
    /// 5 % of them take more.
    pub high_s: f32,
}

impl Band {
    /// Without bands in the profile.
    pub(crate) const UNKNOWN: Self = Self { low_s: 0.0, high_s: f32::INFINITY };
}

impl Level {
    /// Every level, in the order of their shares.
    pub const ALL: [Self; 5] = [Self::P5, Self::P50, Self::P90, Self::P95, Self::P99];

    /// The share, in percent.
    pub const fn percent(self) -> u8 {
        match self {
            Self::P5 => 5,
            Self::P50 => 50,
            Self::P90 => 90,
            Self::P95 => 95,
            Self::P99 => 99,
        }
    }

    /// The level of a confidence in percent: 50, 90, 95 or 99. A limit that one in twenty keeps is of no use to anybody.
    pub fn of_confidence(percent: u32) -> Option<Self> {
        Self::ALL.into_iter().find(|level| u32::from(level.percent()) == percent && *level != Self::P5)
    }
}

/// The least that the end of a band is away from its middle on a device that drifts: a band without width could not grow.
const LEAST_SPREAD: f32 = 1.0 / 128.0;

/// Units of 1.
const ONE: f32 = 8192.0;

impl Ratios {
    /// The largest ratio that can be kept.
    pub const MAX: f32 = u16::MAX as f32 / ONE;

    /// Keeps ratios in the order of [`Level::ALL`], each to the nearest unit: one above [`Ratios::MAX`] as that, one that is negative or
    /// NaN as 0. Ratios that fall from one level to the next are refused when they are written to a blob.
    pub fn new(ratios: [f32; Level::ALL.len()]) -> Self {
        // The cast saturates.
        Self(ratios.map(|ratio| libm::roundf(ratio * ONE) as u16))
    }

    /// What is taken for the ratios of a profile that has none: 5 % either way.
    pub(crate) const TYPICAL: Self = Self([7782, 8192, 8520, 8602, 8766]);

    /// The ratio of a level.
    pub fn at(&self, level: Level) -> f32 {
        let [p5, p50, p90, p95, p99] = self.0;
        f32::from(match level {
            Level::P5 => p5,
            Level::P50 => p50,
            Level::P90 => p90,
            Level::P95 => p95,
            Level::P99 => p99,
        }) / ONE
    }

    /// The 90 % band around some predicted seconds.
    pub fn band(&self, seconds: f32) -> Band {
        let [p5, _, _, p95, _] = self.0;
        // `seconds * self.at(level)` to the bit, with one division by a power of two for both.
        let unit = seconds / ONE;
        Band { low_s: unit * float(p5.into()), high_s: unit * float(p95.into()) }
    }

    /// [`Ratios::band`] where a drift has moved the seconds, with the factor that it has for the band's width.
    pub(crate) fn drifted_band(&self, seconds: f32, width: f32) -> Band {
        let end = |level| seconds * self.drifted(level, width);
        Band { low_s: end(Level::P5), high_s: end(Level::P95) }
    }

    /// [`Ratios::at`] where a drift may have moved the seconds.
    pub(crate) fn corrected_at(&self, level: Level, width: Option<f32>) -> f32 {
        width.map_or_else(|| self.at(level), |width| self.drifted(level, width))
    }

    /// The ratio of a level on a device that drifts: around 1, as the drift has moved the middle there, and `width` times as far from it.
    fn drifted(&self, level: Level, width: f32) -> f32 {
        let away = self.at(level) - self.at(Level::P50);
        let least = if level == Level::P50 { 0.0 } else { LEAST_SPREAD };
        let away = if level == Level::P5 { -at_least(-away, least) } else { at_least(away, least) };
        at_least(1.0 + width * away, 0.0)
    }

    /// The larger half of the band of a device that drifts, for a width of 1.
    pub(crate) fn drifted_spread(&self) -> f32 {
        libm::fmaxf(1.0 - self.drifted(Level::P5, 1.0), self.drifted(Level::P95, 1.0) - 1.0)
    }

    /// Whether a ratio is within the 90 % band of a device that drifts.
    pub(crate) fn drifted_band_has(&self, ratio: f32, width: f32) -> bool {
        ratio >= self.drifted(Level::P5, width) && ratio <= self.drifted(Level::P95, width)
    }
}

fn at_least(value: f32, least: f32) -> f32 {
    if value >= least { value } else { least }
}
