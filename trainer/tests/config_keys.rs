//! Every key of a config that training reads changes what comes out of it.

mod common;

use common::{Folder, Noise};
use std::fmt::Write;
use std::path::PathBuf;
use token2metrics_core::Profile;
use token2metrics_trainer::calibrate::Method;
use token2metrics_trainer::score::Scores;
use token2metrics_trainer::train::Trained;

/// A config that leaves nothing to `auto`; a test replaces the lines of one table.
const TABLES: [(&str, &str); 7] = [
    ("tokens", ""),
    ("server", "name = \"s\"\ndata = [\"server.csv\"]"),
    ("prefill", "type = \"linear\""),
    ("decode", "type = \"linear\""),
    ("calibration", "method = \"median_ratio\""),
    ("validation", ""),
    ("device", "name = \"d\"\ndata = [\"device.csv\"]"),
];

const WITH_HOLDOUT: &str = "name = \"d\"\ndata = [\"device.csv\"]\nholdout = [\"holdout.csv\"]";

/// Noisy rows of a machine with a fixed time, whole tiles of 16 that run fast, prompts that grow with the square, and steps that grow
/// with the context.
fn rows(count: usize, scale: f64, offset_s: f64, seed: u64) -> String {
    let mut noise = Noise::new(seed);
    let mut rows = String::new();
    for _ in 0..count {
        let (input, output) = (noise.tokens(1, 500), noise.tokens(2, 100));
        let (n, steps) = (f64::from(input), f64::from(output - 1));
        let prefill_s = 0.05 + 1e-3 * n + 2e-6 * n * n - 5e-4 * (n / 16.0).floor() * 16.0;
        let decode_s = 0.1 + steps * (0.02 + 4e-5 * (n + 0.5 * f64::from(output)));
        let [prefill_s, decode_s] = [prefill_s, decode_s].map(|s| offset_s + scale * s * noise.factor(0.02));
        writeln!(rows, "{input},{output},0,{prefill_s},{decode_s}").expect("a string takes all");
    }
    rows
}

fn folder() -> Folder {
    /// Steps half as slow again as they should be, for the robust loss to notice.
    const FREAK: &str = "250,50,0,0.305,2.4\n";
    let folder = Folder::new();
    folder.csv("server.csv", &(rows(60, 1.0, 0.0, 1) + FREAK)).csv("device.csv", &rows(40, 2.0, 0.02, 2));
    folder.csv("holdout.csv", &rows(17, 2.0, 0.02, 3));
    folder
}

/// Trains the config with the lines of some tables replaced; `None` leaves the table out.
fn train(changes: &[(&str, Option<&str>)]) -> Trained {
    let mut config = String::new();
    for (table, lines) in TABLES {
        let change = changes.iter().find(|(changed, _)| *changed == table);
        if let Some(lines) = change.map_or(Some(lines), |(_, lines)| *lines) {
            write!(config, "[{table}]\n{lines}\n").expect("a string takes all");
        }
    }
    folder().train(&config)
}

fn with(table: &str, lines: &str) -> Trained {
    train(&[(table, Some(lines))])
}

fn assert_all_differ(blobs: &[Vec<u8>], what: &str) {
    for (index, blob) in blobs.iter().enumerate() {
        assert!(!blobs[..index].contains(blob), "{what}: value {index} gives the blob of one before");
    }
}

/// Trains with several lines for a phase: each gives its own blob, and the other phase stays as it is.
fn each_changes_its_phase(table: &str, values: &[&str]) -> Vec<Trained> {
    let trained: Vec<Trained> = values.iter().map(|lines| with(table, lines)).collect();
    assert_all_differ(&trained.iter().map(|trained| trained.blob.clone()).collect::<Vec<_>>(), table);
    for other in &trained {
        match table {
            "prefill" => assert_eq!(other.profile.decode, trained[0].profile.decode),
            _ => assert_eq!(other.profile.prefill, trained[0].profile.prefill),
        }
    }
    trained
}

