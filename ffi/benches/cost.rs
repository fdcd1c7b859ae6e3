//! What the calls cost, against `t2m_predict` in the same minute on the same machine: `cargo bench -p token2metrics-ffi`.

use std::hint::black_box;
use std::time::Instant;
use token2metrics::*;

/// Calls that are timed together.
const CALLS: u32 = 2000;
/// Turns, in which every call is timed once; the median of them is told.
const ROUNDS: usize = 200;

/// Everything that the calls take.
struct Inputs {
    profile: t2m_profile,
    drift: t2m_drift,
    request: t2m_request,
    limit: t2m_limit,
    progress: t2m_progress,
    measured: t2m_measured,
}

type Call<'a> = Box<dyn FnMut() -> t2m_status + 'a>;

fn main() {
    let blobs: [(&str, &[u8]); 2] = [
        ("version_1.t2m, time only", include_bytes!("../../tests/vectors/version_1.t2m")),
        ("version_2.t2m, with energy, bands and cost", include_bytes!("../../tests/vectors/version_2.t2m")),
    ];
    for (name, blob) in blobs {
        println!("{name}");
        table(blob);
    }
}

fn table(blob: &[u8]) {
    let mut inputs = Inputs {
        profile: t2m_profile::EMPTY,
        drift: t2m_drift::NEW,
        request: t2m_request { input_tokens: 700, cached_tokens: 0, output_tokens: 300 },
        limit: t2m_limit { quantity: T2M_SECONDS, value: 1.0, confidence: 50 },
        progress: t2m_progress { generated_tokens: 20, elapsed_s: 3.0, prefill_s: 1.0 },
        measured: t2m_measured { prefill_s: 1.0, decode_s: 1.0 },
    };
    let mut room = std::mem::MaybeUninit::uninit();
    // SAFETY: every pointer of this function is to a value of its type, or to room for one; and what is predicted is written.
    let predicted: t2m_prediction = unsafe {
        assert_eq!(t2m_profile_load(blob.as_ptr(), blob.len(), &mut inputs.profile), t2m_status::T2M_OK);
        assert_eq!(t2m_predict(&inputs.profile, &inputs.request, room.as_mut_ptr()), t2m_status::T2M_OK);
        room.assume_init()
    };
    // A limit in the middle of the range, so that the search takes all its turns.
    inputs.limit.value = 0.5 * predicted.total_s;
    inputs.measured = t2m_measured { prefill_s: predicted.prefill_s, decode_s: predicted.decode_s };
    for _ in 0..5 {
        // SAFETY: as above.
        let status =
            unsafe { t2m_drift_observe(&inputs.profile, &inputs.request, &inputs.measured, &mut inputs.drift) };
        assert_eq!(status, t2m_status::T2M_OK);
    }
    let longest = t2m_request { output_tokens: T2M_MAX_TOKENS, ..inputs.request };
    let joules = t2m_limit { quantity: T2M_JOULES, value: 0.5 * predicted.energy_j, ..inputs.limit };

    let mut room = predicted;
    let mut budget = t2m_budget { output_tokens: 0, value: 0.0, flags: 0 };
    let mut other = budget;
    let mut estimate =
        t2m_estimate { remaining_s: 0.0, remaining_energy_j: 0.0, total_s: 0.0, fraction: 0.0, flags: 0 };
    let mut drift = inputs.drift;
    let Inputs { profile, drift: known, request, limit, progress, measured } = &inputs;
    // SAFETY: as above.
    let mut calls: Vec<(&str, Call<'_>)> = unsafe {
        vec![
            ("t2m_predict", Box::new(|| t2m_predict(black_box(profile), black_box(request), black_box(&mut room)))),
            (
                "t2m_drift_predict",
                Box::new(|| {
                    let mut room = std::mem::MaybeUninit::uninit();
                    t2m_drift_predict(
                        black_box(profile),
                        black_box(known),
                        black_box(request),
                        black_box(room.as_mut_ptr()),
                    )
                }),
            ),
            (
                "t2m_drift_observe",
                Box::new(|| {
                    t2m_drift_observe(
                        black_box(profile),
                        black_box(request),
                        black_box(measured),
                        black_box(&mut drift),
                    )
                }),
            ),
            (
                "t2m_remaining",
                Box::new(|| {
                    t2m_remaining(
                        black_box(profile),
                        black_box(known),
                        black_box(request),
                        black_box(progress),
                        black_box(&mut estimate),
                    )
                }),
            ),
            (
                "t2m_max_output_tokens, seconds",
                Box::new(|| {
                    t2m_max_output_tokens(
                        black_box(profile),
                        black_box(known),
                        black_box(&longest),
                        black_box(limit),
                        black_box(&mut budget),
                    )
                }),
            ),
        ]
    };
    if predicted.energy_j.is_finite() {
        let call = || {
            // SAFETY: as above.
            unsafe {
                t2m_max_output_tokens(
                    black_box(profile),
                    black_box(known),
                    black_box(&longest),
                    black_box(&joules),
                    black_box(&mut other),
                )
            }
        };
        calls.push(("t2m_max_output_tokens, joules", Box::new(call)));
    }

    let mut nanoseconds = vec![Vec::with_capacity(ROUNDS); calls.len()];
    for _ in 0..ROUNDS {
        for ((name, call), nanoseconds) in calls.iter_mut().zip(&mut nanoseconds) {
            let began = Instant::now();
            for _ in 0..CALLS {
                assert_eq!(call(), t2m_status::T2M_OK, "{name}");
            }
            nanoseconds.push(began.elapsed().as_secs_f64() * 1e9 / f64::from(CALLS));
        }
    }
    let medians: Vec<f64> = nanoseconds.into_iter().map(median).collect();
    for ((name, _), median) in calls.iter().zip(&medians) {
        println!("  {name:<32} {median:>8.1} ns  {:>6.2} x t2m_predict", median / medians[0]);
    }
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
