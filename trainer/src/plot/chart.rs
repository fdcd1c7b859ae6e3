//! Layers of shades, lines and marks between two axes, and a legend above them.

use super::axis::{Axis, Side};
use super::{PlotError, Point};
use plotters::coord::Shift;
use plotters::element::{Circle, DashedPathElement, PathElement, Polygon, Text, TriangleMarker};
use plotters::prelude::{ChartBuilder, Color, DrawingArea, IntoDrawingArea, RGBColor, SVGBackend};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{BLACK, IntoFont, ShapeStyle, TextStyle};

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;

/// The size at which a figure is shown, in pixels.
const SIZE: (u32, u32) = (760, 400);
/// The drawing has ten units to the pixel: places are rounded to whole units, which would show in a curve.
const UNIT: u32 = 10;
/// Where the plane of the axes and the legend begin.
const LEFT: u32 = 68 * UNIT;
const FONT: &str = "Helvetica, Arial, sans-serif";
/// The crate divides by 1.24 what it is given.
const TEXT: f64 = 12.0 * 1.24 * UNIT as f64;
/// Width of a letter of the legend, on average and rather too wide than too narrow.
const LETTER: usize = 62;
const GREY: RGBColor = RGBColor(90, 90, 90);
// Colours that the colour-blind tell apart too (M. Okabe and K. Ito, "Color Universal Design", 2008). Shapes and dashes differ as well, for those who print
// in grey.
const BLUE: RGBColor = RGBColor(0, 114, 178);
const VERMILLION: RGBColor = RGBColor(213, 94, 0);
const GREEN: RGBColor = RGBColor(0, 158, 115);
const PURPLE: RGBColor = RGBColor(204, 121, 167);

/// One thing that is drawn, and how the legend calls it.
pub(super) struct Layer {
    pub(super) label: String,
    pub(super) shape: Shape,
    pub(super) points: Vec<Point>,
}

/// How it is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// The inside of the line through the points.
    Shade,
    Solid,
    Dashed,
    Dotted,
    Circles,
    Triangles,
}

/// A figure before it is drawn.
pub(super) struct Chart<'a> {
    pub(super) title: String,
    pub(super) x: Side<'a>,
    pub(super) y: Side<'a>,
    /// The lowest first.
    pub(super) layers: Vec<Layer>,
}

/// All values of some layers along one axis.
pub(super) fn values(layers: &[Layer], of: fn(&Point) -> f64) -> Vec<f64> {
    layers.iter().flat_map(|layer| layer.points.iter().map(of)).collect()
}

impl Chart<'_> {
    /// Draws it.
    pub(super) fn svg(&self) -> Result<String, PlotError> {
        let mut svg = String::new();
        {
            let root = SVGBackend::with_string(&mut svg, (SIZE.0 * UNIT, SIZE.1 * UNIT)).into_drawing_area();
            let legend = legend(&self.layers);
            let lines = legend.last().map_or(0, |(_, (_, line))| line + 1);
            let (top, rest) = root.split_vertically((10 + 20 * lines as u32) * UNIT);
            for (layer, place) in &legend {
                draw_entry(&top, layer, *place)?;
            }
            self.draw(&rest)?;
            root.present()?;
        }
        let body = svg.split_once('>').map_or("", |(_, body)| body);
        let ((width, height), title) = (SIZE, escape(&self.title));
        Ok(format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {} {}\" role=\"img\">\n\
             <title>{title}</title>{body}",
            width * UNIT,
            height * UNIT,
        ))
    }

    fn draw(&self, area: &Area<'_>) -> Result<(), PlotError> {
        let text = || (FONT, TEXT).into_font().color(&BLACK);
        let mut chart = ChartBuilder::on(area)
            .margin_left(6 * UNIT)
            .margin_right(16 * UNIT)
            .margin_top(4 * UNIT)
            .x_label_area_size(42 * UNIT)
            .y_label_area_size(62 * UNIT)
            .build_cartesian_2d(
                Axis::new(&self.x, &values(&self.layers, |point| point.0)),
                Axis::new(&self.y, &values(&self.layers, |point| point.1)),
            )?;
        chart
            .configure_mesh()
            .x_desc(self.x.label)
            .y_desc(self.y.label)
            .label_style(text())
            .axis_desc_style(text())
            .axis_style(GREY.stroke_width(UNIT))
            .bold_line_style(BLACK.mix(0.14).stroke_width(UNIT))
            .light_line_style(BLACK.mix(0.06).stroke_width(UNIT))
            .set_all_tick_mark_size(4 * UNIT)
            .draw()?;
        let plane = chart.plotting_area();
        for Layer { shape, points, .. } in &self.layers {
            let style = shape.style();
            match shape {
                Shape::Shade => plane.draw(&Polygon::new(points.as_slice(), style))?,
                Shape::Solid => plane.draw(&PathElement::new(points.as_slice(), style))?,
                Shape::Dashed | Shape::Dotted => {
                    let (dash, gap) = shape.dash();
                    plane.draw(&DashedPathElement::new(points.iter().copied(), dash, gap, style))?;
                }
                Shape::Circles => {
                    points.iter().try_for_each(|point| plane.draw(&Circle::new(*point, 3 * UNIT, style)))?;
                }
                Shape::Triangles => {
                    points.iter().try_for_each(|point| plane.draw(&TriangleMarker::new(*point, 4 * UNIT, style)))?;
                }
            }
        }
        Ok(())
    }
}

