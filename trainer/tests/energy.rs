//! Energy and prices from a config to a profile and its scores, and from there to another device.

mod common;

use common::Folder;
use std::process::{Command, Output};
use token2metrics_core::{Power, PowerCurve, Profile};
use token2metrics_trainer::power::Source;
use token2metrics_trainer::score::{Errors, score};
use token2metrics_trainer::train::Trained;

/// A time per token and nothing else.
const LINEAR: &str =
    "[prefill]\ntype = \"linear\"\nfit_intercept = false\n[decode]\ntype = \"linear\"\nfit_intercept = false\n";
const DEVICE: &str = "[device]\nname = \"d\"\ndata = [\"rows.csv\"]\n";

const HEADER: &str = "input_tokens,output_tokens,prefill_s,decode_s,prefill_energy_j,decode_energy_j\n";
/// 10 ms a token at 10 W, 20 ms a step at 20 W; on rounded times, so that every figure is exact.
const ROWS: &str =
    "10,2,0.1,0.02,1,0.4\n20,3,0.2,0.04,2,0.8\n30,4,0.3,0.06,3,1.2\n40,5,0.4,0.08,4,1.6\n50,6,0.5,0.1,5,2\n";
/// The same without energies.
const TIMES: &str = "10,2,0.1,0.02,,\n20,3,0.2,0.04,,\n30,4,0.3,0.06,,\n40,5,0.4,0.08,,\n50,6,0.5,0.1,,\n";

fn folder(rows: &str) -> Folder {
    let folder = Folder::new();
    write(&folder, "rows.csv", rows);
    folder
}

fn write(folder: &Folder, name: &str, rows: &str) {
    std::fs::write(folder.path(name), format!("{HEADER}{rows}")).expect("a writable folder");
}

fn train(rows: &str, tables: &str) -> Trained {
    folder(rows).train(&format!("{LINEAR}{tables}{DEVICE}"))
}

fn watts(curve: PowerCurve) -> Option<f32> {
    match curve {
        PowerCurve::Constant { watts } => Some(watts),
        _ => None,
    }
}

fn near(found: Option<f32>, expected: f32) -> bool {
    found.is_some_and(|found| (found / expected - 1.0).abs() < 1e-5)
}

fn mape(errors: Option<Errors>) -> Option<f64> {
    errors.map(|errors| (errors.mape_percent * 1e3).round() / 1e3)
}

#[test]
fn energy_columns_are_enough() {
    let Trained { profile, report, .. } = train(ROWS, "");
    assert!(near(watts(profile.power.prefill), 10.0) && near(watts(profile.power.decode), 20.0), "{:?}", profile.power);
    let power = report.power.expect("both phases have energies");
    assert_eq!((power.prefill.source, power.prefill.rows, power.decode.rows), (Source::Measured, 5, 5));
    assert_eq!(power.decode.candidates.len(), 4);
    // The profiles that score the folds have the power of the other folds.
    let folds = report.cross_validation.expect("five rows");
    let energies = [folds.prefill_energy_j, folds.decode_energy_j, folds.energy_j];
    assert_eq!(energies.map(|errors| errors.map(|errors| errors.n)), [Some(5); 3]);
    assert_eq!(energies.map(mape), [Some(0.0); 3]);
    assert_eq!(about_energy(&report.warnings), [""; 0]);
}

/// Without the one of bands from so few rows.
fn about_energy(warnings: &[String]) -> Vec<&str> {
    warnings.iter().map(String::as_str).filter(|warning| !warning.starts_with("error bands")).collect()
}

#[test]
fn without_energies_nothing_changes() {
    let Trained { profile, report, .. } = train(TIMES, "");
    assert_eq!((profile.power, &profile.tariff), (Power::default(), &None));
    let mut json = serde_json::to_value(&report).expect("a report is JSON");
    // How many rows of each file have energy.
    assert_eq!(json["rows"]["device"]["files"][0]["energy"].take(), 0);
    let json = json.to_string().replace("\"energy\":null", "");
    assert!(!json.contains("energy") && !json.contains("power"), "{json}");
}

