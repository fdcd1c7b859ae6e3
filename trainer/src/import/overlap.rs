//! Requests that ran at the same time: their times are those of a queue or of a batch, not of the device alone.

use super::cell::Reason;
use super::sink::Sink;
use super::{Assumption, ImportError, Imported};

/// What is rejected, and how it can be kept.
pub(super) const NOT_ALONE: &str =
    "ran at the same time as another request: measures a queue or a batch; --assume alone if it does not";

/// Passes rows, which are gone through twice, on in their order, except those that ran while another did. A row without times cannot be told, and passes.
pub(super) fn take_alone<R: Iterator<Item = (u64, Result<Imported, Reason>)>>(
    sink: &mut Sink<'_>,
    rows: impl Fn() -> R,
    others: &[(f64, f64)],
) -> Result<(), ImportError> {
    let mut spans: Vec<(f64, f64)> = others.to_vec();
    spans.extend(rows().filter_map(|(_, row)| row.ok()?.times).map(|times| (times.start_s, times.end_s)));
    let busy = if sink.reading.assumes(Assumption::Alone) { Vec::new() } else { busy(spans) };
    for (place, row) in rows() {
        let row = row.and_then(|row| match row.times {
            Some(times) if is_busy(&busy, times.start_s, times.end_s) => Err(NOT_ALONE.into()),
            _ => Ok(row),
        });
        sink.take(place, row)?;
    }
    Ok(())
}

/// The spans of time in which more than one of some spans ran, in order.
fn busy(mut spans: Vec<(f64, f64)>) -> Vec<(f64, f64)> {
    spans.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (mut busy, mut until): (Vec<(f64, f64)>, f64) = (Vec::new(), f64::NEG_INFINITY);
    for (start, end) in spans {
        let both = (start, end.min(until));
        match busy.last_mut() {
            Some(last) if both.0 <= last.1 => last.1 = last.1.max(both.1),
            _ if both.0 < both.1 => busy.push(both),
            _ => {}
        }
        until = until.max(end);
    }
    busy
}

fn is_busy(busy: &[(f64, f64)], start: f64, end: f64) -> bool {
    let first = busy.partition_point(|(_, until)| *until <= start);
    busy.get(first).is_some_and(|(from, _)| *from < end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_those_that_overlap_are_busy() {
        let spans = [(0.0, 2.0), (2.0, 5.0), (6.0, 20.0), (7.0, 8.0), (9.0, 10.0), (30.0, 31.0)];
        let busy = busy(spans.to_vec());
        let found = spans.map(|(start, end)| is_busy(&busy, start, end));
        assert_eq!(found, [false, false, true, true, true, false]);
    }
}
