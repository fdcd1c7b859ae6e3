//! The pipeline of one config: ingest, clean, split, fit, calibrate, score, emit.

use crate::band::AllQuantiles;
use crate::baseline::compare;
use crate::calibrate::{Base, Calibrated, Map, Method};
use crate::clean::{Cleaned, Cleaner};
use crate::config::Config;
use crate::emit::{self, EmitError, Phases};
use crate::fit::FitError;
use crate::ingest::IngestError;
use crate::measurement::{Measurement, Phase};
use crate::power::Powers;
use crate::report::{Holdout, Report};
use crate::score::{Residuals, Scores, score};
use crate::select::{Selected, Settings, select};
use crate::split::{draw, holdout, stratified};
use crate::tally::{score_all, score_rest, stride};
use std::path::PathBuf;
use token2metrics_core::{Profile, Request};

/// What training makes.
#[derive(Clone, Debug)]
pub struct Trained {
    /// As the device has it.
    pub profile: Profile,
    /// The same as bytes.
    pub blob: Vec<u8>,
    /// How it came about, and how good it is.
    pub report: Report,
    /// What it was made from and scored on.
    pub rows: Rows,
    /// The device rows, each predicted from the other folds; none where they are too few.
    pub unseen: Residuals,
}

/// Why a config cannot be trained.
#[derive(Debug, thiserror::Error)]
pub enum TrainError {
    /// A measurement file cannot be read.
    #[error(transparent)]
    Ingest(#[from] IngestError),
    /// The rows do not determine a fit.
    #[error("{machine} rows: {reason}")]
    Fit {
        /// Whose rows.
        machine: &'static str,
        /// Why.
        reason: FitError,
    },
    /// The fit makes no profile.
    #[error(transparent)]
    Emit(#[from] EmitError),
}

/// The cleaned rows of a config.
#[derive(Clone, Debug, Default)]
pub struct Rows {
    /// Of the machine with many rows, if there is one.
    pub server: Option<Cleaned>,
    /// Of the device.
    pub device: Cleaned,
    /// Of the device, never fitted: from the holdout files, or what `evaluate` is given instead.
    pub holdout: Cleaned,
}

/// Trains one config.
///
/// # Errors
/// Files that cannot be read and rows that do not determine the fits.
pub fn train(config: &Config) -> Result<Trained, TrainError> {
    let rows = Rows::read(config)?;
    let server = ServerFits::new(config, &rows)?;
    let device = &rows.device.rows;
    let phases = server.calibrate(config, device)?;
    let powers = Powers::new(config, device, |request| phases.prefill.seconds(request));
    // Where other rows can show whether bands hold, the folds need no bands of their own.
    let no_others = config.holdout.is_empty() && !rows.device.is_sample();
    let unseen = unseen(config, device, |fitted| server.trial(config, fitted, no_others));
    let quantiles = unseen.as_ref().map(Residuals::quantiles).unwrap_or_default();
    let profile = Profile {
        power: powers.curves(),
        bands: quantiles.bands(phases.decode.is_some()),
        ..server.profile(config, &phases, device)?
    };
    let blob = emit::blob(&profile)?;
    let holdout = score_holdout(config, &server, &rows, &profile)?;
    let made = Made { phases, powers, quantiles, cross_validation: unseen.as_ref().map(Residuals::scores), holdout };
    let report = Report::new(config, &rows, made, &profile, &blob);
    Ok(Trained { profile, blob, report, rows, unseen: unseen.unwrap_or_default() })
}

/// Errors of device rows of a config without a server, each predicted from the other folds; `None` where they are too few.
pub fn cross_validate(config: &Config, device: &[Measurement]) -> Option<Scores> {
    let server = ServerFits::default();
    Some(unseen(config, device, |fitted| server.trial(config, fitted, false))?.scores())
}

/// What training made, and how good it is, for the report.
pub(crate) struct Made {
    pub(crate) phases: Phases,
    pub(crate) powers: Powers,
    pub(crate) quantiles: AllQuantiles,
    pub(crate) cross_validation: Option<Scores>,
    pub(crate) holdout: Holdout,
}

impl Rows {
    fn read(config: &Config) -> Result<Self, IngestError> {
        Self::with_scored(config, &config.holdout)
    }

    /// The config's rows, with those of some files to be scored.
    ///
    /// # Errors
    /// The first thing wrong with any of the files.
    pub fn with_scored(config: &Config, scored: &[PathBuf]) -> Result<Self, IngestError> {
        let cleaner = || Cleaner::new(config.validation.seed);
        let server =
            config.server.as_ref().map(|server| cleaner().read(&server.data, &config.reading(server))).transpose()?;
        let mut device = cleaner();
        let reading = config.device_reading();
        Ok(Self {
            server,
            device: device.read(&config.device.data, &reading)?,
            // The same cleaner: a row that is fitted is no holdout row.
            holdout: device.read(scored, &reading)?,
        })
    }

    /// The rows that a phase calibrated so is made from: with `direct` the server's are not.
    pub(crate) fn trained(&self, method: Method) -> Vec<Measurement> {
        let server = self.server.as_ref().filter(|_| method != Method::Direct);
        [server.map_or([].as_slice(), |server| &server.rows), &self.device.rows].concat()
    }
}

/// What the server's rows give; without a server, nothing.
#[derive(Default)]
struct ServerFits<'a> {
    rows: &'a [Measurement],
    prefill: Option<Selected>,
    decode: Option<Selected>,
}

impl<'a> ServerFits<'a> {
    fn new(config: &Config, rows: &'a Rows) -> Result<Self, TrainError> {
        let rows = rows.server.as_ref().map_or([].as_slice(), |server| &server.rows);
        let select = |phase: Phase| match (&config.server, phase.samples(rows)) {
            // What the server has not measured is fitted on the device.
            (None, _) => Ok(None),
            (Some(_), samples) if samples.is_empty() => Ok(None),
            (Some(_), samples) => select(phase, settings(config, phase), &config.validation, &samples)
                .map(Some)
                .map_err(|reason| TrainError::Fit { machine: "server", reason }),
        };
        Ok(Self { rows, prefill: select(Phase::Prefill)?, decode: select(Phase::Decode)? })
    }

