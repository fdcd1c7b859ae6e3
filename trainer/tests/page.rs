//! The report as a page: well-formed, on its own, and whatever the names are.

mod common;

use common::{Folder, prompts, rows};
use roxmltree::{Document, Node, ParsingOptions};
use std::process::Command;
use token2metrics_trainer::measurement::Phase;
use token2metrics_trainer::page::{Subject, page};
use token2metrics_trainer::plot::figures;
use token2metrics_trainer::train::{Trained, train};

const DEVICE: &str = "[device]\nname = \"abacus\"\ndata = [\"rows.csv\"]\n";
const DECODE: &str = "8,9,0,,0.16\n200,33,0,,0.64\n90,65,0,,1.28\n";

fn folder() -> Folder {
    let folder = Folder::new();
    folder.csv("rows.csv", &(rows(Phase::Prefill, &prompts(|n| 0.05 + 2e-3 * n)) + DECODE));
    folder
}

fn written(trained: &Trained) -> String {
    page(
        &Subject::trained(&trained.report, &trained.profile),
        &figures(&trained.profile, &trained.rows).expect("figures"),
    )
    .expect("a page")
}

/// The page as XML, which HTML need not be.
fn parse(page: &str) -> Document<'_> {
    let options = ParsingOptions { allow_dtd: true, ..ParsingOptions::default() };
    Document::parse_with_options(page, options).unwrap_or_else(|error| panic!("{error}: {page}"))
}

fn text(node: Node<'_, '_>) -> String {
    node.descendants().filter(Node::is_text).filter_map(|node| node.text()).collect()
}

#[test]
fn the_page_is_one_sound_file() {
    let folder = folder();
    let page = written(&folder.train(DEVICE));
    let document = parse(&page);
    let count = |tag: &str| document.descendants().filter(|node| node.tag_name().name() == tag).count();
    assert_eq!((count("figure"), count("svg"), count("script"), count("img"), count("link")), (4, 4, 2, 0, 0));
    let alone =
        page.replace("xmlns=\"http://www.w3.org/1999/xhtml\"", "").replace("xmlns=\"http://www.w3.org/2000/svg\"", "");
    for reference in ["http:", "https:", "src=", "href", "url(", "@import", "//"] {
        assert!(!alone.contains(reference), "{reference}");
    }
    assert_eq!(page, written(&folder.train(DEVICE)), "the same rows, the same bytes");
}

#[test]
fn hostile_names_are_text() {
    let hostile = r#"</title><script>&amp;"'\u0001\uFFFE"#;
    let shown = "</title><script>&amp;\"'\u{FFFD}\u{FFFD}";
    let config = |name: &str| {
        let name = name.replace('"', "\\\"");
        let table = DEVICE.replace("abacus", &name).replace("rows.csv", "<b>.csv");
        format!("{}{table}variant = \"{name}\"\n", common::MODEL.replace("\"tiny\"", &format!("\"{name}\"")))
    };
    let folder = Folder::new();
    // The same row twice, for a rejection.
    let twice = "10,3,0,0.1,0.2\n10,3,0,0.1,0.2\n";
    folder.csv("<b>.csv", &(rows(Phase::Prefill, &prompts(|n| 0.05 + 2e-3 * n)) + DECODE + twice));
    let trained = train(&folder.load(&config(hostile))).expect("rows that can be fitted");
    let identity = format!("{shown} on {shown} ({shown})");
    let page = written(&trained);
    let document = parse(&page);
    let first = |tag: &str| document.descendants().find(|node| node.tag_name().name() == tag).map(text);
    assert_eq!(first("h1"), Some(identity.clone()));
    assert_eq!(first("title"), Some(identity.clone()));
    let scripts = document.descendants().filter(|node| node.tag_name().name() == "script");
    assert_eq!(scripts.count(), 2, "those of the panel");
    assert!(text(document.root()).contains("<b>.csv:"), "the rejected row and the one it repeats");
    for figure in figures(&trained.profile, &trained.rows).expect("figures") {
        let svg = Document::parse(&figure.svg).unwrap_or_else(|error| panic!("{}: {error}", figure.name));
        let title = svg.descendants().find(|node| node.has_tag_name("title")).map(text).expect("a title");
        assert!(title.ends_with(&identity), "{title}");
    }
}

