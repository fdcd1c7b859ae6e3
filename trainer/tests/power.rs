//! Power curves from rows whose curve is known.

mod common;

use common::{Noise, request};
use token2metrics_core::PowerCurve;
use token2metrics_trainer::measurement::{Phase, Spent};
use token2metrics_trainer::power::{Change, Curve, PowerError, Selected, fit, rescale, select, warn_of_outliers};
use token2metrics_trainer::select::Validation;
use token2metrics_trainer::solve::SolveError;

const CONSTANT: PowerCurve = PowerCurve::Constant { watts: 12.0 };
const LOG: PowerCurve = PowerCurve::Log { base_w: 6.0, slope_w: 5.0 };
const RAMP: PowerCurve = PowerCurve::Ramp { steady_w: 25.0, deficit_w: 19.0, tau_s: 4.0 };
const FALLING: PowerCurve = PowerCurve::Ramp { steady_w: 10.0, deficit_w: -15.0, tau_s: 4.0 };

const WAKE: PowerCurve = PowerCurve::Wake { idle_w: 6.0, wake_s: 1.5, steady_w: 25.0, deficit_w: 4.0, tau_s: 6.0 };

/// Energies that repeat themselves to about 1 %.
const SPREAD: f64 = 0.01;

fn row(line: u64, seconds: f64, joules: f64) -> Spent {
    // Rows of one request would be kept back together.
    Spent { line, request: request(100, 50 + line as u32), begin_s: 0.0, seconds, joules }
}

/// Rows from 0.2 to about 60 s, noisy, of which every tenth is `freak` times what it should be.
fn rows(curve: PowerCurve, count: u32, freak: f64) -> Vec<Spent> {
    let mut noise = Noise::new(11);
    let seconds = |k: u32| 0.2 * 300_f64.powf(f64::from(k) / f64::from(count));
    let energy_j = |seconds: f64| f64::from(curve.energy_j(seconds as f32).expect("a known curve"));
    let rows = (0..count).map(|k| {
        let is_freak = k % 10 == 5;
        let joules = energy_j(seconds(k)) * noise.factor(SPREAD) * if is_freak { freak } else { 1.0 };
        row(u64::from(k) + 2, seconds(k), joules)
    });
    rows.collect()
}

fn auto(spent: &[Spent]) -> Selected {
    select(Phase::Decode, Curve::Auto, &Validation::default(), spent).expect("rows that give a curve")
}

/// How far two curves are apart at most, over the seconds that the rows have.
fn apart(found: PowerCurve, known: PowerCurve) -> f64 {
    let energy_j = |curve: PowerCurve, seconds: f64| f64::from(curve.energy_j(seconds as f32).expect("a known curve"));
    let seconds = (0..100).map(|k| 0.2 * 300_f64.powf(f64::from(k) / 100.0));
    seconds.map(|s| (energy_j(found, s) / energy_j(known, s) - 1.0).abs()).fold(0.0, f64::max)
}

#[test]
fn known_curves_are_found_under_noise_and_freak_rows() {
    for known in [CONSTANT, LOG, RAMP, FALLING, WAKE] {
        for freak in [1.0, 10.0, 0.1] {
            let Selected { curve, .. } = auto(&rows(known, 100, freak));
            assert_eq!(std::mem::discriminant(&curve), std::mem::discriminant(&known), "{known:?}, {freak}: {curve:?}");
            assert!(apart(curve, known) < SPREAD, "{known:?}, {freak}: {curve:?}");
        }
    }
}

