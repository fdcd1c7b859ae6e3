//! Times calls in turns, so that whatever else the machine does falls on all of them, and prints a table.

use std::time::Instant;

/// Turns, in each of which every call is timed once.
const ROUNDS: usize = 400;

/// One of the things that are compared.
pub(crate) struct Contestant<'a> {
    name: &'a str,
    calls: usize,
    run: Box<dyn FnMut() + 'a>,
}

impl<'a> Contestant<'a> {
    /// A run of so many calls.
    pub(crate) fn new(name: &'a str, calls: usize, run: impl FnMut() + 'a) -> Self {
        Self { name, calls, run: Box::new(run) }
    }
}

/// Prints nanoseconds a call and times of the first contestant's: median, and the quartiles over the rounds.
pub(crate) fn compare(title: &str, mut contestants: Vec<Contestant<'_>>) {
    let mut nanoseconds = vec![Vec::with_capacity(ROUNDS); contestants.len()];
    for contestant in &mut contestants {
        (contestant.run)();
    }
    for round in 0..ROUNDS {
        for turn in 0..contestants.len() {
            // Nobody always comes after the same other.
            let at = if round % 2 == 0 { turn } else { contestants.len() - 1 - turn };
            let Contestant { calls, run, .. } = &mut contestants[at];
            let began = Instant::now();
            run();
            nanoseconds[at].push(began.elapsed().as_secs_f64() * 1e9 / *calls as f64);
        }
    }
    let first = contestants[0].name;
    println!("\n{title}");
    println!("| call | ns | quartiles | x {first} | quartiles |\n|---|--:|--:|--:|--:|");
    for (Contestant { name, .. }, own) in contestants.iter().zip(&nanoseconds) {
        let ratios = own.iter().zip(&nanoseconds[0]).map(|(own, first)| own / first).collect();
        let ([low, median, high], [least, ratio, most]) = (quartiles(own.clone()), quartiles(ratios));
        println!("| {name} | {median:.1} | {low:.1} to {high:.1} | {ratio:.2} | {least:.2} to {most:.2} |");
    }
}

fn quartiles(mut values: Vec<f64>) -> [f64; 3] {
    values.sort_by(f64::total_cmp);
    [1, 2, 3].map(|quarter| values[quarter * (values.len() - 1) / 4])
}
