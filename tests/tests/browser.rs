//! The panel of the report's page, in Chromium: what is typed there gives what the command line gives.

use serde_json::Value;
use std::path::{Path, PathBuf};
use token2metrics_tests::browser::Browser;
use token2metrics_tests::experiment::run_in;
use token2metrics_tests::{root, target_dir};
use token2metrics_trainer::panel::Panel;

/// Set by the first answer of the panel.
const READY: &str = "document.querySelector('[data-figure=total_s]')?.dataset.value !== undefined";
const CONTROL: u32 = 2;
const FIGURES: [&str; 13] = [
    "prefill_s",
    "decode_s",
    "total_s",
    "tpot_s",
    "energy_j",
    "average_power_w",
    "cost",
    "prefill_low_s",
    "prefill_high_s",
    "decode_low_s",
    "decode_high_s",
    "total_low_s",
    "total_high_s",
];
const FIELDS: [&str; 9] = [
    "input_tokens",
    "cached_tokens",
    "output_tokens",
    "per_kwh",
    "per_hour",
    "per_request",
    "quantity",
    "limit",
    "confidence",
];

/// Trains a config, and gives the folder of what was written.
fn trained(stem: &str) -> (tempfile::TempDir, PathBuf) {
    let dir = tempfile::tempdir().expect("a folder");
    run_in(root(), &format!("train --model {stem} --output {}", dir.path().display())).done();
    let folder = dir.path().join(stem);
    (dir, folder)
}

/// A page of the panel alone, of a profile with energies, prices in USD and bands, and its folder.
fn everything() -> (tempfile::TempDir, PathBuf) {
    let dir = tempfile::tempdir().expect("a folder");
    let blob = std::fs::read(root().join("tests/vectors/version_2.t2m")).expect("a blob");
    let panel = Panel::new(&blob).expect("a sound blob");
    let style = std::fs::read_to_string(root().join("trainer/templates/panel.css")).expect("the style");
    let head =
        "<!DOCTYPE html><html xmlns=\"http://www.w3.org/1999/xhtml\" lang=\"en\"><head><meta charset=\"utf-8\" />";
    let page = format!("{head}<title>panel</title><style>{style}</style></head><body>{panel}</body></html>");
    std::fs::write(dir.path().join("report.html"), page).expect("a page");
    std::fs::write(dir.path().join("profile.t2m"), blob).expect("a blob");
    let folder = dir.path().to_owned();
    (dir, folder)
}

fn cli(command: &str, folder: &Path, options: &str) -> String {
    let profile = folder.join("profile.t2m");
    run_in(root(), &format!("{command} --model-path {} {options}", profile.display())).done()
}

fn json(command: &str, folder: &Path, options: &str) -> Value {
    serde_json::from_str(&cli(command, folder, &format!("{options} --format json"))).expect("JSON")
}

fn focused(browser: &mut Browser) -> String {
    browser.eval("document.activeElement.name ?? ''").as_str().unwrap_or_default().to_owned()
}

fn tab(browser: &mut Browser) {
    browser.press("Tab", 9, 0, &[]);
}

/// Goes to a field by the Tab key alone.
fn go_to(browser: &mut Browser, field: &str) {
    for _ in 0..100 {
        if focused(browser) == field {
            return;
        }
        tab(browser);
    }
    panic!("Tab does not reach {field}");
}

/// Types into a field instead of what is there.
fn fill(browser: &mut Browser, field: &str, text: &str) {
    go_to(browser, field);
    browser.press("a", 65, CONTROL, &["selectAll"]);
    browser.press("Delete", 46, 0, &[]);
    browser.type_text(text);
}

/// Chooses the option with this value by the arrow keys.
fn choose(browser: &mut Browser, field: &str, value: &str) {
    go_to(browser, field);
    for (key, code) in [("ArrowUp", 38), ("ArrowDown", 40)] {
        for _ in 0..5 {
            if browser.eval("document.activeElement.value") == value {
                return;
            }
            browser.press(key, code, 0, &[]);
        }
    }
    panic!("no arrow chooses {value} in {field}");
}