#[test]
fn the_form_that_is_asked_for_is_fitted_whatever_the_rows_say() {
    let spent = rows(RAMP, 100, 1.0);
    for (form, is_of_the_form) in [
        (Curve::Constant, (|curve| matches!(curve, PowerCurve::Constant { .. })) as fn(PowerCurve) -> bool),
        (Curve::Log, |curve| matches!(curve, PowerCurve::Log { .. })),
        (Curve::Ramp, |curve| matches!(curve, PowerCurve::Ramp { .. })),
        (Curve::Wake, |curve| matches!(curve, PowerCurve::Wake { .. })),
    ] {
        let selected = select(Phase::Decode, form, &Validation::default(), &spent).expect("a hundred rows");
        assert!(is_of_the_form(selected.curve), "{form:?}: {:?}", selected.curve);
        let [candidate] = selected.candidates.as_slice() else { panic!("{:?}", selected.candidates) };
        assert_eq!((candidate.form, &candidate.comparison), (form, &selected.comparison));
        assert!(candidate.comparison.cv_mape_percent.is_some(), "{candidate:?}");
    }
}

/// Power that falls faster than a logarithm can, and power that jumps: what a form cannot follow it meets without watts below 0.
#[test]
fn no_fit_has_watts_below_zero() {
    let falls: Vec<Spent> = (1..=40).map(|k| row(k, k as f64, 100.0 + k as f64)).collect();
    let jumps: Vec<Spent> = (1..=40).map(|k| row(k, k as f64, if k < 10 { 0.1 } else { 50.0 * k as f64 })).collect();
    for spent in [falls, jumps] {
        for &form in Curve::forms(Phase::Decode) {
            let sound = match fit(Phase::Decode, form, &spent).expect("forty rows") {
                PowerCurve::Constant { watts } => watts >= 0.0,
                PowerCurve::Log { base_w, slope_w } => base_w >= 0.0 && slope_w >= 0.0,
                PowerCurve::Ramp { steady_w, deficit_w, tau_s } => {
                    steady_w >= 0.0 && deficit_w <= steady_w && tau_s > 0.0
                }
                PowerCurve::Wake { idle_w, wake_s, steady_w, deficit_w, tau_s } => {
                    idle_w.min(wake_s).min(steady_w) >= 0.0 && deficit_w <= steady_w && tau_s > 0.0
                }
                PowerCurve::Unknown => false,
            };
            assert!(sound, "{form:?}");
        }
    }
}

#[test]
fn few_rows_give_simple_curves() {
    let one = auto(&[row(2, 4.0, 12.0)]);
    assert_eq!(one.curve, PowerCurve::Constant { watts: 3.0 });

    // Eight rows are enough to compare a logarithm, not a ramp.
    let eight = auto(&rows(RAMP, 8, 1.0));
    let reasons: Vec<_> = eight.candidates.iter().map(|tried| tried.comparison.rejected.as_deref()).collect();
    let few = |takes: u32| format!("too few rows to compare it: it takes {takes}, there are 8");
    assert_eq!(reasons, [None, None, Some(few(12).as_str()), Some(few(20).as_str())]);

    let ramp = |spent: &[Spent]| fit(Phase::Decode, Curve::Ramp, spent);
    let too_few = SolveError::TooFewRows { rows: 2, coefficients: 3 };
    assert_eq!(ramp(&rows(RAMP, 2, 1.0)), Err(PowerError::Solve(too_few)));
    assert_eq!(ramp(&[]), Err(PowerError::NoRows(Phase::Decode)));
}

/// Decode goes on where prefill has left the power: its joules depend on when it began.
#[test]
fn a_device_that_prefill_woke_is_awake_in_decode() {
    let mut noise = Noise::new(12);
    let mut begun = rows(WAKE, 100, 1.0);
    for row in &mut begun {
        row.begin_s = noise.between(0.0, 3.0);
        row.joules = row.predicted_j(&WAKE) * noise.factor(SPREAD);
    }
    let Selected { curve, comparison, .. } = auto(&begun);
    assert!(matches!(curve, PowerCurve::Wake { .. }), "{curve:?}");
    assert!(comparison.cv_mape_percent.is_some_and(|mape| mape < 100.0 * SPREAD), "{comparison:?}");
}

#[test]
fn rows_of_one_time_give_their_mean_power() {
    let same: Vec<Spent> = (0..40).map(|k| row(k, 2.0, if k % 2 == 0 { 19.9 } else { 20.1 })).collect();
    let PowerCurve::Constant { watts } = auto(&same).curve else { panic!("{:?}", auto(&same).curve) };
    assert!((watts - 10.0).abs() < 0.05, "{watts}");
}

