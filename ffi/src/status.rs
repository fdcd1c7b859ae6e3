//! The fixed numbers that every call returns, and their texts.

use core::ffi::{CStr, c_char};
use token2metrics_core::{BlobError, BudgetError, DriftError, ObserveError, ProgressError, RequestError};

/// What a call returns. The numbers are fixed: one never changes its meaning and is never used for
/// another. The type is an `int32_t` whatever the compiler makes of enumerations. Later versions add
/// numbers; treat those that you do not know as failures.
///
///     if (status != T2M_OK) fprintf(stderr, "%s\n", t2m_status_message(status));
#[repr(i32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum t2m_status {
    /// Done; the out-parameters are written.
    T2M_OK = 0,
    /// A pointer is NULL.
    T2M_NULL_POINTER = 1,
    /// A pointer is not aligned for its type.
    T2M_MISALIGNED = 2,
    /// An array has more elements than an address space can hold.
    T2M_TOO_LONG = 3,
    /// The `t2m_profile` was never loaded, or was overwritten.
    T2M_NOT_LOADED = 4,
    /// A name is not UTF-8.
    T2M_NAME_NOT_UTF8 = 5,
    /// No profile in the bundle has the name.
    T2M_NOT_FOUND = 6,
    /// Stored bytes are more or fewer than the type has.
    T2M_WRONG_SIZE = 7,

    /// The bytes end before the blob does.
    T2M_BLOB_TRUNCATED = 100,
    /// The bytes do not begin with "T2M"; an erased flash page gives this.
    T2M_BLOB_MAGIC = 101,
    /// The blob's format version is not known to this library.
    T2M_BLOB_VERSION = 102,
    /// Bytes follow the blob.
    T2M_BLOB_TRAILING_BYTES = 103,
    /// The blob's checksum does not match.
    T2M_BLOB_CRC = 104,
    /// The blob's payload is not a profile.
    T2M_BLOB_MALFORMED = 105,
    /// A coefficient, a watt or a price is NaN or infinite.
    T2M_BLOB_NOT_FINITE = 106,
    /// A range of token counts is empty or out of bounds.
    T2M_BLOB_RANGE = 107,
    /// A tile is 0, above 16,383 or stands where none may.
    T2M_BLOB_TILE = 108,
    /// A knot is above the largest token count.
    T2M_BLOB_KNOT = 109,
    /// The power of a term is not one that its phase has.
    T2M_BLOB_POWER = 110,
    /// The coefficients, watts or prices are so large that a prediction would overflow.
    T2M_BLOB_OVERFLOW = 111,
    /// A power curve is negative at some time, has a time constant that is not above 0, or wakes
    /// in prefill.
    T2M_BLOB_WATTS = 112,
    /// An error band's upper end is below its lower end.
    T2M_BLOB_BAND = 113,
    /// A price is negative.
    T2M_BLOB_PRICE = 114,

    /// `input_tokens` is 0.
    T2M_NO_INPUT_TOKENS = 200,
    /// `output_tokens` is 0.
    T2M_NO_OUTPUT_TOKENS = 201,
    /// `cached_tokens` is not below `input_tokens`.
    T2M_CACHED_TOKENS = 202,
    /// A token count is above 16,777,216.
    T2M_TOO_MANY_TOKENS = 203,
    /// More than one output token, and the profile has no decode.
    T2M_NO_DECODE = 204,

    /// The quantity of a limit is none of `T2M_SECONDS`, `T2M_JOULES` and `T2M_COST`.
    T2M_LIMIT_QUANTITY = 300,
    /// A limit is zero, negative, NaN or infinite.
    T2M_LIMIT_VALUE = 301,
    /// The confidence of a limit is not 50, 90, 95 or 99 percent.
    T2M_LIMIT_CONFIDENCE = 302,
    /// Energy is limited, and the profile does not know it.
    T2M_LIMIT_NO_ENERGY = 303,
    /// Cost is limited, and the profile does not know it.
    T2M_LIMIT_NO_COST = 304,
    /// A confidence above 50 percent, and the profile has no error bands.
    T2M_LIMIT_NO_BANDS = 305,
    /// A time of a running request is negative, NaN or infinite, or its first token is later than now.
    T2M_PROGRESS_TIME = 310,
    /// More tokens are generated than the request has.
    T2M_PROGRESS_TOKENS = 311,
    /// The `t2m_drift` was never begun, or is damaged.
    T2M_DRIFT_DAMAGED = 320,
    /// Another version of the library has written the `t2m_drift`.
    T2M_DRIFT_VERSION = 321,
    /// A measured time is zero, negative, NaN or infinite.
    T2M_MEASURED_TIME = 322,
}

