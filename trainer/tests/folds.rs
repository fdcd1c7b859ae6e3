//! The folds of a cross-validation, of any rows.

use proptest::prelude::*;
use token2metrics_trainer::split::stratified;

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

    #[test]
    fn the_seed_decides(lengths in prop::collection::vec(0_u32..1000, 60), seed in 0..u64::MAX) {
        prop_assert_eq!(stratified(&lengths, 5, seed), stratified(&lengths, 5, seed));
        prop_assert_ne!(stratified(&lengths, 5, seed), stratified(&lengths, 5, seed + 1));
    }
}
