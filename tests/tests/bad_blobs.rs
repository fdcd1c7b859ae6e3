//! Blobs and command lines that are wrong, provoked once each through the program.

use token2metrics_tests::experiment::Experiment;

/// An experiment that is trained, and its blob.
fn trained() -> (Experiment, Vec<u8>) {
    let experiment = Experiment::default();
    experiment.run("train --model tiny").done();
    let blob = std::fs::read(experiment.path("outputs/tiny/profile.t2m")).expect("a blob");
    (experiment, blob)
}

#[test]
fn blobs() {
    let (experiment, blob) = trained();
    let mut flipped = blob.clone();
    flipped[40] ^= 4;
    let mut newer = blob.clone();
    newer[3] = 9;
    let followed = [blob.as_slice(), b"\n"].concat();
    for (name, bytes, problem) in [
        ("cut", &blob[..50], "the blob is truncated: copy it again, whole"),
        ("empty", &[], "the blob is truncated: copy it again, whole"),
        ("flipped", &flipped, "the blob is damaged: its checksum does not match; copy it again"),
        ("followed", &followed, "bytes follow the blob: give its exact length, or search it as a bundle"),
        ("text", b"[llm]", "not a token2metrics blob: it does not begin with the bytes T2M"),
        (
            "newer",
            &newer,
            "the blob's format version is not known to this library: update the library or train again \
             (the blob has 9, the library reads 1 to 2)",
        ),
    ] {
        experiment.write("b.t2m", bytes);
        let error = format!("error: b.t2m: {problem}");
        let before = experiment.snapshot();
        for command in [
            "inspect b.t2m",
            "predict --model-path b.t2m --input-tokens 1 --output-tokens 1",
            "evaluate --model-path b.t2m --data configs/rows.csv --output o",
            "calibrate --model-path b.t2m --data configs/rows.csv --output o.t2m",
            "export b.t2m --format c --output o.h",
            "batch-predict --model-path b.t2m --input-file configs/rows.csv --output-file o.csv",
        ] {
            assert_eq!(experiment.run(command).failed(1), error, "{name}: {command}");
        }
        assert_eq!(experiment.snapshot(), before, "{name}");
    }
}

#[test]
fn models_that_are_not_trained_or_not_the_one() {
    let experiment = Experiment::default();
    assert_eq!(
        experiment.run("predict --model 1M --input-tokens 1 --output-tokens 1").failed(1),
        "error: outputs/tiny/profile.t2m: \"1M\" is not trained yet: run `token2metrics train --model tiny --output outputs`"
    );
    assert_eq!(
        experiment.run("predict --model-path gone.t2m --input-tokens 1 --output-tokens 1").failed(1),
        "error: gone.t2m: no such blob; give a blob's file, or --model with the folder of trained profiles"
    );
    assert_eq!(
        experiment.run("inspect gone.t2m").failed(1),
        "error: gone.t2m: cannot read the blob: No such file or directory (os error 2)"
    );
    let (experiment, _) = trained();
    assert_eq!(
        experiment.run("predict --model 7B --input-tokens 1 --output-tokens 1").failed(1),
        "error: no model \"7B\" in configs; there are: 1M (tiny)"
    );
    experiment.write(
        "configs/other.toml",
        "[llm]\nname = \"Other\"\nsize = \"2M\"\n[device]\nname = \"A\"\ndata = [\"rows.csv\"]\n",
    );
    assert_eq!(
        experiment
            .run("predict --model 2M --model-path outputs/tiny/profile.t2m --input-tokens 1 --output-tokens 1")
            .failed(1),
        "error: outputs/tiny/profile.t2m: the profile is of Tiny, not of \"2M\": name that model or another blob"
    );
    assert_eq!(
        experiment.run("evaluate --model 1M").failed(1),
        "error: tiny: the config names no [device] holdout, and all other rows were fitted: give rows that were not with --data"
    );
}

#[test]
fn requests() {
    let (experiment, _) = trained();
    let predict = |counts: &str| experiment.run(&format!("predict --model 1M {counts}")).failed(1);
    assert_eq!(
        predict("--input-tokens 0 --output-tokens 5"),
        "error: input_tokens is 0: a request has at least one prompt token"
    );
    assert_eq!(
        predict("--input-tokens 5 --output-tokens 0"),
        "error: output_tokens is 0: a request generates at least one token"
    );
    assert_eq!(
        predict("--input-tokens 5 --output-tokens 1 --cached-tokens 5"),
        "error: cached_tokens must be below input_tokens: the last prompt token is always computed"
    );
    assert_eq!(
        predict("--input-tokens 16777217 --output-tokens 1"),
        "error: a token count is above 16777216, the largest that is answered"
    );
    experiment.write("requests.csv", "input_tokens,output_tokens\n5,5\n5,0\n");
    assert_eq!(
        experiment.run("batch-predict --model 1M --input-file requests.csv --output-file p.csv").failed(1),
        "error: requests.csv:3: output_tokens is 0: a request generates at least one token"
    );
    assert!(!experiment.path("p.csv").exists());
}

#[test]
fn a_wrong_command_line_ends_with_2() {
    let experiment = Experiment::default();
    for (arguments, text) in [
        ("", "Usage: token2metrics"),
        ("trian", "unrecognized subcommand 'trian'"),
        ("train", "the following required arguments were not provided"),
        ("train --model 1M --all-models", "cannot be used with"),
        ("train --model 1M --regression cubic", "invalid value 'cubic' for '--regression <TYPE>'"),
        ("predict --input-tokens 1 --output-tokens 1", "--model <NAME>"),
        ("predict --model 1M --input-tokens one --output-tokens 1", "invalid value 'one' for '--input-tokens <N>'"),
        ("predict --model 1M --input-tokens -1 --output-tokens 1", "unexpected argument '-1' found"),
        ("--log-level loud demo", "invalid value 'loud' for '--log-level <LEVEL>'"),
        ("export b.t2m --format elf --output o", "invalid value 'elf' for '--format <FORMAT>'"),
        ("export b.t2m --format hex --output o --address 8x", "give a 32-bit address such as 0x08000000"),
        ("calibrate --model-path a --data b --output c --method none", "invalid value 'none' for '--method <METHOD>'"),
    ] {
        let error = experiment.run(arguments).failed(2);
        assert!(error.contains(text), "{arguments}: {error}");
    }
}
