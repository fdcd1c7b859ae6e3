//! A bundle with damage in it: the others are found, and the damaged member is listed and named.

mod frame;

use frame::frame;
use token2metrics_core::blob::{HEADER_LEN, MAX_LEN};
use token2metrics_core::{BlobError, Member, Profile, find, members};

const NAMES: [&str; 3] = ["one", "two", "three"];

/// Blobs of the vectors' profiles, of different lengths, under these names.
fn parts() -> [Vec<u8>; 3] {
    let vectors: [&[u8]; 3] = [
        include_bytes!("../../tests/vectors/version_2.t2m"),
        include_bytes!("../../tests/vectors/prefill_only.t2m"),
        include_bytes!("../../tests/vectors/version_1.t2m"),
    ];
    [0, 1, 2].map(|index| {
        let mut profile = Profile::decode(vectors[index]).expect("the vector is sound");
        profile.identity.llm = NAMES[index].try_into().expect("the name fits");
        profile.encode(&mut [0; MAX_LEN]).expect("the profile is sound").to_vec()
    })
}

/// Bytes of erased flash that follow the bundle.
const ERASED: [usize; 3] = [0, 1, 100];

fn name(member: &Member<'_>) -> String {
    member.identity().llm.to_string()
}

/// Asserts that the others are as they were, and gives the damaged one and what lies around it.
#[track_caller]
fn others_are_sound<'a>(bundle: &'a [u8], parts: &[Vec<u8>; 3], damaged: usize) -> Member<'a> {
    let walked: Vec<_> = members(bundle).collect();
    assert_eq!(walked.len(), 3, "{walked:?}");
    let mut offset = 0;
    for (index, (member, part)) in walked.iter().zip(parts).enumerate() {
        assert_eq!(member.offset, offset);
        if index != damaged {
            assert_eq!((member.profile.clone(), member.bytes), (Profile::decode(part), &part[..]));
            assert_eq!(find(bundle, NAMES[index], None), Profile::decode(part).map(Some));
        }
        offset += part.len();
    }
    let member = walked[damaged].clone();
    let error = member.profile.clone().expect_err("the damage is seen");
    assert_eq!(find(bundle, NAMES[damaged], None), Err(error), "it may have been the one in question");
    member
}

/// Without exception, whichever bit it is: magic, version, length, checksum or payload.
#[test]
fn any_flipped_bit_damages_one_member_which_is_named() {
    let parts = parts();
    for (erased, damaged) in ERASED.into_iter().flat_map(|erased| [(erased, 0), (erased, 1), (erased, 2)]) {
        let offset: usize = parts[..damaged].iter().map(Vec::len).sum();
        for bit in 0..8 * parts[damaged].len() {
            let mut bundle = [parts.concat(), vec![0xFF; erased]].concat();
            bundle[offset + bit / 8] ^= 1 << (bit % 8);
            let member = others_are_sound(&bundle, &parts, damaged);
            // The damaged length of a last member may lead into the erased flash.
            if damaged < 2 || erased == 0 || !(4..6).contains(&(bit / 8)) {
                assert_eq!(member.bytes.len(), parts[damaged].len(), "bit {bit} of {damaged}");
            }
            // What is behind a damaged length of a name is not the name.
            let named = HEADER_LEN..=HEADER_LEN + NAMES[damaged].len();
            if !named.contains(&(bit / 8)) {
                assert_eq!(name(&member), NAMES[damaged], "bit {bit} of {damaged}");
            }
        }
    }
}

/// Bytes overwritten in a row: with one exception, the first byte of a member erased.
#[test]
fn overwritten_bytes_hide_no_other_member() {
    let parts = parts();
    for (damaged, value) in [0, 1, 2].into_iter().flat_map(|damaged| [0x00, 0x54, 0xFF].map(|value| (damaged, value))) {
        let offset: usize = parts[..damaged].iter().map(Vec::len).sum();
        let len = parts[damaged].len();
        for (first, last) in
            [(0, 1), (0, 3), (0, 4), (0, 6), (0, 10), (0, len), (3, 10), (4, 6), (4, len), (5, 40), (10, len)]
        {
            let mut bundle = [parts.concat(), vec![0xFF; 20]].concat();
            bundle[offset + first..offset + last].fill(value);
            if bundle == [parts.concat(), vec![0xFF; 20]].concat() {
                continue;
            }
            if first == 0 && value == 0xFF {
                assert_eq!(members(&bundle).count(), damaged, "it is the end of the bundle");
                continue;
            }
            let member = others_are_sound(&bundle, &parts, damaged);
            if last <= HEADER_LEN {
                assert_eq!(name(&member), NAMES[damaged], "{first} to {last} of {damaged}: {value:02x}");
            }
        }
    }
}

