//! A slip of the hand: whatever name is mistyped, the error has the one that may have been meant.

use token2metrics_tests::experiment::{CONFIG, Experiment, ROWS, replaced};

/// The error of a command that fails.
fn error(experiment: &Experiment, arguments: &str) -> String {
    let run = experiment.run(arguments);
    assert_ne!(run.code, Some(0), "{arguments}");
    run.stderr
}

#[test]
fn commands_options_and_choices() {
    let experiment = Experiment::default();
    for (typed, meant) in [
        ("trian", "'train'"),
        ("batch-predcit", "'batch-predict'"),
        ("train --all-model", "'--all-models'"),
        ("train --modle 1M", "'--model'"),
        ("train --all-models --regression liner", "'linear'"),
        ("calibrate --model-path x.t2m --data x.csv --output y.t2m --method median_ration", "'median_ratio'"),
        ("completions bsh", "'bash'"),
        ("--color alway demo", "'always'"),
    ] {
        let error = error(&experiment, typed);
        let tip =
            error.lines().find(|line| line.trim_start().starts_with("tip: ")).unwrap_or_else(|| panic!("{error}"));
        assert!(tip.contains(meant), "{typed}: {tip}");
    }
}

/// By any of a model's names, not only those that the list shows.
#[test]
fn models() {
    let experiment = Experiment::default();
    experiment.write("configs/other.toml", replaced(&replaced(CONFIG, "Tiny", "Enormous-LLM"), "tiny-llm", "colossus"));
    for (typed, meant) in [
        ("tiny-lm", "tiny-llm"),
        ("Enormos-LLM", "Enormous-LLM"),
        ("colosus", "colossus"),
        ("othr", "other"),
        ("2M", "1M"),
    ] {
        for command in ["train --model", "predict --input-tokens 1 --output-tokens 1 --model"] {
            let error = error(&experiment, &format!("{command} {typed}"));
            let expected = format!("error: no model \"{typed}\" in configs; is \"{meant}\" meant? there are: ");
            if typed == "2M" {
                assert!(!error.contains("meant?"), "two letters are no likeness: {error}");
            } else {
                assert!(error.starts_with(&expected), "{error}");
            }
        }
    }
}

#[test]
fn keys_values_and_columns() {
    let experiment = Experiment::default();
    for (from, to, expected) in [
        ("[decode]", "[decodr]", "unknown table: \"decodr\"; is \"decode\" meant?"),
        ("aliases", "alias", "unknown key in [llm]: \"alias\"; is \"aliases\" meant?"),
        ("[prefill]", "[calibration]\nmethod = \"afine\"\n[prefill]", "unknown value: \"afine\"; is \"affine\" meant?"),
    ] {
        experiment.write("configs/tiny.toml", replaced(CONFIG, from, to));
        let error = error(&experiment, "train --all-models");
        assert!(error.contains(expected), "{error}");
    }
    experiment.write("configs/tiny.toml", CONFIG);
    experiment.write("configs/rows.csv", replaced(ROWS, "output_tokens", "ouput_tokens"));
    assert!(error(&experiment, "train --all-models").contains("is \"ouput_tokens\" meant? rename it"));
}

#[test]
fn variants_and_members_of_bundles() {
    let experiment = Experiment::default();
    for (stem, variant) in [("low", "30W"), ("high", "MAXN, Q4_0")] {
        let config = replaced(CONFIG, "data = ", &format!("variant = \"{variant}\"\ndata = "));
        experiment.write(&format!("configs/{stem}.toml"), replaced(&config, "Tiny", "Tiny-Instruct"));
    }
    experiment.run("train --all-models").done();
    experiment.run("bundle outputs/low/profile.t2m outputs/high/profile.t2m --output all.t2m").done();
    let of = |options: &str| error(&experiment, &format!("predict --input-tokens 1 --output-tokens 1 {options}"));
    let bundle = of("--model-path all.t2m --model Tiny-Instuct");
    assert!(
        bundle.contains("of LLM \"Tiny-Instuct\" in the bundle; is \"Tiny-Instruct\" meant? there are: "),
        "{bundle}"
    );
    let bundle = of("--model-path all.t2m --variant MAXN,Q4_0");
    assert!(bundle.contains("in the bundle; is \"MAXN, Q4_0\" meant? there are: "), "{bundle}");
    let bundle = of("--model-path all.t2m --variant 15V");
    assert!(bundle.contains("in the bundle; there are: "), "{bundle}");
    let blob = of("--model-path outputs/high/profile.t2m --variant MAXN,Q4_0");
    assert!(blob.ends_with("not of variant \"MAXN,Q4_0\": is \"MAXN, Q4_0\" meant?\n"), "{blob}");
}