impl t2m_status {
    /// Every status, in the order of their numbers.
    pub const ALL: [Self; 39] = [
        Self::T2M_OK,
        Self::T2M_NULL_POINTER,
        Self::T2M_MISALIGNED,
        Self::T2M_TOO_LONG,
        Self::T2M_NOT_LOADED,
        Self::T2M_NAME_NOT_UTF8,
        Self::T2M_NOT_FOUND,
        Self::T2M_WRONG_SIZE,
        Self::T2M_BLOB_TRUNCATED,
        Self::T2M_BLOB_MAGIC,
        Self::T2M_BLOB_VERSION,
        Self::T2M_BLOB_TRAILING_BYTES,
        Self::T2M_BLOB_CRC,
        Self::T2M_BLOB_MALFORMED,
        Self::T2M_BLOB_NOT_FINITE,
        Self::T2M_BLOB_RANGE,
        Self::T2M_BLOB_TILE,
        Self::T2M_BLOB_KNOT,
        Self::T2M_BLOB_POWER,
        Self::T2M_BLOB_OVERFLOW,
        Self::T2M_BLOB_WATTS,
        Self::T2M_BLOB_BAND,
        Self::T2M_BLOB_PRICE,
        Self::T2M_NO_INPUT_TOKENS,
        Self::T2M_NO_OUTPUT_TOKENS,
        Self::T2M_CACHED_TOKENS,
        Self::T2M_TOO_MANY_TOKENS,
        Self::T2M_NO_DECODE,
        Self::T2M_LIMIT_QUANTITY,
        Self::T2M_LIMIT_VALUE,
        Self::T2M_LIMIT_CONFIDENCE,
        Self::T2M_LIMIT_NO_ENERGY,
        Self::T2M_LIMIT_NO_COST,
        Self::T2M_LIMIT_NO_BANDS,
        Self::T2M_PROGRESS_TIME,
        Self::T2M_PROGRESS_TOKENS,
        Self::T2M_DRIFT_DAMAGED,
        Self::T2M_DRIFT_VERSION,
        Self::T2M_MEASURED_TIME,
    ];

    /// The text of a status: what was wrong and what to do about it. Errors of `core` have their text there.
    pub const fn message(self) -> &'static CStr {
        match self {
            Self::T2M_OK => c"done",
            Self::T2M_NULL_POINTER => c"a pointer is NULL",
            Self::T2M_MISALIGNED => c"a pointer is not aligned for its type",
            Self::T2M_TOO_LONG => c"an array has more elements than an address space can hold",
            Self::T2M_NOT_LOADED => c"the profile was never loaded or was overwritten: load it first",
            Self::T2M_NAME_NOT_UTF8 => c"the name is not UTF-8",
            Self::T2M_NOT_FOUND => c"no profile in the bundle has this name",
            Self::T2M_WRONG_SIZE => c"the stored bytes are more or fewer than the type has: they are of something else",
            Self::T2M_BLOB_TRUNCATED => BlobError::Truncated.message(),
            Self::T2M_BLOB_MAGIC => BlobError::Magic.message(),
            Self::T2M_BLOB_VERSION => BlobError::Version(0).message(),
            Self::T2M_BLOB_TRAILING_BYTES => BlobError::TrailingBytes.message(),
            Self::T2M_BLOB_CRC => BlobError::Crc.message(),
            Self::T2M_BLOB_MALFORMED => BlobError::Malformed.message(),
            Self::T2M_BLOB_NOT_FINITE => BlobError::NotFinite.message(),
            Self::T2M_BLOB_RANGE => BlobError::Range.message(),
            Self::T2M_BLOB_TILE => BlobError::Tile.message(),
            Self::T2M_BLOB_KNOT => BlobError::Knot.message(),
            Self::T2M_BLOB_POWER => BlobError::Power.message(),
            Self::T2M_BLOB_OVERFLOW => BlobError::Overflow.message(),
            Self::T2M_BLOB_WATTS => BlobError::Watts.message(),
            Self::T2M_BLOB_BAND => BlobError::Band.message(),
            Self::T2M_BLOB_PRICE => BlobError::Price.message(),
            Self::T2M_NO_INPUT_TOKENS => RequestError::NoInputTokens.message(),
            Self::T2M_NO_OUTPUT_TOKENS => RequestError::NoOutputTokens.message(),
            Self::T2M_CACHED_TOKENS => RequestError::CachedTokens.message(),
            Self::T2M_TOO_MANY_TOKENS => RequestError::TooManyTokens.message(),
            Self::T2M_NO_DECODE => RequestError::NoDecode.message(),
            Self::T2M_LIMIT_QUANTITY => c"the quantity of the limit is none of T2M_SECONDS, T2M_JOULES and T2M_COST",
            Self::T2M_LIMIT_VALUE => BudgetError::Value.message(),
            Self::T2M_LIMIT_CONFIDENCE => c"the confidence of the limit is not 50, 90, 95 or 99 percent",
            Self::T2M_LIMIT_NO_ENERGY => BudgetError::NoEnergy.message(),
            Self::T2M_LIMIT_NO_COST => BudgetError::NoCost.message(),
            Self::T2M_LIMIT_NO_BANDS => BudgetError::NoBands.message(),
            Self::T2M_PROGRESS_TIME => ProgressError::Time.message(),
            Self::T2M_PROGRESS_TOKENS => ProgressError::Tokens.message(),
            Self::T2M_DRIFT_DAMAGED => DriftError::Damaged.message(),
            Self::T2M_DRIFT_VERSION => DriftError::Version.message(),
            Self::T2M_MEASURED_TIME => ObserveError::Time.message(),
        }
    }
}