fn note(browser: &mut Browser, field: &str) -> String {
    let script = format!(
        "(() => {{ const note = document.getElementById('panel-{field}-note'); \
         return note.classList.contains('wrong') && document.getElementById('panel-{field}').ariaInvalid === 'true' ? note.textContent : ''; }})()"
    );
    browser.eval(&script).as_str().expect("a text").to_owned()
}

/// Compares the figures with those of `predict`: the very floats, and the text of each.
fn assert_predicts(browser: &mut Browser, folder: &Path, options: &str) {
    let expected = json("predict", folder, options);
    let text = cli("predict", folder, options);
    for figure in FIGURES {
        let cell = format!("document.querySelector('[data-figure={figure}]')");
        let value = browser.eval(&format!("{cell}.dataset.value ?? null"));
        let value = value.as_str().map(|value| value.parse::<f64>().expect("a number") as f32);
        assert_eq!(value, expected[figure].as_f64().map(|value| value as f32), "{options}: {figure}");
        let shown = browser.eval(&format!("{cell}.textContent"));
        let shown = shown.as_str().expect("a text");
        assert!(value.is_none() || text.contains(&format!(" {shown} ")), "{options}: {figure}: {shown} in {text}");
    }
    let flags =
        browser.eval("[...document.querySelectorAll('[data-bits]:not([hidden])')].map(item => item.dataset.flag)");
    assert_eq!(flags, expected["flags"], "{options}");
}

fn assert_budget(browser: &mut Browser, folder: &Path, options: &str) {
    let expected = json("budget", folder, options);
    let text = cli("budget", folder, options);
    let answer = "document.getElementById('panel-budget')";
    let tokens = browser.eval(&format!("Number({answer}.dataset.tokens)"));
    assert_eq!(tokens.as_f64(), expected["output_tokens"].as_f64(), "{options}");
    let value = browser.eval(&format!("Number({answer}.dataset.value)")).as_f64().map(|value| value as f32);
    assert_eq!(value, expected["value"].as_f64().map(|value| value as f32), "{options}");
    let shown = browser.eval(&format!("{answer}.textContent"));
    let shown = shown.as_str().expect("a text").to_lowercase();
    assert!(text.to_lowercase().contains(&shown), "{options}: {shown} in {text}");
}

/// No error in the console, nothing loaded but the file.
fn assert_quiet(browser: &Browser, page: &Path) {
    for event in &browser.events {
        let method = event["method"].as_str().unwrap_or_default();
        let problem = ["Runtime.exceptionThrown", "Runtime.consoleAPICalled", "Log.entryAdded"].contains(&method);
        assert!(!problem, "{event}");
        if method == "Network.requestWillBeSent" {
            let address = event["params"]["request"]["url"].as_str().unwrap_or_default();
            assert_eq!(address, format!("file://{}", page.display()));
        }
    }
    assert!(browser.events.iter().any(|event| event["method"] == "Network.requestWillBeSent"), "requests are seen");
}

#[test]
fn typing_gives_what_the_command_line_gives() {
    let (_dir, folder) = trained("smollm2_135m");
    let page = folder.join("report.html");
    let mut browser = Browser::start();
    browser.open(&page, READY);
    for (input, cached, output) in [(100, 0, 50), (700, 512, 33), (1, 0, 1), (16_777_216, 7, 16_777_216), (12, 11, 2)] {
        fill(&mut browser, "cached_tokens", "0");
        fill(&mut browser, "input_tokens", &input.to_string());
        fill(&mut browser, "cached_tokens", &cached.to_string());
        fill(&mut browser, "output_tokens", &output.to_string());
        let options = format!("--input-tokens {input} --cached-tokens {cached} --output-tokens {output}");
        assert_predicts(&mut browser, &folder, &options);
    }
    for limit in ["0.5", "10", "0.00001", "1e9"] {
        fill(&mut browser, "limit", limit);
        assert_budget(
            &mut browser,
            &folder,
            &format!("--input-tokens 12 --cached-tokens 11 --deadline-s {limit} --confidence 90"),
        );
    }
    choose(&mut browser, "confidence", "99");
    assert_budget(&mut browser, &folder, "--input-tokens 12 --cached-tokens 11 --deadline-s 1e9 --confidence 99");
    assert_quiet(&browser, &page);
}