impl Shape {
    fn style(self) -> ShapeStyle {
        match self {
            Self::Shade => BLACK.mix(0.13).filled(),
            Self::Solid => BLACK.stroke_width(15),
            Self::Dashed => GREEN.stroke_width(18),
            Self::Dotted => PURPLE.stroke_width(22),
            Self::Circles => BLUE.mix(0.7).filled(),
            Self::Triangles => VERMILLION.mix(0.85).filled(),
        }
    }

    fn dash(self) -> (u32, u32) {
        match self {
            Self::Dotted => (2 * UNIT, 3 * UNIT),
            _ => (8 * UNIT, 4 * UNIT),
        }
    }
}

/// A place in the legend: units from the left, and the line.
type Place = (i32, usize);

/// The places of what has a label, from left to right, in as many lines as that takes.
fn legend(layers: &[Layer]) -> Vec<(&Layer, Place)> {
    let (mut x, mut line) = (LEFT as usize, 0);
    let mut places = Vec::new();
    for layer in layers.iter().filter(|layer| !layer.label.is_empty()) {
        let width = 44 * UNIT as usize + LETTER * layer.label.chars().count();
        if x + width > (SIZE.0 * UNIT) as usize && !places.is_empty() {
            (x, line) = (LEFT as usize, line + 1);
        }
        places.push((layer, (x as i32, line)));
        x += width;
    }
    places
}

fn draw_entry(area: &Area<'_>, layer: &Layer, (x, line): Place) -> Result<(), PlotError> {
    let unit = UNIT as i32;
    let y = (16 + 20 * line as i32) * unit;
    let (middle, end, style) = (x + 12 * unit, x + 24 * unit, layer.shape.style());
    match layer.shape {
        Shape::Shade => {
            let [low, high] = [y + 5 * unit, y - 5 * unit];
            area.draw(&Polygon::new([(x, low), (end, low), (end, high), (x, high)], style))?;
        }
        Shape::Solid => area.draw(&PathElement::new([(x, y), (end, y)], style))?,
        Shape::Dashed | Shape::Dotted => {
            let (dash, gap) = layer.shape.dash();
            area.draw(&DashedPathElement::new([(x, y), (end, y)], dash, gap, style))?;
        }
        Shape::Circles => area.draw(&Circle::new((middle, y), 3 * UNIT, style))?,
        Shape::Triangles => area.draw(&TriangleMarker::new((middle, y), 4 * UNIT, style))?,
    }
    let text = TextStyle::from((FONT, TEXT).into_font()).pos(Pos::new(HPos::Left, VPos::Center));
    area.draw(&Text::new(layer.label.as_str(), (end + 6 * unit, y), text))
}

/// A text as XML has it; what XML cannot hold is replaced.
fn escape(text: &str) -> String {
    let escaped = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    crate::page::sound(&escaped).into_owned()
}
