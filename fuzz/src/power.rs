//! The bytes as a log of power, and the energy that requests at several times draw of it.

use crate::rows::names;
use crate::scratch::Scratch;
use token2metrics_trainer::import::power::Power;
use token2metrics_trainer::import::{Imported, Times};

/// When the logs among the seeds begin: of tegrastats, and of seconds from 0.
const BEGINS_S: [f64; 2] = [1_795_576_312.0, 0.0];

thread_local! {
    static FILE: Scratch = Scratch::new();
}

pub fn check(bytes: &[u8]) {
    let path = FILE.with(|file| file.fill(bytes));
    for rails in [&[][..], &["VDD_IN"], &["VDD_GPU_SOC", "VDD_CPU_CV"], &["VIN_SYS_5V0", "VIN_SYS_5V0"]] {
        let rails: Vec<String> = rails.iter().map(|rail| (*rail).to_owned()).collect();
        for shift_s in [0.0, -3600.0, 1e300] {
            match Power::open(&path, &rails, shift_s) {
                Ok(power) => draw(power),
                Err(error) => names(&[&path], &error),
            }
        }
    }
}

fn draw(mut power: Power) {
    let (mut phases, mut filled) = (0, 0);
    for begin_s in BEGINS_S {
        for (from_s, first_s, end_s) in [(0.0, 2.0, 5.0), (1.5, 7.25, 7.5), (3.0, 3.5, 100.0), (0.0, 1e9, 1e300)] {
            let times = Times { start_s: begin_s + from_s, first_s: begin_s + first_s, end_s: begin_s + end_s };
            let mut row =
                Imported { prefill_s: Some(1.0), decode_s: Some(1.0), times: Some(times), ..Imported::default() };
            power.fill(&mut row);
            phases += 2;
            for joules in [row.prefill_energy_j, row.decode_energy_j].into_iter().flatten() {
                assert!(joules.is_finite() && joules > 0.0, "{joules}");
                filled += 1;
            }
        }
    }
    assert_eq!((power.filled, power.filled + power.unfilled.values().sum::<usize>()), (filled, phases));
}
