//! The checked-in WebAssembly module, which the report's panel predicts with, is core as it stands.

use token2metrics::{t2m_prediction, t2m_request};
use token2metrics_core::{Profile, Request};
use token2metrics_tests::figures::{as_c, figures};
use token2metrics_tests::root;
use token2metrics_tests::wasm::{BLOBS, MODULE, RENEW, Wasm, assert_vectors};

fn bits(prediction: &t2m_prediction) -> ([u32; 15], u32) {
    (figures(prediction).map(|(_, value)| value.to_bits()), prediction.flags)
}

#[test]
fn the_module_predicts_the_bits_of_the_vectors() {
    assert_vectors(&root().join(MODULE));
}

#[test]
fn the_module_predicts_what_core_predicts() {
    for blob in BLOBS {
        let bytes = std::fs::read(root().join("tests/vectors").join(blob)).expect("a blob");
        let profile = Profile::decode(&bytes).expect("a sound blob");
        let mut wasm = Wasm::load(&root().join(MODULE), &bytes);
        for input_tokens in (1..5000).step_by(37) {
            let request =
                t2m_request { input_tokens, cached_tokens: input_tokens / 3, output_tokens: 1 + input_tokens / 5 };
            let expected = profile.predict(Request::from(request)).ok().map(|prediction| bits(&as_c(prediction)));
            assert_eq!(
                wasm.predict(request).ok().map(|prediction| bits(&prediction)),
                expected,
                "{request:?}: {RENEW}"
            );
        }
    }
}

/// The panel's script has the offsets of the structs that it writes and reads, on which no compiler looks.
#[test]
fn the_panel_has_the_layout_of_the_structs() {
    let script = std::fs::read_to_string(root().join("trainer/templates/panel.js")).expect("the script");
    let layout = std::fs::read_to_string(root().join("tests/abi/layout.txt")).expect("the layout");
    let begin = script.find("const LAYOUT = {").expect("a table");
    let table = &script[begin..begin + script[begin..].find("};").expect("its end")];
    let mut structs = 0;
    for line in table.lines().skip(1).filter(|line| !line.trim().is_empty()) {
        let (name, fields) = line.trim().split_once(": { ").expect("a struct");
        for field in fields.trim_end_matches(" },").split(", ") {
            let (field, place) = field.split_once(": ").expect("a field");
            let known = match field {
                "size" => format!("{name}: size {place}, "),
                _ => format!("{name}.{field}: offset {place}, "),
            };
            assert!(layout.lines().any(|line| line.starts_with(&known)), "{name}.{field} is not at {place}");
        }
        structs += 1;
    }
    assert_eq!(structs, 6, "the table is read");
}
