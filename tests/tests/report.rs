//! `report`: the page of a profile that is there already: sound, on its own, small, and with the same figures as `report.json` and `evaluate`.

use roxmltree::{Document, Node, ParsingOptions};
use serde_json::Value;
use std::path::Path;
use std::sync::OnceLock;
use tempfile::TempDir;
use token2metrics_tests::experiment::{CONFIG, Experiment, ROWS, replaced, run_in};
use token2metrics_tests::root;

/// Every shipped config, trained once.
fn trained() -> &'static Path {
    static TRAINED: OnceLock<TempDir> = OnceLock::new();
    let dir = TRAINED.get_or_init(|| {
        let dir = tempfile::tempdir().expect("a folder");
        run_in(root(), &format!("train --all-models --output {}", dir.path().display())).done();
        dir
    });
    dir.path()
}

/// The stems of the TOML files of a folder.
fn stems(folder: &str) -> Vec<String> {
    let entries = std::fs::read_dir(root().join(folder)).expect("a folder");
    let files = entries.map(|entry| entry.expect("an entry").path());
    let toml = files.filter(|path| path.extension().is_some_and(|extension| extension == "toml"));
    let mut stems: Vec<String> =
        toml.map(|path| path.file_stem().expect("a name").to_str().expect("text").to_owned()).collect();
    stems.sort();
    assert!(!stems.is_empty());
    stems
}

fn read(path: impl AsRef<Path>) -> String {
    let path = path.as_ref();
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

/// The page as XML, which HTML need not be, with all that every page must have.
fn sound(page: &str) -> Document<'_> {
    let options = ParsingOptions { allow_dtd: true, ..ParsingOptions::default() };
    let document = Document::parse_with_options(page, options).unwrap_or_else(|error| panic!("{error}: {page}"));
    // The panel's scripts stand in the page.
    let names: [&str; 4] = ["http://www.w3.org/1999/xhtml", "http://www.w3.org/2000/svg", "img", "link"];
    let [html, svg, tags @ ..] = names;
    let alone = page.replace("<meta http-equiv=\"Content-Security-Policy\"", "");
    let alone = alone.replace(&format!("xmlns=\"{html}\""), "").replace(&format!("xmlns=\"{svg}\""), "");
    for outside in ["http", "src=", "href", "url(", "@import", "<base", "<iframe", "<object", "<form"] {
        assert!(!alone.contains(outside), "{outside}");
    }
    let is = |node: &Node<'_, '_>, tag: &str| node.tag_name().name() == tag;
    assert!(document.descendants().all(|node| tags.iter().all(|tag| !is(&node, tag))));
    let of = |tag: &'static str| document.descendants().filter(move |node| node.tag_name().name() == tag);
    for table in of("table") {
        assert!(table.children().any(|child| is(&child, "caption") && !text(child).trim().is_empty()), "a caption");
        // The panel's folds up where the page is narrow; others are scrolled, by keyboard too.
        let folds = table.attribute("id") == Some("panel-figures");
        assert!(folds || table.parent().is_some_and(|parent| parent.attribute("tabindex") == Some("0")));
    }
    for drawing in of("svg") {
        let title = drawing.children().find(|child| is(child, "title")).map(text);
        assert!(title.is_some() && drawing.attribute("aria-label").map(str::to_owned) == title, "{title:?}");
        assert!(drawing.attribute("viewBox").is_some() && drawing.attribute("role") == Some("img"));
    }
    assert!(of("figure").all(|figure| figure.children().any(|child| is(&child, "figcaption"))));
    assert!(
        of("details")
            .all(|details| details.children().find(Node::is_element).is_some_and(|first| is(&first, "summary")))
    );
    // No level of headings is left out.
    let levels =
        document.descendants().filter_map(|node| node.tag_name().name().strip_prefix('h')?.parse::<u32>().ok());
    let levels: Vec<u32> = levels.collect();
    assert!(levels[0] == 1 && levels.windows(2).all(|pair| pair[1] <= pair[0] + 1 && pair[1] > 1), "{levels:?}");
    document
}

