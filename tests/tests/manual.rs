//! The header says of each function what it returns and who may call it when, and all of its examples compile.

use std::collections::BTreeSet;
use token2metrics_tests::compiler::compile;
use token2metrics_tests::header;
use token2metrics_tests::manual::entries;

/// What the examples take for granted.
const GIVEN: &str = r#"
#include "token2metrics.h"
#include <stdio.h>
extern const uint8_t *blob, *page;
extern size_t blob_len, n;
extern t2m_profile profile;
extern t2m_drift drift;
extern t2m_request request, requests[3];
extern t2m_prediction prediction, predictions[3];
extern t2m_budget budget;
extern t2m_estimate estimate;
extern t2m_status status;
extern t2m_member member;
extern t2m_info info;
extern uint32_t generated;
extern float battery_j, deadline_s, submitted_s, first_token_s, last_token_s, now_s, elapsed_s, prefill_s;
extern void refuse(void);
extern void run(void);
"#;

/// Examples end with what one would go on with.
const FLAGS: [&str; 2] = ["-c", "-Wno-unused-variable"];

#[test]
fn functions_say_what_they_return_and_who_may_call_them() {
    let entries = entries();
    let functions = entries.iter().filter(|entry| entry.is_function).map(|entry| entry.name.clone());
    assert_eq!(functions.collect::<BTreeSet<_>>(), header::functions(), "the header is not read right");
    for entry in entries.iter().filter(|entry| entry.is_function) {
        for needed in ["\n Returns ", "\n Threads: "] {
            assert!(entry.text.contains(needed), "{} has no paragraph {needed:?}", entry.name);
        }
        // Those that take pointers say what these must point to.
        let takes_none = ["t2m_abi_version", "t2m_status_message"].contains(&entry.name.as_str());
        assert!(takes_none || entry.text.contains("\n # Safety\n"), "{} does not say what is safe", entry.name);
    }
}

#[test]
fn everything_has_an_example_that_compiles() {
    let entries = entries();
    let types = header::code().matches("typedef struct ").count();
    // The introduction and the statuses.
    assert_eq!(entries.len(), 2 + types + header::functions().len(), "the header is not read right: {entries:?}");
    let mut source = GIVEN.to_owned();
    for entry in &entries {
        let uses = if entry.is_function { format!("{}(", entry.name) } else { String::new() };
        assert!(!entry.example.is_empty() && entry.example.contains(&uses), "{} has no example", entry.name);
        source +=
            &format!("\nvoid example_of_{}(void);\nvoid example_of_{0}(void) {{\n{}}}\n", entry.name, entry.example);
    }
    let dir = tempfile::tempdir().expect("a directory");
    for (standard, name) in [("c99", "examples.c"), ("c++11", "examples.cpp")] {
        let path = dir.path().join(name);
        std::fs::write(&path, &source).expect("written");
        compile(&path, standard, &FLAGS).unwrap_or_else(|error| panic!("{error}"));
    }
}
