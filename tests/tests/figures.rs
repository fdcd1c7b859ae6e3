//! Energy, cost and bands as the command line shows them, of profiles that have them and of profiles that do not.

use serde_json::Value;
use token2metrics_tests::experiment::{Experiment, Run, run_in};
use token2metrics_tests::root;

const REQUEST: &str = "--input-tokens 100 --output-tokens 50";

fn vector(name: &str) -> String {
    root().join("tests/vectors").join(name).display().to_string()
}

fn predict(blob: &str, options: &str) -> Run {
    run_in(root(), &format!("predict --model-path {} {options}", vector(blob)))
}

fn predicted(blob: &str, options: &str) -> Value {
    serde_json::from_str(&predict(blob, &format!("{REQUEST} --format json {options}")).done()).expect("JSON")
}

fn number(prediction: &Value, key: &str) -> f64 {
    prediction[key].as_f64().unwrap_or_else(|| panic!("{key}: {prediction}"))
}

#[test]
fn text_shows_what_is_known_and_leaves_out_the_rest() {
    let run = predict("version_2.t2m", REQUEST);
    assert_eq!(run.stderr, "");
    assert_eq!(
        run.done(),
        "DeepSeek-R1-Distill-Qwen-1.5B on Jetson AGX Orin (MAXN, W4A16)\n\
         | figure                  |     predicted |      low |     high |\n\
         |-------------------------|---------------|----------|----------|\n\
         | prefill (TTFT)          |      14.00 ms | 12.74 ms | 15.26 ms |\n\
         | decode                  |       1.106 s |  1.051 s |  1.156 s |\n\
         | total                   |       1.120 s |  1.053 s |  1.182 s |\n\
         | per output token (TPOT) |      22.58 ms |          |          |\n\
         | energy                  |      21.447 J |          |          |\n\
         | average power           |       19.14 W |          |          |\n\
         | cost                    | 0.0002571 USD |          |          |\n\
         low, high: 5 % of such requests are expected to take less, 5 % to take more\n"
    );
    let run = predict("version_1.t2m", REQUEST);
    assert_eq!(run.stderr, "", "nothing is wrong with a profile that knows only times");
    assert_eq!(
        run.done(),
        "DeepSeek-R1-Distill-Qwen-1.5B on Jetson AGX Orin (MAXN, W4A16)\n\
         | figure                  | predicted |\n\
         |-------------------------|-----------|\n\
         | prefill (TTFT)          |  14.00 ms |\n\
         | decode                  |   1.106 s |\n\
         | total                   |   1.120 s |\n\
         | per output token (TPOT) |  22.58 ms |\n"
    );
    let run = predict("prefill_only.t2m", "--input-tokens 100 --output-tokens 1").done();
    assert!(run.contains("210.00 mJ |") && run.contains("2.333e-8 EUR |"), "{run}");
    assert_eq!(
        predict("prefill_only.t2m", REQUEST).failed(1),
        "error: the profile knows prefill only: ask for one output token, or train it on rows that have decode_s"
    );
}

#[test]
fn json_has_null_for_what_is_not_known() {
    let keys = |value: Value| match value {
        Value::Object(map) => map.keys().cloned().collect::<Vec<_>>(),
        _ => panic!("{value}: not an object"),
    };
    let (all, bare) = (predicted("version_2.t2m", ""), predicted("version_1.t2m", ""));
    assert_eq!(all["currency"], "USD");
    assert_eq!(all["flags"], Value::Array(Vec::new()));
    let unknown = bare.as_object().expect("an object").iter().filter(|(_, value)| value.is_null()).count();
    // Five of energy and cost, six ends of bands, and the currency.
    assert_eq!(unknown, 12, "{bare}");
    assert_eq!(bare["flags"], serde_json::json!(["no_energy", "no_cost", "no_bands"]));
    assert_eq!(keys(all), keys(bare));
}

