//! Decode: time per output token against output tokens.

use super::axis::Scale;
use super::chart::{Chart, Layer, Shape, values};
use super::curve::{Curve, span, tokens};
use super::marks::Marks;
use super::{Figure, PlotError, title};
use crate::measurement::{Measurement, Phase};
use crate::train::Rows;
use token2metrics_core::{Profile, Request, Span};

/// A request has two token counts and the figure one axis for them: a curve each for the median, the longest and the shortest prompt; one curve
/// where they are all the same.
pub(super) fn figure(profile: &Profile, rows: &Rows) -> Result<Option<Figure>, PlotError> {
    let marks = Marks::new(rows, |row| {
        Some((f64::from(row.request.output_tokens), per_token(row.request.output_tokens) * row.decode_s?))
    });
    if marks.len() == 0 || !profile.decode.is_known() {
        return Ok(None);
    }
    let outputs = span(profile.trained.output_tokens, &marks);
    let outputs = tokens(Span { min: outputs.min.max(2), ..outputs }, &[]);
    let curve = |input_tokens| {
        Curve::new(outputs.iter().copied(), |output_tokens| {
            let predicted = profile.predict(Request { input_tokens, cached_tokens: 0, output_tokens }).ok()?;
            Some((predicted.decode_s, predicted.decode_band, per_token(output_tokens)))
        })
    };
    let mut curves: Vec<(u32, Curve)> = prompts(rows).into_iter().map(|prompt| (prompt, curve(prompt))).collect();
    let alike = curves.iter().all(|(_, curve)| curve.line == curves[0].1.line);
    if alike {
        curves.truncate(1);
    }
    let label = |what: &str, prompt: u32| if alike { what.to_owned() } else { format!("{what}, prompt of {prompt}") };

    let band = |(prompt, curve): &(u32, Curve)| curve.band(label("90 % band", *prompt));
    let mut layers = Vec::from_iter(curves.first().and_then(band));
    layers.extend(marks.layers());
    for ((prompt, curve), shape) in curves.into_iter().zip([Shape::Solid, Shape::Dashed, Shape::Dotted]) {
        layers.push(Layer { label: label("predicted", prompt), shape, points: curve.line });
    }
    let chart = Chart {
        title: title("decode time per output token", profile),
        x: (Scale::of(&values(&layers, |point| point.0)), "output tokens"),
        y: (Scale::Linear, "time per output token (TPOT), ms"),
        layers,
    };
    let caption = format!("decode_s / (output_tokens - 1), by the tokens that were generated. {}.", marks.caption());
    Ok(Some(Figure { name: "decode", phase: Phase::Decode, svg: chart.svg()?, caption }))
}

/// Milliseconds per output token for a second of decode.
fn per_token(output_tokens: u32) -> f64 {
    1e3 / f64::from(output_tokens - 1)
}

/// The median, the greatest and the least length of the prompts whose decode was measured, as far as they differ.
fn prompts(rows: &Rows) -> Vec<u32> {
    let measured = |row: &&Measurement| row.decode_s.is_some();
    let rows = rows.device.rows.iter().chain(&rows.holdout.rows);
    let mut lengths: Vec<u32> = rows.filter(measured).map(|row| row.request.input_tokens).collect();
    lengths.sort_unstable();
    let Some(last) = lengths.len().checked_sub(1) else { return lengths };
    let (median, greatest, least) = (lengths[last / 2], lengths[last], lengths[0]);
    let mut prompts = vec![median];
    prompts.extend([greatest, least].into_iter().filter(|prompt| *prompt != median));
    prompts
}
