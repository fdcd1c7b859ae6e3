//! Random profiles and requests.
#![allow(dead_code, reason = "every test file has this module, and uses some of it")]

use proptest::collection::vec;
use proptest::option::of as option;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use token2metrics_core::polynomial::LARGEST_TILE;
use token2metrics_core::profile::{DEVICE_NAME, LLM_NAME};
use token2metrics_core::tariff::CURRENCY;
use token2metrics_core::{
    Bands, Calibration, Identity, MAX_TOKENS, Name, Phase, Polynomial, Power, PowerCurve, Profile, Ratios, Request,
    Span, Tariff, Term, Trained,
};

/// What the terms of a fitted profile are like.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Shape {
    /// No number is negative but perhaps the offset, so that more tokens never take less time.
    Rising,
    /// Whole tiles are faster than the remainder, and steps flatten behind a window: half of a slope is taken back.
    WholeTiles,
}

/// Token counts up to `max`; short ones and ones without a cached prefix are as likely as the others.
pub(crate) fn request(max: u32) -> impl Strategy<Value = Request> {
    let tokens = || prop_oneof![1..=64_u32, 1..=max];
    (tokens(), tokens(), any::<bool>(), any::<Index>()).prop_map(|(input_tokens, output_tokens, cached, index)| {
        let cached_tokens = if cached { index.index(input_tokens as usize) as u32 } else { 0 };
        Request { input_tokens, cached_tokens, output_tokens }
    })
}

/// Any profile that a blob can hold, as far as its values do not overflow.
pub(crate) fn any_profile() -> impl Strategy<Value = Profile> {
    let number = || -1.0e3..1.0e3_f32;
    profile(identity(), phase(1..=3, any_tile(), number()), phase(0..=2, Just(1).boxed(), number()), number())
}

/// Numbers of any size an `f32` has.
pub(crate) fn huge_profile() -> impl Strategy<Value = Profile> {
    let number = || (prop::num::f32::NORMAL | prop::num::f32::SUBNORMAL | prop::num::f32::ZERO, 0..=2_u8);
    // Most numbers are small enough for each other, or hardly any profile would pass.
    let number = || number().prop_map(|(number, roots)| (0..roots).fold(number, |x, _| x.abs().sqrt().copysign(x)));
    profile(identity(), phase(1..=3, any_tile(), number()), phase(0..=2, Just(1).boxed(), number()), number())
}

/// Numbers of the size that fits have.
pub(crate) fn fitted_profile(shape: Shape) -> impl Strategy<Value = Profile> {
    let tile = prop_oneof![Just(1_u16), select(vec![16, 64, 128, 256])].boxed();
    let unit = || 0.0..1.0_f32;
    profile(identity(), phase(1..=3, tile, unit()), phase(0..=2, Just(1).boxed(), unit()), -60.0..60.0_f32).prop_map(
        move |mut profile| {
            fit(&mut profile.prefill);
            fit(&mut profile.decode);
            if let Shape::WholeTiles = shape {
                halve(&mut profile.prefill, |term| Term { knot: 15, tile: 16, ..term });
                halve(&mut profile.decode, |term| Term { knot: 512, ..term });
            }
            profile
        },
    )
}

/// From numbers in 0..1 to a phase as it is fitted: every term is of the order of a second at the largest request.
fn fit<const N: usize>(phase: &mut Phase<N>) {
    for term in &mut phase.polynomial.terms {
        term.coefficient *= [0.02, 1.0e-5, 1.0e-10, 1.0e-15][usize::from(term.power)];
        term.knot %= 4096;
    }
    phase.polynomial.fixed_s += 0.001;
    phase.calibration.scale += 0.1;
}

/// Replaces all terms by a slope and minus half of it with a knot.
fn halve<const N: usize>(phase: &mut Phase<N>, knot: impl Fn(Term) -> Term) {
    let slope = Term::plain(1.0e-5 + phase.polynomial.fixed_s * 1.0e-4, 1);
    let half = knot(Term { coefficient: -0.5 * slope.coefficient, ..slope });
    phase.polynomial.terms = [slope, half].into_iter().collect();
}

