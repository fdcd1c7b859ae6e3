//! Profiles beside each other: the time of a request against the length of its prompt, and against that of its answer.

use super::axis::{Scale, Side};
use super::chart::{Chart, Layer, stack, values};
use super::curve::{Curve, Predicted, tokens};
use super::shape::Shape;
use super::{PlotError, Point};
use token2metrics_core::{MAX_TOKENS, Profile, Request, Span};

/// The profiles' figures, each with the stem of its file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Figures(pub [(&'static str, String); 2]);

impl Figures {
    /// Draws named profiles around a request, up to these token counts of its prompt and its answer.
    ///
    /// # Errors
    /// None that is known of: see [`PlotError`].
    pub fn new(profiles: &[(&str, &Profile)], around: Request, most: [u32; 2]) -> Result<Self, PlotError> {
        let Request { input_tokens, output_tokens, .. } = around;
        let by_prompt =
            figure(profiles, &format!("input tokens, with {output_tokens} output tokens"), most[0], |input_tokens| {
                Request { input_tokens, cached_tokens: 0, output_tokens }
            })?;
        let by_answer =
            figure(profiles, &format!("output tokens, with {input_tokens} input tokens"), most[1], |output_tokens| {
                Request { input_tokens, cached_tokens: 0, output_tokens }
            })?;
        Ok(Self([("prompt_length", by_prompt), ("output_length", by_answer)]))
    }

    /// Both in one drawing.
    pub fn stacked(&self) -> String {
        stack(&self.0.each_ref().map(|(_, svg)| svg.as_str()))
    }
}

fn figure(
    profiles: &[(&str, &Profile)],
    label: &str,
    most: u32,
    request: impl Fn(u32) -> Request,
) -> Result<String, PlotError> {
    let (mut bands, mut lines) = (Vec::new(), Vec::new());
    for (index, (name, profile)) in profiles.iter().enumerate() {
        let counts = tokens(Span { min: 1, max: most.clamp(1, MAX_TOKENS) }, &profile.prefill.polynomial.terms);
        let curve = Curve::new(counts, |count| {
            let predicted = profile.predict(request(count)).ok()?;
            let (seconds, band) = (predicted.total_s, predicted.total_band);
            Some(Predicted { x: count.into(), seconds, band, unit: 1.0 })
        });
        // One entry of the legend for all of them.
        let entry = if bands.is_empty() { "90 % band" } else { "" };
        bands.extend(curve.band(entry.to_owned()).map(|layer| Layer { shape: Shape::Tint(index), ..layer }));
        lines.push(Layer { label: (*name).to_owned(), shape: Shape::Line(index), points: curve.line });
    }
    let scale = |of: fn(&Point) -> f64| Scale::of(&values(&lines, of));
    let (x, y) = (scale(|point| point.0), scale(|point| point.1));
    let layers = bands.into_iter().chain(lines).collect();
    let x = Side { label, scale: x, span: 10.0 };
    let title = format!("total seconds by {label}");
    Chart { title, x, y: Side { label: "total, s", scale: y, span: 0.0 }, layers }.svg()
}
