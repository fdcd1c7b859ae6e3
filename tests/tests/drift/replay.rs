//! Measured requests of two machines: a profile of one, which then runs as the other does, and back.

use crate::drift::tally::{Counting, Observed, Tally};
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use token2metrics_core::{Measured, Profile};
use token2metrics_tests::root;
use token2metrics_trainer::ingest;

/// Orders in which the requests are replayed.
const RUNS: u64 = 40;

/// The device's holdout rows, which the profile has not seen, then those of the server, then the device's again.
pub(crate) fn run(stem: &str, profile: &Profile) -> Tally {
    let rows = |of: &str| {
        let path = root().join("configs/measurements").join(format!("{stem}_{of}.csv"));
        let table = ingest::read(&path).expect("a measurement file");
        let measured = table.rows.into_iter().filter_map(|row| {
            let decode_s = if row.request.output_tokens > 1 { row.decode_s? } else { 0.0 };
            Some((row.request, Measured { prefill_s: row.prefill_s? as f32, decode_s: decode_s as f32 }))
        });
        measured.collect::<Vec<_>>()
    };
    let stages = [rows("device_holdout"), rows("server"), rows("device_holdout")];
    let mut counting = Counting::default();
    for seed in 0..RUNS {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let mut requests = Vec::new();
        for (stage, rows) in stages.iter().enumerate() {
            let mut rows = rows.clone();
            rows.shuffle(&mut rng);
            let observed = rows.into_iter().enumerate().map(|(since, (request, measured))| Observed {
                request,
                measured,
                freak: false,
                since,
                changed: stage > 0,
            });
            requests.extend(observed);
        }
        counting.run(profile, requests.into_iter());
    }
    counting.tally()
}