#[test]
fn type_of_a_phase() {
    let values = ["type = \"linear\"", "type = \"polynomial\"", "type = \"auto\""];
    let forms = each_changes_its_phase("prefill", &values).into_iter().map(|trained| trained.report.prefill.form);
    assert_eq!(forms.collect::<Vec<_>>(), ["1 + n", "1 + n + n^2", "1 + n + n^2 + whole(n, 16)"]);

    // The steps are those of degree 2: `auto` and `polynomial` agree.
    let forms =
        each_changes_its_phase("decode", &values[..2]).into_iter().map(|t| t.report.decode.map(|decode| decode.form));
    assert_eq!(forms.collect::<Vec<_>>(), ["1 + sum(1)", "1 + sum(1 + c)"].map(|form| Some(form.to_owned())));
    let auto = with("decode", values[2]).report.decode.expect("steps were measured");
    assert_eq!(auto.form, "1 + sum(1 + c)");
    assert!(auto.compared.forms >= 3, "{:?}", auto.compared);
}

#[test]
fn degree_of_a_phase() {
    let values = [1, 2, 3].map(|degree| format!("type = \"polynomial\"\ndegree = {degree}"));
    for table in ["prefill", "decode"] {
        let trained = each_changes_its_phase(table, &values.each_ref().map(String::as_str));
        let terms = |trained: &Trained| match table {
            "prefill" => trained.profile.prefill.polynomial.terms.len(),
            _ => trained.profile.decode.polynomial.terms.len(),
        };
        assert_eq!(trained.iter().map(terms).collect::<Vec<_>>(), [1, 2, 3], "{table}");
    }
}

#[test]
fn fit_intercept_of_a_phase() {
    let values = ["type = \"linear\"\nfit_intercept = true", "type = \"linear\"\nfit_intercept = false"];
    let fixed_s = each_changes_its_phase("prefill", &values).into_iter().map(|t| t.profile.prefill.polynomial.fixed_s);
    assert_eq!(fixed_s.map(|fixed_s| fixed_s == 0.0).collect::<Vec<_>>(), [false, true]);
    let fixed_s = each_changes_its_phase("decode", &values).into_iter().map(|t| t.profile.decode.polynomial.fixed_s);
    assert_eq!(fixed_s.map(|fixed_s| fixed_s == 0.0).collect::<Vec<_>>(), [false, true]);
}

#[test]
fn loss_of_a_phase() {
    let values = ["squared", "relative", "huber"].map(|loss| format!("type = \"linear\"\nloss = \"{loss}\""));
    for table in ["prefill", "decode"] {
        each_changes_its_phase(table, &values.each_ref().map(String::as_str));
    }
}

#[test]
fn calibration_method() {
    let explicit = ["simple_scaling", "median_ratio", "linear_fit", "affine", "direct"];
    let trained = explicit.map(|method| with("calibration", &format!("method = \"{method}\"")));
    assert_all_differ(&trained.each_ref().map(|trained| trained.blob.clone()), "calibration.method");
    assert!(trained.iter().all(|trained| trained.report.prefill.calibrations.is_empty()), "nothing to choose from");

    let auto = with("calibration", "method = \"auto\"");
    for phase in [Some(&auto.report.prefill), auto.report.decode.as_ref()] {
        let phase = phase.expect("both were measured");
        assert_eq!(phase.calibrations.len(), explicit.len());
        assert_ne!(phase.calibration, Method::Auto, "the report says what was chosen");
    }
}

fn cross_validation(trained: &Trained) -> Scores {
    trained.report.cross_validation.expect("forty rows")
}

fn holdout(trained: &Trained) -> Scores {
    trained.report.holdout.scores.expect("forty rows")
}

/// All of a profile but its bands.
fn latency(trained: &Trained) -> Profile {
    Profile { bands: None, ..trained.profile.clone() }
}

#[test]
fn validation_folds() {
    let [two, five] = [2, 5].map(|folds| with("validation", &format!("folds = {folds}")));
    assert_ne!(cross_validation(&two), cross_validation(&five));
    assert_eq!((two.report.folds, five.report.folds), (2, 5));
    assert_eq!(latency(&two), latency(&five), "the profile is fitted on all rows");
    assert_ne!(two.profile.bands, five.profile.bands, "its bands come from the folds");
}