/// Predicted 1 J and 0.4 J of the first request, 2 J and 0.8 J of the second. Prefill: 1/1.25 and 2/1.6, off by 20 and 25 %. Decode of the one that
/// has it: 0.8/0.64, 25 %. Together, where all is measured: 2.8/2.24, 25 %; of one output token, 3 J for 4 J, 25 %, which is prefill's too.
#[test]
fn scores_of_a_case_solved_by_hand() {
    let stated =
        "[energy]\nprefill = { form = \"constant\", watts = 10 }\ndecode = { form = \"constant\", watts = 20 }\n";
    let folder = folder(TIMES);
    let profile = folder.train(&format!("{LINEAR}{stated}{DEVICE}")).profile;
    let scores = |rows: &str| {
        write(&folder, "scored.csv", rows);
        let table = token2metrics_trainer::ingest::read(&folder.path("scored.csv")).expect("sound rows");
        score(&profile, &table.rows)
    };
    let measured = scores("10,2,0.1,0.02,1.25,\n20,3,0.2,0.04,1.6,0.64\n30,1,0.3,,4,\n");
    let [prefill, decode, both] = [measured.prefill_energy_j, measured.decode_energy_j, measured.energy_j];
    assert_eq!([prefill, decode, both].map(|errors| errors.map(|errors| errors.n)), [Some(3), Some(1), Some(2)]);
    assert_eq!([prefill, decode, both].map(mape), [Some(23.333), Some(25.0), Some(25.0)]);
    let text = token2metrics_trainer::table::scores(&measured);
    assert!(text.contains("| decode energy  |    1 |  25.00 |"), "{text}");

    let times_only = scores("10,2,0.1,0.02,,\n");
    assert!(!token2metrics_trainer::table::scores(&times_only).contains("energy"));
    let json = serde_json::to_value(measured).expect("scores are JSON");
    assert_eq!(json["decode_energy_j"]["n"], 1);
    assert_eq!(serde_json::to_value(times_only).expect("scores are JSON").get("energy_j"), None);
}

#[test]
fn a_stated_curve_is_taken_at_its_word() {
    let stated = "[energy.prefill]\nform = \"log\"\nbase_w = 5.5\nslope_w = 1\n[energy.decode]\nform = \"ramp\"\nsteady_w = 25\n\
                  deficit_w = -4.5\ntau_s = 1.5\n";
    for rows in [TIMES, ROWS] {
        let Trained { profile, report, .. } = train(rows, stated);
        let decode = PowerCurve::Ramp { steady_w: 25.0, deficit_w: -4.5, tau_s: 1.5 };
        assert_eq!(profile.power, Power { prefill: PowerCurve::Log { base_w: 5.5, slope_w: 1.0 }, decode });
        let text = token2metrics_trainer::cmd::train::text(&[&report], false);
        assert_eq!(text.matches("| stated, not measured |").count(), 2, "{text}");
        let json = serde_json::to_value(&report).expect("a report is JSON");
        assert_eq!(
            (&json["power"]["decode"]["source"], &json["power"]["decode"]["curve"]["ramp"]["tau_s"]),
            (&"stated".into(), &1.5.into())
        );
        let scored = report.cross_validation.expect("five rows").decode_energy_j;
        assert_eq!(scored.is_some(), rows == ROWS);
        let warnings = report.warnings.iter().filter(|warning| warning.contains("its power curve is stated")).count();
        assert_eq!(warnings, if rows == ROWS { 2 } else { 0 }, "{:?}", report.warnings);
    }
}

#[test]
fn what_has_no_energy_is_said() {
    let asked = train(TIMES, "[energy]\ndecode = \"ramp\"\n").report;
    let none = "[energy] asks for a curve of decode, but no device row has decode_energy_j and decode_s: its energy is not known";
    assert_eq!(about_energy(&asked.warnings), [none]);

    let too_few = train("10,2,0.1,0.02,1,0.4\n20,3,0.2,0.04,,\n", "[energy]\ndecode = \"ramp\"\n");
    assert_eq!(too_few.profile.power.decode, PowerCurve::Unknown);
    let reason =
        "decode: no power curve: 1 row cannot determine 3 coefficients: measure more requests or choose a simpler type";
    assert!(too_few.report.warnings.iter().any(|warning| warning == reason), "{:?}", too_few.report.warnings);

    let without_seconds = train("10,2,0.1,,1,0.4\n20,3,0.2,0.04,2,\n30,4,0.3,0.06,3,\n", "");
    let useless = "decode: decode_energy_j of 1 row is not fitted: a power curve needs decode_s of the same row";
    assert!(
        without_seconds.report.warnings.iter().any(|warning| warning == useless),
        "{:?}",
        without_seconds.report.warnings
    );
    assert_eq!(without_seconds.profile.power.decode, PowerCurve::Unknown);
    assert!(near(watts(without_seconds.profile.power.prefill), 10.0));
}

#[test]
fn the_watts_of_the_server_are_not_the_device_s() {
    let folder = folder(TIMES);
    write(&folder, "server.csv", ROWS);
    let server = "[server]\nname = \"s\"\ndata = [\"server.csv\"]\n";
    let Trained { profile, report, .. } = folder.train(&format!("{LINEAR}{server}{DEVICE}"));
    assert_eq!(profile.power, Power::default());
    let said = |phase: &str| {
        let start = format!(
            "{phase}: only the server's rows have {phase}_energy_j: not used, they are another machine's watts"
        );
        report.warnings.iter().any(|warning| warning.starts_with(&start))
    };
    assert!(said("prefill") && said("decode"), "{:?}", report.warnings);
}

