//! Where the soonest of some profiles changes with the length of the prompt.

use crate::figures::is_doubtful;
use token2metrics_core::{Profile, Request};

/// Prompt lengths that are tried at most, one by one.
pub const MOST: u32 = 1 << 18;

/// Neighbouring prompt lengths with the same profile the soonest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stretch {
    /// The shortest prompt.
    pub from: u32,
    /// The longest.
    pub to: u32,
    /// Which profile.
    pub soonest: usize,
    /// Whether any of the profiles extrapolates at its beginning.
    pub extrapolated: bool,
}

/// The stretches of prompts from one token to some, with a fixed number of output tokens; none where no two of the profiles answer. Where several are
/// equally soon, it is still the one that was.
pub fn stretches(profiles: &[&Profile], to: u32, output_tokens: u32) -> Vec<Stretch> {
    let mut stretches: Vec<Stretch> = Vec::new();
    for input_tokens in 1..=to.min(MOST) {
        let request = Request { input_tokens, cached_tokens: 0, output_tokens };
        let (mut soonest, mut answered, mut extrapolated): (Option<(usize, f32)>, _, _) = (None, 0, false);
        let before = stretches.last().map(|stretch| stretch.soonest);
        for (index, profile) in profiles.iter().enumerate() {
            let Ok(answer) = profile.predict(request) else { continue };
            answered += 1;
            extrapolated |= is_doubtful(answer.flags);
            let is_sooner = |least: f32| answer.total_s < least || (answer.total_s == least && before == Some(index));
            if soonest.is_none_or(|(_, least)| is_sooner(least)) {
                soonest = Some((index, answer.total_s));
            }
        }
        let Some((soonest, _)) = soonest.filter(|_| answered > 1) else { continue };
        match stretches.last_mut() {
            Some(last) if last.soonest == soonest => last.to = input_tokens,
            _ => stretches.push(Stretch { from: input_tokens, to: input_tokens, soonest, extrapolated }),
        }
    }
    stretches
}