    /// Calibrates both phases on device rows; without a server's fit, fits them there.
    fn calibrate(&self, config: &Config, rows: &[Measurement]) -> Result<Phases, TrainError> {
        let calibrate = |phase: Phase, server: &Option<Selected>| {
            let (settings, samples) = (settings(config, phase), phase.samples(rows));
            let calibrated = match server {
                Some(selected) => {
                    let base = Base {
                        selected,
                        settings: Some(settings),
                        loss: settings.loss,
                        validation: &config.validation,
                    };
                    base.calibrate(config.calibration, &samples)
                }
                None => select(phase, settings, &config.validation, &samples).map(|selected| Calibrated {
                    selected,
                    calibration: Map::IDENTITY,
                    method: Method::Direct,
                    tried: Vec::new(),
                }),
            };
            calibrated.map_err(|reason| TrainError::Fit { machine: "device", reason })
        };
        let measured = |phase: Phase| !phase.samples(&[self.rows, rows].concat()).is_empty();
        Ok(Phases {
            prefill: calibrate(Phase::Prefill, &self.prefill)?,
            decode: measured(Phase::Decode).then(|| calibrate(Phase::Decode, &self.decode)).transpose()?,
        })
    }

    /// The profile of calibrated phases. Where one of them knows the device's prompts only, the profile as a whole knows no more.
    fn profile(&self, config: &Config, phases: &Phases, device: &[Measurement]) -> Result<Profile, EmitError> {
        let all = [self.rows, device].concat();
        let rows = |direct: bool| if direct { device } else { &all };
        let prefill = phases.prefill.method == Method::Direct;
        let decode = phases.decode.as_ref().is_some_and(|decode| decode.method == Method::Direct);
        let trained = token2metrics_core::Trained {
            input_tokens: emit::input_tokens(rows(prefill || decode))?,
            output_tokens: emit::output_tokens(rows(decode)),
        };
        emit::profile(config, phases, trained)
    }

