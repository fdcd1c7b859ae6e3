//! Work that is done side by side, on as many threads as the machine has for it, with the same results on any number of them.

use std::num::NonZero;
use std::thread;

/// Threads at most: each reads with memory of its own.
const MOST: usize = 4;

/// How many threads are worth starting.
pub fn count() -> usize {
    thread::available_parallelism().map_or(1, NonZero::get).min(MOST)
}

/// Does the work of each item on a thread of its own, the first one's on this thread; gives the results in the order of the items.
pub fn side_by_side<I: Send, R: Send>(items: impl IntoIterator<Item = I>, work: impl Fn(I) -> R + Sync) -> Vec<R> {
    let mut items = items.into_iter();
    let Some(first) = items.next() else { return Vec::new() };
    let work = &work;
    thread::scope(|scope| {
        let others: Vec<_> = items.map(|item| scope.spawn(move || work(item))).collect();
        let first = work(first);
        let others =
            others.into_iter().map(|other| other.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        [first].into_iter().chain(others).collect()
    })
}