/// The cost is that of the energy and time of the same prediction, at the prices given or else those of the profile: 0.25 USD per kWh,
/// 0.5 per hour and 0.0001 per request.
#[test]
fn prices_override_those_of_the_profile() {
    let at = |options: &str, [per_kwh, per_hour, per_request]: [f64; 3], currency: &str| {
        let prediction = predicted("version_2.t2m", options);
        let (energy_j, total_s) = (number(&prediction, "energy_j"), number(&prediction, "total_s"));
        let expected = energy_j * per_kwh / 3.6e6 + total_s * per_hour / 3600.0 + per_request;
        let cost = number(&prediction, "cost");
        assert!((cost / expected - 1.0).abs() < 1.0e-6, "{options}: {cost}, not {expected}");
        assert_eq!(prediction["currency"], currency, "{options}");
    };
    at("", [0.25, 0.5, 0.0001], "USD");
    at("--per-kwh 2", [2.0, 0.5, 0.0001], "USD");
    at("--per-hour 3 --currency EUR", [0.25, 3.0, 0.0001], "EUR");
    at("--per-request 0.125 --per-hour 0 --per-kwh 0", [0.0, 0.0, 0.125], "USD");
}

#[test]
fn prices_for_a_profile_that_has_none() {
    let rented = predicted("version_1.t2m", "--per-hour 3600 --currency CHF");
    assert_eq!(number(&rented, "cost"), number(&rented, "total_s"));
    assert_eq!((&rented["currency"], &rented["flags"]), (&"CHF".into(), &serde_json::json!(["no_energy", "no_bands"])));
    assert!(predicted("version_1.t2m", "--per-hour 1")["currency"].is_null());
    let without_power = predict("version_1.t2m", &format!("{REQUEST} --per-kwh 0.25"));
    let warning = "warn: no cost: --per-kwh needs energies, and the profile has no power curves\n";
    assert_eq!(without_power.stderr, warning);
    assert!(!without_power.done().contains("cost"));
}

#[test]
fn prices_that_are_none() {
    let error = |options: &str, code| predict("version_1.t2m", &format!("{REQUEST} {options}")).failed(code);
    for option in ["--per-kwh", "--per-hour", "--per-request"] {
        for price in ["-1", "nan", "inf", "1e39", "cheap"] {
            let problem = format!(
                "error: invalid value '{price}' for '{option} <PRICE>': give a price of at least 0, such as 0.25"
            );
            assert!(error(&format!("{option} {price}"), 2).starts_with(&problem), "{option} {price}");
        }
    }
    for code in ["EU", "EURO", "E1R", "\u{20ac}"] {
        let problem = format!(
            "error: invalid value '{code}' for '--currency <CODE>': give the three letters of a currency, such as USD"
        );
        assert!(error(&format!("--per-hour 1 --currency {code}"), 2).starts_with(&problem), "{code}");
    }
    assert_eq!(
        error("--currency EUR", 1),
        "error: --currency: the profile has no prices: give --per-kwh, --per-hour or --per-request with it"
    );
    assert_eq!(
        error("--per-hour 1e38", 1),
        "error: a price is so large that a cost would overflow: give a smaller one"
    );
}

/// A batch is its requests one by one: the same figures in the cells, empty where they are null, and their sums in the summary.
#[test]
fn batch_has_the_figures_of_its_requests() {
    let experiment = Experiment::default();
    experiment.write("requests.csv", "input_tokens,output_tokens,cached_tokens\n100,50,\n5000,7,40\n12,1,0\n");
    for (blob, options) in
        [("version_2.t2m", ""), ("version_2.t2m", "--per-kwh 4 --currency EUR"), ("version_1.t2m", "")]
    {
        let files = "--input-file requests.csv --output-file p.csv --format json";
        let batch = experiment.run(&format!("batch-predict --model-path {} {files} {options}", vector(blob)));
        let summary: Value = serde_json::from_str(&batch.done()).expect("JSON");
        let csv = std::fs::read_to_string(experiment.path("p.csv")).expect("a file");
        let mut rows = csv.lines().map(|line| line.split(',').collect::<Vec<_>>());
        let header = rows.next().expect("a header");
        let mut sums = [Some(0.0), Some(0.0), Some(0.0)];
        let mut count = 0;
        for row in rows {
            assert_eq!(row.len(), header.len(), "{csv}");
            let cell = |name: &str| row[header.iter().position(|column| *column == name).expect("a column")];
            let counts = ["input", "output", "cached"]
                .map(|what| format!("--{what}-tokens {} ", cell(&format!("{what}_tokens"))));
            let alone = predict(blob, &format!("{} --format json {options}", counts.concat()));
            let alone: Value = serde_json::from_str(&alone.done()).expect("JSON");
            for name in &header[3..header.len() - 1] {
                let expected = alone.get(name).unwrap_or_else(|| panic!("{name}: {alone}"));
                let expected = expected.as_f64().map(|value| (value as f32).to_bits());
                assert_eq!(cell(name).parse::<f32>().ok().map(f32::to_bits), expected, "{name}: {csv}");
                assert_eq!(cell(name).is_empty(), expected.is_none(), "{name}: {csv}");
            }
            let flags = alone["flags"].as_array().expect("flags").iter().filter_map(Value::as_str);
            assert_eq!(cell("flags"), flags.collect::<Vec<_>>().join(" "), "{csv}");
            for (sum, name) in sums.iter_mut().zip(["total_s", "energy_j", "cost"]) {
                *sum = sum.zip(alone[name].as_f64()).map(|(sum, value)| sum + value);
            }
            count += 1;
        }
        assert_eq!((count, &summary["n"], &summary["flagged"]), (3, &3.into(), &1.into()), "{summary}");
        for (sum, name) in sums.into_iter().zip(["total_s", "energy_j", "cost"]) {
            let close = match (sum, summary[name].as_f64()) {
                (Some(sum), Some(found)) => (found / sum - 1.0).abs() < 1.0e-6,
                (sum, found) => sum.is_none() && found.is_none(),
            };
            assert!(close, "{name}: {summary}");
        }
    }
    let text = "batch-predict --input-file requests.csv --output-file p.csv --model-path";
    let of = |blob: &str| experiment.run(&format!("{text} {}", vector(blob))).done();
    assert_eq!(
        of("version_2.t2m"),
        "3 requests, 2.021 s, 38.997 J, 0.0005834 USD in all, one after the other; 1 with a warning\np.csv\n"
    );
    assert_eq!(of("version_1.t2m"), "3 requests, 2.021 s in all, one after the other; 1 with a warning\np.csv\n");
}

