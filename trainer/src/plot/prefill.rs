//! Prefill: seconds against prompt tokens.

use super::axis::{Scale, Side};
use super::chart::{Chart, Layer, values};
use super::curve::{Curve, Predicted, tokens};
use super::marks::Marks;
use super::shape::Shape;
use super::{Figure, PlotError, count, title};
use crate::measurement::{Measurement, Phase};
use crate::train::Rows;
use token2metrics_core::{Profile, Request, Span};

/// The rows without cached tokens, since only their time is a function of the length; the curve over all lengths that were trained or drawn.
pub(super) fn figure(profile: &Profile, rows: &Rows) -> Result<Option<Figure>, PlotError> {
    let measured = |row: &Measurement| Some((f64::from(row.request.input_tokens), row.prefill_s?));
    let all = Marks::new(rows, measured);
    if all.len() == 0 || !profile.prefill.is_known() {
        return Ok(None);
    }
    let marks = Marks::new(rows, |row| measured(row).filter(|_| row.request.cached_tokens == 0));
    let lengths = marks.points().fold(profile.trained.input_tokens, |Span { min, max }, (length, _)| {
        let length = length as u32;
        Span { min: min.min(length), max: max.max(length) }
    });
    let curve = Curve::new(tokens(lengths, &profile.prefill.polynomial.terms), |input_tokens| {
        let predicted = profile.predict(Request { input_tokens, cached_tokens: 0, output_tokens: 1 }).ok()?;
        Some(Predicted {
            x: input_tokens.into(),
            seconds: predicted.prefill_s,
            band: predicted.prefill_band,
            unit: 1.0,
        })
    });
    let mut layers = Vec::from_iter(curve.band("90 % band".to_owned()));
    layers.extend(marks.layers());
    layers.push(Layer { label: "predicted".to_owned(), shape: Shape::Solid, points: curve.line });

    // Both axes or none: a time that is proportional to the tokens stays a straight line.
    let scale = match [values(&layers, |point| point.0), values(&layers, |point| point.1)].map(|v| Scale::of(&v)) {
        [Scale::Logarithmic, Scale::Logarithmic] => Scale::Logarithmic,
        _ => Scale::Linear,
    };
    let chart = Chart {
        title: title("prefill time", profile),
        x: Side { label: "prompt tokens", scale, span: 10.0 },
        y: Side { label: "prefill, s", scale, span: 0.0 },
        layers,
    };
    let mut caption = format!("Seconds up to the first token, by the length of the prompt. {}", marks.caption());
    if marks.len() < all.len() {
        caption += &format!("; not drawn: {} with cached tokens", count(all.len() - marks.len(), "row"));
    }
    Ok(Some(Figure { name: "prefill", phase: Phase::Prefill, svg: chart.svg()?, caption: caption + "." }))
}
