//! Blobs back to back, as in a flash page.
//!
//! Whatever became of one member, the others are found. Where a damaged one ends is told by its length, if that is believable:
//! a blob, erased flash or the end of the bundle follows, and no whole blob begins before. Otherwise the next blob is
//! searched for by its magic and its checksum, among as many bytes as a blob can have. Every byte is searched once, so that the time
//! grows with the bundle's length and no faster.

use crate::blob::{HEADER_LEN, MAGIC, MAX_LEN, claimed_len, is_whole, split};
use crate::{BlobError, Identity, Profile};
use core::iter::FusedIterator;

/// What an erased byte of flash reads as; it ends a bundle.
const ERASED: u8 = 0xFF;
/// So many erased bytes in a row are not part of a sound blob, whose fields cannot have more than 5.
const ERASED_RUN: usize = 8;

/// The members of a bundle, in their order; see [`members`].
#[derive(Clone, Debug)]
pub struct Members<'a> {
    bundle: &'a [u8],
    /// Where the next member begins, if it does.
    at: usize,
    /// Between the beginning of a member and here, no whole blob begins.
    searched: usize,
}

/// A blob in a bundle, sound or damaged.
#[derive(Clone, Debug, PartialEq)]
pub struct Member<'a> {
    /// Where in the bundle it begins.
    pub offset: usize,
    /// Its bytes; of a damaged member without a believable length, those up to where the next one was found.
    pub bytes: &'a [u8],
    /// What is in it, or what is wrong with it.
    pub profile: Result<Profile, BlobError>,
}

/// Walks over the members of a bundle, which ends at the first `0xFF` where a blob would begin, or with its last byte.
///
/// Damaged members are among them, and so are bytes that are no blob at all. A member whose first byte was
/// damaged into `0xFF` cannot be told from the end.
pub fn members(bundle: &[u8]) -> Members<'_> {
    Members { bundle, at: 0, searched: 0 }
}

/// The first profile in `bundle` whose LLM has this name, and whose variant this one, if one is given; `None` where no
/// member has them.
///
/// # Errors
/// A damaged member does not hide the others: the error of the first is given only if no sound member has the names.
#[cold]
pub fn find(bundle: &[u8], llm: &str, variant: Option<&str>) -> Result<Option<Profile>, BlobError> {
    let mut damage = None;
    for Member { profile, .. } in members(bundle) {
        match profile {
            Ok(profile) if profile.identity.is(llm, variant) => return Ok(Some(profile)),
            Ok(_) => {}
            Err(error) => damage = damage.or(Some(error)),
        }
    }
    damage.map_or(Ok(None), Err)
}

impl Identity {
    fn is(&self, llm: &str, variant: Option<&str>) -> bool {
        self.llm.as_str() == llm && variant.is_none_or(|variant| self.variant.as_str() == variant)
    }
}

impl Member<'_> {
    /// Whose profile it is. Of a damaged member as much as can be read, which may be damaged as well; the rest is empty.
    #[cold]
    pub fn identity(&self) -> Identity {
        match &self.profile {
            Ok(profile) => profile.identity.clone(),
            Err(_) => Identity::readable(self.bytes.get(HEADER_LEN..).unwrap_or_default()),
        }
    }
}

impl<'a> Iterator for Members<'a> {
    type Item = Member<'a>;

    #[cold]
    fn next(&mut self) -> Option<Member<'a>> {
        let (offset, rest) = (self.at, self.bundle.get(self.at..)?);
        if *rest.first()? == ERASED {
            return None;
        }
        // No blob is longer: a length that says so takes no time to check.
        let (len, profile) = match split(rest.get(..MAX_LEN).unwrap_or(rest)) {
            Ok((payload, _)) => (Some(payload.blob_len()), Profile::from_payload(&payload)),
            Err(error) => (self.next_after(rest), Err(error)),
        };
        // Without a next one the walk is over.
        self.at = len.map_or(usize::MAX, |len| offset.saturating_add(len));
        let len = len.unwrap_or_else(|| programmed_len(rest));
        Some(Member { offset, bytes: rest.get(..len).unwrap_or(rest), profile })
    }
}

impl FusedIterator for Members<'_> {}

impl Members<'_> {
    /// How far behind the beginning of a damaged member the next one begins, or the bundle ends; never 0. `None` where that cannot
    /// be told.
    #[cold]
    fn next_after(&mut self, rest: &[u8]) -> Option<usize> {
        // A later version.
        if is_whole(rest) {
            return claimed_len(rest);
        }
        let believable = believable_len(rest);
        let last = believable.map_or(MAX_LEN, |len| len.saturating_sub(1)).min(rest.len());
        let first = self.searched.saturating_sub(self.at).max(1);
        let begins = |is_blob: fn(&[u8]) -> bool| move |at: &usize| rest.get(*at..).is_some_and(is_blob);
        if let Some(whole) = (first..=last).find(begins(is_whole)) {
            let is_believable = |bytes: &[u8]| bytes.starts_with(&MAGIC) && believable_len(bytes).is_some();
            // Without a length of its own, the member may be followed by one that is damaged elsewhere.
            let damaged_too = || (1..whole).find(begins(is_believable));
            return if believable.is_none() { damaged_too().or(Some(whole)) } else { Some(whole) };
        }
        self.searched = self.searched.max(self.at.saturating_add(last).saturating_add(1));
        // The next one is damaged too.
        let without_magic =
            || claimed_len(rest).filter(|len| *len <= last && begins(|at| believable_len(at).is_some())(len));
        let with_magic = || (1..=last).find(begins(|bytes| bytes.starts_with(&MAGIC)));
        believable.or_else(without_magic).or_else(with_magic)
    }
}

/// The length that the member claims, if what is behind it may be what follows a member.
fn believable_len(rest: &[u8]) -> Option<usize> {
    claimed_len(rest).filter(|len| rest.get(*len..).is_some_and(may_follow))
}

/// Whether these bytes may be what follows a member: another, erased flash, or nothing.
fn may_follow(bytes: &[u8]) -> bool {
    let is_erased = || bytes.iter().take(ERASED_RUN).all(|byte| *byte == ERASED);
    bytes.iter().zip(MAGIC).all(|(byte, magic)| *byte == magic) || is_erased()
}

/// The length of a last member that has none: up to erased flash, but no longer than a blob can be.
fn programmed_len(rest: &[u8]) -> usize {
    rest.iter().take(MAX_LEN).rposition(|byte| *byte != ERASED).map_or(1, |last| last.saturating_add(1))
}
