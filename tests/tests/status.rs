//! The numbers and texts of statuses.

use std::collections::BTreeSet;
use std::ffi::CStr;
use token2metrics::{t2m_status, t2m_status_message};
use token2metrics_core::{BlobError, RequestError};

fn text(status: i32) -> &'static str {
    // SAFETY: the function promises a static string with its NUL.
    unsafe { CStr::from_ptr(t2m_status_message(status)) }.to_str().expect("the text is UTF-8")
}

#[test]
fn numbers_and_texts_are_distinct() {
    let numbers = t2m_status::ALL.map(|status| status as i32);
    assert!(numbers.is_sorted_by(|a, b| a < b), "{numbers:?}");
    let texts = BTreeSet::from(numbers.map(text));
    assert_eq!(texts.len(), numbers.len());
    assert!(!texts.contains(""));
}

#[test]
fn unknown_numbers_have_a_text() {
    for number in [i32::MIN, -1, 7, 99, 115, 199, 205, i32::MAX] {
        assert_eq!(text(number), "not a status of this library", "{number}");
    }
}

/// The texts are distinct, so that an error which became another's status would have another's text.
#[test]
fn errors_of_core_keep_their_text() {
    let blob_errors = [
        BlobError::Truncated,
        BlobError::Magic,
        BlobError::Version(7),
        BlobError::TrailingBytes,
        BlobError::Crc,
        BlobError::Malformed,
        BlobError::NotFinite,
        BlobError::Range,
        BlobError::Tile,
        BlobError::Knot,
        BlobError::Power,
        BlobError::Overflow,
        BlobError::Watts,
        BlobError::Band,
        BlobError::Price,
    ];
    for (error, number) in blob_errors.into_iter().zip(100..) {
        assert_eq!(t2m_status::from(error) as i32, number);
        assert_eq!(t2m_status::from(error).message(), error.message());
    }
    let request_errors = [
        RequestError::NoInputTokens,
        RequestError::NoOutputTokens,
        RequestError::CachedTokens,
        RequestError::TooManyTokens,
        RequestError::NoDecode,
    ];
    for (error, number) in request_errors.into_iter().zip(200..) {
        assert_eq!(t2m_status::from(error) as i32, number);
        assert_eq!(t2m_status::from(error).message(), error.message());
    }
}