fn text(node: Node<'_, '_>) -> String {
    node.descendants().filter(Node::is_text).filter_map(|node| node.text()).collect()
}

/// The cells of the rows of the table with this caption.
fn table(document: &Document<'_>, caption: &str) -> Vec<Vec<String>> {
    let named = |node: &Node<'_, '_>| {
        node.tag_name().name() == "table"
            && node.descendants().any(|inner| inner.tag_name().name() == "caption" && text(inner).contains(caption))
    };
    let table = document.descendants().find(named).unwrap_or_else(|| panic!("no table: {caption}"));
    let rows = table.descendants().filter(|node| node.tag_name().name() == "tr").skip(1);
    rows.map(|row| row.children().filter(Node::is_element).map(text).collect()).collect()
}

fn percent(value: &Value) -> String {
    value.as_f64().map_or("-".to_owned(), |value| format!("{value:.2}"))
}

#[test]
fn every_trained_model_has_the_page_that_training_wrote() {
    for stem in stems("configs") {
        let folder = trained().join(&stem);
        let written = read(folder.join("report.html"));
        sound(&written);
        let command = format!("report --model {stem} --model-path {} --output -", trained().display());
        assert_eq!(run_in(root(), &command).done(), written, "{stem}");
        assert!(written.len() < 300_000, "{stem}: {} bytes", written.len());
    }
}

#[test]
fn the_figures_are_those_of_the_report_and_of_evaluate() {
    for stem in stems("configs") {
        let page = read(trained().join(&stem).join("report.html"));
        let document = sound(&page);
        let at = format!("--model {stem} --model-path {} --format json", trained().display());
        let evaluated = json(&run_in(root(), &format!("evaluate {at}")).done());
        let report = json(&read(trained().join(&stem).join("report.json")));
        let errors = table(&document, "on rows that no fit had seen: the holdout files");
        let predictors = table(&document, "simpler predictors");
        let held = table(&document, "How often the bands held");
        for (index, time) in ["prefill_s", "decode_s", "total_s"].into_iter().enumerate() {
            let of = &evaluated[time];
            assert_eq!(of, &report["holdout"]["scores"][time], "{stem} {time}");
            let keys = ["mape_percent", "median_ape_percent", "p95_ape_percent", "max_ape_percent"];
            let figures: Vec<String> = keys.iter().map(|key| percent(&of[key])).collect();
            assert_eq!(errors[index][1], of["n"].to_string(), "{stem} {time}");
            assert_eq!(errors[index][2..], figures, "{stem} {time}");

            let rows = of["n"].as_f64().expect("a number");
            let share = |key: &str| 100.0 * of[key].as_f64().expect("a share");
            let cell = |key| format!("{:.0} of {rows}, {:.1} %", share(key) * rows / 100.0, share(key));
            let row = held.iter().find(|row| format!("{}_s", row[0]) == time).expect("a row");
            assert_eq!(row[1..], [cell("coverage_90"), cell("coverage_99")], "{stem} {time}");
        }
        let known = evaluated["predictors"].as_array().expect("a list");
        assert_eq!((known.len(), predictors.len()), (4, 4));
        for (predictor, row) in known.iter().zip(&predictors) {
            assert_eq!(Some(row[0].as_str()), predictor["name"].as_str());
            for (time, cell) in ["prefill_s", "decode_s", "total_s"].iter().zip(&row[1..]) {
                let written = |predictor: &Value| percent(&predictor[time]["mape_percent"]).parse::<f64>().ok();
                let is_less = |other: &Value| written(other).is_some_and(|other| Some(other) < written(predictor));
                let best = if known.iter().any(is_less) { "" } else { " (best)" };
                assert_eq!(*cell, percent(&predictor[time]["mape_percent"]) + best, "{stem} {time}");
            }
        }
        // What is in the words is in the blob.
        let summary =
            json(&run_in(root(), &format!("report {at} --output {}", trained().join("x.html").display())).done());
        let total = &evaluated["total_s"];
        let verdict = summary["verdict"][0].as_str().expect("a sentence");
        assert!(verdict.contains(&format!("typically {} % off", percent(&total["median_ape_percent"]))), "{verdict}");
        assert!(page.contains(verdict), "{verdict}");
    }
}

