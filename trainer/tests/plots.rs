//! The figures of a report: every measured row has its mark, tiles are steps, and the same rows give the same bytes.

mod common;

use common::{Folder, Noise, decode, prompt, rows};
use roxmltree::{Document, Node};
use token2metrics_core::{Bands, Level, Ratios};
use token2metrics_trainer::measurement::Phase;
use token2metrics_trainer::plot::{Figure, figures};
use token2metrics_trainer::train::Trained;

/// In the units of the drawing.
type Place = (f64, f64);

const DEVICE: &str = "[device]\nname = \"abacus\"\ndata = [\"rows.csv\"]\n";
const HOLDOUT: &str = "holdout = [\"holdout.csv\"]\n";
/// Of each phase.
const ROWS: usize = 40;

/// Forty rows of each phase for the fit, five for the holdout.
fn folder(tile: f64) -> Folder {
    let mut noise = Noise::new(11);
    let mut sample = |count: usize| {
        let mut text = String::new();
        for _ in 0..count {
            let (input, output) = (noise.tokens(1, 900), noise.tokens(2, 200));
            let factor = noise.factor(0.01);
            let padded = (f64::from(input) / tile).ceil() * tile;
            text += &rows(Phase::Prefill, &[prompt(input, (0.1 + 1e-3 * padded) * factor)]);
            text += &rows(Phase::Decode, &[decode(input, output, 0.01, |c| (0.02 + 1e-5 * c) * factor)]);
        }
        text
    };
    let folder = Folder::new();
    folder.csv("rows.csv", &sample(ROWS)).csv("holdout.csv", &sample(5));
    folder
}

fn drawn(trained: &Trained) -> Vec<Figure> {
    figures(&trained.profile, &trained.rows).expect("figures")
}

fn names(figures: &[Figure]) -> Vec<&str> {
    figures.iter().map(|figure| figure.name).collect()
}

const ALL: [&str; 4] = ["prefill", "prefill_residuals", "decode", "decode_residuals"];

fn parse(figure: &Figure) -> Document<'_> {
    Document::parse(&figure.svg).unwrap_or_else(|error| panic!("{}: {error}", figure.name))
}

fn number(node: Node<'_, '_>, attribute: &str) -> f64 {
    node.attribute(attribute).and_then(|value| value.parse().ok()).unwrap_or_else(|| panic!("{attribute} of {node:?}"))
}

/// The corners of lines and polygons.
fn points(node: Node<'_, '_>) -> Vec<Place> {
    let pair = |pair: &str| {
        let (x, y) = pair.split_once(',').expect("a pair");
        (x.parse().expect("a number"), y.parse().expect("a number"))
    };
    node.attribute("points").map_or(Vec::new(), |points| points.split_whitespace().map(pair).collect())
}

/// The places of circles and of triangles, the legend's included.
fn marks(document: &Document<'_>) -> (Vec<Place>, Vec<Place>) {
    let of = |tag: &'static str| document.descendants().filter(move |node| node.has_tag_name(tag));
    let circles = of("circle").map(|circle| (number(circle, "cx"), number(circle, "cy"))).collect();
    let triangles = of("polygon").map(points).filter(|points| points.len() == 3).map(|points| points[0]).collect();
    (circles, triangles)
}

/// The solid line of the prediction: of all that is drawn in black without opacity the longest.
fn predicted(document: &Document<'_>) -> Vec<Place> {
    let lines = document.descendants().filter(|node| node.attribute("stroke") == Some("#000000"));
    lines.map(points).max_by_key(Vec::len).expect("a line")
}

#[test]
fn every_row_has_a_mark_within_the_view_box() {
    for figure in drawn(&folder(1.0).train(&format!("{DEVICE}{HOLDOUT}"))) {
        let document = parse(&figure);
        let view = document.root_element().attribute("viewBox").expect("a view box");
        let view: Vec<f64> = view.split(' ').map(|value| value.parse().expect("a number")).collect();
        let (circles, triangles) = marks(&document);
        // And one each in the legend.
        assert_eq!((circles.len(), triangles.len()), (ROWS + 1, 6), "{}", figure.name);
        for (x, y) in circles.into_iter().chain(triangles) {
            assert!((0.0..=view[2]).contains(&x) && (0.0..=view[3]).contains(&y), "{}: {x}, {y}", figure.name);
        }
        assert!(figure.caption.contains("40 device rows, 5 holdout rows"), "{}", figure.caption);
    }
}

