//! What a profile predicts over a range of token counts, by the code that runs on the device.

use super::Point;
use super::chart::Layer;
use super::shape::Shape;
use std::collections::BTreeSet;
use token2metrics_core::{Band, Span, Term};

/// Places at which a curve is evaluated at most, and again as many edges of tiles.
const MOST: u32 = 2000;

/// A predicted line and the outline of its band, which is empty where the profile has none.
#[derive(PartialEq)]
pub(super) struct Curve {
    pub(super) line: Vec<Point>,
    band: Vec<Point>,
}

/// One place of a curve.
pub(super) struct Predicted {
    pub(super) x: f64,
    pub(super) seconds: f32,
    pub(super) band: Option<Band>,
    /// What a second is in the unit of the figure.
    pub(super) unit: f64,
}

impl Curve {
    /// Evaluates a curve; token counts without a prediction have no place on it.
    pub(super) fn new(tokens: impl IntoIterator<Item = u32>, predict: impl Fn(u32) -> Option<Predicted>) -> Self {
        let (mut line, mut band, mut high) = (Vec::new(), Vec::new(), Vec::new());
        for Predicted { x, seconds, band: around, unit } in tokens.into_iter().filter_map(predict) {
            let place = |seconds: f32| (x, unit * f64::from(seconds));
            line.push(place(seconds));
            if let Some(Band { low_s, high_s }) = around {
                band.push(place(low_s));
                high.push(place(high_s));
            }
        }
        band.extend(high.into_iter().rev());
        Self { line, band }
    }

    pub(super) fn band(&self, label: String) -> Option<Layer> {
        (!self.band.is_empty()).then(|| Layer { label, shape: Shape::Shade, points: self.band.clone() })
    }
}

/// Token counts close enough for a curve: every one; of many, evenly and geometrically spaced ones and both sides of every tile's edge.
pub(super) fn tokens(Span { min, max }: Span, terms: &[Term]) -> BTreeSet<u32> {
    if max.saturating_sub(min) <= MOST {
        return (min..=max).collect();
    }
    let (from, to) = (f64::from(min), f64::from(max));
    let mut tokens = BTreeSet::from([min, max]);
    for place in 0..MOST / 2 {
        let share = f64::from(place) / f64::from(MOST / 2);
        tokens.insert((from + share * (to - from)) as u32);
        tokens.insert((from * (to / from).powf(share)) as u32);
    }
    for Term { knot, tile, .. } in terms {
        // What is narrower than that is narrower than the line.
        if *tile > 1 && (max - min) / u32::from(*tile) <= MOST {
            let edges = (*knot..max).step_by(usize::from(*tile)).filter(|edge| *edge >= min);
            tokens.extend(edges.flat_map(|edge| [edge, edge + 1]));
        }
    }
    tokens
}
