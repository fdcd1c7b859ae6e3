//! A profile on rows that it was not fitted to, beside simpler predictors: what `evaluate` prints and the report has.

use crate::baseline::{Predictor, compare};
use crate::clean::Cleaner;
use crate::config::Config;
use crate::import::Reading;
use crate::locate::check_device;
use crate::score::Scores;
use crate::select::Validation;
use crate::tally::score_all;
use crate::train::Rows;
use anyhow::{Result, ensure};
use std::path::PathBuf;
use token2metrics_core::Profile;

/// How a profile did.
pub struct Unseen {
    /// The scored rows as holdout, and the config's others.
    pub rows: Rows,
    /// The profile's errors.
    pub scores: Scores,
    /// The same, and those of what else the config's rows can teach, as far as the config is known.
    pub predictors: Vec<Predictor>,
}

impl Unseen {
    /// Scores a profile on some files. A row of the config's other files, which may have been fitted, is not scored.
    ///
    /// # Errors
    /// A file that cannot be read, or no usable row.
    pub fn new(profile: &Profile, config: Result<Config>, data: &[PathBuf]) -> Result<Self> {
        let (rows, is_known) = match config.and_then(|config| rows(profile, &config, data)) {
            Ok(rows) => (rows, true),
            Err(reason) => {
                let holdout = Cleaner::new(Validation::default().seed).read(data, &Reading::default())?;
                log::info!("no comparison with simpler predictors: {reason:#}");
                (Rows { holdout, ..Rows::default() }, false)
            }
        };
        let scored = &rows.holdout;
        crate::clean::warn_of(&scored.rejected, scored.unlisted);
        ensure!(!scored.rows.is_empty(), "no usable row in {}", join(data));
        let (scores, predictors) = if is_known {
            compare(profile, &rows, |profiles| score_all(profiles, scored))?
        } else {
            let scores = score_all(&[profile], scored)?.first().copied().unwrap_or_default();
            (scores, vec![Predictor::this_profile(&scores)])
        };
        for Predictor { name, notes, .. } in &predictors {
            notes.iter().for_each(|note| log::info!("{name}: {note}"));
        }
        Ok(Self { rows, scores, predictors })
    }
}

/// The rows of a profile's config, and those to be scored; an error where they are of another device.
fn rows(profile: &Profile, config: &Config, scored: &[PathBuf]) -> Result<Rows> {
    check_device(profile, config)?;
    Ok(Rows::with_scored(config, scored)?)
}

/// Some paths in one line.
pub fn join(paths: &[PathBuf]) -> String {
    paths.iter().map(|path| path.display().to_string()).collect::<Vec<_>>().join(", ")
}
