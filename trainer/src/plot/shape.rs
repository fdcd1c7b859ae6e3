//! How the things in a figure look: in the plane of the axes as in the legend.

use super::PlotError;
use super::chart::UNIT;
use plotters::coord::CoordTranslate;
use plotters::element::{Circle, DashedPathElement, PathElement, Polygon, TriangleMarker};
use plotters::prelude::{Color, DrawingArea, RGBColor, SVGBackend};
use plotters::style::{BLACK, ShapeStyle};

// Colours that the colour-blind tell apart too (M. Okabe and K. Ito, "Color Universal Design", 2008). Shapes and dashes differ as well, for those who print
// in grey.
const BLUE: RGBColor = RGBColor(0, 114, 178);
const VERMILLION: RGBColor = RGBColor(213, 94, 0);
const GREEN: RGBColor = RGBColor(0, 158, 115);
const PURPLE: RGBColor = RGBColor(204, 121, 167);
const ORANGE: RGBColor = RGBColor(230, 159, 0);
const SKY: RGBColor = RGBColor(86, 180, 233);
/// Of one profile among several. Yellow, the last of the eight colours, is lost on white.
const HUES: [RGBColor; 7] = [BLUE, VERMILLION, GREEN, PURPLE, RGBColor(0, 0, 0), ORANGE, SKY];

/// What is drawn through or at some points.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// Upright lines through all of the figure.
    Edges,
    /// The inside of the line through the points.
    Shade,
    Solid,
    Dashed,
    Dotted,
    Circles,
    Triangles,
    /// The line of one profile among several.
    Line(usize),
    /// The inside of that profile's band.
    Tint(usize),
}

impl Shape {
    pub(super) fn style(self) -> ShapeStyle {
        match self {
            Self::Edges => BLUE.mix(0.3).stroke_width(5),
            Self::Shade => BLACK.mix(0.13).filled(),
            Self::Solid => BLACK.stroke_width(15),
            Self::Dashed => GREEN.stroke_width(18),
            Self::Dotted => PURPLE.stroke_width(22),
            Self::Circles => BLUE.mix(0.7).filled(),
            Self::Triangles => VERMILLION.mix(0.85).filled(),
            Self::Line(index) => HUES[index % HUES.len()].stroke_width(20),
            Self::Tint(index) => HUES[index % HUES.len()].mix(0.16).filled(),
        }
    }

    /// Draws it, whatever the coordinates are.
    pub(super) fn draw<C: CoordTranslate>(
        self,
        area: &DrawingArea<SVGBackend<'_>, C>,
        points: &[C::From],
    ) -> Result<(), PlotError>
    where
        C::From: Clone,
    {
        let style = self.style();
        let each = |draw: &dyn Fn(C::From) -> Result<(), PlotError>| points.iter().cloned().try_for_each(draw);
        let dashed = |dash, gap| area.draw(&DashedPathElement::new(points.iter().cloned(), dash, gap, style));
        match self {
            Self::Edges => {
                let (_, upright) = area.get_pixel_range();
                let (left, top) = area.get_base_pixel();
                let plain = area.strip_coord_spec();
                let line = |x: i32| [(x - left, upright.start - top), (x - left, upright.end - top)];
                points.iter().try_for_each(|point| {
                    let (x, _) = area.map_coordinate(point);
                    plain.draw(&PathElement::new(line(x), style))
                })
            }
            Self::Shade | Self::Tint(_) => area.draw(&Polygon::new(points, style)),
            Self::Solid => area.draw(&PathElement::new(points, style)),
            Self::Dashed => dashed(8 * UNIT, 4 * UNIT),
            Self::Dotted => dashed(2 * UNIT, 3 * UNIT),
            Self::Line(index) => match index % 3 {
                0 => area.draw(&PathElement::new(points, style)),
                1 => dashed(8 * UNIT, 4 * UNIT),
                _ => dashed(2 * UNIT, 3 * UNIT),
            },
            Self::Circles => each(&|point| area.draw(&Circle::new(point, 3 * UNIT, style))),
            Self::Triangles => each(&|point| area.draw(&TriangleMarker::new(point, 4 * UNIT, style))),
        }
    }
}
