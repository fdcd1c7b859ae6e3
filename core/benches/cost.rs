//! What a prediction costs against C with the profile's coefficients as constants, and what the other calls do:
//! `cargo bench -p token2metrics-core`.

mod rival;
mod rounds;

use rival::{CPrediction, CRequest, REQUESTS, Subject, requests, subjects};
use rounds::{Contestant, compare};
use std::hint::black_box;
use std::mem::MaybeUninit;
use token2metrics_core::{Drift, Level, Limit, MAX_TOKENS, Measured, Prediction, Profile, Quantity, Request};

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

fn main() {
    for Subject { title, blob, predict: by_c } in subjects() {
        let profile = Profile::decode(&blob).expect("a sound blob");
        let of_c = requests();
        let pairs: Vec<_> = of_c.iter().map(|request| agreed(&profile, by_c, request)).collect();
        let of_core: Vec<Request> = pairs.iter().map(|(request, _)| *request).collect();
        let core = black_box(predict as Predict);
        let (mut room_of_c, mut room) = (MaybeUninit::uninit(), MaybeUninit::uninit());
        let mut contestants = vec![
            Contestant::new("C with constants", REQUESTS, || {
                for request in black_box(&*of_c) {
                    // SAFETY: a request, and room for a prediction.
                    black_box(unsafe { by_c(request, room_of_c.as_mut_ptr()) });
                    black_box(&mut room_of_c);
                }
            }),
            Contestant::new("Profile::predict", REQUESTS, || {
                for request in black_box(&*of_core) {
                    black_box(core(&profile, request, &mut room));
                    black_box(&mut room);
                }
            }),
            Contestant::new("Profile::decode", 100, || {
                for _ in 0..100 {
                    black_box(Profile::decode(black_box(&blob)).expect("a sound blob"));
                }
            }),
        ];
        let (profile, pairs) = (&profile, &*pairs);
        let mut drift = Drift::NEW;
        contestants.push(Contestant::new("Drift::observe", REQUESTS, move || {
            for (request, Prediction { prefill_s, decode_s, .. }) in black_box(pairs) {
                // Behind and before in turns, so that nothing is settled.
                let slower = if request.input_tokens % 2 == 0 { 1.05 } else { 0.95 };
                // Few tokens behind a long cached prefix may come to no time.
                let prefill_s = slower * prefill_s.max(1.0e-3);
                let measured = Measured { prefill_s, decode_s: slower * decode_s };
                drift.observe(profile, *request, measured).expect("times above 0");
            }
            black_box(&mut drift);
        }));
        contestants.push(Contestant::new(
            "Profile::max_output_tokens, seconds",
            REQUESTS,
            budgets(profile, pairs, |prediction| Some((Quantity::Seconds, prediction.total_s))),
        ));
        if profile.predict(pairs[0].0).is_ok_and(|prediction| prediction.energy_j.is_some()) {
            contestants.push(Contestant::new(
                "Profile::max_output_tokens, joules",
                REQUESTS,
                budgets(profile, pairs, |prediction| Some((Quantity::Joules, prediction.energy_j?))),
            ));
        }
        compare(title, contestants);
    }
}

/// A run of budgets, each for half of what its request takes, so that the search has something to search.
fn budgets<'a>(
    profile: &'a Profile,
    pairs: &'a [(Request, Prediction)],
    limit: impl Fn(&Prediction) -> Option<(Quantity, f32)> + 'a,
) -> impl FnMut() + 'a {
    let no_drift = Drift::NEW.correction().expect("a new state");
    move || {
        for (request, prediction) in black_box(pairs) {
            let (quantity, value) = limit(prediction).expect("known of every request");
            let limit = Limit { quantity, value: 0.5 * value, confidence: Level::P50 };
            let longest = Request { output_tokens: MAX_TOKENS, ..*request };
            black_box(profile.max_output_tokens(&no_drift, longest, limit).expect("a limit above 0"));
        }
    }
}
