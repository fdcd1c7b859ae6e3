//! What a prediction costs against C with the profile's coefficients as constants, and what the other calls do:
//! `cargo bench -p token2metrics-core`.

mod rival;
mod rounds;

use divan::Bencher;
use rival::{CPrediction, CRequest, REQUESTS, Subject, requests, subjects};
use rounds::{Alone, Case, Contestant, run};
use std::hint::black_box;
use std::mem::MaybeUninit;
use std::sync::LazyLock;
use token2metrics_core::{
    Correction, Drift, Level, Limit, MAX_TOKENS, Measured, Prediction, Profile, Quantity, Request,
};

/// Predicts behind a call and into memory, as the C does.
type Predict = fn(&Profile, &Request, &mut MaybeUninit<Prediction>) -> bool;

fn predict(profile: &Profile, request: &Request, room: &mut MaybeUninit<Prediction>) -> bool {
    profile.predict(*request).map(|prediction| room.write(prediction)).is_ok()
}

/// The prediction of a request, on which both sides must agree.
fn agreed(profile: &Profile, by_c: rival::Predict, request: &CRequest) -> (Request, Prediction) {
    let &CRequest { input_tokens, cached_tokens, output_tokens } = request;
    let of_core = Request { input_tokens, cached_tokens, output_tokens };
    let expected = profile.predict(of_core).expect("a request");
    let mut found = CPrediction { floats: [0.0; 15], flags: 0 };
    // SAFETY: both pointers are to values of their types.
    assert_eq!(unsafe { by_c(request, &mut found) }, 0);
    assert_eq!((found.floats[2].to_bits(), found.flags), (expected.total_s.to_bits(), expected.flags.bits()));
    (of_core, expected)
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

/// A profile, and what it is asked.
struct Asked {
    profile: Profile,
    of_c: Vec<CRequest>,
    requests: Vec<Request>,
    predictions: Vec<Prediction>,
}

fn case(subject: Subject) -> Case {
    let profile = Profile::decode(&subject.blob).expect("a sound blob");
    let of_c = requests();
    let (requests, predictions) = of_c.iter().map(|request| agreed(&profile, subject.predict, request)).unzip();
    let asked = Asked { profile, of_c, requests, predictions };
    // Until the program ends, which it does soon.
    let (title, subject, asked): (_, &Subject, &Asked) =
        (subject.title, Box::leak(subject.into()), Box::leak(asked.into()));
    Case { title, contestants: Box::new(|| contestants(subject, asked)) }
}

fn contestants(subject: &'static Subject, asked: &'static Asked) -> Vec<Contestant> {
    let Asked { profile, of_c, requests, predictions } = asked;
    let (by_c, core) = (black_box(subject.predict), black_box(predict as Predict));
    let (mut room_of_c, mut room, mut drift) = (MaybeUninit::uninit(), MaybeUninit::uninit(), Drift::NEW);
    let mut contestants = vec![
        Contestant::new("C with constants", REQUESTS, move || {
            for request in black_box(of_c) {
                // SAFETY: a request, and room for a prediction.
                black_box(unsafe { by_c(request, room_of_c.as_mut_ptr()) });
                black_box(&mut room_of_c);
            }
        }),
        Contestant::new("Profile::predict", REQUESTS, move || {
            for request in black_box(requests) {
                black_box(core(profile, request, &mut room));
                black_box(&mut room);
            }
        }),
        Contestant::new("Profile::decode", 100, || {
            for _ in 0..100 {
                black_box(Profile::decode(black_box(&subject.blob)).expect("a sound blob"));
            }
        }),
        Contestant::new("Drift::observe", REQUESTS, move || {
            for (request, Prediction { prefill_s, decode_s, .. }) in black_box(requests).iter().zip(predictions) {
                // Behind and before in turns, so that nothing is settled.
                let slower = if request.input_tokens % 2 == 0 { 1.05 } else { 0.95 };
                // Few tokens behind a long cached prefix may come to no time.
                let prefill_s = slower * prefill_s.max(1.0e-3);
                let measured = Measured { prefill_s, decode_s: slower * decode_s };
                drift.observe(profile, *request, measured).expect("times above 0");
            }
            black_box(&mut drift);
        }),
        budgets("Profile::max_output_tokens, seconds", asked, |prediction| {
            (Quantity::Seconds, prediction.prefill_s + 0.5 * prediction.decode_s)
        }),
    ];
    if predictions.iter().all(|prediction| prediction.energy_j.is_some()) {
        contestants.push(budgets("Profile::max_output_tokens, joules", asked, |prediction| {
            let known = |joules: Option<f32>| joules.expect("known of every request");
            (Quantity::Joules, known(prediction.prefill_energy_j) + 0.5 * known(prediction.decode_energy_j))
        }));
    }
    contestants
}

/// Budgets, each for what its request takes halfway through decode, so that the search has something to search.
fn budgets(name: &'static str, asked: &'static Asked, limit: fn(&Prediction) -> (Quantity, f32)) -> Contestant {
    let Asked { profile, requests, predictions, .. } = asked;
    Contestant::new(name, REQUESTS, move || {
        for (request, prediction) in black_box(requests).iter().zip(predictions) {
            let (quantity, value) = limit(prediction);
            let limit = Limit { quantity, value, confidence: Level::P50 };
            let longest = Request { output_tokens: MAX_TOKENS, ..*request };
            black_box(profile.max_output_tokens(&Correction::NONE, longest, limit).expect("a limit above 0"));
        }
    })
}
