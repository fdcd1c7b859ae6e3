//! What the calls of the C API cost against `t2m_predict`, core, and C with the profile's coefficients as constants:
//! `cargo bench -p token2metrics-ffi`.

#[path = "../../core/benches/rival/mod.rs"]
mod rival;
#[path = "../../core/benches/rounds/mod.rs"]
mod rounds;

use rival::{REQUESTS, Subject, subjects};
use rounds::{Contestant, compare};
use std::hint::black_box;
use std::mem::MaybeUninit;
use token2metrics::*;
use token2metrics_core::{Prediction, Profile, Request};

type Predict = unsafe extern "C" fn(*const t2m_profile, *const t2m_request, *mut t2m_prediction) -> t2m_status;
type OfCore = fn(&Profile, &Request, &mut MaybeUninit<Prediction>) -> bool;

fn of_core(profile: &Profile, request: &Request, room: &mut MaybeUninit<Prediction>) -> bool {
    profile.predict(*request).map(|prediction| room.write(prediction)).is_ok()
}

fn main() {
    for subject in subjects() {
        bench(&subject);
    }
}

/// Everything about one request that a call takes.
struct Inputs {
    request: t2m_request,
    longest: t2m_request,
    predicted: t2m_prediction,
    seconds: t2m_limit,
    joules: t2m_limit,
    progress: t2m_progress,
    measured: t2m_measured,
}

impl Inputs {
    fn of(profile: &t2m_profile, request: &rival::CRequest) -> Self {
        let &rival::CRequest { input_tokens, cached_tokens, output_tokens } = request;
        let request = t2m_request { input_tokens, cached_tokens, output_tokens };
        let mut room = MaybeUninit::uninit();
        // SAFETY: every pointer is to a value of its type, or to room for one; what is predicted is written.
        let predicted: t2m_prediction = unsafe {
            assert_eq!(t2m_predict(profile, &request, room.as_mut_ptr()), t2m_status::T2M_OK);
            room.assume_init()
        };
        // A limit in the middle of the range, so that the search takes all its turns.
        let limit = |quantity, value: f32| t2m_limit { quantity, value: 0.5 * value, confidence: 50 };
        // Few tokens behind a long cached prefix may come to no time.
        let prefill_s = predicted.prefill_s.max(1.0e-3);
        let slower = if input_tokens % 2 == 0 { 1.05 } else { 0.95 };
        Self {
            request,
            longest: t2m_request { output_tokens: T2M_MAX_TOKENS, ..request },
            predicted,
            seconds: limit(T2M_SECONDS, predicted.total_s),
            joules: limit(T2M_JOULES, predicted.energy_j),
            progress: t2m_progress {
                generated_tokens: output_tokens / 2,
                elapsed_s: prefill_s + 0.5 * predicted.decode_s,
                prefill_s,
            },
            measured: t2m_measured { prefill_s: slower * prefill_s, decode_s: slower * predicted.decode_s },
        }
    }
}

/// A run of one call for each request.
fn walk<'a>(name: &'a str, inputs: &'a [Inputs], mut call: impl FnMut(&Inputs) -> t2m_status + 'a) -> Contestant<'a> {
    Contestant::new(name, inputs.len(), move || {
        for input in black_box(inputs) {
            assert_eq!(black_box(call(input)), t2m_status::T2M_OK, "{name}");
        }
    })
}

