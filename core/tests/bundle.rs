//! Searching blobs that lie back to back.

mod frame;

use frame::frame;
use token2metrics_core::blob::MAX_LEN;
use token2metrics_core::{BlobError, Profile, find};

const ERASED: [u8; 32] = [0xFF; 32];

/// A blob of the vector's profile under another name; `device` tells apart what has the same name.
fn member(llm: &str, device: &str) -> Vec<u8> {
    let mut profile =
        Profile::decode(include_bytes!("../../tests/vectors/version_1.t2m")).expect("the vector is sound");
    profile.identity.llm = llm.try_into().expect("the name fits");
    profile.identity.device = device.try_into().expect("the name fits");
    profile.encode(&mut [0; MAX_LEN]).expect("the profile is sound").to_vec()
}

/// The device of the member that is found.
fn device(bundle: &[u8], llm: &str) -> Result<Option<String>, BlobError> {
    find(bundle, llm).map(|found| found.map(|profile| profile.identity.device.as_str().to_owned()))
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

#[test]
fn damaged_payload_hides_no_other_member() {
    let mut damaged = member("two", "second");
    *damaged.last_mut().expect("a blob is not empty") ^= 1;
    let bundle = [member("one", "first"), damaged, member("three", "third")].concat();
    assert_eq!(device(&bundle, "one"), found("first"));
    assert_eq!(device(&bundle, "three"), found("third"));
    // What is not found may have been the damaged one.
    assert_eq!(device(&bundle, "two"), Err(BlobError::Crc));
    assert_eq!(device(&bundle, "four"), Err(BlobError::Crc));
}

#[test]
fn member_that_makes_no_sense_hides_no_other() {
    let bundle =
        [frame(1, b"no profile"), frame(1, b""), frame(9, b"a later version"), member("two", "second")].concat();
    assert_eq!(device(&bundle, "two"), found("second"));
    assert_eq!(device(&bundle, "one"), Err(BlobError::Malformed));
    assert_eq!(device(&bundle[frame(1, b"no profile").len() + 10..], "one"), Err(BlobError::Version(9)));
}

#[test]
fn damaged_length_ends_the_search() {
    for (low, high, error) in [(0x00, 0xFF, BlobError::Truncated), (7, 0, BlobError::Crc)] {
        let mut damaged = member("two", "second");
        (damaged[4], damaged[5]) = (low, high);
        let bundle = [member("one", "first"), damaged, member("three", "third")].concat();
        assert_eq!(device(&bundle, "one"), found("first"));
        assert_eq!(device(&bundle, "three"), Err(error));
    }
}

#[test]
fn bytes_that_are_no_blob_end_the_search() {
    let bundle = [&member("one", "first"), &[0; 4][..], &member("two", "second")].concat();
    assert_eq!(device(&bundle, "one"), found("first"));
    assert_eq!(device(&bundle, "two"), Err(BlobError::Magic));
}

#[test]
fn last_member_may_be_cut_off() {
    let members = [member("one", "first"), member("two", "second")].concat();
    let cut = &members[..members.len() - 1];
    assert_eq!(device(cut, "one"), found("first"));
    assert_eq!(device(cut, "two"), Err(BlobError::Truncated));
}
