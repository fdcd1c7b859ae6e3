//! A chart: layers between two axes, drawn as SVG.

use super::axis::{Axis, Side};
use super::legend::Legend;
use super::shape::Shape;
use super::{PlotError, Point};
use plotters::prelude::{ChartBuilder, Color, IntoDrawingArea, RGBColor, SVGBackend};
use plotters::style::{BLACK, IntoFont};

/// Units to a pixel: places are rounded to whole units, and whole pixels would show in a curve.
pub(super) const UNIT: u32 = 10;
// Text of a page as wide as a phone is still readable, and no larger than the page's own on a wide one.
pub(super) const WIDTH: u32 = 660 * UNIT;
const HEIGHT: u32 = 400 * UNIT;
/// Where the plane of the axes and the legend begin.
pub(super) const LEFT: u32 = 70 * UNIT;
pub(super) const FONT: &str = "Helvetica, Arial, sans-serif";
/// The drawing crate divides by 1.24 what it is given.
pub(super) const TEXT: f64 = 13.0 * 1.24 * UNIT as f64;
const GREY: RGBColor = RGBColor(90, 90, 90);

/// One thing that is drawn, and how the legend calls it.
pub(super) struct Layer {
    pub(super) label: String,
    pub(super) shape: Shape,
    pub(super) points: Vec<Point>,
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
    /// Draws it, with a header of its own: the drawing crate has no title, and its units would be pixels.
    pub(super) fn svg(&self) -> Result<String, PlotError> {
        let mut svg = String::new();
        self.draw(SVGBackend::with_string(&mut svg, (WIDTH, HEIGHT)))?;
        let (_, body) = svg.split_once('>').unwrap_or_default();
        let (width, height, title) = (WIDTH / UNIT, HEIGHT / UNIT, escape(&self.title));
        let label = title.replace('"', "&quot;");
        let attributes = format!(
            "width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" aria-label=\"{label}\""
        );
        // A background of its own, for viewers that have a dark one; a page sets these colours anew.
        let paper = format!("<rect width=\"{WIDTH}\" height=\"{HEIGHT}\" fill=\"#FFFFFF\"/>");
        Ok(format!("<svg xmlns=\"http://www.w3.org/2000/svg\" {attributes}>\n<title>{title}</title>{paper}{body}"))
    }

    fn draw(&self, svg: SVGBackend<'_>) -> Result<(), PlotError> {
        let legend = Legend::new(&self.layers);
        let (top, plane) = svg.into_drawing_area().split_vertically(legend.height);
        legend.draw(&top)?;
        let text = || (FONT, TEXT).into_font().color(&BLACK);
        let mut chart = ChartBuilder::on(&plane)
            .margin_left(6 * UNIT)
            .margin_right(16 * UNIT)
            .margin_top(4 * UNIT)
            .x_label_area_size(42 * UNIT)
            .y_label_area_size(LEFT - 6 * UNIT)
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
        self.layers.iter().try_for_each(|layer| layer.shape.draw(chart.plotting_area(), &layer.points))?;
        plane.present()
    }
}

/// Drawings one below the other.
pub(super) fn stack(svgs: &[&str]) -> String {
    let (width, height) = (WIDTH / UNIT, HEIGHT / UNIT);
    let all = height as usize * svgs.len();
    let size = format!("width=\"{width}\" height=\"{all}\" viewBox=\"0 0 {width} {all}\"");
    let placed = svgs.iter().zip((0..).step_by(height as usize));
    let placed =
        placed.map(|(svg, y)| svg.replacen("<svg ", &format!("<svg y=\"{y}\" "), 1) + "\n").collect::<String>();
    format!("<svg xmlns=\"http://www.w3.org/2000/svg\" {size}>\n{placed}</svg>\n")
}

/// A text as XML has it; what XML cannot hold is replaced.
fn escape(text: &str) -> String {
    let escaped = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    crate::page::sound(&escaped).into_owned()
}
