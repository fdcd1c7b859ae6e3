//! Budgets of shipped profiles, from C and from the command line, against the scan that counts up token by token.

use serde_json::Value;
use token2metrics::{
    T2M_COST, T2M_JOULES, T2M_SECONDS, t2m_budget, t2m_drift, t2m_drift_observe, t2m_limit, t2m_max_output_tokens,
    t2m_measured, t2m_profile, t2m_profile_load, t2m_request, t2m_status,
};
use token2metrics_core::{Correction, Drift, Level, Measured, PowerCurve, Profile, Request};
use token2metrics_tests::experiment::{Run, run_in};
use token2metrics_tests::root;

const QUANTITIES: [(u32, &str, &str); 3] =
    [(T2M_SECONDS, "--deadline-s", "total_s"), (T2M_JOULES, "--energy-j", "energy_j"), (T2M_COST, "--cost", "cost")];
const LEVELS: [Level; 4] = [Level::P50, Level::P90, Level::P95, Level::P99];
/// The scan's end.
const MOST: u32 = 6000;

/// The 1.5B preset, which knows energy, with prices; and the folder with its blob.
fn priced() -> (tempfile::TempDir, Vec<u8>, Profile) {
    let dir = tempfile::tempdir().expect("a folder");
    let text =
        std::fs::read_to_string(root().join("configs/presets/jetson_agx_orin_qwen_1_5b.toml")).expect("a preset");
    let path = dir.path().join("priced.toml");
    std::fs::write(&path, text + "\n[tariff]\nper_kwh = 0.3\nper_hour = 0.1\nper_request = 0.001\n").expect("written");
    let blob = dir.path().join("priced.t2m");
    run_in(root(), &format!("export {} --format bin --output {}", path.display(), blob.display())).done();
    let blob = std::fs::read(blob).expect("a blob");
    let profile = Profile::decode(&blob).expect("a profile");
    (dir, blob, profile)
}

/// What a request takes at a level, written down once more from the documentation: all times are that ratio of the predicted ones.
fn value(profile: &Profile, correction: &Correction, request: Request, quantity: u32, level: Level) -> f32 {
    let prediction = profile.predict_corrected(correction, request).expect("a request");
    let band = profile.bands.expect("the preset has bands").total;
    let ratio = match correction == &Correction::NONE {
        true => band.at(level),
        // With a drift, only the ends of the band are shown.
        false if level == Level::P95 => prediction.total_band.expect("a band").high_s / prediction.total_s,
        false => unreachable!("not asked for"),
    };
    let total_s = ratio * prediction.total_s;
    let (prefill_s, decode_s) = (ratio * prediction.prefill_s, ratio * prediction.decode_s);
    let joules = |curve: PowerCurve, begin_s, seconds| curve.energy_from_j(begin_s, seconds).expect("a known curve");
    let energy_j = || match request.output_tokens {
        1 => joules(profile.power.prefill, 0.0, prefill_s),
        _ => joules(profile.power.prefill, 0.0, prefill_s) + joules(profile.power.decode, prefill_s, decode_s),
    };
    match quantity {
        T2M_SECONDS => total_s,
        T2M_JOULES => energy_j(),
        _ => profile.tariff.as_ref().expect("prices").cost(Some(energy_j()), total_s).expect("a known cost"),
    }
}

fn scanned(limit: f32, value: impl Fn(u32) -> f32) -> u32 {
    (1..=MOST).take_while(|count| value(*count) <= limit).last().unwrap_or(0)
}

fn from_c(
    blob: &[u8],
    drift: Option<&t2m_drift>,
    request: Request,
    limit: t2m_limit,
) -> Result<t2m_budget, t2m_status> {
    let mut profile = t2m_profile::EMPTY;
    let Request { input_tokens, cached_tokens, output_tokens } = request;
    let request = t2m_request { input_tokens, cached_tokens, output_tokens };
    let mut budget = t2m_budget { output_tokens: 77, value: 0.0, flags: 0 };
    let drift = drift.map_or(std::ptr::null(), |drift| drift);
    // SAFETY: every pointer is to a value of its type that lives until the end of the call.
    let status = unsafe {
        assert_eq!(t2m_profile_load(blob.as_ptr(), blob.len(), &mut profile), t2m_status::T2M_OK);
        t2m_max_output_tokens(&profile, drift, &request, &limit, &mut budget)
    };
    if status == t2m_status::T2M_OK {
        return Ok(budget);
    }
    assert_eq!(budget.output_tokens, 77, "nothing is written by a call that fails");
    Err(status)
}

