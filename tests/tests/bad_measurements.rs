//! Every error of a measurement file, provoked once: one line that names file, line, column and the way out, and nothing written.

use token2metrics_tests::experiment::{CONFIG, Experiment, ROWS, replaced, training_error};

fn error_of(rows: &str) -> String {
    training_error(CONFIG, rows)
}

fn changed(from: &str, to: &str) -> String {
    error_of(&replaced(ROWS, from, to))
}

#[test]
fn cells() {
    let row = "30,4,0.4,0.65";
    let error = |problem: &str| format!("error: model tiny: configs/rows.csv:4: column {problem}");
    let time = "leave the cell empty if it was not measured";
    for (cells, problem) in [
        ("30,4,fast,0.65", "\"prefill_s\": \"fast\" is not a number: correct or remove the row".to_owned()),
        ("30,4,NaN,0.65", format!("\"prefill_s\": \"NaN\" is not finite: {time}")),
        ("30,4,0.4,inf", format!("\"decode_s\": \"inf\" is not finite: {time}")),
        ("30,4,0.4,-inf", format!("\"decode_s\": \"-inf\" is not finite: {time}")),
        ("30,4,0,0.65", format!("\"prefill_s\": \"0\" is not above zero: {time}")),
        ("30,4,0.4,-0.65", format!("\"decode_s\": \"-0.65\" is not above zero: {time}")),
        (
            "30.5,4,0.4,0.65",
            "\"input_tokens\": \"30.5\" is not a token count: give a whole number that is not negative".to_owned(),
        ),
        (
            "30,-4,0.4,0.65",
            "\"output_tokens\": \"-4\" is not a token count: give a whole number that is not negative".to_owned(),
        ),
        ("30000000,4,0.4,0.65", "\"input_tokens\": \"30000000\" is above 16777216, the largest token count".to_owned()),
        (",4,0.4,0.65", "\"input_tokens\": \"\" is empty: give a token count".to_owned()),
        ("30,many,0.4,0.65", "\"output_tokens\": \"many\" is not a number: correct or remove the row".to_owned()),
    ] {
        assert_eq!(changed(row, cells), error(&problem));
    }
}

#[test]
fn energy_cells_are_checked_too() {
    let rows = "input_tokens,output_tokens,prefill_s,decode_s,decode_energy_j\n10,2,0.2,0.25,-3\n";
    assert_eq!(
        error_of(rows),
        "error: model tiny: configs/rows.csv:2: column \"decode_energy_j\": \"-3\" is not above zero: \
         leave the cell empty if it was not measured"
    );
}

#[test]
fn lines_are_counted_in_files_from_windows_too() {
    let rows = "\u{feff}".to_owned() + &ROWS.replace("30,4,0.4,0.65", "30,4,0.4,x").replace('\n', "\r\n");
    assert_eq!(
        error_of(&rows),
        "error: model tiny: configs/rows.csv:4: column \"decode_s\": \"x\" is not a number: correct or remove the row"
    );
}

#[test]
fn headers() {
    assert_eq!(
        changed("output_tokens", "outptu_tokens"),
        "error: model tiny: configs/rows.csv:1: column \"output_tokens\" is missing; the header has: input_tokens, outptu_tokens, \
         prefill_s, decode_s; is \"outptu_tokens\" meant? rename it"
    );
    assert_eq!(
        changed("prefill_s", "decode_s"),
        "error: model tiny: configs/rows.csv:1: column \"decode_s\" stands in the header twice: remove one"
    );
    let empty = "error: model tiny: configs/rows.csv: the file has no rows: a header and at least one row are needed";
    assert_eq!(error_of(""), empty);
    assert_eq!(error_of("input_tokens,output_tokens,prefill_s,decode_s\n"), empty);
}

#[test]
fn a_column_that_is_not_read_is_said() {
    let run = Experiment::new(CONFIG, &ROWS.replacen("decode_s", "decod_s", 1)).run("train --model tiny");
    let column = "warn: configs/rows.csv:1: column \"decod_s\" is not read; is \"decode_s\" meant?\n";
    assert!(run.stderr.starts_with(column), "{}", run.stderr);
    let without = "warn: tiny: no row has decode_s: the profile answers requests of one output token only\n";
    assert!(run.stderr.contains(without), "{}", run.stderr);
    // Without prefill there is no profile.
    let run = Experiment::new(CONFIG, &ROWS.replacen("prefill_s", "prefil_s", 1)).run("train --model tiny");
    assert_eq!(
        run.failed(1).lines().last(),
        Some(
            "error: model tiny: device rows: no usable row has prefill_s: measure that phase, or name more files in `data`"
        )
    );
}

#[test]
fn files() {
    let experiment = Experiment::new(&CONFIG.replace("rows.csv", "gone.csv"), ROWS);
    assert_eq!(
        experiment.run("train --model tiny").failed(1),
        "error: model tiny: configs/gone.csv: cannot read the file: No such file or directory (os error 2)"
    );
    assert_eq!(
        changed("30,4,0.4,0.65", "30,4,0.4"),
        "error: model tiny: configs/rows.csv: not a CSV file: CSV error: record 3 (line: 4, byte: 74): \
         found record with 3 fields, but the previous record has 4 fields"
    );
    let experiment = Experiment::default();
    experiment.write("configs/rows.csv", b"input_tokens,output_tokens,prefill_s\n1,\xFF,2\n");
    let error = experiment.run("train --model tiny").failed(1);
    assert!(
        error.starts_with("error: model tiny: configs/rows.csv: not a CSV file: CSV parse error: record 1 (line 2, "),
        "{error}"
    );
}

#[test]
fn rows_that_determine_no_fit() {
    let header = "input_tokens,output_tokens,prefill_s,decode_s\n";
    assert_eq!(
        error_of(&format!("{header}10,2,0.2,0.25\n")),
        "error: model tiny: device rows: prefill: 1 row cannot determine 2 coefficients: measure more requests or choose a simpler type"
    );
    assert_eq!(
        error_of(&format!("{header}10,2,0.2,0.25\n10,3,0.21,0.45\n10,4,0.22,0.65\n")),
        "error: model tiny: device rows: prefill: all rows have 10 input tokens to compute: one length cannot tell a fixed time from one per \
         token; measure others or set fit_intercept = false"
    );
    assert_eq!(
        error_of(&format!("{header}10,2,0.2,0.25\n20,2,0.3,0.24\n30,2,0.4,0.26\n")),
        "error: model tiny: device rows: decode: all rows have 2 output tokens: one length cannot tell a fixed time from one per \
         token; measure others or set fit_intercept = false"
    );
}

#[test]
fn one_model_that_fails_leaves_the_others_unwritten() {
    let experiment = Experiment::default();
    experiment.run("train --all-models --output out").done();
    experiment.write("configs/z.toml", CONFIG.replace("rows.csv", "gone.csv"));
    experiment.write("configs/rows.csv", ROWS.replace("0.4,", "0.5,"));
    let before = experiment.snapshot();
    experiment.run("train --all-models --output out").failed(1);
    assert_eq!(experiment.snapshot(), before, "the first model must not have been written either");
}