fn profile(
    identity: impl Strategy<Value = Identity>,
    prefill: impl Strategy<Value = Phase<8>>,
    decode: impl Strategy<Value = Phase<4>>,
    number: impl Strategy<Value = f32> + Clone,
) -> impl Strategy<Value = Profile> {
    let trained = (span(), span()).prop_map(|(input_tokens, output_tokens)| Trained { input_tokens, output_tokens });
    let asleep = |curve| match curve {
        PowerCurve::Wake { steady_w, deficit_w, tau_s, .. } => PowerCurve::Ramp { steady_w, deficit_w, tau_s },
        other => other,
    };
    let power = (curve(number.clone()), curve(number.clone()))
        .prop_map(move |(prefill, decode)| Power { prefill: asleep(prefill), decode });
    let parts = (identity, trained, prefill, decode, power, option(bands()), option(tariff(number)));
    parts.prop_map(|(identity, trained, prefill, decode, power, bands, tariff)| Profile {
        identity,
        trained,
        prefill,
        decode,
        power,
        bands,
        tariff,
    })
}

/// A sound curve of any kind from numbers of any sign.
pub(crate) fn curve(number: impl Strategy<Value = f32> + Clone) -> impl Strategy<Value = PowerCurve> {
    (0..5, number.clone(), number.clone(), number).prop_map(|(kind, first, second, third)| match kind {
        0 => PowerCurve::Unknown,
        1 => PowerCurve::Constant { watts: first.abs() },
        2 => PowerCurve::Log { base_w: first.abs(), slope_w: second.abs() },
        3 => {
            let (steady_w, tau_s) = (first.abs(), third.abs().max(f32::MIN_POSITIVE));
            let deficit_w = second.min(steady_w);
            PowerCurve::Wake { idle_w: second.abs(), wake_s: third.abs(), steady_w, deficit_w, tau_s }
        }
        _ => {
            let (steady_w, tau_s) = (first.abs(), third.abs().max(f32::MIN_POSITIVE));
            // Half of the deficits are all of the steady power or nearly so.
            PowerCurve::Ramp { steady_w, deficit_w: second.min(steady_w), tau_s }
        }
    })
}

fn bands() -> impl Strategy<Value = Bands> {
    let ratios = || {
        prop::array::uniform5(0.0..2.0 * Ratios::MAX).prop_map(|mut ratios| {
            ratios.sort_by(f32::total_cmp);
            Ratios::new(ratios)
        })
    };
    (ratios(), ratios(), ratios()).prop_map(|(prefill, decode, total)| Bands { prefill, decode, total })
}

fn tariff(number: impl Strategy<Value = f32> + Clone) -> impl Strategy<Value = Tariff> {
    // Without a price of energy, a request has a cost also where its energy is not known.
    let price = || prop_oneof![Just(0.0), number.clone()].prop_map(f32::abs);
    (name::<CURRENCY>(), price(), price(), price()).prop_map(|(currency, per_kwh, per_hour, per_request)| Tariff {
        currency,
        per_kwh,
        per_hour,
        per_request,
    })
}

fn identity() -> impl Strategy<Value = Identity> {
    (name::<LLM_NAME>(), name::<DEVICE_NAME>(), name::<DEVICE_NAME>()).prop_map(|(llm, device, variant)| Identity {
        llm,
        device,
        variant,
    })
}

/// As many characters of a random text as fit.
fn name<const N: usize>() -> impl Strategy<Value = Name<N>> {
    vec(any::<char>(), 0..=N).prop_map(|text| {
        let mut text: String = text.into_iter().collect();
        while text.len() > N {
            text.pop();
        }
        text.as_str().try_into().expect("it fits")
    })
}

fn span() -> impl Strategy<Value = Span> {
    (1..=MAX_TOKENS, 1..=MAX_TOKENS).prop_map(|(a, b)| Span { min: a.min(b), max: a.max(b) })
}

fn any_tile() -> BoxedStrategy<u16> {
    (1..=LARGEST_TILE).boxed()
}

fn phase<const N: usize>(
    power: std::ops::RangeInclusive<u8>,
    tile: BoxedStrategy<u16>,
    number: impl Strategy<Value = f32> + Clone,
) -> impl Strategy<Value = Phase<N>> {
    let knot = prop_oneof![Just(0), 0..=MAX_TOKENS];
    let term = (number.clone(), knot, tile, power).prop_map(|(coefficient, knot, tile, power)| Term {
        coefficient,
        knot,
        tile,
        power,
    });
    (number.clone(), vec(term, 0..=N), number.clone(), number).prop_map(|(fixed_s, terms, scale, offset_s)| Phase {
        polynomial: Polynomial { fixed_s, terms: terms.into_iter().collect() },
        calibration: Calibration { scale, offset_s },
    })
}
