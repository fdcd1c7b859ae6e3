//! Exact quantiles of numbers that are seen twice and never kept: first counted by their leading bits, then, where a quantile lies, by the others.

/// Leading bits, of a number that is not negative: its exponent and the first bits behind that.
const LEADING: u32 = 16;
const REST: u32 = 32 - LEADING;

/// Numbers that have been counted by their leading bits.
#[derive(Clone, Debug)]
pub struct Coarse(Vec<u64>);

/// A bin in which a quantile lies, whose numbers are counted once more.
#[derive(Clone, Debug)]
pub struct Fine {
    bin: u32,
    /// How many numbers of the bin are below the quantile, at most.
    rank: u64,
    bins: Vec<u64>,
}

impl Default for Coarse {
    fn default() -> Self {
        Self(vec![0; 1 << LEADING])
    }
}

impl Coarse {
    /// Counts a number, which is not negative, so many times.
    pub fn add(&mut self, number: f32, count: u32) {
        self.0[(number.abs().to_bits() >> REST) as usize] += u64::from(count);
    }

    /// Where to look for the least number that a share of them does not exceed; `None` without numbers.
    pub fn quantile(&self, share: f64) -> Option<Fine> {
        let all: u64 = self.0.iter().sum();
        let mut rank = ((share * all as f64).ceil() as u64).clamp(1, all.max(1)) - 1;
        for (bin, &count) in self.0.iter().enumerate() {
            if rank < count {
                return Some(Fine { bin: bin as u32, rank, bins: vec![0; 1 << REST] });
            }
            rank -= count;
        }
        None
    }
}

impl Fine {
    /// Counts a number again, as [`Coarse::add`] did.
    pub fn add(&mut self, number: f32, count: u32) {
        let bits = number.abs().to_bits();
        if bits >> REST == self.bin {
            self.bins[(bits & ((1 << REST) - 1)) as usize] += u64::from(count);
        }
    }

    /// The quantile, once all numbers have been counted again.
    pub fn value(&self) -> f32 {
        let mut below = 0;
        let holds = |count: &u64| {
            below += count;
            below > self.rank
        };
        let rest = self.bins.iter().position(holds).unwrap_or(0);
        f32::from_bits(self.bin << REST | rest as u32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_those_of_the_sorted_numbers() {
        let numbers: Vec<(f32, u32)> =
            (0..999_u32).map(|k| (k.wrapping_mul(2_654_435_761) as f32 / 1.0e7, 1 + k % 3)).chain([(0.0, 2)]).collect();
        let mut sorted: Vec<f32> =
            numbers.iter().flat_map(|(number, count)| std::iter::repeat_n(*number, *count as usize)).collect();
        sorted.sort_by(f32::total_cmp);
        let mut coarse = Coarse::default();
        assert!(coarse.quantile(0.5).is_none());
        numbers.iter().for_each(|(number, count)| coarse.add(*number, *count));
        for share in [0.0, 0.001, 0.25, 0.5, 0.95, 0.999, 1.0] {
            let mut fine = coarse.quantile(share).expect("numbers");
            numbers.iter().for_each(|(number, count)| fine.add(*number, *count));
            let expected = sorted[((share * sorted.len() as f64).ceil() as usize).max(1) - 1];
            assert_eq!(fine.value(), expected, "{share}");
        }
    }
}
