//! Bundles from outside: joined, listed, selected from, damaged, flashed.

use serde_json::Value;
use std::ffi::CStr;
use std::path::Path;
use token2metrics::t2m_status::T2M_OK;
use token2metrics::{t2m_member, t2m_profile_list, t2m_status};
use token2metrics_core::{Profile, find, members};
use token2metrics_tests::compiler::compile;
use token2metrics_tests::experiment::Experiment;
use token2metrics_tests::library::library;

const REQUEST: &str = "--input-tokens 60 --output-tokens 11";

/// A preset whose prompt token takes so many seconds.
fn preset(llm: &str, variant: &str, seconds: f32) -> String {
    format!(
        "[llm]\nname = \"{llm}\"\n[device]\nname = \"Board\"\nvariant = \"{variant}\"\n[preset]\nsource = \"a paper\"\n\
         trained_input_tokens = [1, 100]\ntrained_output_tokens = [1, 100]\n[preset.prefill]\nfixed_s = 0.0\n\
         terms = [{{ coefficient = {seconds:?}, power = 1 }}]\n[preset.decode]\nfixed_s = 0.0\n\
         terms = [{{ coefficient = 0.1, power = 0 }}]\n"
    )
}

/// A trained blob, two presets of one LLM, and the bundle `all.t2m` of these.
fn experiment() -> Experiment {
    let experiment = Experiment::default();
    experiment.run("train --model tiny").done();
    experiment.write("slow.toml", preset("Other", "15W", 2.0));
    experiment.write("fast.toml", preset("Other", "30W", 1.0));
    experiment.run("bundle outputs/tiny/profile.t2m slow.toml fast.toml --output all.t2m").done();
    experiment
}