#[test]
fn what_was_chosen_is_marked() {
    let mut trained = folder().train(DEVICE);
    let last = trained.report.prefill.compared.best.last_mut().expect("forms were compared");
    last.flaw = Some("falls from 7 to 8 tokens".to_owned());
    let page = written(&trained);
    let document = parse(&page);
    let chosen: Vec<String> = document
        .descendants()
        .filter(|node| node.attribute("class") == Some("chosen"))
        .filter_map(|row| row.descendants().find(|node| node.tag_name().name() == "code").map(text))
        .collect();
    let decode = trained.report.decode.as_ref().expect("steps were measured");
    let phases = [&trained.report.prefill, decode];
    let compared: Vec<&str> =
        phases.iter().filter(|fit| !fit.compared.best.is_empty()).map(|fit| fit.form.as_str()).collect();
    assert!(!compared.is_empty() && chosen == compared, "{chosen:?}");
    let text = text(document.root());
    let compared = &trained.report.prefill.compared;
    assert!(text.contains(&format!("The best of {} forms", compared.forms)), "{text}");
    for candidate in compared.best.iter().chain(&decode.compared.best) {
        assert!(text.contains(&candidate.form), "{}", candidate.form);
    }
    let flaws = [compared, &decode.compared].into_iter().flat_map(|c| &c.best).filter_map(|c| c.flaw.as_deref());
    assert!(flaws.clone().count() > 0 && flaws.clone().all(|flaw| text.contains(flaw)), "{text}");
}

#[test]
fn a_page_without_holdout_and_choice() {
    let folder = Folder::new();
    folder.csv("rows.csv", "64,9,0,0.5,0.8\n");
    let linear = "type = \"linear\"\nfit_intercept = false\n";
    let page = written(&folder.train(&format!("{DEVICE}[prefill]\n{linear}[decode]\n{linear}")));
    let document = parse(&page);
    let text = text(document.root());
    assert!(text.contains("Holdout: too few rows.") && text.contains("Cross-validation: too few rows."), "{text}");
    assert!(text.contains("too few device rows to set any aside: no holdout errors"), "{text}");
    // That of the files, and the panel's.
    assert_eq!(document.descendants().filter(|node| node.tag_name().name() == "table").count(), 2);
}

#[test]
fn many_rejected_rows_are_summed_up() {
    let mut trained = folder().train(DEVICE);
    let rejection =
        token2metrics_trainer::clean::Rejection { file: "a.csv".into(), line: 7, reason: "torn".to_owned(), rows: 1 };
    trained.report.rows.device.rejected = vec![rejection; 1000];
    let page = written(&trained);
    // And once as a reason of all of them, with the first places.
    assert_eq!(page.matches("torn").count(), 201);
    assert!(page.contains("<td class=\"n\">1000</td><td>a.csv:7, a.csv:7, a.csv:7</td>"), "{page}");
    assert!(page.contains("And 800 more, which <code>report.json</code> has.") && page.contains("(1000 rejected)"));
}

#[test]
fn train_writes_the_page_and_the_figures() {
    let folder = folder();
    folder.config(DEVICE);
    let run = Command::new(env!("CARGO_BIN_EXE_token2metrics"))
        .args(["--config-dir", ".", "train", "--all-models"])
        .current_dir(folder.path(""))
        .output()
        .expect("the program runs");
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    let read = |name: &str| std::fs::read_to_string(folder.path("outputs/tiny").join(name)).expect("a text");
    let page = read("report.html");
    parse(&page);
    for name in ["prefill.svg", "prefill_residuals.svg", "decode.svg", "decode_residuals.svg"] {
        assert!(page.contains(&read(name)), "{name} is in the page");
    }
}
