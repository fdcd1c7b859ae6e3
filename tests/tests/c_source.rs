//! `export --format c-source` writes C that predicts the same bits as the library.

#[path = "../../core/tests/strategy/mod.rs"]
mod strategy;

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use std::path::{Path, PathBuf};
use strategy::Shape;
use tempfile::TempDir;
use token2metrics::{t2m_request, t2m_status};
use token2metrics_core::{Calibration, MAX_TOKENS, Polynomial, Power, PowerCurve, Profile, Request, Tariff, Term};
use token2metrics_tests::c_source::{Answered, expect_answers, program};
use token2metrics_tests::compiler::compile;
use token2metrics_tests::experiment::{Experiment, run_in};
use token2metrics_tests::figures::as_c;
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
    let answer = profile.predict(request).map(as_c).map_err(t2m_status::from);
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
    for kind in &kinds {
        for _ in 0..PROFILES {
            let profile = kind.new_tree(&mut runner).expect("a profile").current();
            let requests: Vec<Request> =
                (0..REQUESTS).map(|_| requests.new_tree(&mut runner).expect("a request").current()).collect();
            expect_same(&profile, requests.into_iter());
        }
    }
}

/// A profile of 0.1 ms a token and 0.1 ms a step, on which the others here are built.
fn plain() -> Profile {
    let blob = std::fs::read(root().join("tests/vectors/version_1.t2m")).expect("a vector");
    let mut profile = Profile::decode(&blob).expect("a sound blob");
    profile.prefill.polynomial = Polynomial { fixed_s: 0.0, terms: [Term::plain(1.0e-4, 1)].into_iter().collect() };
    profile.decode.polynomial = Polynomial { fixed_s: 0.0, terms: [Term::plain(1.0e-4, 0)].into_iter().collect() };
    profile.prefill.calibration = Calibration::IDENTITY;
    profile.decode.calibration = Calibration::IDENTITY;
    profile
}

/// Asserts that the source of a profile answers these as core does.
fn expect_same(profile: &Profile, requests: impl Iterator<Item = Request>) {
    profile.encode(&mut [0; token2metrics_core::blob::MAX_LEN]).expect("a sound profile");
    let dir = tempfile::tempdir().expect("a folder");
    let source = dir.path().join("profile.c");
    std::fs::write(&source, c_source(profile, "token2metrics", "a profile").expect("a string")).expect("written");
    let program = program(&source, "c99", &["-O2"]).unwrap_or_else(|error| panic!("{error}"));
    let answers: Vec<Answered> = requests.map(|request| answer(profile, request)).collect();
    expect_answers(&program, &answers, &format!("{profile:?}"));
}

/// Every way through the exponential and the logarithm, at thousands of times from 0.1 ms to half an hour.
#[test]
fn every_curve() {
    let count = |at: u32| (1.0022_f64.powi(at as i32) as u32).clamp(1, MAX_TOKENS);
    let requests = || {
        let steps = (0..7500_u32).map(|at| (count(at), count((at * 37) % 7500)));
        steps.map(|(input_tokens, output_tokens)| Request { input_tokens, cached_tokens: 0, output_tokens })
    };
    let ramp = |deficit_w| PowerCurve::Ramp { steady_w: 25.0, deficit_w, tau_s: 3.7 };
    let wake = |deficit_w| PowerCurve::Wake { idle_w: 5.5, wake_s: 1.3, steady_w: 25.0, deficit_w, tau_s: 3.7 };
    let (log, constant) = (PowerCurve::Log { base_w: 5.5, slope_w: 1.25 }, PowerCurve::Constant { watts: 12.0 });
    for (prefill, decode) in [
        (log, wake(4.5)),
        (ramp(20.0), wake(-4.5)),
        (ramp(-7.0), ramp(25.0)),
        (constant, log),
        (log, PowerCurve::Unknown),
    ] {
        expect_same(&Profile { power: Power { prefill, decode }, ..plain() }, requests());
    }
}

/// What is folded away must not turn a -0 into a 0 or the other way round.
#[test]
fn negative_zeros() {
    let requests = || {
        let counts = [1, 2, 100, 101, 5000].into_iter();
        let request =
            |input_tokens, cached_tokens, output_tokens| Request { input_tokens, cached_tokens, output_tokens };
        counts.clone().flat_map(move |input| {
            counts.clone().flat_map(move |output| [request(input, 0, output), request(input, input - 1, output)])
        })
    };
    let knot = |coefficient, power| Term { coefficient, knot: 100, tile: 1, power };
    let tariff =
        |per_kwh, per_hour, per_request| Some(Tariff { currency: Default::default(), per_kwh, per_hour, per_request });
    let nothing = PowerCurve::Constant { watts: -0.0 };
    let power = Power { prefill: nothing, decode: nothing };
    expect_same(&Profile { power, tariff: tariff(0.3, 0.0, 0.0), ..plain() }, requests());
    for fixed_s in [0.0, -0.0, 1.0] {
        for coefficient in [0.0, -0.0, -1.0e-3, 1.0e-3, -1.0e-30] {
            for (scale, offset_s) in [(1.0, 0.0), (-1.0, 0.0), (0.5, -0.0), (1.0e-20, 0.0), (0.0, 0.0), (-0.0, -0.0)] {
                let mut profile = plain();
                profile.prefill.polynomial =
                    Polynomial { fixed_s, terms: [knot(coefficient, 1)].into_iter().collect() };
                profile.decode.polynomial =
                    Polynomial { fixed_s, terms: [knot(coefficient, 0), knot(coefficient, 2)].into_iter().collect() };
                profile.prefill.calibration = Calibration { scale, offset_s };
                profile.decode.calibration = Calibration { scale, offset_s };
                profile.tariff = tariff(0.0, if coefficient == 0.0 { 1.0 } else { 0.0 }, 0.0);
                profile.power.prefill = PowerCurve::Constant { watts: -0.0 };
                if fixed_s == 0.0 {
                    profile.power.decode = PowerCurve::Constant { watts: 0.0 };
                }
                expect_same(&profile, requests());
            }
        }
    }
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
