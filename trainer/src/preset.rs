//! Presets: profiles by their stated coefficients. [`Preset`](crate::config::Preset) reads their files; here they are written.

mod error;
mod file;
mod report;

pub use error::{Beside, Measure, Stated, StatedError, beside};
pub use file::{About, file};
pub use report::Report;
