//! Presets: what is written from a blob gives the blob back, what is wrong in a file is said with its line, and which name means which file.

mod common;

use common::{Folder, MODEL};
use proptest::prelude::*;
use std::path::{Path, PathBuf};
use token2metrics_core::{Level, Phase, PowerCurve, Profile, Ratios, Request, RequestError};
use token2metrics_trainer::config::{Catalog, Model, Preset};
use token2metrics_trainer::emit;
use token2metrics_trainer::preset::{About, Beside, Measure, Stated, StatedError, beside, file};

/// Every key once; the line numbers stand in the tests.
const PRESET: &str = "\
[llm]
name = \"tiny\"
size = \"1M\"
aliases = [\"mini\"]
[device]
name = \"abacus\"
variant = \"wood\"
[tariff]
currency = \"EUR\"
per_kwh = 0.25
[preset]
source = \"a paper\"
trained_input_tokens = [8, 900]
trained_output_tokens = [2, 100]
[preset.prefill]
fixed_s = 0.1
terms = [
    { coefficient = 1e-3, power = 1 },
    { coefficient = 2e-3, knot = 15, tile = 16, power = 1 },
]
scale = 1.5
offset_s = 0.25
[preset.decode]
terms = [{ coefficient = 0.02, power = 0 }]
[preset.power.prefill]
form = \"constant\"
watts = 10
[preset.power.decode]
form = \"ramp\"
steady_w = 20
deficit_w = 5
tau_s = 2
[preset.bands]
prefill = [0.9, 1, 1.1, 1.2, 1.3]
decode = [0.8, 1, 1.1, 1.2, 1.3]
total = [0.9, 1, 1.1, 1.2, 8]
[preset.error.prefill_s]
mape_percent = 2.5
rows = 40
how = \"5-fold cross-validation\"
";

fn parse(text: &str) -> Result<Preset, String> {
    Preset::parse(Path::new("p.toml"), text).map_err(|error| error.to_string())
}

fn changed(from: &str, to: &str) -> String {
    assert!(PRESET.contains(from), "{from} is in the preset");
    PRESET.replacen(from, to, 1)
}

#[track_caller]
fn assert_error(from: &str, to: &str, error: &str) {
    assert_eq!(parse(&changed(from, to)).map(|_| ()), Err(format!("p.toml:{error}")), "{to}");
}

fn vectors() -> Vec<(PathBuf, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/vectors");
    let entries = std::fs::read_dir(folder).expect("the vectors");
    let paths = entries.map(|entry| entry.expect("an entry").path());
    let blobs = paths.filter(|path| path.extension().is_some_and(|extension| extension == "t2m"));
    blobs.map(|path| (path.clone(), std::fs::read(path).expect("a blob"))).collect()
}

/// The preset that is written of a profile, read again.
fn again(profile: &Profile) -> Preset {
    let error = StatedError { mape_percent: 1.25, rows: 7, how: "a \"test\" \\ set".to_owned() };
    let error = Stated::from([(Measure::TotalS, error.clone()), (Measure::PrefillEnergyJ, error)]);
    let aliases = ["a, b".to_owned(), "c\u{7f}\n".to_owned()];
    let source = "two\nlines, \"quoted\", a \\ and \u{7f}\u{1}";
    let text = file(profile, &About { size: Some("1.5B"), aliases: &aliases, source, error: &error });
    let preset = parse(&text).unwrap_or_else(|error| panic!("{error}:\n{text}"));
    assert_eq!((preset.size.as_deref(), &*preset.aliases), (Some("1.5B"), &aliases[..]));
    assert_eq!((preset.source.as_str(), &preset.error), (source, &error));
    preset
}

#[test]
fn every_vector_comes_back_byte_by_byte() {
    let vectors = vectors();
    assert!(vectors.len() >= 3, "the vectors are found");
    for (path, blob) in vectors {
        let profile = Profile::decode(&blob).expect("a sound blob");
        let preset = again(&profile);
        assert_eq!(preset.profile, profile, "{}", path.display());
        // A blob of version 1 becomes one of the version that is written today.
        let expected = if blob[3] == 1 { emit::blob(&profile).expect("a sound profile") } else { blob };
        assert_eq!(preset.blob, expected, "{}", path.display());
    }
}

/// Every magnitude up to 10^6 alike, down to the subnormal.
fn number() -> impl Strategy<Value = f32> {
    (0..=1e6_f32.to_bits()).prop_map(f32::from_bits)
}

proptest! {
    /// Digits that are short enough to read are exact all the same.
    #[test]
    fn every_number_comes_back(numbers in [number(), number(), number(), number()], units in proptest::array::uniform5(any::<u16>())) {
        let [fixed_s, coefficient, scale, watts] = numbers;
        let (_, blob) = vectors().into_iter().find(|(path, _)| path.ends_with("version_2.t2m")).expect("it is there");
        let mut profile = Profile::decode(&blob).expect("a sound blob");
        profile.prefill.polynomial.fixed_s = -fixed_s;
        profile.prefill.polynomial.terms[0].coefficient = coefficient;
        profile.decode.calibration.scale = scale;
        profile.power.prefill = PowerCurve::Constant { watts };
        let mut ratios = units.map(|unit| f32::from(unit) / 8192.0);
        ratios.sort_by(f32::total_cmp);
        profile.bands.as_mut().expect("bands").total = Ratios::new(ratios);
        prop_assert_eq!(again(&profile).blob, emit::blob(&profile).expect("a sound profile"));
    }
}

#[test]
fn every_key_is_read() {
    let preset = parse(PRESET).expect("a sound preset");
    let expected = StatedError { mape_percent: 2.5, rows: 40, how: "5-fold cross-validation".to_owned() };
    assert_eq!(preset.error, Stated::from([(Measure::PrefillS, expected)]));
    // 0.25 + 1.5 (0.1 + 0.02 + 0.032); 9 steps.
    let request = Request { input_tokens: 20, cached_tokens: 0, output_tokens: 10 };
    let predicted = preset.profile.predict(request).expect("a request");
    let near = |value: Option<f32>, expected: f32| value.is_some_and(|value| (value / expected - 1.0).abs() < 1e-6);
    assert!(near(Some(predicted.prefill_s), 0.478), "{predicted:?}");
    assert!(near(Some(predicted.decode_s), 0.18) && near(predicted.prefill_energy_j, 4.78), "{predicted:?}");
    let bands = preset.profile.bands.expect("bands");
    assert_eq!(
        [bands.prefill, bands.decode, bands.total].map(|ratios| ratios.at(Level::P5) < 0.85),
        [false, true, false]
    );
    assert_eq!(bands.total.at(Level::P99), Ratios::MAX);
    assert_eq!(preset.profile.tariff.map(|tariff| tariff.currency.to_string()).as_deref(), Some("EUR"));
}

#[test]
fn keys_that_are_not_known_or_missing() {
    assert_error(
        "scale = 1.5",
        "scal = 1.5",
        "21: unknown key in [preset.prefill]: \"scal\"; is \"scale\" meant? known: fixed_s, terms, scale, offset_s",
    );
    assert_error(
        "knot = 15",
        "knott = 15",
        "19: unknown key in [preset.prefill]: \"knott\"; is \"knot\" meant? known: coefficient, knot, tile, power",
    );
    assert_error("variant", "data", "7: unknown key in [device]: \"data\"; known: name, variant");
    assert_error(
        "[preset.bands]",
        "[preset.band]",
        "33: unknown key in [preset.band]: \"band\"; is \"bands\" meant? known: source, trained_input_tokens, trained_output_tokens, prefill, decode, power, bands, error",
    );
    assert_error(
        "error.prefill_s",
        "error.prefil_s",
        "37: unknown value: \"prefil_s\"; is \"prefill_s\" meant? known: prefill_s, decode_s, total_s, prefill_energy_j, decode_energy_j, energy_j",
    );
    assert_error("source = \"a paper\"\n", "", "11: missing key in [preset]: \"source\"");
    assert_error(", power = 0", "", "24: missing key in [preset.decode]: \"power\"");
    let without = PRESET.split("[preset]").next().expect("the tables before");
    assert_eq!(parse(without).map(|_| ()), Err("p.toml:1: missing table: [preset]".to_owned()));
}

#[test]
fn values_out_of_bounds() {
    assert_error("\"a paper\"", "\"\"", "12: preset.source is empty: say where the measurements were published");
    assert_error("\"abacus\"", "\"\"", "6: device.name is empty: give a name");
    assert_error(
        "[8, 900]",
        "[9, 8]",
        "13: preset.trained_input_tokens must be [least, greatest] with 1 <= least <= greatest",
    );
    assert_error("[2, 100]", "[2, 16777217]", "14: preset.trained_output_tokens must not be above 16777216");
    assert_error("fixed_s = 0.1", "fixed_s = nan", "16: preset.prefill.fixed_s must be a finite number");
    assert_error("1e-3", "1e39", "18: preset.prefill.terms: coefficient must be a finite number");
    assert_error("16, power = 1", "16, power = 4", "19: preset.prefill.terms: power must be from 1 to 3");
    assert_error("tile = 16", "tile = 16384", "19: preset.prefill.terms: tile must be from 1 to 16383");
    assert_error("knot = 15", "knot = 16777217", "19: preset.prefill.terms: knot must not be above 16777216");
    assert_error("power = 0", "power = 3", "24: preset.decode.terms: power must be from 0 to 2");
    assert_error(
        "power = 0",
        "tile = 2, power = 0",
        "24: preset.decode.terms: tile must be 1: the context of a step is not padded",
    );
    let term = "{ coefficient = 1, power = 0 }, ";
    assert_error(
        "[{ coefficient = 0.02",
        &format!("[{}{{ coefficient = 0.02", term.repeat(4)),
        "24: preset.decode.terms has 5 terms; a blob holds at most 4",
    );
    assert_error("watts = 10", "watts = -1", "27: preset.power.prefill.watts must not be below zero");
    assert_error(
        "form = \"constant\"\nwatts = 10",
        "form = \"wake\"\nidle_w = 1\nwake_s = 1\nsteady_w = 2\ndeficit_w = 1\ntau_s = 1",
        "26: preset.power.prefill cannot be of form \"wake\": nothing could have woken the device before the request",
    );
    for five in
        ["[0.8, 1, 1.1, 1.2, 9]", "[0.8, 1, 1.1, 1.0, 1.3]", "[-0.1, 1, 1.1, 1.2, 1.3]", "[nan, 1, 1.1, 1.2, 1.3]"]
    {
        assert_error(
            "[0.8, 1, 1.1, 1.2, 1.3]",
            five,
            "35: preset.bands.decode must be five ratios from 0 to 8, none below the one before",
        );
    }
    assert_error(
        "mape_percent = 2.5",
        "mape_percent = -1",
        "38: preset.error.prefill_s.mape_percent must be a finite number that is not below zero",
    );
    assert_error("rows = 40", "rows = 0", "39: preset.error.prefill_s.rows must be at least 1");
    assert_error(
        "how = \"5-fold cross-validation\"",
        "how = \"\"",
        "40: preset.error.prefill_s.how is empty: say how it was measured, such as \"5-fold cross-validation\"",
    );
    // Sound one by one, and not together.
    assert_error("1e-3", "1e37", "11: [preset]: the blob has numbers so large that a prediction would overflow");
}

#[test]
fn prefill_alone() {
    let decode = PRESET.find("[preset.decode]").expect("it is there")
        ..PRESET.find("[preset.power.prefill]").expect("it is there");
    let mut text = PRESET.to_owned();
    text.replace_range(decode, "");
    let preset = parse(&text).expect("a sound preset");
    assert_eq!(preset.profile.decode, Phase::UNKNOWN);
    let request = |output_tokens| Request { input_tokens: 20, cached_tokens: 0, output_tokens };
    assert!(preset.profile.predict(request(1)).is_ok());
    assert_eq!(preset.profile.predict(request(2)), Err(RequestError::NoDecode));
    assert_eq!(again(&preset.profile).blob, preset.blob);
}

/// What a name means in a folder with these files.
fn find(files: &[(&str, &str)], name: &str) -> Result<String, String> {
    let folder = Folder::new();
    std::fs::create_dir(folder.path("presets")).expect("a writable folder");
    for (file, text) in files {
        std::fs::write(folder.path(file), text).expect("a writable folder");
    }
    let catalog = Catalog::open(&folder.path("")).map_err(|error| error.to_string())?;
    let model =
        catalog.find(name).map_err(|error| error.to_string().replace(&folder.path("").display().to_string(), "C"))?;
    Ok(match model {
        Model::Config(config) => format!("config {}", config.stem),
        Model::Preset(preset) => format!("preset {}", preset.stem),
    })
}

#[test]
fn a_name_that_a_config_has_means_the_config() {
    let config = format!("{MODEL}[device]\nname = \"d\"\ndata = [\"rows.csv\"]\n");
    let other = changed("[\"mini\"]", "[]");
    let files = [("own.toml", config.as_str()), ("presets/board.toml", PRESET), ("presets/other.toml", &other)];
    for (name, model) in [
        ("1m", "config own"),
        ("tiny", "config own"),
        ("own", "config own"),
        ("board", "preset board"),
        ("other", "preset other"),
        ("MINI", "preset board"),
    ] {
        assert_eq!(find(&files, name).as_deref(), Ok(model), "{name}");
    }
    // Without the config its names are free.
    assert_eq!(find(&files[1..2], "1M").as_deref(), Ok("preset board"));
    assert_eq!(find(&files[1..], "1M"), Err("\"1M\" may mean board or other: use the name of the file".to_owned()));
    assert_eq!(
        find(&files[..2], "bord"),
        Err("no model \"bord\" in C; is \"board\" meant? there are: 1M (own), board".to_owned())
    );
}

#[test]
fn presets_are_not_among_the_configs() {
    let folder = Folder::new();
    std::fs::create_dir(folder.path("presets")).expect("a writable folder");
    std::fs::write(folder.path("presets/board.toml"), PRESET).expect("a writable folder");
    let all = || Catalog::open(&folder.path("")).expect("a preset").all();
    assert!(all().is_err(), "nothing to train");
    folder.config("[device]\nname = \"d\"\ndata = [\"rows.csv\"]\n");
    assert_eq!(all().expect("a config").into_iter().map(|config| config.stem).collect::<Vec<_>>(), ["tiny"]);
}

#[test]
fn errors_come_from_the_report_of_this_very_profile() {
    let folder = Folder::new();
    let rows: String =
        (1..=20_u32).map(|n| format!("{n},{},0,{},{}\n", n + 2, 0.1 * f64::from(n), 0.2 * f64::from(n + 1))).collect();
    folder.csv("rows.csv", &rows);
    let linear = "[prefill]\ntype = \"linear\"\n[decode]\ntype = \"linear\"\n";
    let trained = folder.train(&format!("[device]\nname = \"d\"\ndata = [\"rows.csv\"]\n{linear}"));
    let blob = folder.path("profile.t2m");
    assert_eq!(beside(&blob, &trained.profile), None, "no report");
    let write = |report: &serde_json::Value| {
        std::fs::write(folder.path("report.json"), report.to_string()).expect("a writable folder")
    };
    write(&serde_json::to_value(&trained.report).expect("JSON"));
    let found = beside(&blob, &trained.profile).expect("its report");
    assert_eq!(found.size.as_deref(), Some("1M"));
    let scores = trained.report.cross_validation.expect("twenty rows").decode_s.expect("a score");
    let expected =
        StatedError { mape_percent: scores.mape_percent, rows: scores.n, how: "5-fold cross-validation".to_owned() };
    assert_eq!(found.error.get(&Measure::DecodeS), Some(&expected));
    assert_eq!(found.error.len(), 3, "no energies: {found:?}");

    let mut other = trained.profile.clone();
    other.decode.calibration.scale = 2.0;
    assert_eq!(beside(&blob, &other), None, "the report of another profile");

    // What was stated stays as it was.
    let preset = parse(PRESET).expect("a sound preset");
    write(&serde_json::to_value(token2metrics_trainer::preset::Report::new(&preset)).expect("JSON"));
    assert_eq!(beside(&blob, &preset.profile), Some(Beside { size: preset.size, error: preset.error }));
}
