//! The measured rows of a figure, the device's and the holdout's apart.

use super::chart::Layer;
use super::shape::Shape;
use super::{Point, count};
use crate::measurement::Measurement;
use crate::train::Rows;

/// Marks of one kind that a figure has at most: more cannot be told apart, and make a large file.
const MOST: usize = 1000;

/// What is drawn of the rows.
pub(super) struct Marks {
    device: Vec<Point>,
    holdout: Vec<Point>,
    /// Whether there are more rows than are kept, of the device and of the holdout.
    sampled: [bool; 2],
}

impl Marks {
    /// The rows that have a place in the figure.
    pub(super) fn new(rows: &Rows, place: impl Fn(&Measurement) -> Option<Point>) -> Self {
        let places = |rows: &[Measurement]| rows.iter().filter_map(&place).collect();
        let sampled = [rows.device.is_sample(), rows.holdout.is_sample()];
        Self { device: places(&rows.device.rows), holdout: places(&rows.holdout.rows), sampled }
    }

    pub(super) fn len(&self) -> usize {
        self.device.len() + self.holdout.len()
    }

    pub(super) fn points(&self) -> impl Iterator<Item = Point> {
        self.device.iter().chain(&self.holdout).copied()
    }

    /// The marks, thinned out evenly where they are too many.
    pub(super) fn layers(&self) -> impl Iterator<Item = Layer> {
        let layer = |label: &str, shape, points: &[Point]| {
            let points: Vec<Point> = points.iter().copied().step_by(stride(points)).collect();
            (!points.is_empty()).then(|| Layer { label: label.to_owned(), shape, points })
        };
        let layers = [
            layer("device rows", Shape::Circles, &self.device),
            layer("holdout rows", Shape::Triangles, &self.holdout),
        ];
        layers.into_iter().flatten()
    }

    /// How many there are, and how many are drawn.
    pub(super) fn caption(&self) -> String {
        let some = |points: &[Point], what, sampled| {
            let of = if sampled { "a sample of " } else { "" };
            match (points.len(), stride(points)) {
                (0, _) => None,
                (rows, 1) => Some(format!("{of}{}", count(rows, what))),
                (rows, stride) => Some(format!("{of}{} (one of {stride} is drawn)", count(rows, what))),
            }
        };
        let [device, holdout] = self.sampled;
        let captions = [some(&self.device, "device row", device), some(&self.holdout, "holdout row", holdout)];
        let captions = captions.into_iter().flatten().collect::<Vec<_>>().join(", ");
        if captions.is_empty() { "No measured row".to_owned() } else { captions }
    }
}

/// Of so many rows one is drawn.
fn stride(points: &[Point]) -> usize {
    points.len().div_ceil(MOST).max(1)
}
