//! Blobs back to back, as in a flash page.

use crate::blob::split;
use crate::{BlobError, Profile};

/// What an erased byte of flash reads as; it ends a bundle.
const ERASED: u8 = 0xFF;

/// The first profile in `bundle` whose LLM has this name; `None` where no member has it.
///
/// The bundle ends at the first `0xFF` after a member, or with its last byte.
///
/// # Errors
/// A damaged member does not hide the others: its error is given only if no sound member has the name.
pub fn find(bundle: &[u8], llm: &str) -> Result<Option<Profile>, BlobError> {
    let mut rest = bundle;
    let mut damage = None;
    while rest.first().is_some_and(|byte| *byte != ERASED) {
        let (member, next) = match split(rest) {
            Ok((payload, next)) => (Profile::from_payload(&payload), Some(next)),
            Err((error, next)) => (Err(error), next),
        };
        match member {
            Ok(profile) if profile.identity.llm == llm => return Ok(Some(profile)),
            Ok(_) => {}
            Err(error) => damage = damage.or(Some(error)),
        }
        // Without a believable length there is no telling where the next member begins.
        let Some(next) = next else { break };
        rest = next;
    }
    damage.map_or(Ok(None), Err)
}