#[test]
fn tiles_are_steps() {
    let trained = folder(128.0).train(DEVICE);
    assert_eq!(trained.report.prefill.form, "1 + pad(n, 128)");
    let figures = drawn(&trained);
    let line = predicted(&parse(&figures[0]));
    let steps: Vec<f64> = line.windows(2).filter(|pair| pair[0].1 - pair[1].1 > 150.0).map(|pair| pair[0].0).collect();
    // 128 | 129, 256 | 257, ..., 896 | 897 of at most 900 tokens.
    assert_eq!(steps.len(), (trained.report.input_tokens[1] as usize - 1) / 128, "{steps:?}");
    let apart = steps.windows(2).map(|pair| pair[1] - pair[0]);
    assert!(apart.clone().all(|tile| (tile - (steps[1] - steps[0])).abs() <= 1.0), "{:?}", apart.collect::<Vec<_>>());
}

#[test]
fn long_ranges_keep_the_edges_of_their_tiles() {
    let mut samples: Vec<_> = (1..=40).map(|n| n * 1000).map(|n| prompt(n, 100.0 + 1e-3 * f64::from(n))).collect();
    samples.push(prompt(1, 100.001));
    let folder = Folder::new();
    let steps = decode(10, 20, 0.0, |_| 0.02);
    folder.csv("rows.csv", &(rows(Phase::Prefill, &samples) + &rows(Phase::Decode, &[steps])));
    let form = "[prefill]\ntype = \"linear\"\n[decode]\ntype = \"linear\"\nfit_intercept = false\n";
    let mut trained = folder.train(&format!("{DEVICE}{form}"));
    trained.profile.prefill.polynomial.terms[0].tile = 4096;
    let line = predicted(&parse(&drawn(&trained)[0]));
    let steps = line.windows(2).filter(|pair| (pair[0].1 - pair[1].1) > 250.0 && pair[1].0 - pair[0].0 <= 1.0).count();
    assert_eq!(steps, 40_000 / 4096);
}

#[test]
fn the_same_rows_give_the_same_bytes() {
    let draw = || drawn(&folder(16.0).train(&format!("{DEVICE}{HOLDOUT}")));
    assert_eq!(draw(), draw());
    assert_eq!(names(&draw()), ALL);
}

#[test]
fn bands_are_shaded() {
    let mut trained = folder(1.0).train(DEVICE);
    trained.profile.bands = None;
    let shades = |trained: &Trained| -> Vec<usize> {
        let shade = |node: &Node<'_, '_>| node.has_tag_name("polygon") && points(*node).len() > 3;
        drawn(trained).iter().map(|figure| parse(figure).descendants().filter(shade).count()).collect()
    };
    assert_eq!(shades(&trained), [0; 4]);
    let ratios = Ratios::new(Level::ALL.map(|level| 0.9 + 0.002 * f32::from(level.percent())));
    trained.profile.bands = Some(Bands { prefill: ratios, decode: ratios, total: ratios });
    // And one in the legend.
    assert_eq!(shades(&trained), [2; 4]);
}

#[test]
fn many_rows_are_thinned_out() {
    let mut trained = folder(1.0).train(&format!("{DEVICE}{HOLDOUT}"));
    trained.rows.device.rows = trained.rows.device.rows.iter().copied().cycle().take(20_000).collect();
    for figure in drawn(&trained) {
        // And one each in the legend.
        let (circles, triangles) = marks(&parse(&figure));
        assert_eq!((circles.len(), triangles.len()), (1001, 6), "{}", figure.name);
        let rows = "10000 device rows (one of 10 is drawn), 5 holdout rows";
        assert!(figure.caption.contains(rows), "{}", figure.caption);
        assert!(figure.svg.len() < 200_000, "{}", figure.svg.len());
    }
}

