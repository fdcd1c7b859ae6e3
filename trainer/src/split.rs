//! Stage 3: which rows are fitted and which are kept back to score the fit. The same seed gives the same split.

use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use std::collections::HashMap;
use token2metrics_core::Request;

/// Row indices that are fitted, and those that are scored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Split {
    /// Indices of the rows to fit.
    pub fitted: Vec<usize>,
    /// Indices of the rows to score.
    pub scored: Vec<usize>,
}

impl Split {
    /// The rows behind the indices, fitted and scored.
    pub fn of<T: Copy>(&self, rows: &[T]) -> (Vec<T>, Vec<T>) {
        let pick = |indices: &[usize]| indices.iter().map(|&index| rows[index]).collect();
        (pick(&self.fitted), pick(&self.scored))
    }

    /// In the order of the file again, so that sums are formed in the same order whatever the seed.
    fn sorted(mut self) -> Self {
        self.scored.sort_unstable();
        self.fitted.sort_unstable();
        self
    }
}

/// Sets a share of the requests of each kind aside, with all rows of each: `test_size` of them, rounded, but at least one.
pub fn holdout<K: PartialEq>(kinds: &[K], requests: &[Request], test_size: f64, seed: u64) -> Split {
    let groups = repeats(requests);
    let mut kinds_left: Vec<&Vec<usize>> = groups.iter().collect();
    let mut split = Split { fitted: Vec::new(), scored: Vec::new() };
    while let Some(first) = kinds_left.first().map(|group| group[0]) {
        let (alike, others): (Vec<_>, Vec<_>) =
            kinds_left.into_iter().partition(|group| kinds[group[0]] == kinds[first]);
        let len = alike.len();
        let scored = ((len as f64 * test_size).round() as usize).clamp(1, len);
        let own = part(&shuffled(len, seed), |place| place < scored);
        split.fitted.extend(own.fitted.iter().flat_map(|&group| alike[group]));
        split.scored.extend(own.scored.iter().flat_map(|&group| alike[group]));
        kinds_left = others;
    }
    split.sorted()
}

/// The rows of each request, in the order of their first rows: those that repeat it are kept back together, as a fit that has seen one of them knows the others.
fn repeats(requests: &[Request]) -> Vec<Vec<usize>> {
    let (mut groups, mut known) = (Vec::<Vec<usize>>::new(), HashMap::new());
    for (index, Request { input_tokens, cached_tokens, output_tokens }) in requests.iter().enumerate() {
        let group = *known.entry((input_tokens, cached_tokens, output_tokens)).or_insert(groups.len());
        match groups.get_mut(group) {
            Some(group) => group.push(index),
            None => groups.push(vec![index]),
        }
    }
    groups
}

/// `fitted` random rows of `len`, and the others.
pub fn draw(len: usize, fitted: usize, seed: u64) -> Split {
    part(&shuffled(len, seed), |place| place >= fitted)
}

/// `folds` splits in which each row is scored once, with rows of every length in each: of neighbours in the order of `lengths`, each
/// is scored in another fold, but those of the same request in the same. With fewer requests than folds, one request a fold.
pub fn stratified<K: Ord>(lengths: &[K], requests: &[Request], folds: usize, seed: u64) -> Vec<Split> {
    let groups = repeats(requests);
    let folds = folds.min(groups.len());
    let mut order = shuffled(groups.len(), seed);
    order.sort_by(|a, b| lengths[groups[*a][0]].cmp(&lengths[groups[*b][0]]));
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut fold_of = vec![0; lengths.len()];
    for neighbours in order.chunks(folds.max(1)) {
        let mut labels: Vec<usize> = (0..folds).collect();
        labels.shuffle(&mut rng);
        for (group, label) in neighbours.iter().zip(labels) {
            groups[*group].iter().for_each(|&index| fold_of[index] = label);
        }
    }
    (0..folds)
        .map(|fold| {
            let (scored, fitted) = (0..lengths.len()).partition(|index| fold_of[*index] == fold);
            Split { fitted, scored }
        })
        .collect()
}

fn shuffled(len: usize, seed: u64) -> Vec<usize> {
    let mut order: Vec<usize> = (0..len).collect();
    order.shuffle(&mut ChaCha8Rng::seed_from_u64(seed));
    order
}

fn part(order: &[usize], scored: impl Fn(usize) -> bool) -> Split {
    let mut split = Split { fitted: Vec::new(), scored: Vec::new() };
    for (place, &index) in order.iter().enumerate() {
        if scored(place) { split.scored.push(index) } else { split.fitted.push(index) }
    }
    split.sorted()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// So many requests, none like another.
    fn different(len: u32) -> Vec<Request> {
        (1..=len).map(|input_tokens| Request { input_tokens, cached_tokens: 0, output_tokens: 2 }).collect()
    }

    #[test]
    fn every_row_is_scored_once_over_the_folds() {
        let splits = stratified(&[7_u32; 17], &different(17), 5, 42);
        assert_eq!(splits.len(), 5);
        let mut scored: Vec<usize> = splits.iter().flat_map(|split| split.scored.clone()).collect();
        scored.sort_unstable();
        assert_eq!(scored, (0..17).collect::<Vec<_>>());
        for split in &splits {
            assert_eq!(split.fitted.len() + split.scored.len(), 17);
            assert!(split.fitted.iter().all(|index| !split.scored.contains(index)));
        }
    }

    #[test]
    fn neighbours_are_scored_in_different_folds() {
        let lengths: Vec<u32> = (0..20).map(|row| 1000 - row % 10 * 7 - row / 10).collect();
        let mut order: Vec<usize> = (0..20).collect();
        order.sort_by_key(|row| lengths[*row]);
        let splits = stratified(&lengths, &different(20), 5, 42);
        for neighbours in order.chunks(5) {
            for split in &splits {
                assert_eq!(neighbours.iter().filter(|row| split.scored.contains(row)).count(), 1);
            }
        }
        assert_ne!(splits, stratified(&lengths, &different(20), 5, 43));
    }

    #[test]
    fn the_seed_decides_the_split() {
        let of = |len: u32, size: f64, seed: u64| holdout(&vec![(); len as usize], &different(len), size, seed);
        assert_eq!(of(50, 0.2, 1), of(50, 0.2, 1));
        assert_ne!(of(50, 0.2, 1), of(50, 0.2, 2));
        assert_eq!(of(50, 0.2, 1).scored.len(), 10);
        assert_eq!(of(3, 0.01, 1).scored.len(), 1);
    }

    #[test]
    fn rows_of_every_kind_are_set_aside() {
        let kinds: Vec<bool> = (0..50).map(|row| row % 10 == 0).collect();
        let split = holdout(&kinds, &different(50), 0.2, 1);
        assert_eq!(split.scored.iter().filter(|row| kinds[**row]).count(), 1);
        assert_eq!((split.scored.len(), split.fitted.len()), (10, 40));
    }

    #[test]
    fn rows_of_one_request_are_kept_back_together() {
        let requests: Vec<Request> = different(10).into_iter().flat_map(|request| [request; 3]).collect();
        let lengths: Vec<u32> = requests.iter().map(|request| request.input_tokens).collect();
        let splits = stratified(&lengths, &requests, 5, 42);
        for split in splits.iter().chain([&holdout(&[(); 30], &requests, 0.2, 42)]) {
            assert_eq!(split.scored.len(), 6);
            assert!(
                split
                    .scored
                    .iter()
                    .all(|scored| split.fitted.iter().all(|fitted| requests[*fitted] != requests[*scored]))
            );
        }
    }
}
