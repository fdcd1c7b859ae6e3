//! The shipped configs: what they train to keeps what the README says of it.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use tempfile::TempDir;
use token2metrics::{t2m_request, t2m_status};
use token2metrics_core::{Profile, Request};
use token2metrics_tests::c_source::{Answered, expect_answers, program};
use token2metrics_tests::compiler::{Program, compile};
use token2metrics_tests::experiment::run_in;
use token2metrics_tests::figures::{as_c, figures};
use token2metrics_tests::library::library;
use token2metrics_tests::root;

/// Every shipped config, trained once; its folder of outputs and its report.
fn trained() -> &'static [(PathBuf, Value)] {
    static TRAINED: OnceLock<(TempDir, Vec<(PathBuf, Value)>)> = OnceLock::new();
    let (_, models) = TRAINED.get_or_init(|| {
        let dir = tempfile::tempdir().expect("a folder");
        let reports =
            run_in(root(), &format!("train --all-models --output {} --format json", dir.path().display())).done();
        let Value::Array(reports) = serde_json::from_str(&reports).expect("JSON") else { panic!("{reports}") };
        let folder = |report: &Value| dir.path().join(report["model"].as_str().expect("a name"));
        let models = reports.into_iter().map(|report| (folder(&report), report)).collect();
        (dir, models)
    });
    models
}

/// The blob of every shipped preset.
fn presets() -> &'static [PathBuf] {
    static PRESETS: OnceLock<(TempDir, Vec<PathBuf>)> = OnceLock::new();
    let (_, blobs) = PRESETS.get_or_init(|| {
        let dir = tempfile::tempdir().expect("a folder");
        let entries = std::fs::read_dir(root().join("configs/presets")).expect("a folder");
        let blob = |preset: PathBuf| {
            let stem = preset.file_stem().expect("a name").to_str().expect("text");
            run_in(root(), &format!("train --model {stem} --output {}", dir.path().display())).done();
            dir.path().join(stem).join("profile.t2m")
        };
        let blobs = entries.map(|entry| blob(entry.expect("an entry").path())).collect();
        (dir, blobs)
    });
    blobs
}

#[test]
fn every_config_is_trained() {
    let entries = std::fs::read_dir(root().join("configs")).expect("a folder");
    let files = entries.map(|entry| entry.expect("an entry").path());
    let configs = files.filter(|path| path.extension().is_some_and(|extension| extension == "toml")).count();
    assert_eq!(trained().len(), configs);
    for (folder, report) in trained() {
        let written: Value =
            serde_json::from_slice(&std::fs::read(folder.join("report.json")).expect("a report")).expect("JSON");
        assert_eq!(&written, report);
    }
}

#[test]
fn holdout_errors_are_at_most_6_percent() {
    for (_, report) in trained() {
        for time in ["prefill_s", "decode_s", "total_s"] {
            let scores = &report["holdout"]["scores"][time];
            assert!(scores["n"].as_u64().expect("a count") >= 8, "{scores}");
            let mape = scores["mape_percent"].as_f64().expect("a number");
            assert!(mape <= 6.0, "{}: {time}: {mape} %", report["model"]);
        }
    }
}

#[test]
fn blobs_are_small_and_every_flip_and_truncation_is_rejected() {
    for path in shipped() {
        let blob = std::fs::read(&path).expect("a blob");
        assert!(blob.len() < 256, "{} bytes", blob.len());
        Profile::decode(&blob).expect("the blob as it is");
        for bit in 0..8 * blob.len() {
            let mut flipped = blob.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert!(Profile::decode(&flipped).is_err(), "{}: bit {bit}", path.display());
        }
        for len in 0..blob.len() {
            assert!(Profile::decode(&blob[..len]).is_err(), "{}: {len} bytes", path.display());
        }
    }
}

