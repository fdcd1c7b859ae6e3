//! What `export` writes is the blob again, whatever the form.

use ihex::{Reader, Record};
use token2metrics_tests::compiler::{compile, expect_success};
use token2metrics_tests::experiment::Experiment;

fn exported(format: &str, name: &str) -> (Experiment, Vec<u8>, Vec<u8>) {
    let experiment = Experiment::default();
    experiment.run("train --model 1M").done();
    experiment.run(&format!("export outputs/tiny/profile.t2m --format {format} --output {name}")).done();
    let read = |name: &str| std::fs::read(experiment.path(name)).expect("a file");
    let (blob, file) = (read("outputs/tiny/profile.t2m"), read(name));
    (experiment, blob, file)
}

#[test]
fn bytes() {
    let (_, blob, file) = exported("bin", "b.bin");
    assert_eq!(file, blob);
}

#[test]
fn a_c_array_compiles_and_holds_the_blob() {
    let (experiment, blob, _) = exported("c", "profile.h");
    let main = "#include <stdio.h>\n#include \"profile.h\"\nint main(void) { return fwrite(token2metrics_blob, sizeof token2metrics_blob, 1, stdout) != 1; }\n";
    experiment.write("main.c", main);
    for standard in ["c99", "c11"] {
        let program = compile(&experiment.path("main.c"), standard, &[] as &[&str]).expect("it compiles");
        let output = program.command().output().expect("it runs");
        assert_eq!(output.stdout, blob);
    }
    experiment.write("main.cpp", main);
    let program = compile(&experiment.path("main.cpp"), "c++11", &[] as &[&str]).expect("it compiles");
    expect_success(program.command().stdout(std::process::Stdio::null()).output().expect("it runs"));
}

#[test]
fn intel_hex_holds_the_blob_at_its_address() {
    let (_, blob, file) = exported("hex --address 0x0801ffd5", "b.hex");
    let text = String::from_utf8(file).expect("text");
    let (mut upper, mut memory) = (0, Vec::new());
    for record in Reader::new(&text) {
        match record.expect("a sound record") {
            Record::ExtendedLinearAddress(page) => upper = u32::from(page) << 16,
            Record::Data { offset, value } => {
                assert!(usize::from(offset) + value.len() <= 0x1_0000, "a record ends with its page");
                let address = upper + u32::from(offset);
                memory.extend(value.into_iter().zip(address..).map(|(byte, address)| (address, byte)));
            }
            Record::EndOfFile => {}
            record => panic!("{record:?}"),
        }
    }
    let expected: Vec<(u32, u8)> = (0x0801_ffd5..).zip(blob).collect();
    assert_eq!(memory, expected);
    let (experiment, ..) = exported("bin", "b.bin");
    let beyond = "export outputs/tiny/profile.t2m --format hex --output c.hex --address 0xfffffff0";
    assert_eq!(experiment.run(beyond).failed(1).split(": ").nth(2), Some("the blob does not fit below 4 GiB"));
}

#[test]
fn json_holds_the_coefficients() {
    let (experiment, _, file) = exported("json", "b.json");
    let exported: serde_json::Value = serde_json::from_slice(&file).expect("JSON");
    let inspected = experiment.run("inspect outputs/tiny/profile.t2m --format json").done();
    assert_eq!(exported, serde_json::from_str::<serde_json::Value>(&inspected).expect("JSON"));
    assert_eq!(exported["identity"]["llm"], "Tiny");
    let slope = exported["prefill"]["polynomial"]["terms"][0]["coefficient"].as_f64().expect("a number");
    assert!((slope / 0.01 - 1.0).abs() < 1e-6, "{exported}");
}