#[test]
fn every_preset_has_a_page_before_and_after_it_is_trained() {
    for stem in stems("configs/presets") {
        let dir = tempfile::tempdir().expect("a folder");
        let at = format!("--model {stem} --model-path {}", dir.path().display());
        let printed = run_in(root(), &format!("report {at}")).done();
        let path = dir.path().join(&stem).join("report.html");
        assert!(printed.ends_with(&format!("{}\n", path.display())), "{printed}");
        let page = read(&path);
        let document = sound(&page);
        let stated = table(&document, "as they were stated");
        let all = text(document.root());
        assert!(
            stated.len() >= 3 && all.contains("No measurement file was read") && all.contains("EdgeReasoning"),
            "{all}"
        );
        // All that there is to predict is drawn.
        let preset = read(root().join("configs/presets").join(&stem).with_extension("toml"));
        assert_eq!(page.matches("<svg").count(), 2 + preset.matches("[preset.power.").count(), "{stem}");
        run_in(root(), &format!("train --model {stem} --output {}", dir.path().display())).done();
        assert_eq!(read(&path), page, "{stem}");
        let blob = path.with_file_name("profile.t2m");
        run_in(root(), &format!("report --model-path {} --output {}", blob.display(), path.display())).done();
        assert_eq!(read(&path), page, "{stem}: from the blob and the report beside it");
    }
}

const UNSEEN: &str = "input_tokens,output_tokens,prefill_s,decode_s\n60,11,0.75,2.05\n30,5,0.4,0.85\n70,9,,1.7\n";

fn experiment(config: &str) -> Experiment {
    let experiment = Experiment::new(config, ROWS);
    experiment.write("unseen.csv", UNSEEN);
    experiment.run("train --all-models").done();
    experiment
}

#[test]
fn rows_that_are_given_take_the_place_of_the_holdout() {
    let experiment = experiment(CONFIG);
    let page = experiment.run("report --model 1M --data unseen.csv --output -").done();
    let document = sound(&page);
    let evaluated = json(&experiment.run("evaluate --model 1M --data unseen.csv --format json").done());
    let errors = table(&document, "on rows that no fit had seen: of unseen.csv");
    assert_eq!(errors[0][2], percent(&evaluated["prefill_s"]["mape_percent"]));
    assert_eq!(errors[1][1], "3");
    assert!(text(document.root()).contains("How it was fitted"), "the report beside the blob is of this blob");
    let files = table(&document, "The measurement files");
    assert_eq!(files.len(), 2);
    let [machine, file, cells @ ..] = files[1].as_slice() else { panic!("{files:?}") };
    assert_eq!((machine.as_str(), file.as_str()), ("holdout: Abacus", "unseen.csv"));
    assert_eq!(cells, ["3", "0", "30 to 70", "5 to 11", "2", "3", "0", "0"]);
    let two = experiment.run("report --model 1M --data unseen.csv configs/rows.csv --output two.html --format json");
    let summary = json(&two.done());
    assert_eq!(summary["output"], "two.html");
    assert_eq!(summary["holdout"]["from"], "of unseen.csv, configs/rows.csv");
    // What the config's fit has seen is not scored, and is one reason.
    let page = read(experiment.path("two.html"));
    let reasons = table(&sound(&page), "Why rows were set aside");
    assert_eq!(
        reasons,
        [[
            "the same row as another one, to the last digit",
            "6",
            "configs/rows.csv:2, configs/rows.csv:3, configs/rows.csv:4"
        ]]
    );
    let error = experiment.run("report --model 1M --data gone.csv").failed(1);
    assert!(error.contains("gone.csv"), "{error}");
}

