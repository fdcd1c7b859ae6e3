//! The report as a page: `report.html`, one file that needs no other, well-formed XML.

use crate::band::Quantiles;
use crate::baseline::Predictor;
use crate::calibrate::{Map, Method};
use crate::clean::Rejection;
use crate::measured::{Reason, reasons};
use crate::measurement::Phase;
use crate::panel::Panel;
use crate::plot::Figure;
use crate::power::PhasePower;
use crate::preset::Stated;
use crate::report::{Blob, Holdout, PhaseReport, Report, RowCount, RowCounts};
use crate::score::Scores;
use crate::solve::Solver;
use crate::table::{name, seconds};
use crate::verdict::{self, Held, coverage};
use crate::{emit, formula, words};
use anyhow::Result;
use askama::Template;
use std::borrow::Cow;
use token2metrics_core::{Bands, Level, Profile, Ratios};

/// Rejected rows that the page lists.
const MOST_REJECTED: usize = 200;
/// Outliers of a phase that the page lists.
const MOST_OUTLIERS: usize = 12;

/// What a page is about: a profile, and what is known of it besides.
pub struct Subject<'a> {
    /// As the device has it.
    pub profile: &'a Profile,
    /// The figures of its bytes.
    pub blob: Blob,
    /// The LLM's size label; may be empty.
    pub size: &'a str,
    /// The machine with many rows, if there is one.
    pub server: Option<&'a str>,
    /// What was read.
    pub counts: &'a RowCounts,
    /// Its errors on rows that were not fitted.
    pub unseen: &'a Holdout,
    /// How it came about.
    pub origin: Origin<'a>,
}

/// How a profile came about, as far as that is known.
pub enum Origin<'a> {
    /// By training, which has said all this.
    Trained(&'a Report),
    /// By somebody's word: a preset.
    Stated {
        /// Where the measurements were published.
        source: &'a str,
        /// How far off it was there.
        error: &'a Stated,
    },
    /// Nobody has written it down: a blob alone.
    Unknown,
}

impl<'a> Subject<'a> {
    /// What training made.
    pub fn trained(report: &'a Report, profile: &'a Profile) -> Self {
        Self {
            profile,
            blob: report.blob,
            size: &report.size,
            server: report.server.as_deref(),
            counts: &report.rows,
            unseen: &report.holdout,
            origin: Origin::Trained(report),
        }
    }

    /// Whose profile it is, in words.
    pub fn identity(&self) -> String {
        let token2metrics_core::Identity { llm, device, variant } = &self.profile.identity;
        formula::identity(llm, device, variant)
    }

    /// The errors that a verdict rests on, and where their rows come from.
    pub fn basis(&self) -> Option<(Cow<'_, str>, &Scores)> {
        let scores = self.unseen.scores.as_ref();
        let holdout = scores.map(|scores| (Cow::Borrowed(&*self.unseen.from), scores));
        holdout.or_else(|| {
            let report = self.training()?;
            let from = format!("{}-fold cross-validation of the device rows", report.folds);
            Some((Cow::Owned(from), report.cross_validation.as_ref()?))
        })
    }

    fn training(&self) -> Option<&'a Report> {
        match self.origin {
            Origin::Trained(report) => Some(report),
            Origin::Stated { .. } | Origin::Unknown => None,
        }
    }

    fn stated(&self) -> Option<(&'a str, &'a Stated)> {
        match self.origin {
            Origin::Stated { source, error } => Some((source, error)),
            Origin::Trained(_) | Origin::Unknown => None,
        }
    }
}

/// The page reads like itself in `templates/report.html`.
#[derive(Template)]
#[template(path = "report.html")]
struct Page<'a> {
    subject: &'a Subject<'a>,
    panel: Panel,
    identity: String,
    verdict: Vec<String>,
    doubts: Vec<String>,
    /// The machines whose files were read, by role and name.
    machines: Vec<(String, &'a RowCount)>,
    phases: Vec<Section<'a>>,
    held: Vec<Held>,
    bands: Vec<(&'static str, Row<'a>)>,
    /// Where simpler predictors did better.
    ahead: Vec<String>,
    powers: Vec<(Phase, &'a PhasePower)>,
    reasons: Vec<Reason<'a>>,
    rejected: Vec<&'a Rejection>,
}

/// The ratios of a band, with what training knows of them.
struct Row<'a> {
    ratios: Vec<f64>,
    quantiles: Option<&'a Quantiles>,
}

/// What the page has on one phase.
struct Section<'a> {
    name: Phase,
    words: Vec<String>,
    formula: String,
    power_words: Option<String>,
    power_formula: Option<String>,
    fit: Option<&'a PhaseReport>,
    figures: Vec<&'a Figure>,
}