    /// A profile from some of the device rows, to score it on the others: with the power that these rows give, and with bands if asked for.
    fn trial(&self, config: &Config, device: &[Measurement], with_bands: bool) -> Result<Profile, TrainError> {
        let phases = self.calibrate(config, device)?;
        let powers = Powers::new(config, device, |request| phases.prefill.seconds(request));
        let bands = || {
            let latency =
                |fitted: &[Measurement]| Ok(self.profile(config, &self.calibrate(config, fitted)?, fitted)?);
            unseen(config, &draw(device.len(), CROSS_VALIDATED / 2, config.validation.seed).of(device).0, latency)?
                .quantiles()
                .bands(phases.decode.is_some())
        };
        Ok(Profile {
            power: powers.curves(),
            bands: if with_bands { bands() } else { None },
            ..self.profile(config, &phases, device)?
        })
    }
}

fn settings(config: &Config, phase: Phase) -> &Settings {
    match phase {
        Phase::Prefill => &config.prefill,
        Phase::Decode => &config.decode,
    }
}

/// Where the scored rows of a config with holdout files come from.
pub const FROM_HOLDOUT: &str = "the holdout files";

/// Scores on device rows that the scored profile has not seen: of the profile itself on the holdout files, or else on what it was not fitted on where that
/// is a sample, or of one that was fitted without a share of the device rows on that share.
fn score_holdout(
    config: &Config,
    server: &ServerFits<'_>,
    rows: &Rows,
    profile: &Profile,
) -> Result<Holdout, IngestError> {
    let device = &rows.device.rows;
    if !config.holdout.is_empty() {
        let (scores, predictors) = compare(profile, rows, |profiles| score_all(profiles, &rows.holdout))?;
        return Ok(Holdout { from: FROM_HOLDOUT.into(), scores: Some(scores), predictors });
    }
    if rows.device.is_sample() {
        let mut scores = None;
        let (_, mut predictors) = compare(profile, rows, |profiles| {
            let (own, compared) = score_rest(profile, profiles, &rows.device)?;
            scores = Some(own);
            Ok(compared)
        })?;
        let stride = stride(&rows.device);
        if let Some(own) = predictors.first_mut().filter(|_| stride > 1) {
            own.notes.push(format!("it and the others are compared on one of {stride} of these rows"));
        }
        return Ok(Holdout { from: "the device rows beyond the sample that was fitted".into(), scores, predictors });
    }
    let kinds: Vec<_> = device.iter().map(|row| (row.prefill_s.is_some(), row.decode_s.is_some())).collect();
    let requests: Vec<Request> = device.iter().map(|row| row.request).collect();
    let split = holdout(&kinds, &requests, config.validation.test_size, config.validation.seed);
    let (fitted, scored) = split.of(device);
    // Too few rows to set any aside: the report says that there is no score.
    let from = "device rows set aside by validation.test_size".into();
    let Ok(trial) = server.trial(config, &fitted, true) else {
        return Ok(Holdout { from, scores: None, predictors: Vec::new() });
    };
    let others = Rows { device: Cleaned { rows: fitted, ..Cleaned::default() }, ..rows.clone() };
    let (scores, predictors) =
        compare(&trial, &others, |profiles| Ok(profiles.iter().map(|profile| score(profile, &scored)).collect()))?;
    Ok(Holdout { from, scores: Some(scores), predictors })
}

/// Rows that cross-validation makes profiles from and predicts; ten times as many as a 99 % ratio takes.
const CROSS_VALIDATED: usize = 1000;

/// Residuals of every row, or of [`CROSS_VALIDATED`] of them that the seed draws, from a profile that was made from the other folds; `None` where they
/// are too few to make one.
fn unseen(
    config: &Config,
    rows: &[Measurement],
    make: impl Fn(&[Measurement]) -> Result<Profile, TrainError>,
) -> Option<Residuals> {
    let drawn = draw(rows.len(), CROSS_VALIDATED, config.validation.seed).of(rows).0;
    let rows = &drawn;
    // By what was measured, then by length.
    let key = |row: &Measurement| {
        let Request { input_tokens, output_tokens, .. } = row.request;
        (row.prefill_s.is_some(), row.decode_s.is_some(), input_tokens, output_tokens)
    };
    let keys: Vec<_> = rows.iter().map(key).collect();
    let mut residuals = Residuals::default();
    let requests: Vec<Request> = rows.iter().map(|row| row.request).collect();
    for split in stratified(&keys, &requests, config.validation.folds, config.validation.seed) {
        let (fitted, scored) = split.of(rows);
        residuals.observe(&make(&fitted).ok()?, &scored);
    }
    (!rows.is_empty()).then_some(residuals)
}
