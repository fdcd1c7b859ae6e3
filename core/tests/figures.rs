//! Bands and costs that can be solved by hand.

use token2metrics_core::{Band, Level, Ratios, Tariff};

fn tariff(per_kwh: f32, per_hour: f32, per_request: f32) -> Tariff {
    Tariff { currency: "EUR".try_into().expect("a currency"), per_kwh, per_hour, per_request }
}

#[test]
fn ratios_are_kept_by_level() {
    let ratios = Ratios::new([0.5, 1.0, 1.25, 1.5, 3.0]);
    let percents = Level::ALL.map(|level| (level.percent(), ratios.at(level)));
    assert_eq!(percents, [(5, 0.5), (50, 1.0), (90, 1.25), (95, 1.5), (99, 3.0)]);
    assert_eq!(ratios.band(4.0), Band { low_s: 2.0, high_s: 6.0 });
}

/// To the nearest unit of 1/8192, between 0 and the largest there is.
#[test]
fn ratios_are_rounded_and_bounded() {
    let unit = 1.0 / 8192.0;
    let kept = |ratio: f32| Ratios::new([ratio; 5]).at(Level::P95);
    assert_eq!([0.49, 0.51, 1.4, 1.6].map(|units| kept(units * unit)), [0.0, unit, unit, 2.0 * unit]);
    assert_eq!(Ratios::MAX, 65535.0 * unit);
    for huge in [Ratios::MAX, 8.0, 1.0e9, f32::MAX, f32::INFINITY] {
        assert_eq!(kept(huge), Ratios::MAX);
    }
    for nothing in [0.0, -0.0, -unit, -1.0e9, f32::NEG_INFINITY, f32::NAN] {
        assert_eq!(kept(nothing), 0.0);
    }
}

#[test]
fn cost_is_that_of_energy_time_and_request() {
    // A kilowatt hour, an hour and a request.
    let cost = tariff(0.25, 0.5, 0.125).cost(Some(3.6e6), 3600.0).expect("the energy is known");
    assert!((cost - 0.875).abs() < 1.0e-6, "{cost}");
    assert_eq!(tariff(0.0, 0.0, 0.125).cost(Some(3.6e6), 3600.0), Some(0.125));
    assert_eq!(tariff(0.0, 0.0, 0.0).cost(Some(3.6e6), 3600.0), Some(0.0));
}

#[test]
fn energy_that_is_not_known_matters_where_it_has_a_price() {
    assert_eq!(tariff(0.25, 0.5, 0.125).cost(None, 3600.0), None);
    assert_eq!(tariff(0.0, 0.5, 0.125).cost(None, 3600.0), tariff(0.0, 0.5, 0.125).cost(Some(7.0), 3600.0));
}
