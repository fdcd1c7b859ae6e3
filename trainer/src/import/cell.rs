//! Values of foreign files, each with a reason where it is none.

use serde_json::{Map, Value};
use std::borrow::Cow;
use token2metrics_core::MAX_TOKENS;

/// Why a record is no row.
pub(super) type Reason = Cow<'static, str>;

/// A JSON object.
pub(super) type Object = Map<String, Value>;

/// A number of a record; nothing where the field is not there or `null`, or what Python writes for what is no number.
pub(super) fn optional(object: &Object, key: &str) -> Option<f64> {
    object.get(key)?.as_f64()
}

/// A token count that must be there.
pub(super) fn count(object: &Object, key: &str) -> Result<u32, Reason> {
    to_count(key, object.get(key).ok_or_else(|| missing(key))?.as_f64())
}

/// A time above zero that must be there.
pub(super) fn time(object: &Object, key: &str) -> Result<f64, Reason> {
    to_time(key, object.get(key).ok_or_else(|| missing(key))?.as_f64())
}

/// A token count of a table's cell.
pub(super) fn count_text(key: &str, text: &str) -> Result<u32, Reason> {
    to_count(key, text.trim().parse().ok())
}

/// A time of a table's cell, above zero.
pub(super) fn time_text(key: &str, text: &str) -> Result<f64, Reason> {
    to_time(key, text.trim().parse().ok())
}

fn missing(key: &str) -> Reason {
    format!("{key} is missing").into()
}

/// A number that is a count of tokens.
pub(super) fn to_count(key: &str, number: Option<f64>) -> Result<u32, Reason> {
    match number {
        Some(number) if number.fract() == 0.0 && (0.0..=f64::from(MAX_TOKENS)).contains(&number) => Ok(number as u32),
        _ => Err(format!("{key} is not a token count").into()),
    }
}

/// A number that is a time.
pub(super) fn to_time(key: &str, number: Option<f64>) -> Result<f64, Reason> {
    match number {
        Some(number) if number.is_finite() && number > 0.0 => Ok(number),
        Some(number) if number.is_finite() => Err(format!("{key} is not above zero").into()),
        _ => Err(format!("{key} is not a finite number").into()),
    }
}

/// Whether a row of a CSV file has the cells of its header: one that is cut off may end within a figure.
pub(super) fn whole(cells: usize, columns: usize) -> Result<(), Reason> {
    if cells == columns {
        Ok(())
    } else {
        Err(format!("{cells} cells under a header of {columns}: a cut-off row").into())
    }
}

/// A text of a record.
pub(super) fn text<'a>(object: &'a Object, key: &str) -> Option<&'a str> {
    object.get(key)?.as_str()
}