#[test]
fn validation_test_size() {
    let rows =
        [0.2, 0.5].map(|size| holdout(&with("validation", &format!("test_size = {size}"))).prefill_s.map(|e| e.n));
    assert_eq!(rows, [Some(8), Some(20)], "of forty");
}

#[test]
fn validation_seed() {
    let [first, second] = [1, 2].map(|seed| with("validation", &format!("seed = {seed}")));
    assert_ne!(holdout(&first), holdout(&second));
    assert_ne!(cross_validation(&first), cross_validation(&second));
    assert_eq!(latency(&first), latency(&second), "the profile is fitted on all rows");
}

#[test]
fn server() {
    let (with, without) = (train(&[]), train(&[("server", None)]));
    assert_eq!((with.report.server.as_deref(), without.report.server.as_deref()), (Some("s"), None));
    assert_eq!(
        (with.report.prefill.calibration, without.report.prefill.calibration),
        (Method::MedianRatio, Method::Direct)
    );
    assert_ne!(with.profile.prefill.polynomial, without.profile.prefill.polynomial);
    assert_ne!(with.profile.decode.polynomial, without.profile.decode.polynomial);
}

#[test]
fn device_holdout() {
    let (without, with) = (train(&[]), with("device", WITH_HOLDOUT));
    assert_eq!(holdout(&without).total_s.map(|errors| errors.n), Some(8), "a fifth of forty");
    assert_eq!(holdout(&with).total_s.map(|errors| errors.n), Some(17));
    assert_eq!(without.blob, with.blob, "the holdout is not fitted");
}

#[test]
fn tokens() {
    let warnings = |lines| {
        let mut warnings = with("tokens", lines).report.warnings;
        warnings.retain(|warning| warning.ends_with("are extrapolated"));
        warnings
    };
    assert_eq!(warnings("input = [50, 400]\noutput = [1, 90]"), [""; 0]);
    let of = |column, [from, to]: [u32; 2], expected| {
        format!(
            "the rows have {column} from {from} to {to}, the config expects {expected}: predictions beyond the rows are extrapolated"
        )
    };
    let report = train(&[]).report;
    assert_eq!(warnings("input = [50, 600]"), [of("input_tokens", report.input_tokens, "50 to 600")]);
    assert_eq!(warnings("output = [1, 200]"), [of("output_tokens", report.output_tokens, "2 to 200")]);
}

#[test]
fn names_are_those_of_the_profile() {
    let identity = with("device", "name = \"board\"\nvariant = \"30 W\"\ndata = [\"device.csv\"]").profile.identity;
    assert_eq!((identity.llm.as_str(), identity.device.as_str(), identity.variant.as_str()), ("tiny", "board", "30 W"));
}

fn json(trained: &Trained) -> String {
    let mut report = trained.report.clone();
    // Each training has a folder of its own.
    for phase in [Some(&mut report.prefill), report.decode.as_mut()].into_iter().flatten() {
        phase.outliers.iter_mut().for_each(|outlier| outlier.file = PathBuf::new());
    }
    let rows = &mut report.rows;
    for count in rows.server.iter_mut().chain([&mut rows.device, &mut rows.holdout]) {
        count.files.iter_mut().for_each(|file| file.file = String::new());
    }
    serde_json::to_string(&report).expect("a report is JSON")
}

#[test]
fn the_same_config_gives_the_same_bytes_and_defaults_are_what_they_say() {
    let auto = ["prefill", "decode", "calibration", "validation"];
    let (first, second) = (train(&auto.map(|table| (table, Some("")))), train(&auto.map(|table| (table, None))));
    let phase = "type = \"auto\"\ndegree = 2\nfit_intercept = true\nloss = \"huber\"";
    let validation = "folds = 5\ntest_size = 0.2\nseed = 42";
    let lines = [phase, phase, "method = \"auto\"", validation];
    let changes: Vec<_> = auto.into_iter().zip(lines.map(Some)).collect();
    for other in [second, train(&changes)] {
        assert_eq!(first.blob, other.blob);
        assert_eq!(json(&first), json(&other));
    }
}
