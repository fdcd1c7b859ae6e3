//! The measured rows of a figure, the device's and the holdout's apart.

use super::chart::{Layer, Shape};
use super::{Point, count};
use crate::measurement::Measurement;
use crate::train::Rows;

/// Marks that a figure has at most: more cannot be told apart, and make a large file.
pub(super) const MOST: usize = 2000;

/// What is drawn of the rows.
pub(super) struct Marks {
    device: Vec<Point>,
    holdout: Vec<Point>,
}

impl Marks {
    /// The rows that have a place in the figure.
    pub(super) fn new(rows: &Rows, place: impl Fn(&Measurement) -> Option<Point>) -> Self {
        let places = |rows: &[Measurement]| rows.iter().filter_map(&place).collect();
        Self { device: places(&rows.device.rows), holdout: places(&rows.holdout.rows) }
    }

    pub(super) fn len(&self) -> usize {
        self.device.len() + self.holdout.len()
    }

    pub(super) fn points(&self) -> impl Iterator<Item = Point> {
        self.device.iter().chain(&self.holdout).copied()
    }

    /// Of so many rows one is drawn.
    fn stride(&self) -> usize {
        self.len().div_ceil(MOST).max(1)
    }

    /// The marks, thinned out evenly where they are too many.
    pub(super) fn layers(&self) -> impl Iterator<Item = Layer> {
        let layer = |label: &str, shape, points: &[Point]| {
            let points: Vec<Point> = points.iter().copied().step_by(self.stride()).collect();
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
        let mut caption = count(self.device.len(), "device row");
        if !self.holdout.is_empty() {
            caption += &format!(", {}", count(self.holdout.len(), "holdout row"));
        }
        match self.stride() {
            1 => {}
            stride => caption += &format!("; one of every {stride} is drawn"),
        }
        caption
    }
}
