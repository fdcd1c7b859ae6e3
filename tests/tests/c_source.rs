//! `export --format c-source` writes C that predicts the same bits as the library.

#[path = "../../core/tests/strategy/mod.rs"]
mod strategy;

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use std::path::{Path, PathBuf};
use strategy::Shape;
use tempfile::TempDir;
use token2metrics::{t2m_prediction, t2m_request, t2m_status};
use token2metrics_core::{MAX_TOKENS, PowerCurve, Profile, Request};
use token2metrics_tests::c_source::{Answered, expect_answers, program};
use token2metrics_tests::compiler::compile;
use token2metrics_tests::experiment::{Experiment, run_in};
use token2metrics_tests::root;
use token2metrics_trainer::c_source::c_source;

/// Random profiles of each kind.
const PROFILES: usize = 12;
/// Random requests of each.
const REQUESTS: usize = 300;

const BLOBS: [&str; 3] = ["version_1", "version_2", "prefill_only"];

/// The source of a blob of the vectors, in a folder that is deleted when dropped.
fn exported(blob: &str) -> (TempDir, PathBuf) {
    let dir = tempfile::tempdir().expect("a folder");
    let path = dir.path().join("profile.c");
    let export = format!("export tests/vectors/{blob}.t2m --format c-source --output {}", path.display());
    run_in(root(), &export).done();
    (dir, path)
}

fn answer(profile: &Profile, request: Request) -> Answered {
    let Request { input_tokens, cached_tokens, output_tokens } = request;
    let answer = profile.predict(request).map(t2m_prediction::from).map_err(t2m_status::from);
    (t2m_request { input_tokens, cached_tokens, output_tokens }, answer)
}

/// The requests of the vector file and their answers there, of one blob.
fn vectors(blob: &str) -> Vec<Answered> {
    let read = |name: &str| std::fs::read(root().join("tests/vectors").join(name)).expect("a vector");
    let profile = Profile::decode(&read(&format!("{blob}.t2m"))).expect("a sound blob");
    let csv = String::from_utf8(read("predictions.csv")).expect("text");
    let rows = csv.lines().filter_map(|line| line.strip_prefix(&format!("{blob}.t2m,")));
    let count = |cell: Option<&str>| cell.and_then(|cell| cell.parse().ok()).expect("a token count");
    let answers: Vec<Answered> = rows
        .map(|row| {
            let mut cells = row.split(',');
            let [input_tokens, cached_tokens, output_tokens] = [(); 3].map(|()| count(cells.next()));
            let (request, answer) = answer(&profile, Request { input_tokens, cached_tokens, output_tokens });
            assert_eq!(token2metrics_tests::figures::row(request, answer.as_ref()), row);
            (request, answer)
        })
        .collect();
    assert!(answers.len() > 40, "{blob}");
    answers
}

#[test]
fn vectors_in_every_language_and_at_every_optimization() {
    for blob in BLOBS {
        let (_dir, source) = exported(blob);
        for (standard, flags) in [
            ("c99", &["-O0"] as &[&str]),
            ("c99", &["-O3"]),
            // GNU's C contracts by default what the processor has an instruction for.
            ("gnu11", &["-O3", "-march=native"]),
            ("c++11", &["-O0"]),
            ("c++11", &["-O3"]),
        ] {
            let program = program(&source, standard, flags).unwrap_or_else(|error| panic!("{error}"));
            expect_answers(&program, &vectors(blob), &format!("{blob}, {standard}, {flags:?}"));
        }
    }
}

/// Profiles as a fit may give, as a blob may hold at all, and with numbers of any size, for what is folded into constants.
#[test]
fn random_profiles() {
    let mut runner = TestRunner::deterministic();
    let sound = |profile: &Profile| profile.encode(&mut [0; token2metrics_core::blob::MAX_LEN]).is_ok();
    let kinds = [
        strategy::fitted_profile(Shape::Rising).prop_filter("sound", sound).boxed(),
        strategy::fitted_profile(Shape::WholeTiles).prop_filter("sound", sound).boxed(),
        strategy::any_profile().prop_filter("sound", sound).boxed(),
        strategy::huge_profile().prop_filter("sound", sound).boxed(),
    ];
    let requests = prop_oneof![strategy::request(5000), strategy::request(MAX_TOKENS)];
    let dir = tempfile::tempdir().expect("a folder");
    let source = dir.path().join("profile.c");
    let mut curves = [false; 5];
    for kind in &kinds {
        for _ in 0..PROFILES {
            let profile = kind.new_tree(&mut runner).expect("a profile").current();
            for curve in [&profile.power.prefill, &profile.power.decode] {
                curves[match curve {
                    PowerCurve::Unknown => 0,
                    PowerCurve::Constant { .. } => 1,
                    PowerCurve::Log { .. } => 2,
                    PowerCurve::Ramp { .. } => 3,
                    PowerCurve::Wake { .. } => 4,
                }] = true;
            }
            let text = c_source(&profile, "token2metrics", "random").expect("a string");
            std::fs::write(&source, text).expect("written");
            let program = program(&source, "c99", &["-O2"]).unwrap_or_else(|error| panic!("{error}"));
            let mut request = || requests.new_tree(&mut runner).expect("a request").current();
            let answers: Vec<Answered> = (0..REQUESTS).map(|_| answer(&profile, request())).collect();
            expect_answers(&program, &answers, &format!("{profile:?}"));
        }
    }
    assert_eq!(curves, [true; 5], "every curve is tried");
}

