//! Every error of a config, provoked once: one line that names file, line, key and the way out, and nothing written.

use token2metrics_tests::experiment::{CONFIG, Experiment, ROWS, replaced, training_error};

fn error_of(config: &str) -> String {
    training_error(config, ROWS)
}

fn changed(from: &str, to: &str) -> String {
    error_of(&replaced(CONFIG, from, to))
}

#[test]
fn keys_and_values_that_are_not_known() {
    assert_eq!(
        changed("type = \"linear\"", "typ = \"linear\""),
        "error: configs/tiny.toml:11: unknown key in [prefill]: \"typ\"; is \"type\" meant? known: type, degree, fit_intercept, loss"
    );
    assert_eq!(
        changed("[decode]", "[decoding]"),
        "error: configs/tiny.toml:13: unknown table: \"decoding\"; is \"decode\" meant? known: llm, tokens, server, device, \
         prefill, decode, calibration, validation, energy, tariff"
    );
    assert_eq!(
        changed("\"linear\"", "\"linaer\""),
        "error: configs/tiny.toml:11: unknown value: \"linaer\"; is \"linear\" meant? known: linear, polynomial, auto"
    );
    assert_eq!(
        changed("[prefill]", "[calibration]\nmethod = \"guess\"\n[prefill]"),
        "error: configs/tiny.toml:11: unknown value: \"guess\"; known: simple_scaling, median_ratio, linear_fit, affine, direct, auto"
    );
    assert_eq!(
        changed("[prefill]", "[energy]\ndecode = \"rampp\"\n[prefill]"),
        "error: configs/tiny.toml:11: unknown value: \"rampp\"; is \"ramp\" meant? known: constant, log, ramp, wake, auto"
    );
}

#[test]
fn keys_that_are_missing_or_of_the_wrong_kind() {
    assert_eq!(changed("size = \"1M\"\n", ""), "error: configs/tiny.toml:1: missing key in [llm]: \"size\"");
    assert_eq!(
        error_of("[llm]\nname = \"Tiny\"\nsize = \"1M\"\n"),
        "error: configs/tiny.toml:1: missing table: [device]"
    );
    assert_eq!(
        changed("type = \"linear\"", "fit_intercept = \"yes\""),
        "error: configs/tiny.toml:11: invalid type: string \"yes\", expected a boolean"
    );
    let not_toml = changed("name = \"Tiny\"", "name = Tiny");
    assert!(not_toml.starts_with("error: configs/tiny.toml:2: "), "{not_toml}");
}

#[test]
fn values_out_of_bounds() {
    let prefill = |line: &str| changed("type = \"linear\"", line);
    let device = |line: &str| changed("name = \"Abacus\"", line);
    let table = |table: &str| changed("[prefill]", &format!("{table}\n[prefill]"));
    let line = |line: u32, problem: &str| format!("error: configs/tiny.toml:{line}: {problem}");
    assert_eq!(prefill("type = \"polynomial\"\ndegree = 4"), line(12, "prefill.degree must be 1, 2 or 3"));
    assert_eq!(prefill("degree = 0"), line(11, "prefill.degree must be 1, 2 or 3"));
    assert_eq!(table("[validation]\nfolds = 1"), line(11, "validation.folds must be at least 2"));
    assert_eq!(table("[validation]\ntest_size = 1.0"), line(11, "validation.test_size must be between 0 and 1"));
    assert_eq!(table("[validation]\ntest_size = nan"), line(11, "validation.test_size must be between 0 and 1"));
    assert_eq!(
        table("[tokens]\ninput = [9, 8]"),
        line(11, "tokens.input must be [least, greatest] with 1 <= least <= greatest")
    );
    assert_eq!(
        table("[tokens]\noutput = [0, 8]"),
        line(11, "tokens.output must be [least, greatest] with 1 <= least <= greatest")
    );
    assert_eq!(device("name = \"\""), line(7, "device.name is empty: give a name"));
    assert_eq!(
        device(&format!("name = \"{}\"", "x".repeat(33))),
        line(7, "device.name has 33 bytes; a blob holds at most 32: shorten it")
    );
    assert_eq!(
        changed("\"Tiny\"", &format!("\"{}\"", "x".repeat(41))),
        line(2, "llm.name has 41 bytes; a blob holds at most 40: shorten it")
    );
    assert_eq!(device("name = \"Abacus\"\nmemory_gb = 0.0"), line(8, "device.memory_gb must be above zero"));
    assert_eq!(device("name = \"Abacus\"\npower_limit_w = inf"), line(8, "device.power_limit_w must be above zero"));
    assert_eq!(changed("[\"rows.csv\"]", "[]"), line(8, "device.data is empty: name at least one measurement file"));
}

#[test]
fn folders_and_names() {
    let experiment = Experiment::default();
    let error = experiment.run("--config-dir nowhere train --all-models").failed(1);
    assert_eq!(error, "error: nowhere: cannot read the config: No such file or directory (os error 2)");
    experiment.write("empty/readme.txt", "");
    assert_eq!(
        experiment.run("--config-dir empty train --all-models").failed(1),
        "error: empty: no config (*.toml) in this folder: name another with --config-dir"
    );
    assert_eq!(
        experiment.run("train --model tiy").failed(1),
        "error: no model \"tiy\" in configs; is \"tiny\" meant? there are: 1M (tiny)"
    );
    experiment.write("configs/copy.toml", CONFIG);
    assert_eq!(
        experiment.run("train --model 1M").failed(1),
        "error: \"1M\" may mean copy or tiny: use the name of the file"
    );
    experiment.run("train --model tiny").done();
}

#[test]
fn an_energy_that_no_row_has_is_said() {
    let config = CONFIG.to_owned() + "\n[energy]\nprefill = \"auto\"\n[tariff]\nper_kwh = 0.3\n";
    let run = Experiment::new(&config, ROWS).run("train --model tiny");
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    let said = "warn: tiny: [energy] asks for a curve of prefill, but no device row has prefill_energy_j and prefill_s: its energy is not known\n";
    assert!(run.stderr.contains(said), "{}", run.stderr);
}
