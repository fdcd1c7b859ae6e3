//! The schemas of configs and presets: they are what the code says, every shipped file fits its own, and what the code refuses for its keys and types,
//! they refuse too.

use boon::{Compiler, Draft, SchemaIndex, Schemas};
use serde_json::Value;
use std::path::{Path, PathBuf};
use token2metrics_tests::experiment::{CONFIG, replaced, run_in};
use token2metrics_tests::{assert_file, root};

/// A schema that has been read.
struct Schema {
    schemas: Schemas,
    index: SchemaIndex,
}

impl Schema {
    fn new(name: &str) -> Self {
        let text = std::fs::read_to_string(root().join("configs").join(name)).expect("a schema");
        let (mut schemas, mut compiler) = (Schemas::new(), Compiler::new());
        compiler.set_default_draft(Draft::V7);
        compiler.add_resource(name, serde_json::from_str(&text).expect("JSON")).expect("a resource");
        let index = compiler.compile(name, &mut schemas).unwrap_or_else(|error| panic!("{error:#}"));
        Self { schemas, index }
    }

    /// What is wrong with a TOML file.
    fn problem(&self, text: &str) -> Option<String> {
        let value: Value = toml::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"));
        self.schemas.validate(&value, self.index).err().map(|error| format!("{error:#}"))
    }
}

fn shipped(folder: &str) -> Vec<(PathBuf, String)> {
    let entries = std::fs::read_dir(root().join(folder)).expect("a folder");
    let paths = entries.map(|entry| entry.expect("an entry").path());
    let files: Vec<_> = paths
        .filter(|path| path.extension().is_some_and(|extension| extension == "toml"))
        .map(|path| (path.clone(), std::fs::read_to_string(path).expect("a file")))
        .collect();
    assert!(!files.is_empty());
    files
}

/// The file that the first line of another names.
fn named(path: &Path, text: &str) -> PathBuf {
    let first = text.lines().next().and_then(|line| line.strip_prefix("#:schema "));
    let name = first.unwrap_or_else(|| panic!("{}: the first line names the schema", path.display()));
    path.parent().expect("a folder").join(name).canonicalize().expect("a schema")
}

#[test]
fn schemas_are_those_of_the_code() {
    for (kind, name) in [("", "config.schema.json"), ("preset", "preset.schema.json")] {
        assert_file(&root().join("configs").join(name), &run_in(root(), &format!("schema {kind}")).done());
    }
    assert_eq!(run_in(root(), "schema config").done(), run_in(root(), "schema").done());
}

#[test]
fn shipped_files_fit() {
    for (folder, name) in [("configs", "config.schema.json"), ("configs/presets", "preset.schema.json")] {
        let schema = Schema::new(name);
        for (path, text) in shipped(folder) {
            assert_eq!(named(&path, &text), root().join("configs").join(name).canonicalize().expect("a schema"));
            assert_eq!(schema.problem(&text), None, "{}", path.display());
        }
    }
}

/// Values of every key, and then one mistake at a time.
const ALL_KEYS: &str = r#"
[tokens]
input = [1, 9]
output = [1, 9]
[calibration]
method = "affine"
[validation]
folds = 3
test_size = 0.25
seed = 7
[energy]
prefill = "auto"
[energy.decode]
form = "wake"
idle_w = 1
wake_s = 0.5
steady_w = 20
deficit_w = -1
tau_s = 2
[tariff]
currency = "EUR"
per_kwh = 1
"#;

#[test]
fn mistakes_in_configs_are_found() {
    let schema = Schema::new("config.schema.json");
    let whole = format!("{CONFIG}{ALL_KEYS}");
    assert_eq!(schema.problem(&whole), None);
    for (from, to) in [
        ("seed", "sed"),
        ("[tariff]", "[tarif]"),
        ("name = \"Tiny\"", ""),
        ("name = \"Tiny\"", "name = 3"),
        ("name = \"Tiny\"", "name = \"\""),
        ("\"tiny-llm\"", "3"),
        ("\"linear\"", "\"linaer\""),
        ("[\"rows.csv\"]", "[]"),
        ("[\"rows.csv\"]", "\"rows.csv\""),
        ("\"affine\"", "true"),
        ("input = [1, 9]", "input = [1]"),
        ("input = [1, 9]", "input = [0, 9]"),
        ("folds = 3", "folds = 1"),
        ("folds = 3", "folds = 2.5"),
        ("0.25", "1"),
        ("\"auto\"\n[energy.decode]", "\"rampp\"\n[energy.decode]"),
        ("\"wake\"", "\"awake\""),
        ("idle_w = 1", "idle = 1"),
        ("tau_s = 2", "tau_s = 0"),
        ("\"EUR\"", "\"Euro\""),
        ("per_kwh = 1", "per_kwh = -1"),
    ] {
        assert!(schema.problem(&replaced(&whole, from, to)).is_some(), "{from} -> {to}");
    }
}

#[test]
fn mistakes_in_presets_are_found() {
    let schema = Schema::new("preset.schema.json");
    let path = "configs/presets/jetson_agx_orin_qwen_14b.toml";
    let preset = std::fs::read_to_string(root().join(path)).expect("a preset");
    for (from, to) in [
        ("[preset.bands]", "[preset.band]"),
        ("source = ", "sources = "),
        ("tile = 128", "tile = 0"),
        ("tile = 128", "til = 128"),
        ("power = 1", "power = 4"),
        ("coefficient = 0.00064313895", "coefficient = \"0.00064313895\""),
        ("[preset.error.prefill_s]", "[preset.error.prefil_s]"),
        ("mape_percent = 0.66", "mape_percent = -0.66"),
        ("0.9785, 0.9996, ", "0.9785, "),
        ("form = \"ramp\"", "form = \"auto\""),
    ] {
        assert!(schema.problem(&replaced(&preset, from, to)).is_some(), "{from} -> {to}");
    }
}

/// Every key, table and choice says what it is for.
#[test]
fn all_is_described() {
    fn look(schema: &Value, path: &str) {
        let described = schema["description"].as_str().is_some_and(|text| !text.is_empty());
        assert!(described || path.ends_with("[]"), "{path}: {schema}");
        for (name, property) in schema["properties"].as_object().into_iter().flatten() {
            look(property, &format!("{path}.{name}"));
        }
        for choice in ["anyOf", "oneOf"].into_iter().filter_map(|key| schema[key].as_array()).flatten() {
            look(choice, path);
        }
        if schema["items"].is_object() {
            look(&schema["items"], &format!("{path}[]"));
        }
    }
    for kind in ["config", "preset"] {
        let schema = run_in(root(), &format!("schema {kind}")).done();
        let schema: Value = serde_json::from_str(&schema).expect("JSON");
        assert!(!schema.to_string().contains("://"), "no address");
        look(&schema, kind);
    }
}
