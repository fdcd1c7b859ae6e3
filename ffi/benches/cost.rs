//! What the calls of the C API cost against `t2m_predict`, core, and C with the profile's coefficients as constants:
//! `cargo bench -p token2metrics-ffi`.

#[path = "../../core/benches/rival/mod.rs"]
mod rival;
#[path = "../../core/benches/rounds/mod.rs"]
mod rounds;

use divan::Bencher;
use rival::{CRequest, REQUESTS, Subject, subjects};
use rounds::{Alone, Case, Contestant, run};
use std::hint::black_box;
use std::mem::MaybeUninit;
use std::sync::LazyLock;
use token2metrics::t2m_status::T2M_OK;
use token2metrics::*;
use token2metrics_core::{Prediction, Profile, Request};

type Predict = unsafe extern "C" fn(*const t2m_profile, *const t2m_request, *mut t2m_prediction) -> t2m_status;
type PredictByCore = fn(&Profile, &Request, &mut MaybeUninit<Prediction>) -> bool;

fn predict_by_core(profile: &Profile, request: &Request, room: &mut MaybeUninit<Prediction>) -> bool {
    profile.predict(*request).map(|prediction| room.write(prediction)).is_ok()
}

static CASES: LazyLock<Vec<Case>> = LazyLock::new(|| subjects().into_iter().map(case).collect());

fn main() {
    run(&CASES);
}

/// Each call by itself.
#[divan::bench(args = Alone::all(&CASES))]
fn alone(bencher: Bencher<'_, '_>, call: &Alone) {
    call.bench(bencher);
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
    fn of(profile: &t2m_profile, request: &CRequest) -> Self {
        let &CRequest { input_tokens, cached_tokens, output_tokens } = request;
        let request = t2m_request { input_tokens, cached_tokens, output_tokens };
        let mut room = MaybeUninit::uninit();
        // SAFETY: every pointer is to a value of its type, or to room for one; what is predicted is written.
        let predicted: t2m_prediction = unsafe {
            assert_eq!(t2m_predict(profile, &request, room.as_mut_ptr()), T2M_OK);
            room.assume_init()
        };
        // Halfway through decode, so that the search takes all its turns.
        let limit =
            |quantity, prefill: f32, decode: f32| t2m_limit { quantity, value: prefill + 0.5 * decode, confidence: 50 };
        // Few tokens behind a long cached prefix may come to no time.
        let prefill_s = predicted.prefill_s.max(1.0e-3);
        let slower = if input_tokens % 2 == 0 { 1.05 } else { 0.95 };
        Self {
            request,
            longest: t2m_request { output_tokens: T2M_MAX_TOKENS, ..request },
            predicted,
            seconds: limit(T2M_SECONDS, predicted.prefill_s, predicted.decode_s),
            joules: limit(T2M_JOULES, predicted.prefill_energy_j, predicted.decode_energy_j),
            progress: t2m_progress {
                generated_tokens: output_tokens / 2,
                elapsed_s: prefill_s + 0.5 * predicted.decode_s,
                prefill_s,
            },
            measured: t2m_measured { prefill_s: slower * prefill_s, decode_s: slower * predicted.decode_s },
        }
    }
}

/// A profile, and what it is asked.
struct Asked {
    blob: Vec<u8>,
    of_core: Profile,
    profile: t2m_profile,
    known: t2m_drift,
    inputs: Vec<Inputs>,
    requests: Vec<t2m_request>,
    requests_of_core: Vec<Request>,
    requests_of_c: Vec<CRequest>,
}

fn case(subject: Subject) -> Case {
    let Subject { title, blob, predict: by_c } = subject;
    let (mut profile, mut known) = (t2m_profile::EMPTY, t2m_drift::NEW);
    // SAFETY: a slice's pointer with its length, and room for a profile.
    assert_eq!(unsafe { t2m_profile_load(blob.as_ptr(), blob.len(), &mut profile) }, T2M_OK);
    let requests_of_c = rival::requests();
    let inputs: Vec<Inputs> = requests_of_c.iter().map(|request| Inputs::of(&profile, request)).collect();
    for Inputs { request, measured, .. } in &inputs {
        // SAFETY: every pointer is to a value of its type.
        assert_eq!(unsafe { t2m_drift_observe(&profile, request, measured, &mut known) }, T2M_OK);
    }
    let requests: Vec<t2m_request> = inputs.iter().map(|input| input.request).collect();
    let requests_of_core = requests.iter().map(|request| (*request).into()).collect();
    let of_core = Profile::decode(&blob).expect("a sound blob");
    let asked = Asked { blob, of_core, profile, known, inputs, requests, requests_of_core, requests_of_c };
    // Until the program ends, which it does soon.
    let asked: &Asked = Box::leak(asked.into());
    Case { title, contestants: Box::new(move || contestants(by_c, asked)) }
}