#[test]
fn prices_give_the_costs_of_the_command_line() {
    let (_dir, folder) = everything();
    let page = folder.join("report.html");
    let mut browser = Browser::start();
    browser.open(&page, READY);
    fill(&mut browser, "input_tokens", "300");
    fill(&mut browser, "output_tokens", "200");
    assert_predicts(&mut browser, &folder, "--input-tokens 300 --output-tokens 200");
    fill(&mut browser, "per_kwh", "0.31");
    fill(&mut browser, "per_hour", "0.045");
    fill(&mut browser, "per_request", "0.0001");
    let prices = "--per-kwh 0.31 --per-hour 0.045 --per-request 0.0001";
    assert_predicts(&mut browser, &folder, &format!("--input-tokens 300 --output-tokens 200 {prices}"));

    let confidence = browser.eval("document.getElementById('panel-confidence').value");
    let confidence = confidence.as_str().expect("a text").to_owned();
    for (quantity, option) in [("2", "--energy-j 500"), ("3", "--cost 0.01"), ("1", "--deadline-s 20")] {
        choose(&mut browser, "quantity", quantity);
        let limit = option.split(' ').nth(1).expect("a number");
        fill(&mut browser, "limit", limit);
        assert_budget(
            &mut browser,
            &folder,
            &format!("--input-tokens 300 {option} --confidence {confidence} {prices}"),
        );
    }
    assert_quiet(&browser, &page);
}

#[test]
fn what_is_no_request_is_said_beside_its_field() {
    let (_dir, folder) = trained("smollm2_135m");
    let page = folder.join("report.html");
    let mut browser = Browser::start();
    browser.open(&page, READY);
    let count = "whole number from 1 to 16,777,216";
    let cases = [
        ("input_tokens", "", count),
        ("input_tokens", "0", count),
        ("input_tokens", "-5", count),
        ("input_tokens", "1.5", count),
        ("input_tokens", "1e99", count),
        ("input_tokens", "16777217", count),
        ("input_tokens", "e", "not a number"),
        ("input_tokens", "20", ""),
        ("cached_tokens", "20", "cached_tokens must be below input_tokens"),
        ("cached_tokens", "0", ""),
        ("output_tokens", "0", count),
        ("output_tokens", "9", ""),
        ("per_kwh", "-1", "price of at least 0"),
        ("per_kwh", "1e99", "price of at least 0"),
        ("per_kwh", "", "price of at least 0"),
        ("per_kwh", "0", ""),
        ("per_hour", "3e38", "overflow"),
        ("per_hour", "0", ""),
        ("limit", "0", "above 0"),
        ("limit", "1e99", "above 0"),
        ("limit", "10", ""),
    ];
    for (field, text, expected) in cases {
        fill(&mut browser, field, text);
        let said = note(&mut browser, field);
        assert!(said.contains(expected) && said.is_empty() == expected.is_empty(), "{field} {text:?}: {said:?}");
        let panel = browser.eval(
            "[...document.querySelectorAll('#panel :is(td, small, output, li)')].map(node => node.textContent).join()",
        );
        let panel = panel.as_str().expect("a text");
        assert!(!panel.contains("NaN") && !panel.contains("Infinity") && !panel.contains("undefined"), "{panel}");
        let answered = browser.eval(READY);
        let requests_only = field == "limit" || expected.is_empty();
        assert_eq!(answered, Value::from(requests_only), "{field} {text:?}: no figures of what is no request");
    }
    choose(&mut browser, "quantity", "2");
    assert!(note(&mut browser, "quantity").contains("energy"), "a limit of what the profile does not know");
    // Letters are not even taken.
    fill(&mut browser, "input_tokens", "abc");
    assert!(note(&mut browser, "input_tokens").contains("whole number"));
    assert_quiet(&browser, &page);
}

