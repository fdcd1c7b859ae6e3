//! Prefill: seconds against prompt tokens.

use super::axis::{Scale, Side};
use super::chart::{Chart, Layer, values};
use super::curve::{Curve, Predicted, tokens};
use super::marks::Marks;
use super::shape::Shape;
use super::{Figure, PlotError, count, title};
use crate::measurement::{Measurement, Phase};
use crate::train::Rows;
use std::collections::BTreeSet;
use token2metrics_core::{Profile, Request, Span, Term};

/// Edges of tiles that a figure has at most: more are no lines but a surface.
const MOST_EDGES: usize = 100;

/// The rows without cached tokens, since only their time is a function of the length; the curve over all lengths that were trained or drawn.
pub(super) fn figure(profile: &Profile, rows: &Rows) -> Result<Option<Figure>, PlotError> {
    let measured = |row: &Measurement| Some((f64::from(row.request.input_tokens), row.prefill_s?));
    let all = Marks::new(rows, measured);
    if !profile.prefill.is_known() {
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
    let edges = edges(&profile.prefill.polynomial.terms, lengths);
    let base = curve.line.first().map_or(0.0, |(_, seconds)| *seconds);
    let mut layers = Vec::new();
    if !edges.is_empty() && edges.len() <= MOST_EDGES {
        let points = edges.iter().map(|edge| (*edge, base)).collect();
        layers.push(Layer { label: "edges of tiles".to_owned(), shape: Shape::Edges, points });
    }
    layers.extend(curve.band("90 % band".to_owned()));
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
    if edges.len() > MOST_EDGES {
        caption += &format!("; the {} edges of tiles are too close to be drawn", edges.len());
    }
    Ok(Some(Figure { name: "prefill", phase: Phase::Prefill, svg: chart.svg()?, caption: caption + "." }))
}

/// Where lengths begin a new tile, in order.
fn edges(terms: &[Term], Span { min, max }: Span) -> Vec<f64> {
    let tiled = terms.iter().filter(|term| term.tile > 1);
    let edges = tiled.flat_map(|term| (term.knot..max).step_by(usize::from(term.tile)));
    let edges: BTreeSet<u32> = edges.filter(|edge| *edge >= min).collect();
    // Between the last length of one tile and the first of the next.
    edges.into_iter().map(|edge| f64::from(edge) + 0.5).collect()
}