fn command(dir: &tempfile::TempDir, request: Request, limit: &str) -> Run {
    let Request { input_tokens, cached_tokens, output_tokens } = request;
    let blob = dir.path().join("priced.t2m");
    run_in(
        root(),
        &format!(
            "budget --model-path {} --input-tokens {input_tokens} --cached-tokens {cached_tokens} --output-tokens {output_tokens} \
             --format json {limit}",
            blob.display()
        ),
    )
}

#[test]
fn budgets_are_as_scanned() {
    let (dir, blob, profile) = priced();
    let with_cache = Request { input_tokens: 700, cached_tokens: 512, output_tokens: MOST };
    let without = Request { input_tokens: 129, cached_tokens: 0, output_tokens: MOST };
    let mut counts = Vec::new();
    for (request, output_tokens) in [(with_cache, 1), (with_cache, 37), (without, 900), (without, 4500)] {
        for (quantity, option, key) in QUANTITIES {
            for level in LEVELS {
                let of = |output_tokens| {
                    value(&profile, &Correction::NONE, Request { output_tokens, ..request }, quantity, level)
                };
                // Just enough for so many, and a hair less.
                for limit in [of(output_tokens), of(output_tokens) * 0.9999] {
                    let scanned = scanned(limit, of);
                    let asked = t2m_limit { quantity, value: limit, confidence: u32::from(level.percent()) };
                    let found = from_c(&blob, None, request, asked).expect("a budget");
                    assert_eq!(found.output_tokens, scanned, "{request:?} {key} {level:?} {limit}");
                    assert_eq!(found.value, of(scanned.max(1)));
                    counts.push(scanned);
                }
                if output_tokens == 37 {
                    let limit = of(output_tokens);
                    let report =
                        command(&dir, request, &format!("{option} {limit} --confidence {}", level.percent())).done();
                    let report: Value = serde_json::from_str(&report).expect("JSON");
                    assert_eq!(report["output_tokens"], 37, "{report}");
                    assert_eq!(report["quantity"], key);
                    assert_eq!(report["value"].as_f64().expect("a number") as f32, limit);
                }
            }
        }
    }
    assert!(counts.contains(&0) && counts.contains(&4500), "the limits reach from nothing to the longest request");
}

#[test]
fn a_drift_moves_budgets() {
    let (_dir, blob, profile) = priced();
    let request = Request { input_tokens: 200, cached_tokens: 0, output_tokens: 400 };
    let predicted = profile.predict(request).expect("a request");
    let mut drift = t2m_drift::NEW;
    let mut loaded = t2m_profile::EMPTY;
    let asked = t2m_request { input_tokens: 200, cached_tokens: 0, output_tokens: 400 };
    for noise in [1.3, 1.32, 1.28, 1.31, 1.29] {
        let measured = t2m_measured { prefill_s: noise * predicted.prefill_s, decode_s: noise * predicted.decode_s };
        // SAFETY: every pointer is to a value of its type that lives until the end of the call.
        unsafe {
            assert_eq!(t2m_profile_load(blob.as_ptr(), blob.len(), &mut loaded), t2m_status::T2M_OK);
            assert_eq!(t2m_drift_observe(&loaded, &asked, &measured, &mut drift), t2m_status::T2M_OK);
        }
    }
    let mut same = Drift::NEW;
    for noise in [1.3, 1.32, 1.28, 1.31, 1.29] {
        let measured = Measured { prefill_s: noise * predicted.prefill_s, decode_s: noise * predicted.decode_s };
        same.observe(&profile, request, measured).expect("measured times");
    }
    let correction = same.correction().expect("a sound state");
    let of =
        |output_tokens| value(&profile, &correction, Request { output_tokens, ..request }, T2M_SECONDS, Level::P95);
    // Between two counts: the test divides by the seconds and multiplies again.
    let limit = 0.5 * (of(123) + of(124));
    let limit = t2m_limit { quantity: T2M_SECONDS, value: limit, confidence: 95 };
    assert_eq!(from_c(&blob, Some(&drift), request, limit).expect("a budget").output_tokens, 123);
    assert!(from_c(&blob, None, request, limit).expect("a budget").output_tokens > 150);
}