/// Writes the page.
///
/// # Errors
/// A profile that no blob can hold.
pub fn page(subject: &Subject<'_>, figures: &[Figure]) -> Result<String> {
    let training = subject.training();
    let powers = training.and_then(|report| report.power.as_ref());
    let RowCounts { server, device, holdout } = subject.counts;
    let name_of = &subject.profile.identity.device;
    let machines = [
        server.as_ref().map(|rows| (format!("server: {}", subject.server.unwrap_or("another machine")), rows)),
        Some((format!("device: {name_of}"), device)),
        Some((format!("holdout: {name_of}"), holdout)),
    ];
    let page = Page {
        subject,
        panel: Panel::new(&emit::blob(subject.profile)?)?,
        identity: subject.identity(),
        verdict: verdict::verdict(subject),
        doubts: verdict::doubts(subject),
        machines: machines.into_iter().flatten().filter(|(_, rows)| !rows.files.is_empty()).collect(),
        phases: sections(subject, figures),
        held: subject.unseen.scores.as_ref().map(coverage).unwrap_or_default(),
        bands: bands(subject.profile.bands.as_ref(), training),
        ahead: verdict::ahead(&subject.unseen.predictors),
        powers: [
            (Phase::Prefill, powers.map(|powers| &powers.prefill)),
            (Phase::Decode, powers.map(|powers| &powers.decode)),
        ]
        .into_iter()
        .filter_map(|(phase, power)| Some((phase, power?)))
        .filter(|(_, power)| !power.candidates.is_empty())
        .collect(),
        reasons: reasons(subject.counts.rejected()),
        rejected: subject.counts.rejected().collect(),
    };
    Ok(sound(&page.render()?).into_owned())
}

fn sections<'a>(subject: &Subject<'a>, figures: &'a [Figure]) -> Vec<Section<'a>> {
    let Profile { prefill, decode, power, .. } = subject.profile;
    let of = |phase| figures.iter().filter(move |figure| figure.phase == phase).collect();
    let training = subject.training();
    let prefill = Section {
        name: Phase::Prefill,
        words: words::prefill(subject.profile),
        formula: formula::phase(Phase::Prefill, &prefill.polynomial, &prefill.calibration),
        power_words: words::power(&power.prefill),
        power_formula: formula::power_curve(Phase::Prefill, &power.prefill),
        fit: training.map(|report| &report.prefill),
        figures: of(Phase::Prefill),
    };
    let decode = decode.is_known().then(|| Section {
        name: Phase::Decode,
        words: words::decode(subject.profile),
        formula: formula::phase(Phase::Decode, &decode.polynomial, &decode.calibration),
        power_words: words::power(&power.decode),
        power_formula: formula::power_curve(Phase::Decode, &power.decode),
        fit: training.and_then(|report| report.decode.as_ref()),
        figures: of(Phase::Decode),
    });
    [Some(prefill), decode].into_iter().flatten().collect()
}

/// The bands as training found them, or as the blob has them.
fn bands<'a>(bands: Option<&Bands>, training: Option<&'a Report>) -> Vec<(&'static str, Row<'a>)> {
    if let Some(report) = training {
        let row = |quantiles: &'a Quantiles| Row { ratios: quantiles.ratios.to_vec(), quantiles: Some(quantiles) };
        return report.bands.known().map(|(name, quantiles)| (name, row(quantiles))).collect();
    }
    let Some(Bands { prefill, decode, total }) = bands else { return Vec::new() };
    let row =
        |ratios: &Ratios| Row { ratios: Level::ALL.map(|level| f64::from(ratios.at(level))).to_vec(), quantiles: None };
    vec![("prefill", row(prefill)), ("decode", row(decode)), ("total", row(total))]
}

impl Row<'_> {
    fn is_guaranteed(&self, level: &Level) -> bool {
        self.quantiles.is_none_or(|quantiles| !quantiles.not_guaranteed.contains(&level.percent()))
    }
}

impl Section<'_> {
    fn title(&self) -> &'static str {
        match self.name {
            Phase::Prefill => "Prefill: up to the first token",
            Phase::Decode => "Decode: the further tokens",
        }
    }
}

/// How a fit was found.
fn solver(fit: &PhaseReport) -> String {
    let Solver { name, iterations, stopped, .. } = &fit.solver;
    format!("{name}: {iterations} iterations, {stopped}")
}

fn calibration(fit: &PhaseReport) -> String {
    let Map { scale, offset_s } = fit.map;
    match fit.calibration {
        Method::Direct => "direct: a fit on the device's own rows".to_owned(),
        method => format!("{}: scale {scale:.4}, offset {}", name(&method), seconds(offset_s)),
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

/// The mean errors of a predictor, and whether each is the least of all.
fn mapes(predictor: &Predictor, all: &[Predictor]) -> Vec<(String, bool)> {
    let mape = |predictor: &Predictor, index: usize| predictor.times()[index].1.map(verdict::written);
    let is_best = |index| {
        let own = mape(predictor, index);
        own.is_some_and(|own| all.iter().filter_map(|other| mape(other, index)).all(|other| own <= other))
    };
    let texts = crate::table::mapes(predictor);
    texts.into_iter().enumerate().map(|(index, text)| (text, is_best(index))).collect()
}

/// `8 to 940`, or nothing.
fn range(tokens: &Option<[u32; 2]>) -> String {
    tokens.map_or("-".to_owned(), |[least, greatest]| format!("{least} to {greatest}"))
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