/// Whatever the rows, a curve is one that a blob can hold, or there is an error.
#[test]
fn hostile_rows_give_a_sound_curve_or_an_error() {
    let extremes = [1e-300, 1e-9, 1.0, 1e40, 1e300];
    for seconds in extremes {
        for joules in extremes {
            let hostile = row(2, seconds, joules);
            let mut with_others = rows(RAMP, 30, 1.0);
            with_others.push(hostile);
            for spent in [vec![hostile], vec![hostile; 30], with_others] {
                if let Ok(Selected { curve, .. }) = select(Phase::Decode, Curve::Auto, &Validation::default(), &spent) {
                    let joules = curve.energy_j(1.0).expect("a known curve");
                    assert!((0.0..=1e10).contains(&joules), "{seconds} s, {joules} J: {curve:?}");
                    let _ = warn_of_outliers(Phase::Decode, &curve, &spent);
                }
            }
        }
    }
    let watts = fit(Phase::Decode, Curve::Constant, &[row(2, 1e-9, 1e9)]).map_err(|error| error.to_string());
    assert_eq!(watts, Err("the watts are beyond 1e9: check the units of joules and seconds".to_owned()));
}

#[test]
fn freak_rows_are_named() {
    let mut spent = rows(RAMP, 50, 1.0);
    assert_eq!(warn_of_outliers(Phase::Decode, &RAMP, &spent), None);
    for freak in [&mut 7, &mut 20].map(|index| *index as usize) {
        spent[freak].joules *= 2.0;
    }
    let warning = warn_of_outliers(Phase::Decode, &RAMP, &spent).expect("two freaks");
    let start = "decode: decode_energy_j far off its power curve: line 9 (100 input, 59 output tokens: ";
    assert!(warning.starts_with(start) && warning.contains(" times), line 22 ("), "{warning}");
    assert_eq!(warning.matches("line ").count(), 2, "{warning}");
}

/// Ratios 2, 3 and 9/4 of observed to predicted energy, of which the median is 9/4.
#[test]
fn calibration_scales_all_watts() {
    let observed = |curve: PowerCurve| {
        let joules = |seconds: f32, ratio: f64| f64::from(curve.energy_j(seconds).expect("known")) * ratio;
        vec![row(2, 1.0, joules(1.0, 2.0)), row(3, 2.0, joules(2.0, 3.0)), row(4, 8.0, joules(8.0, 2.25))]
    };
    for (curve, scaled) in [
        (CONSTANT, PowerCurve::Constant { watts: 27.0 }),
        (LOG, PowerCurve::Log { base_w: 13.5, slope_w: 11.25 }),
        (RAMP, PowerCurve::Ramp { steady_w: 56.25, deficit_w: 42.75, tau_s: 4.0 }),
        (FALLING, PowerCurve::Ramp { steady_w: 22.5, deficit_w: -33.75, tau_s: 4.0 }),
        (WAKE, PowerCurve::Wake { idle_w: 13.5, wake_s: 1.5, steady_w: 56.25, deficit_w: 9.0, tau_s: 6.0 }),
    ] {
        let (found, change) = rescale(Phase::Decode, curve, &observed(curve)).expect("three rows");
        assert_eq!((found, change), (scaled, Change::Scaled { scale: 2.25, rows: 3 }));
        assert_eq!(rescale(Phase::Decode, curve, &[]), Ok((curve, Change::Kept)));
    }
    let (fitted, change) = rescale(Phase::Decode, PowerCurve::Unknown, &rows(CONSTANT, 20, 1.0)).expect("twenty rows");
    assert!(apart(fitted, CONSTANT) < SPREAD, "{fitted:?}");
    assert!(matches!(change, Change::Fitted { rows: 20, cv_mape_percent: Some(mape) } if mape < 1.0), "{change:?}");
    assert_eq!(rescale(Phase::Decode, CONSTANT, &[row(2, 1.0, 1e30)]), Err(PowerError::Range));
}