fn read(experiment: &Experiment, name: impl AsRef<Path>) -> Vec<u8> {
    std::fs::read(experiment.path(name.as_ref().to_str().expect("UTF-8"))).expect("a file")
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

/// The seconds of a prompt of 60 tokens, by a profile.
fn prefill_s(experiment: &Experiment, arguments: &str) -> f64 {
    let predicted = json(&experiment.run(&format!("predict {arguments} {REQUEST} --format json")).done());
    predicted["prefill_s"].as_f64().expect("a number")
}

#[test]
fn files_are_joined_in_their_order() {
    let experiment = experiment();
    for name in ["slow", "fast"] {
        experiment.run(&format!("export {name}.toml --format bin --output {name}.t2m")).done();
    }
    let parts = ["outputs/tiny/profile.t2m", "slow.t2m", "fast.t2m"].map(|name| read(&experiment, name));
    assert_eq!(read(&experiment, "all.t2m"), parts.concat());
    // Bundles are joined as well, without the erased flash behind them.
    experiment.write("page.t2m", [&parts[..2].concat(), &[0xFF; 50][..]].concat());
    let run = experiment.run("bundle page.t2m fast.toml --output again.t2m --format json");
    assert_eq!(read(&experiment, "again.t2m"), parts.concat());
    let joined = json(&run.done());
    assert_eq!((&joined["output"], &joined["bytes"]), (&Value::from("again.t2m"), &Value::from(parts.concat().len())));
    let of = |key: &str| {
        joined["members"].as_array().expect("a list").iter().map(|member| member[key].clone()).collect::<Vec<_>>()
    };
    assert_eq!(of("llm"), ["Tiny", "Other", "Other"]);
    assert_eq!(of("device"), ["Abacus", "Board", "Board"]);
    assert_eq!(of("variant"), ["", "15W", "30W"]);
    assert_eq!(of("offset"), [0, parts[0].len(), parts[0].len() + parts[1].len()]);
    assert_eq!(of("bytes"), parts.each_ref().map(Vec::len));
    assert_eq!(of("error"), [Value::Null, Value::Null, Value::Null]);
}

#[test]
fn what_is_joined_is_printed() {
    let experiment = experiment();
    let printed = experiment.run("bundle slow.toml fast.toml --output two.t2m").done();
    let bytes = read(&experiment, "two.t2m").len() / 2;
    assert_eq!(
        printed,
        format!(
            "| LLM   | device | variant | state | offset | bytes |\n\
             |-------|--------|---------|-------|--------|-------|\n\
             | Other | Board  | 15W     | sound |      0 |    {bytes} |\n\
             | Other | Board  | 30W     | sound |     {bytes} |    {bytes} |\n\
             two.t2m\n"
        )
    );
}

#[test]
fn what_cannot_be_joined_writes_nothing() {
    let experiment = experiment();
    let mut damaged = read(&experiment, "all.t2m");
    let offset = read(&experiment, "outputs/tiny/profile.t2m").len();
    damaged[offset + 40] ^= 1;
    experiment.write("damaged.t2m", damaged);
    experiment.write("text.t2m", "some text");
    experiment.write("empty.t2m", "");
    let before = experiment.snapshot();
    let twice = "no runtime could tell them apart; leave one out, or give it another variant";
    for (files, problem) in [
        ("all.t2m slow.toml", format!("Other on Board (15W) is in all.t2m and in slow.toml: {twice}")),
        ("slow.toml slow.toml", format!("Other on Board (15W) is in slow.toml and in slow.toml: {twice}")),
        ("slow.toml gone.t2m", "gone.t2m: cannot read the blob: No such file or directory (os error 2)".to_owned()),
        ("text.t2m", "text.t2m: not a token2metrics blob: it does not begin with the bytes T2M".to_owned()),
        ("slow.toml empty.t2m", "empty.t2m: the blob is truncated: copy it again, whole".to_owned()),
        (
            "damaged.t2m",
            format!(
                "damaged.t2m: Other on Board (15W) at byte {offset}: the blob is damaged: its checksum does not match; copy it again"
            ),
        ),
    ] {
        let error = experiment.run(&format!("bundle {files} --output all.t2m")).failed(1);
        assert_eq!(error, format!("error: {problem}"));
        assert_eq!(experiment.snapshot(), before, "{files}");
    }
    assert!(experiment.run("bundle --output o.t2m").failed(2).contains("<FILE>..."));
    // Another device can be told apart by a listing only.
    experiment.write("elsewhere.toml", preset("Other", "15W", 3.0).replace("Board", "Shelf"));
    let run = experiment.run("bundle slow.toml elsewhere.toml --output o.t2m");
    assert_eq!(
        run.stderr.lines().last(),
        Some(
            "warn: Other on Shelf (15W): Other on Board (15W) is found first by its LLM and variant: only a listing tells the devices apart"
        )
    );
    run.done();
}

#[test]
fn a_member_is_predicted_by_name_and_variant() {
    let experiment = experiment();
    for (arguments, seconds) in [
        ("--model Other --variant 15W", 120.0),
        ("--model other --variant 30W", 60.0),
        ("--variant 30W", 60.0),
        ("--model Tiny", 0.7),
        // By the names that the config has for it.
        ("--model 1M", 0.7),
        ("--model tiny-llm", 0.7),
    ] {
        let found = prefill_s(&experiment, &format!("--model-path all.t2m {arguments}"));
        assert!((found / seconds - 1.0).abs() < 1e-6, "{arguments}: {found}");
    }
    // Of several, the one that a runtime finds; the others are named.
    let run = experiment.run(&format!("predict --model-path all.t2m --model Other {REQUEST}"));
    assert_eq!(
        run.stderr.lines().next(),
        Some(
            "warn: all.t2m: took Other on Board (15W), the first that fits; others are: Other on Board (30W); choose with --variant"
        )
    );
    assert!(run.done().starts_with("Other on Board (15W)\n"));
    experiment.write("requests.csv", "input_tokens,output_tokens\n60,11\n");
    let batch =
        "batch-predict --model-path all.t2m --model Other --variant 30W --input-file requests.csv --output-file p.csv";
    experiment.run(batch).done();
    assert!(String::from_utf8(read(&experiment, "p.csv")).expect("text").contains("\n60,11,0,60.0,1.0"));
    let budget =
        "budget --model-path all.t2m --model Other --variant 30W --input-tokens 60 --deadline-s 70 --format json";
    // A prompt of 60 s, its first token, and ten seconds of steps of 0.1 s.
    let tokens = json(&experiment.run(budget).done())["output_tokens"].as_u64().expect("a count");
    assert!((100..=101).contains(&tokens), "{tokens}");
    experiment.write("other.csv", "input_tokens,output_tokens,prefill_s,decode_s\n61,12,0.7,2.2\n");
    experiment.run("evaluate --model-path all.t2m --model Tiny --data other.csv").done();
}

#[test]
fn members_that_are_not_there_are_told_with_those_that_are() {
    let experiment = experiment();
    let there = "there are: Tiny on Abacus; Other on Board (15W); Other on Board (30W)";
    let advice = "take it out with `token2metrics export all.t2m --model NAME --format bin --output ONE.t2m`";
    let wrong = "outputs/tiny/profile.t2m: the profile is of Tiny on Abacus, not of";
    for (command, problem) in [
        (
            "predict --model-path all.t2m",
            "all.t2m: a bundle of 3 profiles: choose one by its LLM with --model: Tiny on Abacus; Other on Board (15W); Other on Board (30W)".to_owned(),
        ),
        ("predict --model-path all.t2m --model 7B", format!("all.t2m: no sound profile of LLM \"7B\" in the bundle; {there}")),
        (
            "predict --model-path all.t2m --model Other --variant 50",
            format!("all.t2m: no sound profile of LLM \"Other\" and variant \"50\" in the bundle; {there}"),
        ),
        ("predict --model-path outputs/tiny/profile.t2m --variant 50", format!("{wrong} variant \"50\"")),
        ("predict --model tiny --variant 50", "outputs: the profile is of Tiny on Abacus, not of variant \"50\"".to_owned()),
    ] {
        assert_eq!(experiment.run(&format!("{command} {REQUEST}")).failed(1), format!("error: {problem}"));
    }
    for (command, problem) in [
        ("inspect outputs/tiny/profile.t2m --model Other", format!("{wrong} LLM \"Other\"")),
        (
            "calibrate --model-path all.t2m --data configs/rows.csv --output c.t2m",
            format!("all.t2m: a bundle of 3 profiles, where one is needed: {advice}"),
        ),
        (
            "export all.t2m --format json --output o.json",
            "all.t2m: a bundle of 3 profiles, of which one fits into this format: choose it with --model".to_owned(),
        ),
        (
            "export all.t2m --format c-source --output o.c",
            "all.t2m: a bundle of 3 profiles, of which one fits into this format: choose it with --model".to_owned(),
        ),
    ] {
        assert_eq!(experiment.run(command).failed(1), format!("error: {problem}"));
    }
}

#[test]
fn inspect_lists_a_bundle_and_shows_a_member() {
    let experiment = experiment();
    let listed = experiment.run("inspect all.t2m").done();
    assert_eq!(listed.matches(" sound ").count(), 3, "{listed}");
    assert_eq!(
        experiment.run("inspect all.t2m --model tiny").done(),
        experiment.run("inspect outputs/tiny/profile.t2m").done()
    );
    // A page with one blob is a bundle of one.
    experiment.write("page.t2m", [&read(&experiment, "outputs/tiny/profile.t2m")[..], &[0xFF; 9]].concat());
    assert_eq!(
        json(&experiment.run("inspect page.t2m --format json").done())["members"].as_array().map(Vec::len),
        Some(1)
    );
    experiment.run(&format!("predict --model-path page.t2m {REQUEST}")).done();
    experiment.write("erased.t2m", [0xFF; 64]);
    let problem = "error: erased.t2m: not a token2metrics blob: it does not begin with the bytes T2M";
    assert_eq!(experiment.run("inspect erased.t2m").failed(1), problem);
}

#[test]
fn inspect_names_what_is_damaged_and_fails() {
    let experiment = experiment();
    let whole = read(&experiment, "all.t2m");
    let (first, second) = (
        read(&experiment, "outputs/tiny/profile.t2m").len(),
        (whole.len() - read(&experiment, "outputs/tiny/profile.t2m").len()) / 2,
    );
    let damaged = |at: usize| {
        let mut bytes = whole.clone();
        bytes[at] ^= 1;
        experiment.write("damaged.t2m", bytes);
        experiment.run("inspect damaged.t2m --format json")
    };
    let crc = "the blob is damaged: its checksum does not match; copy it again";
    let magic = "not a token2metrics blob: it does not begin with the bytes T2M";
    for (index, offset, name) in
        [(0, 0, "Tiny on Abacus"), (1, first, "Other on Board (15W)"), (2, first + second, "Other on Board (30W)")]
    {
        for (byte, error) in [(0, magic), (8, crc), (50, crc)] {
            let run = damaged(offset + byte);
            assert_eq!(run.code, Some(1));
            assert_eq!(run.stderr, format!("error: damaged.t2m: {name} at byte {offset}: {error}\n"));
            let errors: Vec<Value> = json(&run.stdout)["members"]
                .as_array()
                .expect("a list")
                .iter()
                .map(|member| member["error"].clone())
                .collect();
            let mut expected = vec![Value::Null; 3];
            expected[index] = Value::from(error);
            assert_eq!(errors, expected);
        }
    }
    // The others are usable, with a warning.
    damaged(first + 50);
    let run = experiment.run(&format!("predict --model-path damaged.t2m --model Tiny {REQUEST}"));
    let warning = format!("warn: damaged.t2m: damaged: Other on Board (15W) at byte {first}: {crc}\n");
    assert!(run.stderr.starts_with(&warning), "{}", run.stderr);
    run.done();
    let error =
        experiment.run(&format!("predict --model-path damaged.t2m --model Other --variant nil {REQUEST}")).failed(1);
    assert!(error.ends_with(&format!("; damaged: Other on Board (15W) at byte {first}: {crc}")), "{error}");
    assert_eq!(
        experiment.run("export damaged.t2m --format c --output o.h").failed(1),
        format!("error: damaged.t2m: Other on Board (15W) at byte {first}: {crc}")
    );
    // Two at once, and one that has no name.
    experiment.write("damaged.t2m", [&whole[..first], b"junk", &whole[first..whole.len() - 1]].concat());
    let run = experiment.run("inspect damaged.t2m");
    let problem = format!(
        "error: damaged.t2m: 2 of 4 members are damaged: the member at byte {first}: {magic}; Other on Board (30W)"
    );
    assert!(run.stderr.starts_with(&problem), "{}", run.stderr);
    assert_eq!((run.code, run.stdout.lines().count()), (Some(1), 6));
}

/// What a device sees: the exported array compiles, and the library finds every member in it.
#[test]
fn an_exported_bundle_is_found_in_by_c() {
    let experiment = experiment();
    experiment.run("export all.t2m --format c --output models.h").done();
    let head = String::from_utf8(read(&experiment, "models.h")).expect("text");
    assert!(
        head.starts_with(
            "/* For t2m_profile_find(token2metrics_bundle, sizeof token2metrics_bundle, NAME, &profile):\n   \
             Tiny on Abacus\n   Other on Board (15W)\n   Other on Board (30W) */\n#include <stdint.h>\n"
        ),
        "{head}"
    );
    experiment.write(
        "main.c",
        "#include \"models.h\"\n#include <stdio.h>\n#include <token2metrics.h>\n\
         int main(void) {\n\
         t2m_profile profile; t2m_info info; t2m_member member;\n\
         if (t2m_profile_find_variant(token2metrics_bundle, sizeof token2metrics_bundle, \"Other\", \"30W\", &profile)) return 1;\n\
         if (t2m_profile_info(&profile, &info)) return 2;\n\
         printf(\"%s, %s, %s, %s, %u\\n\", info.llm, info.device, info.variant, info.currency, (unsigned)info.input_tokens_max);\n\
         for (size_t i = 0; t2m_profile_list(token2metrics_bundle, sizeof token2metrics_bundle, i, &member) == T2M_OK; i++)\n\
         printf(\"%s (%s): %s\\n\", member.llm, member.variant, t2m_status_message(member.status));\n\
         return 0; }\n",
    );
    let file = library().static_file.to_str().expect("UTF-8").to_owned();
    let program = compile(&experiment.path("main.c"), "c99", &[file]).unwrap_or_else(|error| panic!("{error}"));
    let printed = program.run::<&str>(&[]);
    assert_eq!(printed, "Other, Board, 30W, , 100\nTiny (): done\nOther (15W): done\nOther (30W): done\n");
    experiment.run("export all.t2m --format bin --output all.bin").done();
    assert_eq!(read(&experiment, "all.bin"), read(&experiment, "all.t2m"));
    experiment.run("export all.t2m --format hex --address 0x0800ff00 --output all.hex").done();
    experiment.run("export all.t2m --model Tiny --format bin --output tiny.bin").done();
    assert_eq!(read(&experiment, "tiny.bin"), read(&experiment, "outputs/tiny/profile.t2m"));
}

/// Rust and C list the same, whichever bit is flipped.
#[test]
fn c_lists_what_core_lists() {
    let experiment = experiment();
    let long = preset(&"L".repeat(40), &"V".repeat(32), 1.0).replace("Board", &"D".repeat(32));
    experiment.write("long.toml", long);
    experiment.run("bundle slow.toml long.toml fast.toml --output all.t2m").done();
    let whole = read(&experiment, "all.t2m");
    let text = |array: &[std::ffi::c_char]| {
        assert!(array.contains(&0));
        // SAFETY: it has a NUL.
        unsafe { CStr::from_ptr(array.as_ptr()) }.to_str().expect("UTF-8").to_owned()
    };
    for bit in 0..=8 * whole.len() {
        let mut bundle = whole.clone();
        if let Some(byte) = bundle.get_mut(bit / 8) {
            *byte ^= 1 << (bit % 8);
        }
        for (index, expected) in members(&bundle).enumerate() {
            let mut member = std::mem::MaybeUninit::<t2m_member>::uninit();
            // SAFETY: the slice has as many bytes, and there is room for a member.
            let status = unsafe { t2m_profile_list(bundle.as_ptr(), bundle.len(), index, member.as_mut_ptr()) };
            assert_eq!(status, T2M_OK);
            // SAFETY: written, as the status says.
            let member = unsafe { member.assume_init() };
            let identity = expected.identity();
            assert_eq!(
                [text(&member.llm), text(&member.device), text(&member.variant)],
                [identity.llm.to_string(), identity.device.to_string(), identity.variant.to_string()]
            );
            assert_eq!((member.offset as usize, member.len as usize), (expected.offset, expected.bytes.len()));
            assert_eq!(member.status, expected.profile.map_or_else(t2m_status::from, |_| T2M_OK));
        }
        let sound = members(&bundle).filter(|member| member.profile.is_ok()).count();
        assert_eq!(sound, if bit == 8 * whole.len() { 3 } else { 2 }, "bit {bit}");
    }
    let found = find(&whole, &"L".repeat(40), Some(&"V".repeat(32)));
    assert!(matches!(found, Ok(Some(Profile { .. }))));
}