impl From<BlobError> for t2m_status {
    fn from(error: BlobError) -> Self {
        match error {
            BlobError::Truncated => Self::T2M_BLOB_TRUNCATED,
            BlobError::Magic => Self::T2M_BLOB_MAGIC,
            BlobError::Version(_) => Self::T2M_BLOB_VERSION,
            BlobError::TrailingBytes => Self::T2M_BLOB_TRAILING_BYTES,
            BlobError::Crc => Self::T2M_BLOB_CRC,
            BlobError::Malformed => Self::T2M_BLOB_MALFORMED,
            BlobError::NotFinite => Self::T2M_BLOB_NOT_FINITE,
            BlobError::Range => Self::T2M_BLOB_RANGE,
            BlobError::Tile => Self::T2M_BLOB_TILE,
            BlobError::Knot => Self::T2M_BLOB_KNOT,
            BlobError::Power => Self::T2M_BLOB_POWER,
            BlobError::Overflow => Self::T2M_BLOB_OVERFLOW,
            BlobError::Watts => Self::T2M_BLOB_WATTS,
            BlobError::Band => Self::T2M_BLOB_BAND,
            BlobError::Price => Self::T2M_BLOB_PRICE,
        }
    }
}

impl From<RequestError> for t2m_status {
    fn from(error: RequestError) -> Self {
        match error {
            RequestError::NoInputTokens => Self::T2M_NO_INPUT_TOKENS,
            RequestError::NoOutputTokens => Self::T2M_NO_OUTPUT_TOKENS,
            RequestError::CachedTokens => Self::T2M_CACHED_TOKENS,
            RequestError::TooManyTokens => Self::T2M_TOO_MANY_TOKENS,
            RequestError::NoDecode => Self::T2M_NO_DECODE,
        }
    }
}

impl From<BudgetError> for t2m_status {
    fn from(error: BudgetError) -> Self {
        match error {
            BudgetError::Request(error) => error.into(),
            BudgetError::Value => Self::T2M_LIMIT_VALUE,
            BudgetError::NoEnergy => Self::T2M_LIMIT_NO_ENERGY,
            BudgetError::NoCost => Self::T2M_LIMIT_NO_COST,
            BudgetError::NoBands => Self::T2M_LIMIT_NO_BANDS,
        }
    }
}

impl From<ProgressError> for t2m_status {
    fn from(error: ProgressError) -> Self {
        match error {
            ProgressError::Request(error) => error.into(),
            ProgressError::Time => Self::T2M_PROGRESS_TIME,
            ProgressError::Tokens => Self::T2M_PROGRESS_TOKENS,
        }
    }
}

impl From<DriftError> for t2m_status {
    fn from(error: DriftError) -> Self {
        match error {
            DriftError::Damaged => Self::T2M_DRIFT_DAMAGED,
            DriftError::Version => Self::T2M_DRIFT_VERSION,
        }
    }
}

impl From<ObserveError> for t2m_status {
    fn from(error: ObserveError) -> Self {
        match error {
            ObserveError::Drift(error) => error.into(),
            ObserveError::Request(error) => error.into(),
            ObserveError::Time => Self::T2M_MEASURED_TIME,
        }
    }
}

/// Tells the version of this interface. It rises when a type or a function changes so that a program must
/// be compiled again; compare it with `T2M_ABI_VERSION` when the library is loaded at run time.
///
/// Returns the number; it cannot fail.
///
/// Threads: any, and interrupt handlers.
///
///     if (t2m_abi_version() != T2M_ABI_VERSION) refuse();
#[unsafe(no_mangle)]
pub extern "C" fn t2m_abi_version() -> u32 {
    T2M_ABI_VERSION
}

/// The `t2m_abi_version()` that this header belongs to.
pub const T2M_ABI_VERSION: u32 = 2;

/// Tells what a status means and what to do about it, in English.
///
/// Returns a text that is static, NUL-terminated and never NULL, also for numbers that are no status; it
/// is not to be freed.
///
/// Threads: any, and interrupt handlers.
///
///     puts(t2m_status_message(status));
#[unsafe(no_mangle)]
pub extern "C" fn t2m_status_message(status: i32) -> *const c_char {
    let known = t2m_status::ALL.iter().find(|known| **known as i32 == status);
    known.map_or(c"not a status of this library", |known| known.message()).as_ptr()
}