fn bench(Subject { title, blob, predict: by_c }: &Subject) {
    let decoded = Profile::decode(blob).expect("a sound blob");
    let mut profile = t2m_profile::EMPTY;
    // SAFETY: a slice's pointer with its length, and room for a profile.
    assert_eq!(unsafe { t2m_profile_load(blob.as_ptr(), blob.len(), &mut profile) }, t2m_status::T2M_OK);
    let of_c = rival::requests();
    let inputs: Vec<Inputs> = of_c.iter().map(|request| Inputs::of(&profile, request)).collect();
    let requests: Vec<t2m_request> = inputs.iter().map(|input| input.request).collect();
    let core_requests: Vec<Request> = requests.iter().map(|request| (*request).into()).collect();
    let (profile, inputs) = (&profile, &*inputs);
    let knows_energy = inputs.iter().all(|input| input.predicted.energy_j.is_finite());

    let (predict, core) = (black_box(t2m_predict as Predict), black_box(of_core as OfCore));
    let mut predictions: Vec<t2m_prediction> = inputs.iter().map(|input| input.predicted).collect();
    let (mut room, mut room_of_core, mut room_of_c) =
        (MaybeUninit::uninit(), MaybeUninit::uninit(), MaybeUninit::uninit());
    let (mut loaded, mut known, mut observed) = (t2m_profile::EMPTY, t2m_drift::NEW, t2m_drift::NEW);
    for input in inputs {
        // SAFETY: every pointer of this function is to a value of its type, or to room for one.
        let status = unsafe { t2m_drift_observe(profile, &input.request, &input.measured, &mut known) };
        assert_eq!(status, t2m_status::T2M_OK);
    }
    let (mut drifted, mut estimate, mut by_seconds, mut by_joules) =
        (MaybeUninit::uninit(), MaybeUninit::uninit(), MaybeUninit::uninit(), MaybeUninit::uninit());
    let mut single = predictions.clone();

    let mut contestants = vec![
        Contestant::new("t2m_predict", REQUESTS, || {
            for request in black_box(&*requests) {
                // SAFETY: as above.
                black_box(unsafe { predict(profile, request, room.as_mut_ptr()) });
                black_box(&mut room);
            }
        }),
        Contestant::new("Profile::predict of core", REQUESTS, || {
            for request in black_box(&*core_requests) {
                black_box(core(&decoded, request, &mut room_of_core));
                black_box(&mut room_of_core);
            }
        }),
        Contestant::new("C with constants", REQUESTS, || {
            for request in black_box(&*of_c) {
                // SAFETY: as above.
                black_box(unsafe { by_c(request, room_of_c.as_mut_ptr()) });
                black_box(&mut room_of_c);
            }
        }),
        // The array of answers is what the batch writes too.
        Contestant::new("t2m_predict, 1,000 into an array", REQUESTS, || {
            for (request, prediction) in black_box(&*requests).iter().zip(&mut single) {
                // SAFETY: as above.
                black_box(unsafe { predict(profile, request, prediction) });
            }
            black_box(&mut single);
        }),
        Contestant::new("t2m_predict_batch of 1,000", REQUESTS, || {
            // SAFETY: as above; both arrays have as many values.
            let status = unsafe {
                t2m_predict_batch(profile, black_box(requests.as_ptr()), requests.len(), predictions.as_mut_ptr())
            };
            assert_eq!(status, t2m_status::T2M_OK);
            black_box(&mut predictions);
        }),
        Contestant::new("t2m_profile_load", 100, || {
            for _ in 0..100 {
                // SAFETY: as above.
                black_box(unsafe { t2m_profile_load(black_box(blob.as_ptr()), blob.len(), &mut loaded) });
                black_box(&mut loaded);
            }
        }),
        walk("t2m_drift_predict", inputs, |input| {
            // SAFETY: as above.
            let status = unsafe { t2m_drift_predict(profile, &known, &input.request, drifted.as_mut_ptr()) };
            black_box(&mut drifted);
            status
        }),
        walk("t2m_drift_observe", inputs, |input| {
            // SAFETY: as above.
            unsafe { t2m_drift_observe(profile, &input.request, &input.measured, black_box(&mut observed)) }
        }),
        walk("t2m_remaining", inputs, |input| {
            // SAFETY: as above.
            let status =
                unsafe { t2m_remaining(profile, &known, &input.request, &input.progress, estimate.as_mut_ptr()) };
            black_box(&mut estimate);
            status
        }),
        walk("t2m_max_output_tokens, seconds", inputs, |input| {
            // SAFETY: as above.
            let status = unsafe {
                t2m_max_output_tokens(profile, &known, &input.longest, &input.seconds, by_seconds.as_mut_ptr())
            };
            black_box(&mut by_seconds);
            status
        }),
    ];
    if knows_energy {
        contestants.push(walk("t2m_max_output_tokens, joules", inputs, |input| {
            // SAFETY: as above.
            let status = unsafe {
                t2m_max_output_tokens(profile, &known, &input.longest, &input.joules, by_joules.as_mut_ptr())
            };
            black_box(&mut by_joules);
            status
        }));
    }
    compare(title, contestants);
}