/// The contrast of every text with what is behind it, the least of them, by the formula of WCAG 2.
const CONTRAST: &str = "(() => {
    const parse = (colour) => colour.match(/[\\d.]+/g).map(Number);
    const linear = (c) => (c /= 255) <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
    const luminance = ([r, g, b]) => 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
    const ground = (node) => { for (; node; node = node.parentElement) { const c = parse(getComputedStyle(node).backgroundColor); if (c.length < 4 || c[3] === 1) return c; } return [255, 255, 255]; };
    let least = { ratio: 99 };
    for (const node of document.querySelectorAll('#panel, #panel *')) {
        const own = [...node.childNodes].some(child => child.nodeType === 3 && child.textContent.trim()) || node.matches('input, select');
        if (!own || !node.checkVisibility() || node.matches('script, option')) continue;
        const [a, b] = [luminance(parse(getComputedStyle(node).color)), luminance(ground(node))];
        const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
        if (ratio < least.ratio) least = { ratio, what: node.outerHTML.slice(0, 100) };
    }
    return { ...least, ground: luminance(ground(document.getElementById('panel'))) };
})()";

#[test]
fn it_can_be_read_and_used_at_any_width_and_in_the_dark() {
    let ((_report, report), (_whole, whole_page)) = (trained("smollm2_135m"), everything());
    let pictures = target_dir().join("browser");
    std::fs::create_dir_all(&pictures).expect("a folder");
    let mut browser = Browser::start();
    let variants =
        [(360, "light", &report), (360, "dark", &whole_page), (1280, "light", &whole_page), (1280, "dark", &report)];
    for (width, scheme, folder) in variants {
        browser.look(width, scheme);
        browser.open(&folder.join("report.html"), READY);
        let whole = "document.documentElement.scrollWidth";
        let widest = browser.eval(&format!(
            "(() => {{ const panel = document.getElementById('panel'); const {{ right }} = panel.getBoundingClientRect(); \
             return Math.ceil(Math.max({whole}, right, right + panel.scrollWidth - panel.clientWidth)); }})()"
        ));
        assert!(widest.as_u64().is_some_and(|widest| widest <= width.into()), "{width}: {widest} pixels");
        fill(&mut browser, "per_hour", "0.5");
        fill(&mut browser, "output_tokens", "0");
        let contrast = browser.eval(CONTRAST);
        assert!(contrast["ratio"].as_f64().is_some_and(|ratio| ratio >= 4.5), "{scheme}: {contrast}");
        assert_eq!(contrast["ground"].as_f64().is_some_and(|ground| ground < 0.2), scheme == "dark", "{contrast}");
        fill(&mut browser, "output_tokens", "60000");
        browser.eval("document.getElementById('panel').scrollIntoView()");
        browser.screenshot(&pictures.join(format!("{scheme}_{width}.png")));
    }
}

#[test]
fn every_field_is_reached_by_tab_and_shows_it() {
    let (_dir, folder) = everything();
    let mut browser = Browser::start();
    browser.open(&folder.join("report.html"), READY);
    go_to(&mut browser, FIELDS[0]);
    for field in FIELDS {
        assert_eq!(focused(&mut browser), field);
        let outline = browser.eval(
            "(() => { const { outlineStyle, outlineWidth } = getComputedStyle(document.activeElement); return outlineStyle !== 'none' && parseFloat(outlineWidth) >= 2; })()",
        );
        assert_eq!(outline, Value::from(true), "{field} has a visible focus");
        let labels = browser.eval("document.activeElement.labels.length");
        assert_eq!(labels, Value::from(1), "{field}");
        tab(&mut browser);
    }
}
