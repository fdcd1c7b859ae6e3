//! Energies of curves that can be solved by hand.

use token2metrics_core::PowerCurve;

/// A few roundings of 2^-24.
const TOLERANCE: f64 = 1.0e-6;

#[track_caller]
fn assert_joules(curve: PowerCurve, seconds: f32, expected: f64) {
    let joules = f64::from(curve.energy_j(seconds).expect("the curve is known"));
    assert!((joules - expected).abs() <= TOLERANCE * expected, "{curve:?}, {seconds} s: {joules} J, not {expected}");
}

fn ramp(steady_w: f32, deficit_w: f32, tau_s: f32) -> PowerCurve {
    PowerCurve::Ramp { steady_w, deficit_w, tau_s }
}

fn log(base_w: f32, slope_w: f32) -> PowerCurve {
    PowerCurve::Log { base_w, slope_w }
}

#[test]
fn unknown_power_has_no_energy() {
    assert_eq!(PowerCurve::Unknown.energy_j(0.0), None);
    assert_eq!(PowerCurve::Unknown.energy_j(3.0), None);
    assert_eq!(PowerCurve::default(), PowerCurve::Unknown);
}

#[test]
fn no_time_has_no_energy() {
    for curve in [PowerCurve::Constant { watts: 5.0 }, log(2.0, 3.0), ramp(10.0, 10.0, 2.0), ramp(10.0, -5.0, 2.0)] {
        assert_eq!(curve.energy_j(0.0), Some(0.0), "{curve:?}");
    }
}

#[test]
fn constant_power_is_watts_times_seconds() {
    assert_eq!(PowerCurve::Constant { watts: 5.0 }.energy_j(3.0), Some(15.0));
}

#[test]
fn logarithmic_power() {
    let e = std::f64::consts::E;
    assert_eq!(log(2.0, 0.0).energy_j(3.0), Some(6.0));
    // e ln(e) - (e - 1) = 1, in e - 1 seconds.
    assert_joules(log(0.0, 1.0), (e - 1.0) as f32, 1.0);
    assert_joules(log(2.0, 3.0), (e - 1.0) as f32, 2.0 * (e - 1.0) + 3.0);
    assert_joules(log(0.0, 1.0), 1023.0, 1024.0 * 1024_f64.ln() - 1023.0);
}

/// `(1 + t) ln(1 + t) - t` is `t^2 / 2 - t^3 / 6 + t^4 / 12 - ...`, of which an f32 would hardly have a digit left as it stands.
#[test]
fn logarithmic_power_of_a_short_phase() {
    for seconds in [1.0e-12_f32, 1.0e-7, 5.9e-8, 1.7e-7, 1.0e-4] {
        let t = f64::from(seconds);
        assert_joules(log(0.0, 2.0), seconds, t * t - t.powi(3) / 3.0 + t.powi(4) / 6.0);
    }
}

#[test]
fn power_that_rises_to_a_level() {
    let e = std::f64::consts::E;
    // 10 W less 10 W exp(-t / 2 s): 20 J less 20 J (1 - 1/e) in the first 2 s.
    assert_joules(ramp(10.0, 10.0, 2.0), 2.0, 20.0 / e);
    assert_joules(ramp(10.0, 4.0, 2.0), 2.0, 20.0 - 8.0 * (1.0 - 1.0 / e));
    assert_eq!(ramp(10.0, 0.0, 2.0).energy_j(3.0), Some(30.0));
}

#[test]
fn power_that_falls_to_a_level() {
    let e = std::f64::consts::E;
    assert_joules(ramp(10.0, -5.0, 1.0), 1.0, 10.0 + 5.0 * (1.0 - 1.0 / e));
    // Nothing but what is above the level: 5 W times 1 s, however long it takes.
    assert_joules(ramp(0.0, -5.0, 1.0), 1.0e4, 5.0);
    assert_joules(ramp(0.0, -5.0, 1.0), 1.0e-3, 5.0e-3 * (1.0 - 0.5e-3));
}

#[test]
fn ramp_that_is_over_at_once_is_constant() {
    for tau_s in [1.0e-6, 1.0e-30, f32::MIN_POSITIVE, f32::from_bits(1)] {
        assert_joules(ramp(10.0, 10.0, tau_s), 100.0, 1000.0);
        assert_joules(ramp(10.0, -10.0, tau_s), 100.0, 1000.0);
    }
}

/// Of a ramp that has hardly begun only the start counts: `steady - deficit`, and `deficit t^2 / (2 tau)` where that is 0.
#[test]
fn ramp_that_has_hardly_begun() {
    assert_joules(ramp(10.0, 10.0, 1.0e9), 1.0, 5.0e-9);
    assert_joules(ramp(10.0, 10.0, 1.0e4), 0.01, 5.0e-8);
    for tau_s in [1.0e9, 1.0e30, f32::MAX] {
        assert_joules(ramp(10.0, 4.0, tau_s), 0.5, 3.0);
        assert_joules(ramp(10.0, -10.0, tau_s), 1.0e-3, 0.02);
        assert!(ramp(10.0, 10.0, tau_s).energy_j(1.0e-3).is_some_and(|joules| (0.0..1.0e-12).contains(&joules)));
    }
}

/// Where one way to compute it gives way to another, the curve has no step.
#[test]
fn ways_to_compute_meet() {
    for (curve, seconds) in [(log(0.0, 1.0), 0.125_f32), (ramp(1.0, 1.0, 2.0), 0.5), (ramp(0.0, -1.0, 2.0), 0.5)] {
        let [before, after] = [seconds.next_down(), seconds].map(|at| curve.energy_j(at).expect("the curve is known"));
        assert!((after - before).abs() <= 4.0e-6 * after, "{curve:?}: {before} J, {after} J");
    }
}

/// 3 W up to 2 s after the request; then 10 W less 10 W exp(-(t - 2 s) / 4 s), of which 4 s have 40 J / e.
#[test]
fn power_that_wakes_after_the_request_began() {
    let e = std::f64::consts::E;
    let curve = PowerCurve::Wake { idle_w: 3.0, wake_s: 2.0, steady_w: 10.0, deficit_w: 10.0, tau_s: 4.0 };
    assert_eq!(curve.energy_j(1.5), Some(4.5));
    assert_joules(curve, 6.0, 6.0 + 40.0 / e);
    let from = |begin_s: f32, seconds: f32| f64::from(curve.energy_from_j(begin_s, seconds).expect("it is known"));
    let near = |joules: f64, expected: f64| assert!((joules - expected).abs() <= TOLERANCE * expected, "{joules} J");
    // Half a second asleep; woken as the phase begins; awake for 4 s, with 1/e of the deficit left.
    near(from(1.5, 4.5), 1.5 + 40.0 / e);
    near(from(2.0, 4.0), 40.0 / e);
    near(from(6.0, 4.0), 40.0 - 40.0 / e * (1.0 - 1.0 / e));
    // Long awake: no difference of two large energies.
    near(from(1.0e6, 1.0e-3), 1.0e-2);
    // The other curves count from the beginning of the phase.
    for curve in [PowerCurve::Constant { watts: 5.0 }, log(2.0, 3.0), ramp(10.0, 4.0, 2.0), PowerCurve::Unknown] {
        assert_eq!(curve.energy_from_j(6.0, 4.0), curve.energy_j(4.0));
    }
}
