//! Residuals: how far measured times are from the predicted ones, in percent.

use super::axis::{Scale, Side};
use super::chart::{Chart, Layer, values};
use super::marks::Marks;
use super::shape::Shape;
use super::{Figure, PlotError, count, title};
use crate::measurement::{Measurement, Phase};
use crate::score::quantile;
use crate::train::Rows;
use token2metrics_core::{Level, Profile, Request};

/// What is further off than this many times what 9 of 10 rows keep within is drawn at the edge: one freak row would press all others flat.
const FAR: f64 = 10.0;
/// Percent that are never far.
const NEAR: f64 = 30.0;

/// Prefill against the tokens that were computed; decode against the output tokens, as the other decode figure has the context.
pub(super) fn figure(phase: Phase, profile: &Profile, rows: &Rows) -> Result<Option<Figure>, PlotError> {
    let residual = |row: &Measurement| {
        let Request { input_tokens, cached_tokens, output_tokens } = row.request;
        let (tokens, observed, predicted) = match phase {
            // A profile without decode predicts prefill all the same.
            Phase::Prefill => {
                let prompt = Request { output_tokens: 1, ..row.request };
                (input_tokens - cached_tokens, row.prefill_s?, profile.predict(prompt).ok()?.prefill_s)
            }
            Phase::Decode => (output_tokens, row.decode_s?, profile.predict(row.asked()).ok()?.decode_s),
        };
        // Infinite where no time was predicted.
        Some((f64::from(tokens), 100.0 * (observed / f64::from(predicted) - 1.0)))
    };
    let all = Marks::new(rows, residual);
    if all.len() == 0 {
        return Ok(None);
    }
    let mut sizes: Vec<f64> = all.points().map(|(_, percent)| percent.abs()).filter(|size| size.is_finite()).collect();
    sizes.sort_by(f64::total_cmp);
    let limit = (FAR * quantile(&sizes, 0.9)).max(NEAR);
    let far = all.points().filter(|(_, percent)| *percent > limit).count();
    let marks = Marks::new(rows, |row| residual(row).map(|(tokens, percent)| (tokens, percent.min(limit))));

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
    let (name, label) = match phase {
        Phase::Prefill => ("prefill_residuals", "prompt tokens, without cached ones"),
        Phase::Decode => ("decode_residuals", "output tokens"),
    };
    let chart = Chart {
        title: title(&format!("{phase} residuals"), profile),
        x: Side { label, scale: Scale::of(&values(&layers, |point| point.0)), span: 10.0 },
        y: Side { label: "observed / predicted - 1, %", scale: Scale::Linear, span: 2.0 },
        layers,
    };
    let mut caption = format!("Residuals: above the line the request took longer than predicted. {}", marks.caption());
    if far > 0 {
        caption += &format!("; at the upper edge: {} beyond {limit:.0} %", count(far, "row"));
    }
    Ok(Some(Figure { name, phase, svg: chart.svg()?, caption: caption + "." }))
}
