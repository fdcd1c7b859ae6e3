//! Residuals: how far measured times are from the predicted ones, in percent.

use super::axis::Scale;
use super::chart::{Chart, Layer, Shape, values};
use super::marks::Marks;
use super::{Figure, PlotError, count, title};
use crate::measurement::{Measurement, Phase};
use crate::train::Rows;
use token2metrics_core::{Level, Profile};

/// Prefill against the tokens that were computed; decode against the context in the middle of it, as the other decode figure has the output tokens.
pub(super) fn figure(phase: Phase, profile: &Profile, rows: &Rows) -> Result<Option<Figure>, PlotError> {
    let place = |row: &Measurement| {
        let predicted = profile.predict(row.request).ok()?;
        let (input, cached) = (f64::from(row.request.input_tokens), f64::from(row.request.cached_tokens));
        let (tokens, observed, predicted) = match phase {
            Phase::Prefill => (input - cached, row.prefill_s?, predicted.prefill_s),
            Phase::Decode => (input + 0.5 * f64::from(row.request.output_tokens), row.decode_s?, predicted.decode_s),
        };
        Some((tokens, 100.0 * (observed / f64::from(predicted) - 1.0)))
    };
    let all = Marks::new(rows, place);
    // A time that is predicted to be 0 has no ratio to it.
    let marks = Marks::new(rows, |row| place(row).filter(|(_, percent)| percent.is_finite()));
    if marks.len() == 0 {
        return Ok(None);
    }
    let least = marks.points().fold(f64::INFINITY, |least, (tokens, _)| least.min(tokens));
    let greatest = marks.points().fold(0.0, |greatest: f64, (tokens, _)| greatest.max(tokens));
    let level = |percent| [(least, percent), (greatest, percent)];
    let mut layers = Vec::new();
    if let Some(bands) = &profile.bands {
        let ratios = match phase {
            Phase::Prefill => bands.prefill,
            Phase::Decode => bands.decode,
        };
        let [low, high] = [Level::P5, Level::P95].map(|at| level(100.0 * (f64::from(ratios.at(at)) - 1.0)));
        let points = vec![low[0], low[1], high[1], high[0]];
        layers.push(Layer { label: "90 % band".to_owned(), shape: Shape::Shade, points });
    }
    layers.extend(marks.layers());
    layers.push(Layer { label: "predicted".to_owned(), shape: Shape::Solid, points: level(0.0).to_vec() });
    let (name, x) = match phase {
        Phase::Prefill => ("prefill_residuals", "prompt tokens, without cached ones"),
        Phase::Decode => ("decode_residuals", "context in the middle of decode, tokens"),
    };
    let svg = Chart {
        title: title(&format!("{phase} residuals"), profile),
        x: (Scale::of(&values(&layers, |point| point.0)), x),
        y: (Scale::Linear, "observed / predicted - 1, %"),
        layers,
    }
    .svg()?;
    let mut caption = format!("Residuals: above the line the request took longer than predicted. {}", marks.caption());
    if marks.len() < all.len() {
        caption += &format!("; not drawn: {} predicted to take no time", count(all.len() - marks.len(), "row"));
    }
    Ok(Some(Figure { name, phase, svg, caption: caption + "." }))
}
