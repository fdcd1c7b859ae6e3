//! What the layers of a chart are, in lines above it, where no mark can be in the way.

use super::PlotError;
use super::chart::{FONT, LEFT, Layer, TEXT, UNIT, WIDTH};
use super::shape::Shape;
use plotters::coord::Shift;
use plotters::element::{PathElement, Text};
use plotters::prelude::{DrawingArea, SVGBackend};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{IntoFont, TextStyle};

/// Of a letter, on average and rather too wide than too narrow.
const LETTER: u32 = 67;
const LINE: u32 = 20 * UNIT;

/// The entries with their places, units from the left and the top.
pub(super) struct Legend<'a> {
    entries: Vec<(&'a Layer, u32, u32)>,
    pub(super) height: u32,
}

impl<'a> Legend<'a> {
    /// From left to right, in as many lines as that takes; a layer without a name has no entry.
    pub(super) fn new(layers: &'a [Layer]) -> Self {
        let (mut x, mut y) = (LEFT, 16 * UNIT);
        let mut entries = Vec::new();
        for layer in layers.iter().filter(|layer| !layer.label.is_empty()) {
            let width = 44 * UNIT + LETTER * layer.label.chars().count() as u32;
            if x + width > WIDTH && x > LEFT {
                (x, y) = (LEFT, y + LINE);
            }
            entries.push((layer, x, y));
            x += width;
        }
        Self { entries, height: y + 14 * UNIT }
    }

    pub(super) fn draw(&self, area: &DrawingArea<SVGBackend<'_>, Shift>) -> Result<(), PlotError> {
        let unit = UNIT as i32;
        for (layer, x, y) in &self.entries {
            let (x, y) = (*x as i32, *y as i32);
            let (end, half) = (x + 24 * unit, 5 * unit);
            match layer.shape {
                Shape::Shade | Shape::Tint(_) => {
                    let corners = [(x, y + half), (end, y + half), (end, y - half), (x, y - half)];
                    layer.shape.draw(area, &corners)?;
                }
                Shape::Solid | Shape::Dashed | Shape::Dotted | Shape::Line(_) => {
                    layer.shape.draw(area, &[(x, y), (end, y)])?
                }
                Shape::Edges => [6, 12, 18].into_iter().try_for_each(|along| {
                    let x = x + along * unit;
                    area.draw(&PathElement::new([(x, y - half), (x, y + half)], layer.shape.style()))
                })?,
                Shape::Circles | Shape::Triangles => layer.shape.draw(area, &[(x + 12 * unit, y)])?,
            }
            let text = TextStyle::from((FONT, TEXT).into_font()).pos(Pos::new(HPos::Left, VPos::Center));
            area.draw(&Text::new(layer.label.as_str(), (end + 6 * unit, y), text))?;
        }
        Ok(())
    }
}
