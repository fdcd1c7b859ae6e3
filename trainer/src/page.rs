//! The report as a page: `report.html`, one file that needs no other, well-formed XML.

use crate::band::Quantiles;
use crate::calibrate::{Map, Method};
use crate::clean::Rejection;
use crate::measurement::Phase;
use crate::panel::Panel;
use crate::plot::Figure;
use crate::report::{PhaseReport, Report};
use crate::solve::Solver;
use crate::table::{name, seconds};
use anyhow::Result;
use askama::Template;
use std::borrow::Cow;
use token2metrics_core::Level;

/// Rejected rows that the page lists.
const MOST_REJECTED: usize = 200;
/// Outliers of a phase that the page lists.
const MOST_OUTLIERS: usize = 12;

/// The page reads like itself in `templates/report.html`.
#[derive(Template)]
#[template(path = "report.html")]
struct Page<'a> {
    report: &'a Report,
    panel: Panel,
    identity: String,
    phases: Vec<Section<'a>>,
    bands: Vec<(&'static str, &'a Quantiles)>,
    rejected: Vec<&'a Rejection>,
    /// Rejected rows that not even the report lists.
    unlisted: usize,
}

/// What the page has on one phase.
struct Section<'a> {
    name: Phase,
    fit: &'a PhaseReport,
    figures: Vec<&'a Figure>,
}

/// Writes the page.
///
/// # Errors
/// A blob that is none.
pub fn page(report: &Report, figures: &[Figure], blob: &[u8]) -> Result<String> {
    let section = |name, fit| {
        let figures = figures.iter().filter(|figure| figure.phase == name).collect();
        Section { name, fit, figures }
    };
    let page = Page {
        report,
        panel: Panel::new(blob)?,
        identity: crate::formula::identity(&report.llm, &report.device, &report.variant),
        phases: [(Phase::Prefill, Some(&report.prefill)), (Phase::Decode, report.decode.as_ref())]
            .into_iter()
            .filter_map(|(name, fit)| Some(section(name, fit?)))
            .collect(),
        bands: report.bands.known().collect(),
        rejected: report.rejected().collect(),
        unlisted: report.unlisted(),
    };
    Ok(sound(&page.render()?).into_owned())
}

impl Section<'_> {
    fn solver(&self) -> String {
        let Solver { name, iterations, stopped, .. } = &self.fit.solver;
        format!("{name}: {iterations} iterations, {stopped}")
    }

    fn calibration(&self) -> String {
        let Map { scale, offset_s } = self.fit.map;
        match self.fit.calibration {
            Method::Direct => "direct: a fit on the device's own rows".to_owned(),
            method => format!("{}: scale {scale:.4}, offset {}", name(&method), seconds(offset_s)),
        }
    }
}

/// How the row of a compared way is set.
fn class(chosen: bool, rejected: bool) -> &'static str {
    match (chosen, rejected) {
        (true, _) => "chosen",
        (false, true) => "rejected",
        (false, false) => "considered",
    }
}

/// A text in which what XML 1.0 cannot hold, not even escaped, is replaced.
pub(crate) fn sound(text: &str) -> Cow<'_, str> {
    let unsound = |c: char| matches!(c, '\0'..='\x08' | '\x0B' | '\x0C' | '\x0E'..='\x1F' | '\u{FFFE}' | '\u{FFFF}');
    if text.contains(unsound) { Cow::Owned(text.replace(unsound, "\u{FFFD}")) } else { Cow::Borrowed(text) }
}

/// A figure with two digits, `-` where there is none.
fn percent(value: &Option<f64>) -> String {
    value.map_or("-".to_owned(), crate::table::percent)
}