#[test]
fn bundle_may_be_cut_off_anywhere() {
    let parts = parts();
    let bundle = parts.concat();
    let mut ends: Vec<usize> = vec![0];
    ends.extend(parts.iter().scan(0, |end, part| {
        *end += part.len();
        Some(*end)
    }));
    for len in 0..bundle.len() {
        let cut = &bundle[..len];
        let whole = ends.iter().filter(|end| **end <= len).count() - 1;
        let walked: Vec<_> = members(cut).collect();
        for (member, part) in walked.iter().zip(&parts[..whole]) {
            assert_eq!(member.profile, Profile::decode(part), "{len}");
        }
        let rest = len - ends[whole];
        assert_eq!(walked.len(), whole + usize::from(rest > 0), "{len}");
        if let Some(member) = walked.get(whole) {
            assert_eq!((&member.profile, member.bytes.len()), (&Err(BlobError::Truncated), rest));
            let named = rest > HEADER_LEN + NAMES[whole].len();
            assert_eq!(name(member), if named { NAMES[whole] } else { "" }, "{len}");
        }
        // Its writing was cut off: what follows is erased.
        let erased = [cut, &[0xFF; 400]].concat();
        assert_eq!(members(&erased).count(), walked.len(), "{len}");
    }
}

/// A length with a flipped bit leads into the second.
#[test]
fn several_damaged_members_are_each_listed() {
    let parts = parts();
    for (flip, error) in [(40, BlobError::Crc), (1, BlobError::Magic), (4, BlobError::Crc)] {
        let mut damaged = parts.clone();
        damaged[0][flip] ^= 0x08;
        damaged[1][40] ^= 0x08;
        let bundle = damaged.concat();
        let walked: Vec<_> = members(&bundle).collect();
        assert_eq!(walked.iter().map(name).collect::<Vec<_>>(), NAMES, "{flip}");
        assert_eq!(walked[0].profile, Err(error));
        assert_eq!(walked[2].profile, Profile::decode(&parts[2]), "{flip}");
    }
}

#[test]
fn bytes_that_are_no_blob_are_listed_and_hide_none() {
    let parts = parts();
    for junk in [&b"\n"[..], &[0; 4], &[0; 300], b"T2M", b"T2M\x02\xFF\xFF", b"some text, and some more of it"] {
        let bundle = [&parts[0], junk, &parts[1]].concat();
        let walked: Vec<_> = members(&bundle).collect();
        assert_eq!((walked[1].offset, walked[1].bytes, name(&walked[1])), (parts[0].len(), junk, String::new()));
        assert_eq!((walked.len(), find(&bundle, "two", None)), (3, Profile::decode(&parts[1]).map(Some)));
        // Behind all members it makes what is not found uncertain, and nothing else.
        let bundle = [&parts[0], junk].concat();
        assert_eq!(find(&bundle, "one", None), Profile::decode(&parts[0]).map(Some));
        let error = if junk.starts_with(b"T2M") { BlobError::Truncated } else { BlobError::Magic };
        assert_eq!(find(&bundle, "two", None), Err(error));
    }
    // Farther than a blob is long, nothing is searched for.
    let bundle = [&parts[0], &[0; MAX_LEN + 1][..], &parts[1]].concat();
    assert_eq!((members(&bundle).count(), find(&bundle, "two", None)), (2, Err(BlobError::Magic)));
}

/// A damaged length that leads exactly to a later member does not hide the one that it leads over.
#[test]
fn length_that_steps_over_a_sound_member_is_not_believed() {
    let mut parts = parts();
    let [low, high] = u16::try_from(parts[0].len() + parts[1].len() - HEADER_LEN).expect("short").to_le_bytes();
    (parts[0][4], parts[0][5]) = (low, high);
    let bundle = parts.concat();
    let sound = self::parts();
    let member = others_are_sound(&bundle, &sound, 0);
    assert_eq!((name(&member).as_str(), member.bytes.len()), ("one", parts[0].len()));
}

/// Nothing but heads, each with a length that leads nowhere: every byte is looked at a bounded number of times, or this would take minutes.
#[test]
fn hostile_page_is_walked_in_time_that_grows_with_its_length() {
    let head = [&b"T2M\x02\x70\x01"[..], &frame(2, b"")].concat();
    for head in [&head[..], b"T2M\x02\x70\x01", b"T2M\x09\xFF\xFF", &[&b"T2M\x02\xFF\xFF"[..], &frame(1, b"")].concat()]
    {
        let page = head.repeat((1 << 16) / head.len());
        let walked: usize = members(&page).map(|member| member.bytes.len()).sum();
        assert!(walked <= page.len() && walked > page.len() - 2 * MAX_LEN, "{walked}");
    }
}
