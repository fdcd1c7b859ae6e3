//! `tests/vectors/predictions.csv`: what requests come to, in bits. Whoever computes predictions must get the same.
//!
//! `T2M_BLESS=1` writes the file from the requests that stand here; without it the file is only compared.

#[path = "../../core/tests/reference/mod.rs"]
mod reference;

use std::fmt::Write as _;
use token2metrics::t2m_status;
use token2metrics_core::{MAX_TOKENS, Profile, Request};
use token2metrics_tests::compiler::compile;
use token2metrics_tests::library::library;
use token2metrics_tests::{assert_file, root};

const BLOB: &str = "version_1.t2m";
const HEADER: &str = "blob,input_tokens,cached_tokens,output_tokens,status,prefill_s,decode_s,total_s,tpot_s,flags";

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

fn profile() -> Profile {
    let blob = std::fs::read(root().join("tests/vectors").join(BLOB)).expect("the vector is readable");
    Profile::decode(&blob).expect("the vector is sound")
}

fn requests() -> impl Iterator<Item = Request> {
    let request = |(input_tokens, cached_tokens, output_tokens)| Request { input_tokens, cached_tokens, output_tokens };
    REQUESTS.into_iter().map(request)
}

fn csv() -> String {
    let profile = profile();
    let mut csv = format!("{HEADER}\n");
    for request in requests() {
        let Request { input_tokens, cached_tokens, output_tokens } = request;
        let rest = match profile.predict(request) {
            Ok(prediction) => {
                let floats = [prediction.prefill_s, prediction.decode_s, prediction.total_s, prediction.tpot_s];
                let [prefill_s, decode_s, total_s, tpot_s] = floats.map(f32::to_bits);
                format!("0,{prefill_s:08x},{decode_s:08x},{total_s:08x},{tpot_s:08x},{}", prediction.flags.bits())
            }
            Err(error) => format!("{},,,,,", t2m_status::from(error) as i32),
        };
        writeln!(csv, "{BLOB},{input_tokens},{cached_tokens},{output_tokens},{rest}").expect("a String grows");
    }
    csv
}

#[test]
fn core_predicts_these_bits() {
    assert_file(&root().join("tests/vectors/predictions.csv"), &csv());
}

#[test]
fn vectors_agree_with_f64() {
    let profile = profile();
    for request in requests().filter(|request| request.check().is_ok()) {
        let prediction = profile.predict(request).expect("the request is sound");
        let reference = reference::predict(&profile, request);
        for (name, f32, f64) in [
            ("prefill_s", prediction.prefill_s, reference.prefill_s),
            ("decode_s", prediction.decode_s, reference.decode_s),
            ("total_s", prediction.total_s, reference.total_s),
            ("tpot_s", prediction.tpot_s, reference.tpot_s),
        ] {
            assert!((f64::from(f32) - f64).abs() <= AGAINST_F64 * f64, "{request:?}: {name}: {f32}, not {f64}");
        }
    }
}

/// What no row has, nobody who reads the file tests.
#[test]
fn vectors_have_every_flag_and_status() {
    let profile = profile();
    let predictions = requests().filter_map(|request| profile.predict(request).ok());
    assert_eq!(predictions.fold(0, |flags, prediction| flags | prediction.flags.bits()), 7);
    for status in 200..=203 {
        let has_status = |error| t2m_status::from(error) as i32 == status;
        assert!(requests().any(|request| request.check().is_err_and(has_status)), "status {status}");
    }
}

#[test]
fn c_predicts_these_bits() {
    let source = root().join("tests/c/vectors.c");
    let program = compile(&source, "c99", &[&library().static_file]).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(program.run(&[root().join("tests/vectors")]), format!("{} rows\n", REQUESTS.len()));
}
