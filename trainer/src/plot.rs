//! The figures of a report: what was measured and what the profile predicts, phase by phase, as SVG.

mod axis;
mod chart;
pub mod contest;
mod curve;
mod decode;
mod legend;
mod marks;
mod power;
mod prefill;
mod residuals;
mod shape;

use crate::formula::identity;
use crate::measurement::Phase;
use crate::train::Rows;
use plotters::drawing::DrawingAreaErrorKind;
use token2metrics_core::Profile;

/// A coordinate pair, in the units of the axes.
type Point = (f64, f64);

/// What the drawing crate can say; text always takes what is drawn.
pub type PlotError = DrawingAreaErrorKind<std::io::Error>;

/// A figure that stands on its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Figure {
    /// The stem of its file.
    pub name: &'static str,
    /// The phase that it shows.
    pub phase: Phase,
    /// The drawing.
    pub svg: String,
    /// What it shows, and which rows it leaves out.
    pub caption: String,
}

/// The figures of a profile: of each phase that it knows, its time and power, and as far as there are measured rows how far these are off.
///
/// # Errors
/// None that is known of: see [`PlotError`].
pub fn figures(profile: &Profile, rows: &Rows) -> Result<Vec<Figure>, PlotError> {
    let figures = [
        prefill::figure(profile, rows)?,
        residuals::figure(Phase::Prefill, profile, rows)?,
        power::figure(Phase::Prefill, profile, rows)?,
        decode::figure(profile, rows)?,
        residuals::figure(Phase::Decode, profile, rows)?,
        power::figure(Phase::Decode, profile, rows)?,
    ];
    Ok(figures.into_iter().flatten().collect())
}

/// What a figure is of, for those who find it without its page.
fn title(what: &str, profile: &Profile) -> String {
    let token2metrics_core::Identity { llm, device, variant } = &profile.identity;
    format!("{what}: {}", identity(llm, device, variant))
}

/// `39 rows`, `1 row`.
pub(crate) fn count(rows: usize, what: &str) -> String {
    format!("{rows} {what}{}", if rows == 1 { "" } else { "s" })
}