/// Without the pragmas, products are contracted into sums; with them none is.
#[test]
#[cfg(target_arch = "x86_64")]
fn no_product_is_left_unrounded() {
    let (dir, source) = exported("version_2");
    let fused = |source: &Path| {
        let program = compile(source, "gnu11", &["-O3", "-mfma", "-S"]).unwrap_or_else(|error| panic!("{error}"));
        std::fs::read_to_string(&program.path).expect("assembly").matches("vfm").count()
    };
    assert_eq!(fused(&source), 0);
    let text = std::fs::read_to_string(&source).expect("the source");
    let without: String =
        text.lines().filter(|line| !line.starts_with("#pragma")).map(|line| format!("{line}\n")).collect();
    let path = dir.path().join("contracted.c");
    std::fs::write(&path, without).expect("written");
    assert!(fused(&path) > 0, "it would be noticed");
}

#[test]
fn other_arithmetic_is_refused() {
    let (_dir, source) = exported("version_1");
    let mut refused = vec![("-ffast-math", "compile without -ffast-math")];
    if cfg!(target_arch = "x86_64") {
        refused.push(("-mfpmath=387", "more digits than it has"));
    }
    for (flag, message) in refused {
        let error = program(&source, "gnu99", &[flag]).expect_err("it does not compile");
        assert!(error.contains(message), "{error}");
    }
}

/// Two profiles beside the library's header in one program, one compiled and one included.
#[test]
fn names_do_not_clash() {
    let dir = tempfile::tempdir().expect("a folder");
    for name in ["one", "two"] {
        let path = dir.path().join(format!("{name}.c"));
        let blob = "tests/vectors/version_2.t2m";
        run_in(root(), &format!("export {blob} --format c-source --name {name} --output {}", path.display())).done();
    }
    let main = "#include <token2metrics.h>\n#define ONE_DECLARATIONS\n#include \"one.c\"\n#include \"two.c\"\n\
        int main(void) {\n\
        const one_request first = {100, 0, 50};\nconst two_request second = {100, 0, 50};\n\
        one_prediction one;\ntwo_prediction two;\n\
        if (one_predict(&first, &one) != T2M_OK || two_predict(&second, &two) != T2M_OK) return 1;\n\
        return !(one.total_s == two.total_s && one.flags == two.flags && ONE_FLAG_NO_COST == T2M_FLAG_NO_COST);\n}\n";
    let path = dir.path().join("main.c");
    std::fs::write(&path, main).expect("written");
    let program = compile(&path, "c99", &[dir.path().join("one.c")]).unwrap_or_else(|error| panic!("{error}"));
    program.run(&[] as &[&str]);
}

#[test]
fn bad_calls() {
    let experiment = Experiment::default();
    experiment.run("train --model 1M").done();
    for name in ["1st", "a-b", "", "ä"] {
        let error =
            experiment.run(&format!("export outputs/tiny/profile.t2m --format c-source --output a.c --name={name}"));
        assert!(error.failed(2).contains("give a letter, and then letters, digits and underscores"), "{name}");
    }
    let clash = "export outputs/tiny/profile.t2m --format c-source --output a.c --name t2m";
    assert!(experiment.run(clash).failed(2).contains("token2metrics.h declares names that begin so"));
}

/// A name ends no comment, whatever is in it.
#[test]
fn names_stay_in_the_comment() {
    let experiment = Experiment::default();
    let hostile = "*/ /* ??/ \\\\ \u{202E}x";
    experiment.write("configs/tiny.toml", token2metrics_tests::experiment::CONFIG.replace("Tiny", hostile));
    experiment.run("train --model 1M").done();
    experiment.run("export outputs/tiny/profile.t2m --format c-source --output a.c").done();
    program(&experiment.path("a.c"), "c99", &[]).unwrap_or_else(|error| panic!("{error}"));
}

/// clang contracts within expressions by default.
#[test]
#[cfg(feature = "tools")]
fn clang_predicts_the_same_bits() {
    for blob in BLOBS {
        let (_dir, source) = exported(blob);
        let define = format!("-DSOURCE=\"{}\"", source.display());
        let arguments = [define.as_str(), source.to_str().expect("UTF-8"), "-O3", "-march=native"];
        let program = token2metrics_tests::compiler::compile_by(
            "clang".as_ref(),
            &root().join("tests/c/c_source.c"),
            "gnu11",
            &arguments,
        );
        expect_answers(&program.unwrap_or_else(|error| panic!("{error}")), &vectors(blob), blob);
    }
}