#[test]
fn limits_that_are_none_have_a_status() {
    let (dir, blob, profile) = priced();
    let request = Request { input_tokens: 100, cached_tokens: 0, output_tokens: MOST };
    let sound = t2m_limit { quantity: T2M_SECONDS, value: 1.0, confidence: 90 };
    for value in [0.0, -1.0, f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        let refused = from_c(&blob, None, request, t2m_limit { value, ..sound });
        assert_eq!(refused, Err(t2m_status::T2M_LIMIT_VALUE), "{value}");
        let error = command(&dir, request, &format!("--deadline-s={value}")).failed(1);
        assert!(error.contains("the limit is zero, negative, NaN or infinite"), "{error}");
    }
    for quantity in [0, 4, u32::MAX] {
        let refused = from_c(&blob, None, request, t2m_limit { quantity, ..sound });
        assert_eq!(refused, Err(t2m_status::T2M_LIMIT_QUANTITY));
    }
    for confidence in [0, 5, 51, 100, u32::MAX] {
        let refused = from_c(&blob, None, request, t2m_limit { confidence, ..sound });
        assert_eq!(refused, Err(t2m_status::T2M_LIMIT_CONFIDENCE));
    }
    let drift = t2m_drift { version: 7, ..t2m_drift::NEW };
    assert_eq!(from_c(&blob, Some(&drift), request, sound), Err(t2m_status::T2M_DRIFT_DAMAGED));
    let drift = t2m_drift { version: t2m_drift::NEW.version + 1, ..t2m_drift::NEW };
    assert_eq!(from_c(&blob, Some(&drift), request, sound), Err(t2m_status::T2M_DRIFT_VERSION));

    let bare = Profile { bands: None, tariff: None, power: Default::default(), ..profile };
    let mut buffer = [0; token2metrics_core::blob::MAX_LEN];
    let bare = bare.encode(&mut buffer).expect("a sound profile");
    let refused = |limit| from_c(bare, None, request, limit);
    assert_eq!(refused(sound), Err(t2m_status::T2M_LIMIT_NO_BANDS));
    let median = t2m_limit { confidence: 50, ..sound };
    assert!(refused(median).is_ok());
    assert_eq!(refused(t2m_limit { quantity: T2M_JOULES, ..median }), Err(t2m_status::T2M_LIMIT_NO_ENERGY));
    assert_eq!(refused(t2m_limit { quantity: T2M_COST, ..median }), Err(t2m_status::T2M_LIMIT_NO_COST));
}

#[test]
fn the_command_line_asks_for_one_limit() {
    let (dir, ..) = priced();
    let request = Request { input_tokens: 100, cached_tokens: 0, output_tokens: MOST };
    command(&dir, request, "").failed(2);
    command(&dir, request, "--deadline-s 1 --energy-j 1").failed(2);
    command(&dir, request, "--deadline-s 1 --confidence 75").failed(2);
}

#[test]
fn a_prompt_that_does_not_fit_is_an_answer() {
    let (dir, blob, _) = priced();
    let request = Request { input_tokens: 1000, cached_tokens: 0, output_tokens: MOST };
    let report: Value = serde_json::from_str(&command(&dir, request, "--deadline-s 0.001").done()).expect("JSON");
    assert_eq!(report["output_tokens"], 0);
    assert!(report["value"].as_f64() > Some(0.001), "{report}");
    let text = run_in(
        root(),
        &format!(
            "budget --model-path {} --input-tokens 1000 --deadline-s 0.001",
            dir.path().join("priced.t2m").display()
        ),
    );
    assert!(text.done().contains("\nnothing fits: "));
    let limit = t2m_limit { quantity: T2M_SECONDS, value: 0.001, confidence: 90 };
    assert_eq!(from_c(&blob, None, request, limit).expect("an answer").output_tokens, 0);
}
