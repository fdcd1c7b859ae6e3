//! What the dependencies may be: their licences, the Rust that they need, and what `core` and `ffi` take along.

use serde_json::Value;
use std::process::Command;
use token2metrics_tests::root;

/// Licences that do not bind those who link the library; MPL-2.0 is that of cbindgen, which only the tests run.
const ALLOWED: [&str; 7] = ["MIT", "MIT-0", "Apache-2.0", "Unlicense", "Zlib", "BSD-3-Clause", "Unicode-3.0"];

fn packages() -> Vec<Value> {
    let metadata = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--locked"])
        .current_dir(root())
        .output()
        .expect("cargo runs");
    assert!(metadata.status.success(), "{}", String::from_utf8_lossy(&metadata.stderr));
    let mut metadata: Value = serde_json::from_slice(&metadata.stdout).expect("JSON");
    match metadata["packages"].take() {
        Value::Array(packages) => packages,
        other => panic!("{other}"),
    }
}

/// `1.89` as numbers that compare, also with `1.89.0`.
fn version(text: &str) -> Vec<u32> {
    let mut parts: Vec<u32> = text.split('.').map(|part| part.parse().expect("a number")).collect();
    parts.resize(3, 0);
    parts
}

#[test]
fn licences_are_allowed() {
    for package in packages() {
        let name = package["name"].as_str().expect("a name");
        let licence = package["license"].as_str().unwrap_or_else(|| panic!("{name} states no licence"));
        let expression = spdx::Expression::parse_mode(licence, spdx::ParseMode::LAX)
            .unwrap_or_else(|error| panic!("{name}: {error}"));
        let allowed = expression.evaluate(|required| {
            let id = required.license.id().map_or("", |id| id.name);
            ALLOWED.contains(&id) || (name == "cbindgen" && id == "MPL-2.0")
        });
        assert!(allowed, "{name}: {licence}");
    }
}

#[test]
fn none_needs_a_newer_rust_than_is_stated() {
    let packages = packages();
    let stated = |package: &Value| package["rust_version"].as_str().map(version);
    let ours = packages.iter().find(|package| package["name"] == "token2metrics-core").and_then(stated);
    let ours = ours.expect("a stated rust-version");
    for package in &packages {
        if let Some(needed) = stated(package) {
            assert!(needed <= ours, "{} needs Rust {needed:?}", package["name"]);
        }
    }
}

#[test]
fn the_library_takes_no_dependency_but_those_of_core() {
    let tree = Command::new(env!("CARGO"))
        .args(["tree", "-p", "token2metrics-ffi", "-e", "normal,no-proc-macro", "--prefix", "none", "--locked"])
        .current_dir(root())
        .output()
        .expect("cargo runs");
    let tree = String::from_utf8(tree.stdout).expect("text");
    let mut names: Vec<&str> = tree.lines().filter_map(|line| line.split(' ').next()).collect();
    names.sort_unstable();
    names.dedup();
    let known = [
        "byteorder",
        "cobs",
        "hash32",
        "heapless",
        "libm",
        "postcard",
        "serde",
        "serde_core",
        "stable_deref_trait",
        "thiserror",
        "token2metrics-core",
        "token2metrics-ffi",
    ];
    assert_eq!(names, known);
}
