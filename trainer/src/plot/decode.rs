//! Decode: time per output token against the context in the middle of decode.

use super::axis::{Scale, Side};
use super::chart::{Chart, Layer};
use super::curve::{Curve, Predicted, tokens};
use super::marks::Marks;
use super::shape::Shape;
use super::{Figure, PlotError, title};
use crate::measurement::{Measurement, Phase};
use crate::train::Rows;
use token2metrics_core::{MAX_TOKENS, Profile, Request, Span, Trained};

/// A request has two token counts and the figure one axis for them. The mean of steps that grow evenly with the context is the step in the middle, so
/// that rows of any two counts lie near one curve. What a request pays once sets them apart: there is a curve each for the median, the greatest and
/// the least number of output tokens.
pub(super) fn figure(profile: &Profile, rows: &Rows) -> Result<Option<Figure>, PlotError> {
    let marks = Marks::new(rows, |row| {
        let Request { input_tokens, output_tokens, .. } = row.request;
        Some((middle(input_tokens, output_tokens), per_token(output_tokens) * row.decode_s?))
    });
    if !profile.decode.is_known() {
        return Ok(None);
    }
    let [median, most, fewest] = outputs(profile, rows);
    let contexts = marks.points().map(|(context, _)| context);
    let Trained { input_tokens, output_tokens } = profile.trained;
    // Without a row, what was trained.
    let trained = [middle(input_tokens.min, fewest), middle(input_tokens.max, output_tokens.max)];
    let contexts: Vec<f64> = if marks.len() == 0 { trained.to_vec() } else { contexts.collect() };
    let least = contexts.iter().fold(f64::INFINITY, |least, context| least.min(*context));
    let greatest = contexts.iter().fold(0.0, |greatest: f64, context| greatest.max(*context));
    let curve = |output_tokens: u32| {
        let prompt = |context: f64| (context - middle(0, output_tokens)).clamp(1.0, f64::from(MAX_TOKENS)) as u32;
        Curve::new(tokens(Span { min: prompt(least), max: prompt(greatest) }, &[]), |input_tokens| {
            let predicted = profile.predict(Request { input_tokens, cached_tokens: 0, output_tokens }).ok()?;
            Some(Predicted {
                x: middle(input_tokens, output_tokens),
                seconds: predicted.decode_s,
                band: predicted.decode_band,
                unit: per_token(output_tokens),
            })
        })
    };
    let mut layers = Vec::from_iter(curve(median).band("90 % band".to_owned()));
    layers.extend(marks.layers());
    let others = [(most, Shape::Dashed), (fewest, Shape::Dotted)].into_iter().filter(|(length, _)| *length != median);
    for (length, shape) in [(median, Shape::Solid)].into_iter().chain(others) {
        layers.push(Layer { label: format!("{length} output tokens"), shape, points: curve(length).line });
    }
    let chart = Chart {
        title: title("decode time per output token", profile),
        x: Side { label: "context in the middle of decode, tokens", scale: Scale::Linear, span: 10.0 },
        y: Side { label: "time per output token (TPOT), ms", scale: Scale::Linear, span: 0.0 },
        layers,
    };
    let band = if profile.bands.is_some() { "; the band is that of the solid line" } else { "" };
    let caption = format!(
        "Time per output token after the first, decode_s / (output_tokens - 1), by the prompt and half of the output, input_tokens + output_tokens / 2. {}{band}.",
        marks.caption()
    );
    Ok(Some(Figure { name: "decode", phase: Phase::Decode, svg: chart.svg()?, caption }))
}

/// Milliseconds per output token for a second of decode.
fn per_token(output_tokens: u32) -> f64 {
    1e3 / f64::from(output_tokens - 1)
}

/// The midpoint of the contexts `input_tokens + 1 ..= input_tokens + output_tokens - 1`.
fn middle(input_tokens: u32, output_tokens: u32) -> f64 {
    f64::from(input_tokens) + 0.5 * f64::from(output_tokens)
}

/// The median, the greatest and the least number of output tokens of the rows whose decode was measured; without such a row, of what was trained.
fn outputs(profile: &Profile, rows: &Rows) -> [u32; 3] {
    let measured = |row: &&Measurement| row.decode_s.is_some();
    let rows = rows.device.rows.iter().chain(&rows.holdout.rows);
    let mut counts: Vec<u32> = rows.filter(measured).map(|row| row.request.output_tokens).collect();
    counts.sort_unstable();
    let Some(last) = counts.len().checked_sub(1) else {
        let Span { min, max } = profile.trained.output_tokens;
        let (fewest, most) = (min.max(2), max.max(2));
        let middle = (f64::from(fewest) * f64::from(most)).sqrt() as u32;
        return [middle, most, fewest];
    };
    [counts[last / 2], counts[last], counts[0]]
}
