//! Simulated devices: 5 % noise on each phase, one freak value in twenty.

use crate::drift::tally::{Counting, Observed, Tally};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::f64::consts::TAU;
use token2metrics_core::{Measured, Profile, Request};

/// Runs of each case, with other requests and noise.
const RUNS: u64 = 40;
/// Requests of a run.
const REQUESTS: usize = 160;
/// When a device changes that changes once.
const CHANGE: usize = 40;
const NOISE: f64 = 0.05;
const FREAKS: f64 = 1.0 / 20.0;
/// What a freak value is times what it should be: stalls, and a clock that was read too early.
const FREAK: [f64; 4] = [10.0, 3.0, 1.5, 1.0 / 3.0];

/// A way in which a device changes.
pub(crate) struct Case {
    pub(crate) name: &'static str,
    slowdown: Slowdown,
}

#[derive(Clone, Copy)]
enum Slowdown {
    /// As the profile says.
    None,
    /// By a factor, from the start.
    Always(f64),
    /// By a factor, from one request to the next.
    AtOnce(f64),
    /// By 2 % a minute.
    Creeping,
    /// Two power modes in turn, for so many requests each; the slow one takes 30 % longer.
    Alternating(usize),
}

impl Case {
    pub(crate) const STEADY: &'static str = "steady";
}

pub(crate) const CASES: [Case; 8] = [
    Case { name: Case::STEADY, slowdown: Slowdown::None },
    Case { name: "twice as slow from the start", slowdown: Slowdown::Always(2.0) },
    Case { name: "30 % slower at once", slowdown: Slowdown::AtOnce(1.3) },
    Case { name: "15 % slower at once", slowdown: Slowdown::AtOnce(1.15) },
    Case { name: "2 % slower a minute", slowdown: Slowdown::Creeping },
    Case { name: "two power modes, 40 requests each", slowdown: Slowdown::Alternating(40) },
    Case { name: "two power modes, 10 requests each", slowdown: Slowdown::Alternating(10) },
    Case { name: "two power modes, every other request", slowdown: Slowdown::Alternating(1) },
];

impl Case {
    pub(crate) fn run(&self, profile: &Profile) -> Tally {
        let mut counting = Counting::default();
        for seed in 0..RUNS {
            let mut rng = ChaCha8Rng::seed_from_u64(seed);
            let mut minutes = 0.0;
            let requests = (0..REQUESTS).map(|index| {
                let observed = self.slowdown.observe(profile, index, minutes, &mut rng);
                minutes += f64::from(observed.measured.prefill_s + observed.measured.decode_s) / 60.0;
                observed
            });
            counting.run(profile, requests);
        }
        counting.tally()
    }
}

impl Slowdown {
    fn observe(self, profile: &Profile, index: usize, minutes: f64, rng: &mut ChaCha8Rng) -> Observed {
        let request = Request {
            input_tokens: rng.random_range(16..=900),
            cached_tokens: 0,
            output_tokens: rng.random_range(2..=96),
        };
        let (slowdown, since, changed) = match self {
            Self::None => (1.0, index, false),
            Self::Always(factor) => (factor, index, false),
            Self::AtOnce(factor) if index >= CHANGE => (factor, index - CHANGE, true),
            Self::AtOnce(_) => (1.0, index, false),
            // From the start, without an end.
            Self::Creeping => (libm::exp(libm::log(1.02) * minutes), index, false),
            // Changes that are too frequent to settle after are a state of their own.
            Self::Alternating(each) => {
                let slow = (index / each) % 2 == 1;
                let since = if each > 20 { index % each } else { index };
                (if slow { 1.3 } else { 1.0 }, since, each > 20 && index >= each)
            }
        };
        let freak = rng.random::<f64>() < FREAKS;
        let freakish = if freak { FREAK[rng.random_range(0..FREAK.len())] } else { 1.0 };
        let predicted = profile.predict(request).expect("a request");
        let mut seconds =
            |predicted_s: f32| (f64::from(predicted_s) * slowdown * freakish * libm::exp(NOISE * normal(rng))) as f32;
        let measured = Measured { prefill_s: seconds(predicted.prefill_s), decode_s: seconds(predicted.decode_s) };
        Observed { request, measured, freak, since, changed }
    }
}

/// A draw from the standard normal distribution, by Box and Muller.
fn normal(rng: &mut ChaCha8Rng) -> f64 {
    let (radius, angle) = (1.0 - rng.random::<f64>(), rng.random::<f64>());
    libm::sqrt(-2.0 * libm::log(radius)) * libm::cos(TAU * angle)
}