#[test]
fn the_energy_of_no_step_is_set_aside() {
    let report = train(&format!("{ROWS}60,1,0.6,,6,0.4\n"), "").report;
    let reasons: Vec<&str> = report.rows.device.rejected.iter().map(|rejected| rejected.reason.as_str()).collect();
    assert_eq!(reasons, ["decode_energy_j of a request with one output token, which has no decode step"]);
}

#[test]
fn joules_beyond_any_machine_do_not_stop_the_times() {
    let Trained { profile, report, .. } = train("10,2,0.1,0.02,1e300,0.4\n20,3,0.2,0.04,1e300,0.8\n", "");
    assert_eq!(profile.power.prefill, PowerCurve::Unknown);
    assert!(near(watts(profile.power.decode), 20.0), "{:?}", profile.power);
    assert!(
        report.warnings.iter().any(|warning| warning.starts_with("prefill: no power curve: ")),
        "{:?}",
        report.warnings
    );
}

#[test]
fn prices_go_into_the_profile() {
    let tariff = train(TIMES, "[tariff]\ncurrency = \"EUR\"\nper_kwh = 0.25\nper_hour = 1\nper_request = 0.001\n")
        .profile
        .tariff;
    let tariff = tariff.expect("the config has prices");
    assert_eq!(
        (tariff.currency.as_str(), tariff.per_kwh, tariff.per_hour, tariff.per_request),
        ("EUR", 0.25, 1.0, 0.001)
    );
    let free = train(TIMES, "[tariff]\nper_kwh = 0.5\n").profile.tariff.expect("the config has a price");
    assert_eq!((free.currency.as_str(), free.per_kwh, free.per_hour, free.per_request), ("", 0.5, 0.0, 0.0));
}

/// The binary that these tests belong to.
fn token2metrics(folder: &Folder, arguments: &[&str]) -> Output {
    let path = folder.path("");
    Command::new(env!("CARGO_BIN_EXE_token2metrics")).args(arguments).current_dir(path).output().expect("the program")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

const CALIBRATE: [&str; 7] = ["calibrate", "--model-path", "old.t2m", "--data", "rows.csv", "--output", "new.t2m"];

/// Calibrates what some rows give to other rows, and gives the new power with what was said.
fn calibrate(old: &str, rows: &str, options: &[&str]) -> (Power, Output) {
    let folder = folder(old);
    let blob = folder.train(&format!("{LINEAR}{DEVICE}")).blob;
    std::fs::write(folder.path("old.t2m"), blob).expect("a writable folder");
    write(&folder, "rows.csv", rows);
    let output = token2metrics(&folder, &[&CALIBRATE, options].concat());
    assert!(output.status.success(), "{}", text(&output.stderr));
    let blob = std::fs::read(folder.path("new.t2m")).expect("the new blob");
    (Profile::decode(&blob).expect("a sound blob").power, output)
}

#[test]
fn calibrate_scales_the_watts_by_the_device_s_energies() {
    // Decode at 50 W for 20 W, prefill not measured.
    let half = "10,2,0.1,0.02,,1\n20,3,0.2,0.04,,2\n30,4,0.3,0.06,,3\n";
    let (power, output) = calibrate(ROWS, half, &["--device", "other", "--format", "json"]);
    assert!(near(watts(power.prefill), 10.0) && near(watts(power.decode), 50.0), "{power:?}");
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(
        (&report["prefill_power"]["method"], &report["decode_power"]["method"]),
        (&"kept".into(), &"scaled".into())
    );
    assert!(near(report["decode_power"]["scale"].as_f64().map(|scale| scale as f32), 2.5), "{report}");
    let said =
        "no row has prefill_energy_j: the power of prefill stays that of tiny on d; its watts may be others here";
    assert!(text(&output.stderr).contains(said), "{}", text(&output.stderr));
    assert!(!text(&output.stderr).contains("the power of decode"), "{}", text(&output.stderr));

    let (_, output) = calibrate(ROWS, half, &[]);
    assert!(text(&output.stdout).contains("| decode  | scaled |    3 | 2.5000 |"), "{}", text(&output.stdout));
    assert!(!text(&output.stderr).contains("stays that of"), "the device is the same");
}

#[test]
fn calibrate_fits_the_power_that_was_not_known() {
    let (power, output) = calibrate(TIMES, ROWS, &[]);
    assert!(near(watts(power.prefill), 10.0) && near(watts(power.decode), 20.0), "{power:?}");
    assert!(text(&output.stdout).contains("| prefill | fitted |    5 |"), "{}", text(&output.stdout));

    let (power, output) = calibrate(TIMES, TIMES, &["--device", "other"]);
    assert_eq!(power, Power::default());
    assert!(
        !text(&output.stdout).contains("power") && !text(&output.stderr).contains("power"),
        "nothing is known of it"
    );
}