/// A run of one call for each request.
fn walk<T: 'static>(
    name: &'static str,
    asked: &'static Asked,
    call: impl Fn(&Inputs, *mut T) -> t2m_status + 'static,
) -> Contestant {
    let mut room = MaybeUninit::<T>::uninit();
    Contestant::new(name, REQUESTS, move || {
        for input in black_box(&asked.inputs) {
            assert_eq!(call(input, black_box(&mut room).as_mut_ptr()), T2M_OK, "{name}");
            black_box(&mut room);
        }
    })
}

fn contestants(by_c: rival::Predict, asked: &'static Asked) -> Vec<Contestant> {
    let Asked { blob, of_core, profile, known, inputs, requests, requests_of_core, requests_of_c } = asked;
    let (predict, core) = (black_box(t2m_predict as Predict), black_box(predict_by_core as PredictByCore));
    let (mut room, mut room_of_core, mut room_of_c) =
        (MaybeUninit::uninit(), MaybeUninit::uninit(), MaybeUninit::uninit());
    let mut single: Vec<t2m_prediction> = inputs.iter().map(|input| input.predicted).collect();
    let mut batch = single.clone();
    let (mut loaded, mut observed) = (t2m_profile::EMPTY, t2m_drift::NEW);
    // SAFETY of all of them: every pointer is to a value of its type, or to room for one.
    let mut contestants = vec![
        Contestant::new("t2m_predict", REQUESTS, move || {
            for request in black_box(requests) {
                // SAFETY: as above.
                black_box(unsafe { predict(profile, request, room.as_mut_ptr()) });
                black_box(&mut room);
            }
        }),
        Contestant::new("Profile::predict of core", REQUESTS, move || {
            for request in black_box(requests_of_core) {
                black_box(core(of_core, request, &mut room_of_core));
                black_box(&mut room_of_core);
            }
        }),
        Contestant::new("C with constants", REQUESTS, move || {
            for request in black_box(requests_of_c) {
                // SAFETY: as above.
                black_box(unsafe { by_c(request, room_of_c.as_mut_ptr()) });
                black_box(&mut room_of_c);
            }
        }),
        // Into an array, which is what the batch writes too.
        Contestant::new("t2m_predict, 1,000 times", REQUESTS, move || {
            for (request, prediction) in black_box(requests).iter().zip(&mut single) {
                // SAFETY: as above.
                black_box(unsafe { predict(profile, request, prediction) });
            }
            black_box(&mut single);
        }),
        Contestant::new("t2m_predict_batch of 1,000", REQUESTS, move || {
            let (requests, n) = (black_box(requests.as_ptr()), requests.len());
            // SAFETY: as above; both arrays have n values.
            assert_eq!(unsafe { t2m_predict_batch(profile, requests, n, batch.as_mut_ptr()) }, T2M_OK);
            black_box(&mut batch);
        }),
        Contestant::new("t2m_profile_load", 100, move || {
            for _ in 0..100 {
                // SAFETY: as above.
                black_box(unsafe { t2m_profile_load(black_box(blob.as_ptr()), blob.len(), &mut loaded) });
                black_box(&mut loaded);
            }
        }),
        walk("t2m_drift_predict", asked, |Inputs { request, .. }, room| {
            // SAFETY: as above.
            unsafe { t2m_drift_predict(profile, known, request, room) }
        }),
        Contestant::new("t2m_drift_observe", REQUESTS, move || {
            for Inputs { request, measured, .. } in black_box(inputs) {
                // SAFETY: as above.
                black_box(unsafe { t2m_drift_observe(profile, request, measured, &mut observed) });
            }
            black_box(&mut observed);
        }),
        walk("t2m_remaining", asked, |Inputs { request, progress, .. }, room| {
            // SAFETY: as above.
            unsafe { t2m_remaining(profile, known, request, progress, room) }
        }),
        walk("t2m_max_output_tokens, seconds", asked, |Inputs { longest, seconds, .. }, room| {
            // SAFETY: as above.
            unsafe { t2m_max_output_tokens(profile, known, longest, seconds, room) }
        }),
    ];
    if inputs.iter().all(|input| input.predicted.energy_j.is_finite()) {
        contestants.push(walk("t2m_max_output_tokens, joules", asked, |Inputs { longest, joules, .. }, room| {
            // SAFETY: as above.
            unsafe { t2m_max_output_tokens(profile, known, longest, joules, room) }
        }));
    }
    contestants
}
