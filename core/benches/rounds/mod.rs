//! Times calls in turns, so that whatever else the machine does falls on all of them, and prints a table of ratios; divan times each by itself.

use divan::Bencher;
use divan::counter::ItemsCount;
use std::fmt;
use std::time::Instant;

/// Turns, in each of which every call is timed once.
const ROUNDS: usize = 400;

/// One of the things that are compared.
pub(crate) struct Contestant {
    name: &'static str,
    calls: usize,
    run: Box<dyn FnMut()>,
}

impl Contestant {
    /// A run of so many calls.
    pub(crate) fn new(name: &'static str, calls: usize, run: impl FnMut() + 'static) -> Self {
        Self { name, calls, run: Box::new(run) }
    }
}

/// What is compared on one profile.
pub(crate) struct Case {
    /// The profile.
    pub(crate) title: &'static str,
    /// Everything afresh, the first of which the others are compared with.
    pub(crate) contestants: Box<dyn Fn() -> Vec<Contestant> + Send + Sync>,
}

/// One call on one profile.
pub(crate) struct Alone {
    case: &'static Case,
    name: &'static str,
}

impl fmt::Display for Alone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, {}", self.name, self.case.title)
    }
}

impl Alone {
    /// Every call on every profile.
    pub(crate) fn all(cases: &'static [Case]) -> impl Iterator<Item = Self> {
        cases
            .iter()
            .flat_map(|case| (case.contestants)().into_iter().map(move |Contestant { name, .. }| Self { case, name }))
    }

    /// Times it.
    pub(crate) fn bench(&self, bencher: Bencher<'_, '_>) {
        for Contestant { name, calls, run } in (self.case.contestants)() {
            if name == self.name {
                return bencher.counter(ItemsCount::new(calls)).bench_local(run);
            }
        }
    }
}

/// Compares the calls on each profile, and then runs divan; what is no benchmark, such as a list of them, divan alone.
pub(crate) fn run(cases: &'static [Case]) {
    if std::env::args().any(|argument| argument == "--bench") {
        for case in cases {
            compare(case.title, (case.contestants)());
        }
        println!();
    }
    divan::main();
}

/// Prints nanoseconds a call and times of the first contestant's: median, and the quartiles over the rounds.
fn compare(title: &str, mut contestants: Vec<Contestant>) {
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
