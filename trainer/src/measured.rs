//! What measurement files have, file by file, and why rows of them were set aside, for the report.

use crate::clean::{Cleaned, Rejection};
use serde::{Deserialize, Serialize};

/// What one file has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileRows {
    /// The file.
    pub file: String,
    /// Its usable rows.
    pub usable: usize,
    /// The others.
    pub rejected: usize,
    /// Of how many usable rows the figures below are: of all, or of those in a sample.
    pub rows: usize,
    /// The least and the greatest; of a decode alone, that is the context that it began with. `None` without rows.
    pub input_tokens: Option<[u32; 2]>,
    /// The least and the greatest; `None` without rows.
    pub output_tokens: Option<[u32; 2]>,
    /// Rows with cached tokens.
    pub cached: usize,
    /// Rows with `prefill_s`.
    pub prefill: usize,
    /// Rows with `decode_s`.
    pub decode: usize,
    /// Rows with the energy of a phase.
    pub energy: usize,
}

/// Rows that were set aside for one reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason<'a> {
    /// Why.
    pub reason: &'a str,
    /// How many, of those that are listed.
    pub count: usize,
    /// Where the first of them are, as `file:line`.
    pub first: Vec<String>,
}

/// Places that a reason is told with.
const PLACES: usize = 3;

/// What every file has, in their order.
pub fn files(cleaned: &Cleaned) -> Vec<FileRows> {
    let new = |count: &crate::clean::Count| FileRows {
        file: count.file.display().to_string(),
        usable: count.usable,
        rejected: count.rejected,
        rows: 0,
        input_tokens: None,
        output_tokens: None,
        cached: 0,
        prefill: 0,
        decode: 0,
        energy: 0,
    };
    let mut files: Vec<FileRows> = cleaned.counts.iter().map(new).collect();
    for (row, path) in cleaned.rows.iter().zip(&cleaned.files) {
        let Some(index) = cleaned.counts.iter().position(|count| count.file == *path) else { continue };
        let Some(file) = files.get_mut(index) else { continue };
        let wider = |range: Option<[u32; 2]>, tokens: u32| {
            Some(range.map_or([tokens; 2], |[least, greatest]| [least.min(tokens), greatest.max(tokens)]))
        };
        file.rows += 1;
        file.input_tokens = wider(file.input_tokens, row.request.input_tokens);
        file.output_tokens = wider(file.output_tokens, row.request.output_tokens);
        file.cached += usize::from(row.request.cached_tokens > 0);
        file.prefill += usize::from(row.prefill_s.is_some());
        file.decode += usize::from(row.decode_s.is_some());
        file.energy += usize::from(row.prefill_energy_j.is_some() || row.decode_energy_j.is_some());
    }
    files
}

/// The reasons, the most frequent first.
pub fn reasons<'a>(rejected: impl IntoIterator<Item = &'a Rejection>) -> Vec<Reason<'a>> {
    let mut reasons: Vec<Reason<'a>> = Vec::new();
    for rejection in rejected {
        let kind = rejection.kind();
        let index = reasons.iter().position(|known| known.reason == kind).unwrap_or_else(|| {
            reasons.push(Reason { reason: kind, count: 0, first: Vec::new() });
            reasons.len() - 1
        });
        let Some(reason) = reasons.get_mut(index) else { continue };
        reason.count += rejection.rows;
        if reason.first.len() < PLACES {
            reason.first.push(format!("{}:{}", rejection.file.display(), rejection.line));
        }
    }
    reasons.sort_by_key(|reason| std::cmp::Reverse(reason.count));
    reasons
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copies_are_one_reason_and_the_most_frequent_comes_first() {
        let rejection =
            |line, reason: &str| Rejection { file: "a.csv".into(), line, reason: reason.to_owned(), rows: 1 };
        let mut rejected = vec![rejection(2, "torn")];
        rejected
            .extend((3..9).map(|line| rejection(line, &format!("the same row as a.csv:{line}, to the last digit"))));
        let found = reasons(&rejected);
        let copies = "the same row as another one, to the last digit";
        assert_eq!(
            found.iter().map(|reason| (reason.reason, reason.count)).collect::<Vec<_>>(),
            [(copies, 6), ("torn", 1)]
        );
        assert_eq!(found[0].first, ["a.csv:3", "a.csv:4", "a.csv:5"]);
    }
}