#[test]
fn a_report_of_another_blob_is_not_believed() {
    let experiment = experiment(CONFIG);
    let fitted = "How it was fitted";
    let page = |command: &str| experiment.run(command).done();
    assert!(page("report --model 1M --output -").contains(fitted));
    let calibrate = "calibrate --model-path outputs/tiny/profile.t2m --data unseen.csv --output outputs/tiny/mine.t2m";
    experiment.run(calibrate).done();
    let mine = page("report --model-path outputs/tiny/mine.t2m --output -");
    assert!(!mine.contains(fitted) && mine.contains("no <code>report.json</code> of this very blob"), "{mine}");
    // Named like the blob, so that the page of the other is not lost.
    let printed = page("report --model-path outputs/tiny/mine.t2m");
    assert!(printed.ends_with("\noutputs/tiny/mine.html\n"), "{printed}");
    assert!(page("report --model 1M").ends_with("\noutputs/tiny/report.html\n"));

    let path = experiment.path("outputs/tiny/report.json");
    let report = read(&path);
    std::fs::write(&path, &report[..report.len() / 2]).expect("a file");
    assert!(!page("report --model 1M --output -").contains(fitted));
    let broken = replaced(&report, "\"folds\": 5", "\"folds\": \"five\"");
    std::fs::write(&path, broken).expect("a file");
    let run = experiment.run("report --model 1M --output -");
    assert!(run.stderr.contains("warn: outputs/tiny/report.json: not used: no report"), "{}", run.stderr);
    assert!(!run.done().contains(fitted));
}

#[test]
fn a_member_of_a_bundle_and_a_blob_alone() {
    let experiment = experiment(CONFIG);
    let two = replaced(&CONFIG.replace("Tiny", "Other <1>").replace("tiny-llm", "o"), "1M", "2M");
    experiment.write("configs/other.toml", two);
    experiment.run("train --all-models").done();
    experiment.run("bundle outputs/tiny/profile.t2m outputs/other/profile.t2m --output both.t2m").done();
    let printed = experiment.run("report --model-path both.t2m --model 2M").done();
    assert!(printed.ends_with("\nboth_Other_1.html\n"), "{printed}");
    sound(&read(experiment.path("both_Other_1.html")));
    // Far from its config, a blob is all there is.
    let alone = tempfile::tempdir().expect("a folder");
    let blob = alone.path().join("device.t2m");
    std::fs::copy(experiment.path("outputs/tiny/profile.t2m"), &blob).expect("a copy");
    std::fs::remove_dir_all(experiment.path("configs")).expect("a folder");
    let run = experiment.run(&format!("report --model-path {} --output -", blob.display()));
    assert!(run.stderr.contains("info: no measured rows to draw: "), "{}", run.stderr);
    let page = run.done();
    let text = text(sound(&page).root());
    assert!(text.contains("Each prompt token adds 10.0 ms.") && text.contains("a step takes 200 ms"), "{text}");
    assert!(text.contains("How far off predictions are is not known"), "{text}");
    assert_eq!(page.matches("<svg").count(), 2, "prefill and decode");
}

