//! `tests/vectors/predictions.csv`: what requests come to, in bits. Whoever computes predictions must get the same.
//!
//! `T2M_BLESS=1` writes the file from the requests that stand here; without it the file is only compared.

#[path = "../../core/tests/reference/mod.rs"]
mod reference;

use reference::Figure;
use std::fmt::Write as _;
use token2metrics::{t2m_request, t2m_status};
use token2metrics_core::{MAX_TOKENS, Prediction, Profile, Request, RequestError};
use token2metrics_tests::compiler::compile;
use token2metrics_tests::figures::{self, as_c, figures};
use token2metrics_tests::library::library;
use token2metrics_tests::{assert_file, root};

/// Format version 1; version 2 with everything it has; version 2 with prefill, its constant power and a price of energy.
const BLOBS: [&str; 3] = ["version_1.t2m", "version_2.t2m", "prefill_only.t2m"];
/// Behind it the figures and the flags; a figure that is not known is infinite.
const HEADER: &str = "blob,input_tokens,cached_tokens,output_tokens,status";

/// `input_tokens`, `cached_tokens`, `output_tokens`.
#[rustfmt::skip]
const REQUESTS: [(u32, u32, u32); 51] = [
    // The least there is; without and with a step.
    (1, 0, 1), (1, 0, 2),
    // The ends of the trained ranges.
    (7, 0, 2), (8, 0, 1), (8, 0, 2), (4096, 0, 1000), (4096, 0, 1001), (4097, 0, 1000),
    // Around tiles of 16, 128 and 256, and the knot of 15.
    (14, 0, 8), (15, 0, 8), (16, 0, 8), (17, 0, 8), (31, 0, 8), (32, 0, 8),
    (127, 0, 2), (128, 0, 2), (129, 0, 2), (255, 0, 64), (256, 0, 64), (257, 0, 64),
    // Around the knot of prefill at 2048, and that of the step at 1024.
    (2047, 0, 3), (2048, 0, 3), (2049, 0, 3),
    (1022, 0, 2), (1023, 0, 2), (1024, 0, 2), (1000, 0, 50),
    // Cached prefixes: none, most and all but one token; with the fixed part calibrated away, prefill is raised to 0.
    (100, 0, 50), (100, 96, 50), (100, 99, 50), (128, 64, 50), (4096, 4080, 1000), (4096, 2048, 10), (8192, 4095, 2),
    // Long contexts, up to the largest there is.
    (131_072, 0, 1), (131_072, 0, 2048), (131_071, 65_536, 131_072), (1, 0, 131_072),
    (MAX_TOKENS, 0, 2), (MAX_TOKENS, MAX_TOKENS - 1, 2), (1, 0, MAX_TOKENS), (MAX_TOKENS, 0, MAX_TOKENS),
    // No requests.
    (0, 0, 1), (0, 0, 0), (1, 0, 0), (1, 1, 1), (5, 9, 1), (u32::MAX, u32::MAX, 1),
    (MAX_TOKENS + 1, 0, 1), (1, 0, MAX_TOKENS + 1), (u32::MAX, 0, u32::MAX),
];

/// An f32 has roundings of 2^-24; the profile subtracts an offset and slopes, which magnifies them in short requests.
const AGAINST_F64: f64 = 1.0e-5;

fn profiles() -> [(&'static str, Profile); 3] {
    BLOBS.map(|name| {
        let blob = std::fs::read(root().join("tests/vectors").join(name)).expect("the vector is readable");
        (name, Profile::decode(&blob).expect("the vector is sound"))
    })
}

fn requests() -> impl Iterator<Item = Request> {
    let request = |(input_tokens, cached_tokens, output_tokens)| Request { input_tokens, cached_tokens, output_tokens };
    REQUESTS.into_iter().map(request)
}

/// Every request of every profile with its answer.
fn answers() -> Vec<(&'static str, Profile, Request, Result<Prediction, RequestError>)> {
    let answers = |(name, profile): (_, Profile)| {
        requests().map(move |request| (name, profile.clone(), request, profile.predict(request)))
    };
    profiles().into_iter().flat_map(answers).collect()
}

fn bits(prediction: Prediction) -> [u32; 15] {
    figures(&as_c(prediction)).map(|(_, value)| value.to_bits())
}

fn row(request: Request, answer: Result<Prediction, RequestError>) -> String {
    let Request { input_tokens, cached_tokens, output_tokens } = request;
    let request = t2m_request { input_tokens, cached_tokens, output_tokens };
    figures::row(request, answer.map(as_c).map_err(t2m_status::from).as_ref())
}

fn csv() -> String {
    let answers = answers();
    let names = answers.iter().find_map(|(.., answer)| answer.ok()).map(|prediction| figures(&as_c(prediction)));
    let names = names.expect("a request is answered").map(|(name, _)| name);
    let mut csv = format!("{HEADER},{},flags\n", names.join(","));
    for (blob, _, request, answer) in answers {
        writeln!(csv, "{blob},{}", row(request, answer)).expect("a String grows");
    }
    csv
}

#[test]
fn core_predicts_these_bits() {
    assert_file(&root().join("tests/vectors/predictions.csv"), &csv());
}

#[test]
fn vectors_agree_with_f64() {
    for (blob, profile, request, answer) in answers() {
        let Ok(prediction) = answer else { continue };
        for figure in reference::compare(&profile, request, &prediction, AGAINST_F64) {
            let Figure { name, predicted, expected, .. } = figure;
            assert!(figure.agrees(), "{blob}, {request:?}: {name}: {predicted:?}, not {expected:?}");
        }
    }
}

/// What no row has, nobody who reads the file tests.
#[test]
fn vectors_have_every_flag_and_status() {
    let answers = answers();
    let predictions = || answers.iter().filter_map(|(.., answer)| answer.as_ref().ok());
    for bit in 0..6 {
        let flagged = |set| predictions().any(|prediction| (prediction.flags.bits() >> bit) & 1 == set);
        assert!(flagged(0) && flagged(1), "flag {bit}");
    }
    for status in 200..=204 {
        let has_status = |error| t2m_status::from(error) as i32 == status;
        assert!(answers.iter().any(|(.., answer)| answer.is_err_and(has_status)), "status {status}");
    }
}

/// What version 2 appends changes nothing of the seconds.
#[test]
fn version_2_has_the_seconds_of_version_1() {
    let [(_, old), (_, new), _] = profiles();
    for request in requests() {
        let seconds =
            |profile: &Profile| profile.predict(request).map(|answer| bits(answer).first_chunk::<4>().copied());
        assert_eq!(seconds(&old), seconds(&new), "{request:?}");
    }
}

#[test]
fn c_predicts_these_bits() {
    let source = root().join("tests/c/vectors.c");
    let program = compile(&source, "c99", &[&library().static_file]).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(program.run(&[root().join("tests/vectors")]), format!("{} rows\n", BLOBS.len() * REQUESTS.len()));
}
