//! Prompts that no cache knows: random words, the first of which is another than that of all recent prompts.

use rand::RngExt;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use std::hash::{BuildHasher, Hasher, RandomState};

/// Short common words, which most vocabularies have as one token each, with the blank before them.
pub(super) const WORDS: [&str; 64] = [
    " the", " of", " and", " to", " in", " is", " that", " for", " it", " as", " was", " with", " be", " by", " on",
    " not", " he", " his", " but", " at", " are", " this", " have", " from", " or", " had", " an", " they", " which",
    " one", " you", " were", " all", " her", " she", " there", " would", " their", " we", " him", " been", " has",
    " when", " who", " will", " no", " more", " if", " out", " so", " up", " said", " what", " its", " about", " than",
    " into", " them", " can", " only", " other", " time", " new", " some",
];

/// Draws prompts.
#[derive(Debug)]
pub(super) struct Prompts {
    rng: ChaCha8Rng,
    /// In which the first words come in turn.
    turns: Vec<usize>,
    next: usize,
}

impl Prompts {
    /// Of no seed: a run that goes on with another must not repeat its prompts.
    pub(super) fn new() -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(RandomState::new().build_hasher().finish());
        let mut turns: Vec<usize> = (0..WORDS.len()).collect();
        turns.shuffle(&mut rng);
        Self { rng, turns, next: 0 }
    }

    /// So many indices into [`WORDS`], at least one.
    pub(super) fn draw(&mut self, len: usize) -> Vec<usize> {
        let first = self.turns[self.next % self.turns.len()];
        self.next += 1;
        let others = (1..len).map(|_| self.rng.random_range(0..WORDS.len()));
        std::iter::once(first).chain(others).collect()
    }

    /// The same as text.
    pub(super) fn text(&mut self, len: usize) -> String {
        self.draw(len).into_iter().map(|word| WORDS[word]).collect()
    }
}

/// How many words make a prompt of so many tokens, learned from what the server counts: tokens = before + each * words.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Counted {
    shortest: Option<(f64, f64)>,
    longest: Option<(f64, f64)>,
}

impl Counted {
    /// The server counts so many tokens in so many words.
    pub(super) fn learn(&mut self, words: usize, tokens: u32) {
        let seen = (words as f64, f64::from(tokens));
        self.shortest = Some(self.shortest.filter(|shortest| shortest.0 <= seen.0).unwrap_or(seen));
        self.longest = Some(self.longest.filter(|longest| longest.0 >= seen.0).unwrap_or(seen));
    }

    /// Words of a prompt, at least one.
    pub(super) fn words(&self, tokens: u32) -> usize {
        let (before, each) = match (self.shortest, self.longest) {
            (Some(short), Some(long)) if long.0 > short.0 => {
                let each = (long.1 - short.1) / (long.0 - short.0);
                (short.1 - each * short.0, each)
            }
            (Some(only), _) => (0.0, only.1 / only.0),
            _ => (0.0, 1.0),
        };
        // A cast saturates, and makes 0 of what is no number.
        (((f64::from(tokens) - before) / each).round() as usize).clamp(1, 2 * tokens as usize)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prompts_begin_each_with_another_word() {
        let mut prompts = Prompts::new();
        let mut first: Vec<usize> = (0..WORDS.len()).map(|_| prompts.draw(5)[0]).collect();
        first.sort_unstable();
        first.dedup();
        assert_eq!(first.len(), WORDS.len());
        assert_ne!(Prompts::new().draw(64), Prompts::new().draw(64), "two runs");
    }

    #[test]
    fn words_are_learned_from_the_servers_counts() {
        let mut counted = Counted::default();
        assert_eq!(counted.words(100), 100);
        counted.learn(32, 50);
        assert_eq!(counted.words(100), 64);
        // Two tokens before, 1.5 a word.
        counted.learn(400, 602);
        assert_eq!((counted.words(602), counted.words(50), counted.words(1)), (400, 32, 1));
    }
}