#[test]
fn inspection_of_a_profile_with_everything() {
    let inspect = |blob: &str, options: &str| run_in(root(), &format!("inspect {} {options}", vector(blob))).done();
    let text = inspect("version_2.t2m", "");
    for part in [
        "blob     245 bytes, format version 2\n",
        "tariff   USD: 0.25 per kWh, 0.5 per hour, 0.0001 per request\n",
        "prefill_w = 18.5 + 4 ln(1 + t)\ndecode_w = 24 - 6 exp(-t / 2.5)\n",
        "; t: seconds since the phase began\n",
        "| observed / predicted |    5 % |   50 % |   90 % |   95 % |   99 % |\n",
        "| prefill              | 0.9100 | 0.9950 | 1.0601 | 1.0900 | 2.5000 |\n",
        "| total                | 0.9399 | 0.9980 | 1.0400 | 1.0551 | 1.1400 |\n",
    ] {
        assert!(text.contains(part), "{part}{text}");
    }
    let json: Value = serde_json::from_str(&inspect("version_2.t2m", "--format json")).expect("JSON");
    assert_eq!(json["decode_power"]["ramp"], serde_json::json!({"steady_w": 24.0, "deficit_w": 6.0, "tau_s": 2.5}));
    assert_eq!(json["tariff"]["currency"], "USD");
    assert_eq!(json["bands"]["prefill"]["p99"], 2.5);
    assert_eq!((&json["format_version"], &json["bytes"]), (&2.into(), &245.into()));
}

#[test]
fn inspection_of_profiles_that_know_less() {
    let inspect = |blob: &str, options: &str| run_in(root(), &format!("inspect {} {options}", vector(blob))).done();
    let text = inspect("version_1.t2m", "");
    assert!(text.contains("blob     174 bytes, format version 1\n"), "the version is that of the file: {text}");
    assert!(["tariff", "_w = ", "t: seconds", "observed"].iter().all(|part| !text.contains(part)), "{text}");
    let json: Value = serde_json::from_str(&inspect("version_1.t2m", "--format json")).expect("JSON");
    assert_eq!(json["format_version"], 1);
    for key in ["prefill_power", "decode_power", "prefill_power_formula", "decode_power_formula", "bands", "tariff"] {
        assert!(json.get(key).is_some_and(Value::is_null), "{key}: {json}");
    }
    let text = inspect("prefill_only.t2m", "");
    assert!(text.contains("decode_s is not known\nprefill_w = 15\nn: prompt tokens"), "{text}");
    let json: Value = serde_json::from_str(&inspect("prefill_only.t2m", "--format json")).expect("JSON");
    assert_eq!(json["prefill_power"], serde_json::json!({"constant": {"watts": 15.0}}));
    assert!(json["decode"].is_null() && json["decode_formula"].is_null(), "{json}");
}