#[test]
fn rows_with_cached_tokens_are_counted_apart() {
    let mut trained = folder(1.0).train(DEVICE);
    let row = trained.rows.device.rows.iter_mut().find(|row| row.prefill_s.is_some()).expect("a prompt");
    row.request.input_tokens += 50;
    row.request.cached_tokens = 50;
    let figures = drawn(&trained);
    assert!(
        figures[0].caption.ends_with("39 device rows; not drawn: 1 row with cached tokens."),
        "{}",
        figures[0].caption
    );
    assert!(figures[1].caption.ends_with("40 device rows."), "{}", figures[1].caption);
    assert_eq!(figures.iter().map(|figure| marks(&parse(figure)).0.len()).collect::<Vec<_>>(), [40, 41, 41, 41]);
}

#[test]
fn a_freak_row_does_not_press_the_others_flat() {
    let mut trained = folder(1.0).train(DEVICE);
    for row in trained.rows.device.rows.iter_mut().filter(|row| row.prefill_s.is_some()).take(1) {
        row.prefill_s = row.prefill_s.map(|seconds| 50.0 * seconds);
    }
    let figures = drawn(&trained);
    let caption = &figures[1].caption;
    assert!(caption.ends_with("40 device rows; at the upper edge: 1 row beyond 30 %."), "{caption}");
    assert_eq!(marks(&parse(&figures[1])).0.len(), 41);
}

#[test]
fn what_was_not_measured_has_the_prediction_alone() {
    let trained = folder(1.0).train(DEVICE);
    let mut prefill_only = trained.clone();
    prefill_only.profile.decode = token2metrics_core::Phase::UNKNOWN;
    assert_eq!(names(&drawn(&prefill_only)), ["prefill", "prefill_residuals"]);
    let mut prompts = trained.clone();
    prompts.rows.device.rows.retain(|row| row.decode_s.is_none());
    assert_eq!(names(&drawn(&prompts)), ["prefill", "prefill_residuals", "decode"]);
    let mut none = trained;
    none.rows.device.rows.clear();
    let figures = drawn(&none);
    assert_eq!(names(&figures), ["prefill", "decode"]);
    for figure in &figures {
        let document = parse(figure);
        assert!(marks(&document).0.is_empty() && predicted(&document).len() > 100, "{}", figure.name);
        assert!(figure.caption.contains("No measured row"), "{}", figure.caption);
    }
}

#[test]
fn one_row_is_enough() {
    let folder = Folder::new();
    folder.csv("rows.csv", "64,9,0,0.5,0.8\n");
    let linear = "type = \"linear\"\nfit_intercept = false\n";
    let trained = folder.train(&format!("{DEVICE}[prefill]\n{linear}[decode]\n{linear}"));
    let figures = drawn(&trained);
    assert_eq!(names(&figures), ALL);
    for figure in &figures {
        assert_eq!(marks(&parse(figure)).0.len(), 2, "{}", figure.name);
        assert!(figure.caption.ends_with("1 device row."), "{}", figure.caption);
    }
}

#[test]
fn axes_of_wide_ranges_are_logarithmic() {
    let text = |figure: &Figure| -> Vec<String> {
        let document = parse(figure);
        let texts = document.descendants().filter(|node| node.has_tag_name("text"));
        texts.filter_map(|node| node.text()).map(|text| text.trim().to_owned()).collect()
    };
    let train = |lengths: &[u32]| {
        let samples: Vec<_> = lengths.iter().map(|&n| prompt(n, 1e-3 * f64::from(n))).collect();
        let folder = Folder::new();
        folder.csv("rows.csv", &(rows(Phase::Prefill, &samples) + &rows(Phase::Decode, &[decode(9, 9, 0.0, |_| 0.5)])));
        let linear = "type = \"linear\"\nfit_intercept = false\n";
        folder.train(&format!("{DEVICE}[prefill]\n{linear}[decode]\n{linear}"))
    };
    let wide = text(&drawn(&train(&[9, 100, 5000]))[0]);
    assert!(
        ["10", "100", "1000", "0.01", "0.1", "1"].iter().all(|tick| wide.iter().any(|text| text == tick)),
        "{wide:?}"
    );
    let narrow = text(&drawn(&train(&[9, 100, 500]))[0]);
    let ticks = ["0", "100", "200", "300", "400", "500", "0.0", "0.1", "0.2", "0.3", "0.4", "0.5"];
    assert!(ticks.iter().all(|tick| narrow.iter().any(|text| text == tick)), "{narrow:?}");
}
