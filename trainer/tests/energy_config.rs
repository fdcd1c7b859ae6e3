//! What is wrong with `[energy]` and `[tariff]` is said with its line and the way out.

mod common;

use common::{Folder, MODEL};
use token2metrics_core::PowerCurve;
use token2metrics_trainer::config::Config;
use token2metrics_trainer::power::{Curve, Energy};

/// What loading a config with these lines says, without the name of the file.
fn load(lines: &str) -> Result<Config, String> {
    let folder = Folder::new();
    let path = folder.path("tiny.toml");
    std::fs::write(&path, format!("{MODEL}[device]\nname = \"d\"\ndata = [\"rows.csv\"]\n{lines}"))
        .expect("a writable folder");
    let shown = format!("{}:", path.display());
    Config::load(&path).map_err(|error| error.to_string().replace(&shown, ""))
}

/// The lines given begin at 7.
#[track_caller]
fn assert_error(lines: &str, error: &str) {
    assert_eq!(load(lines).map(|_| ()), Err(error.to_owned()), "{lines}");
}

#[test]
fn forms_and_stated_curves() {
    let energy = |lines: &str| load(lines).expect("a sound config").energy;
    assert_eq!(energy("").prefill, None);
    for (name, form) in
        [("auto", Curve::Auto), ("constant", Curve::Constant), ("log", Curve::Log), ("ramp", Curve::Ramp)]
    {
        let settings = energy(&format!("[energy]\nprefill = \"{name}\"\n"));
        assert_eq!((settings.prefill, settings.decode), (Some(Energy::Fitted(form)), None));
    }
    assert_eq!(energy("[energy]\ndecode = \"wake\"\n").decode, Some(Energy::Fitted(Curve::Wake)));
    assert_error(
        "[energy]\nprefill = \"wake\"\n",
        "7: energy.prefill cannot be of form \"wake\": nothing could have woken the device before the request",
    );
    let stated =
        energy("[energy]\nprefill = \"log\"\ndecode = { form = \"ramp\", steady_w = 9, deficit_w = 9, tau_s = 0.5 }\n");
    let ramp = PowerCurve::Ramp { steady_w: 9.0, deficit_w: 9.0, tau_s: 0.5 };
    assert_eq!((stated.prefill, stated.decode), (Some(Energy::Fitted(Curve::Log)), Some(Energy::Stated(ramp))));
}

#[test]
fn keys_that_are_not_known_or_missing() {
    let ramp = "[energy.decode]\nform = \"ramp\"\nsteady_w = 25\ndeficit_w = 4\n";
    assert_error(
        &format!("{ramp}taus = 1\n"),
        "11: unknown key in [energy.decode]: \"taus\"; is \"tau_s\" meant? known: form, watts, base_w, slope_w, steady_w, deficit_w, tau_s, idle_w, wake_s",
    );
    assert_error(ramp, "8: energy.decode lacks tau_s: form \"ramp\" has steady_w, deficit_w, tau_s");
    assert_error(
        &format!("{ramp}tau_s = 1\nwatts = 3\n"),
        "12: energy.decode.watts is of another form: form \"ramp\" has steady_w, deficit_w, tau_s",
    );
    assert_error("[energy.prefill]\nwatts = 3\n", "7: missing key in [energy.prefill]: \"form\"");
    assert_error(
        "[energy.prefill]\nform = \"constnat\"\nwatts = 3\n",
        "8: unknown value: \"constnat\"; is \"constant\" meant? known: constant, log, ramp, wake",
    );
    assert_error(
        "[energy]\nprefil = \"auto\"\n",
        "8: unknown key in [energy]: \"prefil\"; is \"prefill\" meant? known: prefill, decode",
    );
    assert_error(
        "[energy]\nprefill = \"rampp\"\n",
        "8: unknown value: \"rampp\"; is \"ramp\" meant? known: constant, log, ramp, wake, auto",
    );
    assert_error(
        "[energy]\nprefill = 3\n",
        "8: invalid type: integer \"3\", expected a form to fit, such as \"auto\", or a table with the form and the numbers of a curve",
    );
    assert_error(
        "[tariff]\nper_hours = 1\n",
        "8: unknown key in [tariff]: \"per_hours\"; is \"per_hour\" meant? known: currency, per_kwh, per_hour, per_request",
    );
}

#[test]
fn watts_out_of_bounds() {
    let constant = |watts: &str| format!("[energy.prefill]\nform = \"constant\"\nwatts = {watts}\n");
    assert_error(&constant("-1"), "9: energy.prefill.watts must not be below zero");
    for beyond in ["nan", "inf", "1e39"] {
        assert_error(&constant(beyond), "9: energy.prefill.watts must be a finite number");
    }
    let log = |base_w: &str, slope_w: &str| {
        format!("[energy.prefill]\nform = \"log\"\nbase_w = {base_w}\nslope_w = {slope_w}\n")
    };
    assert_error(&log("-1", "0"), "9: energy.prefill.base_w must not be below zero");
    assert_error(&log("0", "-1"), "10: energy.prefill.slope_w must not be below zero");
    let ramp = |steady_w: &str, deficit_w: &str, tau_s: &str| {
        format!("[energy.decode]\nform = \"ramp\"\nsteady_w = {steady_w}\ndeficit_w = {deficit_w}\ntau_s = {tau_s}\n")
    };
    assert_error(&ramp("-1", "-2", "1"), "9: energy.decode.steady_w must not be below zero");
    assert_error(
        &ramp("10", "10.1", "1"),
        "10: energy.decode.deficit_w must not be above steady_w: power would begin below zero",
    );
    let wake = "[energy.decode]\nform = \"wake\"\nidle_w = 5\nwake_s = 1\nsteady_w = 25\ndeficit_w = 4\ntau_s = 3\n";
    load(wake).expect("a sound curve");
    assert_error(&wake.replace("wake_s = 1", "wake_s = -1"), "10: energy.decode.wake_s must not be below zero");
    assert_error(
        &wake.replace("idle_w = 5\n", ""),
        "8: energy.decode lacks idle_w: form \"wake\" has idle_w, wake_s, steady_w, deficit_w, tau_s",
    );
    for tau_s in ["0", "1e-60"] {
        assert_error(&ramp("10", "5", tau_s), "11: energy.decode.tau_s must be above zero");
    }
    load(&ramp("10", "-5", "1")).expect("power may fall");
}

#[test]
fn prices_out_of_bounds() {
    for key in ["per_kwh", "per_hour", "per_request"] {
        for price in ["-0.1", "nan", "inf", "1e39"] {
            assert_error(
                &format!("[tariff]\n{key} = {price}\n"),
                &format!("8: tariff.{key} must be a finite price that is not below zero"),
            );
        }
    }
    for currency in ["", "EU", "EURO", "E1R", "€"] {
        assert_error(
            &format!("[tariff]\ncurrency = \"{currency}\"\n"),
            "8: tariff.currency must be the three letters of a currency, such as \"USD\"",
        );
    }
}
