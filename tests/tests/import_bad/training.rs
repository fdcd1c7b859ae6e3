//! Files of other tools where rows are asked for: by a config, and by `--data`.

use super::case::sample;
use super::workbooks::workbook;
use token2metrics_tests::experiment::{CONFIG, Experiment, ROWS, replaced};

/// An experiment that reads this file, under these lines of its `[device]`.
fn reading(name: &str, content: impl AsRef<[u8]>, lines: &str) -> Experiment {
    let config = replaced(CONFIG, "data = [\"rows.csv\"]\n", &format!("data = [\"{name}\"]\n{lines}\n"));
    let experiment = Experiment::new(&config, ROWS);
    experiment.write(&format!("configs/{name}"), content);
    experiment
}

fn error(name: &str, content: impl AsRef<[u8]>, lines: &str) -> String {
    let experiment = reading(name, content, lines);
    let before = experiment.snapshot();
    let error = experiment.run("train --model tiny").failed(1);
    assert_eq!(experiment.snapshot(), before, "a failed run changes nothing");
    error
}

const SETUPS: &str =
    "rows of several setups: threads 1, 2; choose one by a filter, such as threads=1, in the config or by `import`";

#[test]
fn configs() {
    let mixed = sample("llama-bench/smollm2.pp.csv");
    assert_eq!(error("pp.csv", &mixed, ""), format!("error: model tiny: configs/pp.csv: {SETUPS}"));
    let unknown = error("pp.csv", &mixed, "filter = { thread = 1 }");
    let begin =
        "error: model tiny: configs/pp.csv: filter: no record has \"thread\"; is \"threads\" meant? There are: ";
    assert!(unknown.starts_with(begin), "{unknown}");
    assert_eq!(
        error("pp.csv", &mixed, "filter = { threads = 3 }"),
        "error: model tiny: configs/pp.csv: no record fits threads=3; there are threads: 1, 2"
    );
    // A canonical file does not say how its rows were measured: it is taken at the config's word.
    reading("rows.csv", ROWS, "filter = { threads = 1 }").run("train --model tiny").done();
    assert_eq!(
        error("a.json", "{\"n_prompt\": 8, \"n_gen\": 8, \"avg_ns\": 5}", ""),
        "error: model tiny: configs/a.json: no row of llama-bench is left: all 1 are rejected, the first, record 1, because: \
         a pp+tg test: its total only is known"
    );
    assert_eq!(
        error("a.log", "11-25-2026 03:11:52 RAM 1/2MB VDD_IN 5mW/5mW\n", ""),
        "error: model tiny: configs/a.log: a log of power, not measurements: join it with timed requests by `import --power`"
    );
    let other = error("a.json", "{\"a\": 1}", "");
    assert!(other.starts_with("error: model tiny: configs/a.json: not recognised: JSON with a"), "{other}");
    let cut = String::from_utf8(mixed).expect("UTF-8").replacen("\",\"", "", 1);
    let run = reading("pp.csv", cut, "filter = { threads = 1 }").run("train --model tiny");
    assert!(run.stderr.contains("cells under a header of 42: a cut-off row"), "{}", run.stderr);
}

#[test]
fn data_of_a_command() {
    let experiment = Experiment::default();
    experiment.run("train --model tiny --output outputs").done();
    experiment.write("pp.csv", sample("llama-bench/smollm2.pp.csv"));
    experiment.write("a.json", "{\"n_prompt\": 8, \"n_gen\": 0, x");
    experiment.write("b.json", "[]");
    let before = experiment.snapshot();
    for command in [
        "evaluate --model tiny",
        "rehearse --model tiny",
        "calibrate --model-path outputs/tiny/profile.t2m --device d --output out.t2m",
    ] {
        let error = |data: &str| experiment.run(&format!("{command} --data {data}")).failed(1);
        assert_eq!(error("pp.csv"), format!("error: pp.csv: {SETUPS}"));
        assert_eq!(
            error("a.json"),
            "error: a.json: not the JSON of llama-bench: key must be a string at line 1 column 29"
        );
        let unknown = error("b.json");
        assert!(unknown.starts_with("error: b.json: not recognised: JSON without any field"), "{unknown}");
        assert_eq!(
            error("gone.json"),
            "error: gone.json: cannot read the file: No such file or directory (os error 2)"
        );
    }
    assert_eq!(experiment.snapshot(), before, "a failed run changes nothing");
}

/// A device table of which no prompt is known serves a decode whose step takes the same time in any context, and no other.
#[test]
fn a_device_table_alone() {
    let mut table = "subset,full_output,output_tokens,prefill,decode\n".to_owned();
    for row in 0..20 {
        table += &format!("math,so,{},{},{}\n", row + 2, 100 + row, 50 + 200 * (row + 1));
    }
    let prefill = "input_tokens,output_tokens,prefill_s\n10,1,0.2\n20,1,0.3\n30,1,0.4\n40,1,0.5\n";
    let trained = |decode: &str| {
        let config = replaced(CONFIG, "[\"rows.csv\"]", "[\"rows.csv\", \"table.csv\"]");
        let config = replaced(&config, "[decode]\ntype = \"linear\"", &format!("[decode]\ntype = \"{decode}\""));
        let experiment = Experiment::new(&config, prefill);
        experiment.write("configs/table.csv", &table);
        experiment.run("train --model tiny")
    };
    let run = trained("linear");
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    let run = trained("auto");
    let reason = "only a constant step can be learned from it; set decode.type = \"linear\"";
    assert!(run.stderr.contains(reason), "{}", run.stderr);
}

#[test]
fn books_of_several_sheets() {
    let header: &[&str] = &["subject", "ttft", "decode_time", "input_tokens", "output_tokens"];
    let rows: &[&[&str]] = &[
        header,
        &["a", "200", "250", "10", "2"],
        &["a", "300", "450", "20", "3"],
        &["a", "400", "650", "30", "4"],
        &["a", "500", "1050", "40", "6"],
        &["a", "600", "2050", "50", "11"],
    ];
    let book = workbook(&[("one", rows), ("two", rows)]);
    let mixed = error("book.xlsx", &book, "");
    let begin = "error: model tiny: configs/book.xlsx: rows of several setups: sheet one, two; choose one by a filter, such as sheet=one";
    assert!(mixed.starts_with(begin), "{mixed}");
    reading("book.xlsx", &book, "filter = { sheet = \"two\" }").run("train --model tiny").done();
}
