//! Predictions in f64, as a user of the formulas would write them: powers of lengths, a loop over the steps, and a power that
//! is integrated numerically. Nothing of the closed forms is used.

use token2metrics_core::{Level, Phase, PowerCurve, Prediction, Profile, Request, Term};

/// The figures of a prediction with what they are allowed to be off.
pub(crate) struct Figure {
    pub(crate) name: &'static str,
    pub(crate) predicted: Option<f32>,
    pub(crate) expected: Option<f64>,
    tolerance: f64,
}

impl Figure {
    /// Whether both are known, or neither, and they differ by no more than allowed.
    pub(crate) fn agrees(&self) -> bool {
        match (self.predicted, self.expected) {
            (Some(predicted), Some(expected)) => {
                (f64::from(predicted) - expected).abs() <= self.tolerance * expected.abs()
            }
            (predicted, expected) => predicted.is_none() && expected.is_none(),
        }
    }
}

/// Every figure of a prediction beside what it should be.
///
/// The seconds may be off by this share. Joules may be by thrice as much: a power that begins at 0 gives energy that grows with
/// the square of the seconds, and the curve has roundings of its own.
pub(crate) fn compare(profile: &Profile, request: Request, prediction: &Prediction, tolerance: f64) -> Vec<Figure> {
    let Request { input_tokens, cached_tokens, output_tokens } = request;
    let prompt = |tokens| profile.prefill.polynomial.terms.iter().map(|term| value(term, tokens)).sum::<f64>();
    let fitted_s = f64::from(profile.prefill.polynomial.fixed_s) + prompt(input_tokens) - prompt(cached_tokens);
    let prefill_s = on_device(&profile.prefill, fitted_s);

    let mut steps = 0;
    let mut fitted_s = f64::from(profile.decode.polynomial.fixed_s);
    for context in input_tokens + 1..input_tokens + output_tokens {
        steps += 1;
        fitted_s += profile.decode.polynomial.terms.iter().map(|term| value(term, context)).sum::<f64>();
    }
    let decode_s = if steps == 0 { 0.0 } else { on_device(&profile.decode, fitted_s) };
    let tpot_s = if steps == 0 { 0.0 } else { decode_s / f64::from(steps) };
    let total_s = prefill_s + decode_s;

    let prefill_j = integral(profile.power.prefill, 0.0, prefill_s);
    let decode_j = if steps == 0 { Some(0.0) } else { integral(profile.power.decode, prefill_s, decode_s) };
    let energy_j = prefill_j.zip(decode_j).map(|(prefill_j, decode_j)| prefill_j + decode_j);
    let average_w = energy_j.map(|energy_j| if total_s > 0.0 { energy_j / total_s } else { 0.0 });

    let seconds =
        |name, predicted, expected| Figure { name, predicted: Some(predicted), expected: Some(expected), tolerance };
    let energy = |name, predicted, expected| Figure { name, predicted, expected, tolerance: 3.0 * tolerance };
    let mut figures = vec![
        seconds("prefill_s", prediction.prefill_s, prefill_s),
        seconds("decode_s", prediction.decode_s, decode_s),
        seconds("total_s", prediction.total_s, total_s),
        seconds("tpot_s", prediction.tpot_s, tpot_s),
        energy("prefill_energy_j", prediction.prefill_energy_j, prefill_j),
        energy("decode_energy_j", prediction.decode_energy_j, decode_j),
        energy("energy_j", prediction.energy_j, energy_j),
        energy("average_power_w", prediction.average_power_w, average_w),
        energy("cost", prediction.cost, cost(profile, energy_j, total_s)),
    ];
    let bands = [prediction.prefill_band, prediction.decode_band, prediction.total_band];
    let seconds = [prefill_s, decode_s, total_s];
    let ratios = profile.bands.map(|bands| [bands.prefill, bands.decode, bands.total]);
    for (index, name) in ["prefill_band", "decode_band", "total_band"].into_iter().enumerate() {
        let end = |level| ratios.map(|ratios| f64::from(ratios[index].at(level)) * seconds[index]);
        let (low_s, high_s) = (bands[index].map(|band| band.low_s), bands[index].map(|band| band.high_s));
        for (predicted, expected) in [(low_s, end(Level::P5)), (high_s, end(Level::P95))] {
            figures.push(Figure { name, predicted, expected, tolerance });
        }
    }
    figures
}

