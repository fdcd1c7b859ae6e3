//! Searching blobs that lie back to back.

mod frame;

use frame::frame;
use token2metrics_core::blob::MAX_LEN;
use token2metrics_core::{BlobError, Profile, find, members};

const ERASED: [u8; 32] = [0xFF; 32];

/// A blob of the vector's profile under another name; `device` tells apart what has the same name.
fn member(llm: &str, device: &str) -> Vec<u8> {
    encoded(llm, device, "a variant")
}

fn encoded(llm: &str, device: &str, variant: &str) -> Vec<u8> {
    let mut profile =
        Profile::decode(include_bytes!("../../tests/vectors/version_1.t2m")).expect("the vector is sound");
    profile.identity.llm = llm.try_into().expect("the name fits");
    profile.identity.device = device.try_into().expect("the name fits");
    profile.identity.variant = variant.try_into().expect("the name fits");
    profile.encode(&mut [0; MAX_LEN]).expect("the profile is sound").to_vec()
}

/// The device of the member that is found.
fn device(bundle: &[u8], llm: &str) -> Result<Option<String>, BlobError> {
    find(bundle, llm, None).map(|found| found.map(|profile| profile.identity.device.as_str().to_owned()))
}

fn found(device: &str) -> Result<Option<String>, BlobError> {
    Ok(Some(device.to_owned()))
}

#[test]
fn each_member_is_found_by_its_name() {
    let members = [member("one", "first"), member("two", "second"), member("three", "third")].concat();
    for bundle in [members.clone(), [&members, &ERASED[..]].concat()] {
        assert_eq!(device(&bundle, "one"), found("first"));
        assert_eq!(device(&bundle, "two"), found("second"));
        assert_eq!(device(&bundle, "three"), found("third"));
        // Neither a part of a name nor a name in other case is that name.
        for absent in ["", "thre", "threes", "One"] {
            assert_eq!(device(&bundle, absent), Ok(None), "{absent:?}");
        }
    }
}

#[test]
fn first_of_two_with_the_same_name_is_found() {
    assert_eq!(device(&[member("one", "first"), member("one", "second")].concat(), "one"), found("first"));
}

#[test]
fn nothing_is_found_in_nothing() {
    assert_eq!(device(&[], "one"), Ok(None));
    assert_eq!(device(&ERASED, "one"), Ok(None));
}

#[test]
fn erased_byte_ends_the_bundle() {
    let bundle = [&member("one", "first"), &ERASED[..1], &member("two", "second")].concat();
    assert_eq!(device(&bundle, "one"), found("first"));
    assert_eq!(device(&bundle, "two"), Ok(None));
}

/// The device of the member of this variant that is found.
fn device_of(bundle: &[u8], llm: &str, variant: &str) -> Result<Option<String>, BlobError> {
    find(bundle, llm, Some(variant)).map(|found| found.map(|profile| profile.identity.device.as_str().to_owned()))
}

#[test]
fn variant_chooses_among_those_of_one_name() {
    let of = |variant: &str, device: &str| encoded("one", device, variant);
    let bundle = [of("15 W", "first"), of("30 W", "second"), of("", "third"), of("30 W", "fourth")].concat();
    assert_eq!(device_of(&bundle, "one", "15 W"), found("first"));
    assert_eq!(device_of(&bundle, "one", "30 W"), found("second"));
    // No variant is one too, and not the same as any.
    assert_eq!(device_of(&bundle, "one", ""), found("third"));
    assert_eq!(device(&bundle, "one"), found("first"));
    for (llm, variant) in [("one", "50 W"), ("one", "15"), ("two", "15 W")] {
        assert_eq!(device_of(&bundle, llm, variant), Ok(None), "{llm} {variant}");
    }
}

#[test]
fn members_are_walked_over_with_their_places() {
    let parts = [member("one", "first"), member("two", "second"), frame(9, b"\x05three"), frame(1, b"no profile")];
    let bundle = [&parts.concat(), &ERASED[..]].concat();
    let walked: Vec<_> = members(&bundle).collect();
    let mut offset = 0;
    for (member, part) in walked.iter().zip(&parts) {
        assert_eq!((member.offset, member.bytes), (offset, &part[..]));
        offset += part.len();
    }
    let names: Vec<_> = walked.iter().map(|member| member.identity().llm.to_string()).collect();
    // Also that of a later version, which begins with an earlier one; "no profile" begins with a length that it does not have.
    assert_eq!(names, ["one", "two", "three", ""]);
    let errors: Vec<_> = walked.into_iter().map(|member| member.profile.err()).collect();
    assert_eq!(errors, [None, None, Some(BlobError::Version(9)), Some(BlobError::Malformed)]);
    assert_eq!(members(&[]).count() + members(&ERASED).count() + members(&ERASED[..1]).count(), 0);
}

#[test]
fn member_that_makes_no_sense_hides_no_other() {
    let bundle =
        [frame(1, b"no profile"), frame(1, b""), frame(9, b"a later version"), member("two", "second")].concat();
    assert_eq!(device(&bundle, "two"), found("second"));
    assert_eq!(device(&bundle, "one"), Err(BlobError::Malformed));
    assert_eq!(device(&bundle[frame(1, b"no profile").len() + 10..], "one"), Err(BlobError::Version(9)));
}

/// A later version may be longer than any blob of this one.
#[test]
fn later_version_is_stepped_over() {
    let bundle = [member("one", "first"), frame(9, &[7; 5000]), member("two", "second")].concat();
    assert_eq!(device(&bundle, "two"), found("second"));
    assert_eq!(members(&bundle).map(|member| member.bytes.len()).collect::<Vec<_>>()[1], 5010);
}
