//! Axes: linear or logarithmic, ticks at round values.

use plotters::coord::ranged1d::{KeyPointHint, NoDefaultFormatting, Ranged, ValueFormatter};
use std::ops::Range;

/// Ticks that an axis has at most, about.
const TICKS: f64 = 7.0;
/// Share of an axis that is left free at either end, so that no mark is cut.
const MARGIN: f64 = 0.04;

/// How values are placed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scale {
    Linear,
    Logarithmic,
}

/// A range of values with its ticks.
#[derive(Clone, Debug)]
pub(super) struct Axis {
    scale: Scale,
    low: f64,
    high: f64,
    ticks: Vec<(f64, String)>,
    /// Lines without a label: on a logarithmic axis what lies between the powers of ten.
    minor: Vec<f64>,
}

impl Scale {
    /// Logarithmic for values that span more than two decades.
    pub(super) fn of(values: &[f64]) -> Self {
        let (least, greatest) = bounds(values);
        if least > 0.0 && greatest > 100.0 * least { Self::Logarithmic } else { Self::Linear }
    }

    fn apply(self, value: f64) -> f64 {
        match self {
            Self::Linear => value,
            Self::Logarithmic => value.log10(),
        }
    }
}

/// What an axis shows, and how.
pub(super) struct Side<'a> {
    pub(super) label: &'a str,
    pub(super) scale: Scale,
    /// The least that it spans, so that noise in the last digits does not fill the figure.
    pub(super) span: f64,
}

impl Axis {
    /// An axis on which all of the values have a place.
    pub(super) fn new(side: &Side<'_>, values: &[f64]) -> Self {
        let scale = side.scale;
        let (least, greatest) = bounds(values);
        let (from, to) = (scale.apply(least), scale.apply(greatest));
        let span = match scale {
            Scale::Linear => {
                (to - from).max(side.span).max(0.01 * greatest.abs().max(least.abs())).max(f64::MIN_POSITIVE)
            }
            Scale::Logarithmic => to - from,
        };
        let (middle, half) = (0.5 * (from + to), (0.5 + MARGIN) * span);
        // Counts and times that begin near zero are read from zero.
        let from_zero =
            scale == Scale::Linear && least >= 0.0 && greatest > 0.0 && (least < 0.3 * greatest || middle < half);
        let (low, high) = (if from_zero { 0.0 } else { middle - half }, middle + half);
        let (ticks, minor) = match scale {
            Scale::Linear => (linear(low, high), Vec::new()),
            Scale::Logarithmic => logarithmic(low, high),
        };
        Self { scale, low, high, ticks, minor }
    }
}

/// Multiples of 1, 2 or 5 times a power of ten.
fn linear(low: f64, high: f64) -> Vec<(f64, String)> {
    let least = (high - low) / TICKS;
    let decade = least.log10().floor();
    let step = [1.0, 2.0, 5.0].into_iter().find(|step| step * 10_f64.powf(decade) >= least);
    let (step, decade) = step.map_or((1.0, decade + 1.0), |step| (step, decade));
    let width = step * 10_f64.powf(decade);
    let digits = (-decade).max(0.0) as usize;
    ((low / width).ceil() as i64..=(high / width).floor() as i64)
        // By way of the decimal text: a sum of tenths would not be the number that its label shows.
        .filter_map(|index| Some((index, format!("{}e{decade}", index * step as i64).parse::<f64>().ok()?)))
        .map(|(_, value)| (value, format!("{value:.digits$}")))
        .collect()
}

/// Powers of ten, where they are few also 2 and 5 times as much; and what lies between.
fn logarithmic(low: f64, high: f64) -> (Vec<(f64, String)>, Vec<f64>) {
    let (mut ticks, mut minor) = (Vec::new(), Vec::new());
    let decades = high - low;
    let labelled = |digit: i32| match digit {
        1 => true,
        2 | 5 => decades <= TICKS / 2.0,
        _ => false,
    };
    let every = (decades / TICKS).ceil().max(1.0) as usize;
    for decade in (low.floor() as i32..=high.ceil() as i32).step_by(every) {
        for digit in 1..=9 {
            let Ok(value) = format!("{digit}e{decade}").parse::<f64>() else { continue };
            match (low..=high).contains(&value.log10()) {
                true if labelled(digit) => ticks.push((value, value.to_string())),
                true if every == 1 => minor.push(value),
                _ => {}
            }
        }
    }
    (ticks, minor)
}

/// The least and the greatest; 0 and 1 of none.
fn bounds(values: &[f64]) -> (f64, f64) {
    let bounds = values.iter().fold(None, |bounds: Option<(f64, f64)>, &value| {
        Some(bounds.map_or((value, value), |(least, greatest)| (least.min(value), greatest.max(value))))
    });
    bounds.unwrap_or((0.0, 1.0))
}

impl Ranged for Axis {
    type FormatOption = NoDefaultFormatting;
    type ValueType = f64;

    fn map(&self, value: &f64, (from, to): (i32, i32)) -> i32 {
        let share = (self.scale.apply(*value) - self.low) / (self.high - self.low);
        from + (share * f64::from(to - from)).round() as i32
    }

    fn key_points<Hint: KeyPointHint>(&self, hint: Hint) -> Vec<f64> {
        if hint.weight().allow_light_points() {
            self.minor.clone()
        } else {
            self.ticks.iter().map(|(value, _)| *value).collect()
        }
    }

    fn range(&self) -> Range<f64> {
        match self.scale {
            Scale::Linear => self.low..self.high,
            Scale::Logarithmic => 10_f64.powf(self.low)..10_f64.powf(self.high),
        }
    }
}

impl ValueFormatter<f64> for Axis {
    fn format_ext(&self, value: &f64) -> String {
        self.ticks.iter().find(|(tick, _)| tick == value).map_or(String::new(), |(_, label)| label.clone())
    }
}