/// `coefficient * x^power`, and nothing at all up to the knot, also where the power is 0.
fn value(term: &Term, tokens: u32) -> f64 {
    if tokens <= term.knot {
        return 0.0;
    }
    let tile = u32::from(term.tile);
    let mut length = tokens - term.knot;
    if !length.is_multiple_of(tile) {
        length += tile - length % tile;
    }
    f64::from(term.coefficient) * f64::from(length).powi(term.power.into())
}

fn on_device<const N: usize>(phase: &Phase<N>, fitted_s: f64) -> f64 {
    let seconds = f64::from(phase.calibration.scale) * fitted_s + f64::from(phase.calibration.offset_s);
    if seconds < 0.0 { 0.0 } else { seconds }
}

/// The power so many seconds after the phase began, in watts; `None` where it is not known.
fn watts(curve: PowerCurve, begin: f64, seconds: f64) -> Option<f64> {
    Some(match curve {
        PowerCurve::Unknown => return None,
        PowerCurve::Constant { watts } => watts.into(),
        PowerCurve::Log { base_w, slope_w } => f64::from(base_w) + f64::from(slope_w) * (1.0 + seconds).ln(),
        PowerCurve::Ramp { steady_w, deficit_w, tau_s } => {
            f64::from(steady_w) - f64::from(deficit_w) * (-seconds / f64::from(tau_s)).exp()
        }
        PowerCurve::Wake { idle_w, wake_s, steady_w, deficit_w, tau_s } => {
            let awake = begin + seconds - f64::from(wake_s);
            let ramp = f64::from(steady_w) - f64::from(deficit_w) * (-awake / f64::from(tau_s)).exp();
            if awake < 0.0 { f64::from(idle_w) } else { ramp }
        }
    })
}

/// The integral of the power over a phase, by Simpson's rule in panels that double in length, so that a ramp is resolved whatever its
/// time constant; on either side of a waking, where the power jumps.
fn integral(curve: PowerCurve, begin: f64, seconds: f64) -> Option<f64> {
    let asleep = match curve {
        PowerCurve::Wake { wake_s, .. } => (f64::from(wake_s) - begin).clamp(0.0, seconds),
        _ => 0.0,
    };
    let idle = match curve {
        PowerCurve::Wake { idle_w, .. } => f64::from(idle_w) * asleep,
        _ => 0.0,
    };
    Some(idle + smooth(curve, begin, asleep, seconds - asleep)?)
}

/// The integral of the power of `seconds` from `from` on in the phase.
fn smooth(curve: PowerCurve, phase: f64, from: f64, seconds: f64) -> Option<f64> {
    const DOUBLINGS: i32 = 60;
    const STEPS: u32 = 32;
    let mut joules = 0.0;
    for doubling in 0..=DOUBLINGS {
        let end = seconds * 2.0_f64.powi(doubling - DOUBLINGS);
        let begin = if doubling == 0 { 0.0 } else { 0.5 * end };
        let step = (end - begin) / f64::from(STEPS);
        for index in 0..=STEPS {
            let weight = if index == 0 || index == STEPS { 1.0 } else { f64::from(2 + 2 * (index % 2)) };
            joules += weight * step / 3.0 * watts(curve, phase, from + begin + step * f64::from(index))?;
        }
    }
    Some(joules)
}

fn cost(profile: &Profile, energy_j: Option<f64>, seconds: f64) -> Option<f64> {
    let tariff = profile.tariff.as_ref()?;
    let [per_kwh, per_hour, per_request] = [tariff.per_kwh, tariff.per_hour, tariff.per_request].map(f64::from);
    let energy = if per_kwh == 0.0 { 0.0 } else { energy_j? * per_kwh / 3.6e6 };
    Some(energy + seconds * per_hour / 3600.0 + per_request)
}
