//! Progress bars: on stderr, for people at a terminal who have waited a second.

use crate::color::stderr_can_redraw;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::time::{Duration, Instant};

/// What takes less has no bar.
const PATIENCE: Duration = Duration::from_secs(1);

/// How far something has come.
#[derive(Debug)]
pub struct Bar {
    bar: ProgressBar,
    begin: Instant,
    is_for_people: bool,
}

/// A bar of so many steps, hidden in the first second, and always where stderr is not a terminal that can redraw a line.
pub fn bar(steps: u64) -> Bar {
    Bar::new(steps, "{bar:24} {pos}/{len} {msg}")
}

/// The same of a time that is spent.
pub fn clock(budget: Duration) -> Bar {
    Bar::new(budget.as_secs().max(1), "{bar:24} {msg}")
}

impl Bar {
    fn new(len: u64, template: &str) -> Self {
        let bar = ProgressBar::with_draw_target(Some(len), ProgressDrawTarget::hidden());
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        Self { bar, begin: Instant::now(), is_for_people: stderr_can_redraw() }
    }

    /// Says how much of the time is spent, and what has come of it.
    pub fn spent(&self, spent: Duration, what: impl Into<String>) {
        self.step(what);
        self.bar.set_position(spent.as_secs());
    }

    /// Writes to stderr, above the bar.
    pub fn above(&self, tell: impl FnOnce()) {
        self.bar.suspend(tell);
    }

    /// Says which step has begun.
    pub fn step(&self, what: impl Into<String>) {
        self.show_after(self.begin.elapsed());
        self.bar.set_message(what.into());
    }

    /// Says that a step is done; meanwhile, what `tell` writes to stderr stands above the bar.
    pub fn done(&self, tell: impl FnOnce()) {
        self.above(tell);
        self.bar.inc(1);
    }

    fn show_after(&self, waited: Duration) {
        if self.bar.is_hidden() && is_due(self.is_for_people, waited) {
            self.bar.set_draw_target(ProgressDrawTarget::stderr());
        }
    }
}

fn is_due(is_for_people: bool, waited: Duration) -> bool {
    is_for_people && waited > PATIENCE
}

/// Takes it away.
impl Drop for Bar {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_is_for_those_who_wait_at_a_terminal() {
        let due = |is_for_people: bool, waited: Duration| is_due(is_for_people, waited);
        assert!(due(true, PATIENCE + Duration::from_millis(1)));
        assert!(!due(true, PATIENCE));
        assert!(!due(false, 60 * PATIENCE));
    }
}
