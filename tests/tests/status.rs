//! The numbers and texts of statuses.

use std::collections::BTreeSet;
use std::ffi::CStr;
use token2metrics::{t2m_status, t2m_status_message};
use token2metrics_core::{BlobError, BudgetError, DriftError, ObserveError, ProgressError, RequestError};

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
    for number in [i32::MIN, -1, 8, 99, 115, 199, 205, 299, 306, 312, 323, i32::MAX] {
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
    } // Those of requests that are wrong already have their number.
    let others = [
        (301, t2m_status::from(BudgetError::Value), BudgetError::Value.message()),
        (303, BudgetError::NoEnergy.into(), BudgetError::NoEnergy.message()),
        (304, BudgetError::NoCost.into(), BudgetError::NoCost.message()),
        (305, BudgetError::NoBands.into(), BudgetError::NoBands.message()),
        (201, BudgetError::Request(RequestError::NoOutputTokens).into(), RequestError::NoOutputTokens.message()),
        (310, ProgressError::Time.into(), ProgressError::Time.message()),
        (311, ProgressError::Tokens.into(), ProgressError::Tokens.message()),
        (202, ProgressError::Request(RequestError::CachedTokens).into(), RequestError::CachedTokens.message()),
        (320, DriftError::Damaged.into(), DriftError::Damaged.message()),
        (321, ObserveError::Drift(DriftError::Version).into(), DriftError::Version.message()),
        (322, ObserveError::Time.into(), ObserveError::Time.message()),
        (204, ObserveError::Request(RequestError::NoDecode).into(), RequestError::NoDecode.message()),
    ];
    for (number, status, message) in others {
        assert_eq!((status as i32, status.message()), (number, message));
    }
}