#[test]
fn hostile_names_stay_text() {
    let hostile = "<script>alert(1)</script>&amp;'";
    let config = CONFIG.replace("\"Tiny\"", &format!("\"{hostile}\\\"\\u0007\"")).replace("Abacus", "</title><b>&");
    let config = config.replace("rows.csv\"]", "rows.csv\"]\nholdout = [\"<i>&'.csv\"]\nvariant = \"]]>--><svg\"");
    let experiment = Experiment::new(&config, ROWS);
    experiment.write("configs/<i>&'.csv", UNSEEN.to_owned() + "60,11,0.75,2.05\n");
    experiment.run("train --all-models").done();
    let trained = read(experiment.path("outputs/tiny/report.html"));
    let page = experiment.run("report --model tiny --output -").done();
    assert_eq!(page, trained);
    let document = sound(&page);
    let heading = document.descendants().find(|node| node.tag_name().name() == "h1").map(text);
    assert_eq!(heading, Some(format!("{hostile}\"\u{FFFD} on </title><b>& (]]>--><svg)")));
    let files = table(&document, "The measurement files");
    assert!(files[1][1].ends_with("<i>&'.csv"), "{files:?}");
    assert!(document.descendants().all(|node| !["b", "i"].contains(&node.tag_name().name())));
    let scripts = document.descendants().filter(|node| node.tag_name().name() == "script").count();
    assert_eq!(scripts, 2, "those of the panel");
    let reasons = table(&document, "Why rows were set aside");
    assert_eq!(reasons[0][1], "1");
}

#[test]
fn a_profile_without_decode_bands_or_energy_says_so() {
    let prompts = "input_tokens,output_tokens,prefill_s\n10,1,0.2\n20,1,0.3\n";
    let experiment = Experiment::new(CONFIG, prompts);
    experiment.write("unseen.csv", "input_tokens,output_tokens,prefill_s\n60,1,1.4\n");
    experiment.run("train --all-models").done();
    let page = experiment.run("report --model 1M --data unseen.csv --output -").done();
    let document = sound(&page);
    let all = text(document.root());
    for said in ["has no error bands", "knows no decode", "Energy: the power of a phase is not known", "from 1 row,"] {
        assert!(all.contains(said), "{said}: {all}");
    }
    assert!(!all.contains("Decode: the further tokens") && !all.contains("Error bands"), "{all}");
    assert_eq!(page, experiment.run("report --model 1M --data unseen.csv --output -").done());
}

#[test]
fn the_page_of_a_hundred_thousand_rows_is_small() {
    let row = |k: u32| {
        let (input, output) = (10 + k % 900, 2 + k % 97);
        let noise = 1.0 + 0.01 * f64::from(k * 7919 % 101) / 101.0 + 1e-8 * f64::from(k);
        let [prefill_s, decode_s] = [0.1 + 0.01 * f64::from(input), 0.05 + 0.2 * f64::from(output - 1)];
        format!("{input},{output},{},{}\n", prefill_s * noise, decode_s * noise)
    };
    let header = "input_tokens,output_tokens,prefill_s,decode_s\n";
    // And as many that are of no use.
    let rows: String = (0..100_000).map(row).chain((0..100_000).map(|_| "0,5,1,1\n".to_owned())).collect();
    let config = CONFIG.replace("type = \"linear\"", "type = \"linear\"\nloss = \"squared\"");
    let experiment = Experiment::new(&config, &format!("{header}{rows}"));
    experiment.run("--log-level error train --all-models").done();
    let page = read(experiment.path("outputs/tiny/report.html"));
    let document = sound(&page);
    assert!(page.len() < 700_000, "{} bytes", page.len());
    let files = table(&document, "The measurement files");
    assert_eq!(files[0][2..4], ["100000", "100000"]);
    let reasons = table(&document, "Why rows were set aside");
    assert_eq!(reasons.len(), 1, "{reasons:?}");
    assert_eq!(table(&document, "simpler predictors").len(), 4);
    let some = "it and the others are compared on one of 3 of these rows.";
    assert!(text(document.root()).contains(some), "67232 rows that were not fitted");
    let report = json(&read(experiment.path("outputs/tiny/report.json")));
    let of = |rows: &Value| rows["total_s"]["n"].as_f64().expect("a count");
    let [all, some] = [of(&report["holdout"]["scores"]), of(&report["holdout"]["predictors"][0])];
    assert!(all == 67_232.0 && (3.0 * some / all - 1.0).abs() < 0.05, "{some} of {all}");
    let again = experiment.run("--log-level error report --model 1M --output -").done();
    assert_eq!(again, page);
}
