//! The folds of a cross-validation, of any rows.

use proptest::prelude::*;
use token2metrics_core::Request;
use token2metrics_trainer::split::{self, Split};

/// Of rows that are all of different requests.
fn stratified(lengths: &[u32], folds: usize, seed: u64) -> Vec<Split> {
    let request = |row: usize| Request { input_tokens: 1, cached_tokens: 0, output_tokens: 1 + row as u32 };
    let requests: Vec<Request> = (0..lengths.len()).map(request).collect();
    split::stratified(lengths, &requests, folds, seed)
}

proptest! {
    #[test]
    fn every_row_is_scored_once(lengths in prop::collection::vec(0_u32..40, 0..120), folds in 2_usize..12, seed: u64) {
        let splits = stratified(&lengths, folds, seed);
        prop_assert_eq!(splits.len(), folds.min(lengths.len()));
        let mut scored = vec![0; lengths.len()];
        for split in &splits {
            prop_assert!(split.fitted.is_sorted() && split.scored.is_sorted(), "sums are formed in the order of the rows");
            split.scored.iter().for_each(|row| scored[*row] += 1);
            let mut both = [split.fitted.as_slice(), &split.scored].concat();
            both.sort_unstable();
            prop_assert_eq!(both, (0..lengths.len()).collect::<Vec<_>>());
        }
        prop_assert!(scored.iter().all(|times| *times == 1), "{:?}", scored);
    }

    /// However the rows are cut off by length, each fold has its share of them, give or take one.
    #[test]
    fn every_fold_has_its_share_of_every_length(lengths in prop::collection::vec(0_u32..40, 1..120), folds in 2_usize..12, seed: u64) {
        let splits = stratified(&lengths, folds, seed);
        for longest in 0..40 {
            let counts = splits.iter().map(|split| split.scored.iter().filter(|row| lengths[**row] <= longest).count());
            let (least, most) = (counts.clone().min().unwrap_or(0), counts.max().unwrap_or(0));
            prop_assert!(most - least <= 1, "{longest}: {least} to {most}");
        }
    }

    /// However often requests are repeated, no fit has seen the one that it is scored on.
    #[test]
    fn repeats_are_scored_together(lengths in prop::collection::vec(1_u32..20, 1..120), folds in 2_usize..12, seed: u64) {
        let request = |input_tokens: &u32| Request { input_tokens: *input_tokens, cached_tokens: 0, output_tokens: 1 };
        let requests: Vec<Request> = lengths.iter().map(request).collect();
        let splits = split::stratified(&lengths, &requests, folds, seed);
        for split in &splits {
            prop_assert!(split.scored.iter().all(|scored| split.fitted.iter().all(|fitted| lengths[*fitted] != lengths[*scored])));
        }
        prop_assert_eq!(splits.iter().map(|split| split.scored.len()).sum::<usize>(), lengths.len());
    }

    #[test]
    fn the_seed_decides(lengths in prop::collection::vec(0_u32..1000, 60), seed in 0..u64::MAX) {
        prop_assert_eq!(stratified(&lengths, 5, seed), stratified(&lengths, 5, seed));
        prop_assert_ne!(stratified(&lengths, 5, seed), stratified(&lengths, 5, seed + 1));
    }
}