/// `name value` lines of the C example; its last is the flags.
fn c_example(program: &mut Command, blob: &Path, request: [u32; 2]) -> Vec<(String, f32)> {
    let output = program.arg(blob).args(request.map(|tokens| tokens.to_string())).output().expect("it runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).expect("text");
    let line = |line: &str| {
        let (name, value) = line.split_once(' ').expect("a name and a value");
        (name.to_owned(), value.trim().parse().expect("a number"))
    };
    text.lines().map(line).collect()
}

/// What a figure is in C that the profile does not know: infinite, or 0 at the lower end of a band.
fn unknown(name: &str) -> f32 {
    if name.ends_with("_low_s") { 0.0 } else { f32::INFINITY }
}

/// The blobs of the shipped configs and presets.
fn shipped() -> impl Iterator<Item = PathBuf> {
    trained().iter().map(|(folder, _)| folder.join("profile.t2m")).chain(presets().iter().cloned())
}

/// The shipped blobs, and one with all that a blob can have.
fn blobs() -> Vec<PathBuf> {
    shipped().chain([root().join("tests/vectors/version_1.t2m"), root().join("tests/vectors/version_2.t2m")]).collect()
}

#[test]
fn rust_c_and_the_command_line_predict_the_same_bits() {
    let library = library();
    let source = root().join("ffi/examples/predict.c");
    let with_static: Program = compile(&source, "c99", &[&library.static_file]).expect("it compiles");
    let with_shared: Program = compile(&source, "c99", &[&library.shared_file]).expect("it compiles");
    for blob in blobs() {
        let profile = Profile::decode(&std::fs::read(&blob).expect("a blob")).expect("a sound blob");
        for [input, output] in [[1, 1], [8, 2], [100, 50], [127, 8], [128, 9], [1000, 200], [100_000, 30_000]] {
            let counts = format!("--input-tokens {input} --output-tokens {output} --format json");
            let command = format!("--log-level off predict --model-path {} {counts}", blob.display());
            let predicted: Value = serde_json::from_str(&run_in(root(), &command).done()).expect("JSON");
            let request = Request { input_tokens: input, cached_tokens: 0, output_tokens: output };
            let expected = as_c(profile.predict(request).expect("a request"));
            let place = format!("{}: {input} {output}", blob.display());
            for (name, value) in figures(&expected) {
                let cli = predicted.get(name).unwrap_or_else(|| panic!("{place}: no {name}"));
                let cli = cli.as_f64().map_or_else(|| unknown(name), |value| value as f32);
                assert_eq!(cli.to_bits(), value.to_bits(), "{place} {name}");
            }
            assert_eq!(predicted["flags"], flag_names(expected.flags), "{place}");
            let mut shared = with_shared.command();
            shared.env("LD_LIBRARY_PATH", &library.dir);
            for mut program in [with_static.command(), shared] {
                let printed = c_example(&mut program, &blob, [input, output]);
                let flags = [("flags", expected.flags as f32)];
                let expected = figures(&expected).into_iter().chain(flags);
                assert!(
                    printed
                        .iter()
                        .map(|(name, value)| (name.as_str(), value.to_bits()))
                        .eq(expected.map(|(name, value)| (name, value.to_bits()))),
                    "{place}: {printed:?}"
                );
            }
        }
    }
}

/// Requests all over the trained range and beyond, some with a cached prefix.
#[test]
fn c_source_predicts_the_same_bits() {
    let mut random = ChaCha8Rng::seed_from_u64(6);
    for blob in shipped() {
        let profile = Profile::decode(&std::fs::read(&blob).expect("a blob")).expect("a sound blob");
        let source = blob.with_file_name("profile.c");
        run_in(root(), &format!("export {} --format c-source --output {}", blob.display(), source.display())).done();
        let mut answer = || {
            let longest = 1 << random.random_range(1..=24);
            let input_tokens = random.random_range(1..=longest);
            let cached_tokens = if random.random() { random.random_range(0..input_tokens) } else { 0 };
            let output_tokens = random.random_range(1..=longest);
            let answer = profile.predict(Request { input_tokens, cached_tokens, output_tokens });
            let answer = answer.map(as_c).map_err(t2m_status::from);
            (t2m_request { input_tokens, cached_tokens, output_tokens }, answer)
        };
        let answers: Vec<Answered> = (0..5000).map(|_| answer()).collect();
        for flags in ["-O0", "-O3"] {
            let program = program(&source, "c99", &[flags]).unwrap_or_else(|error| panic!("{error}"));
            expect_answers(&program, &answers, &blob.display().to_string());
        }
    }
}

/// The names of the bits that the C API hands out.
fn flag_names(bits: u32) -> Value {
    let names = ["input_extrapolated", "output_extrapolated", "raised_to_zero", "no_energy", "no_cost", "no_bands"];
    names.iter().enumerate().filter(|(bit, _)| (bits >> bit) & 1 == 1).map(|(_, name)| *name).collect()
}
