//! Stage 8: a profile as the bytes that a device reads, decoded again before anyone gets them.

use crate::calibrate::Calibrated;
use crate::config::Config;
use crate::measurement::{Measurement, Phase};
use token2metrics_core::blob::MAX_LEN;
use token2metrics_core::{BlobError, Identity, Name, Power, Profile, Span, Trained};

/// Why fitted phases are no profile.
#[derive(Debug, thiserror::Error)]
pub enum EmitError {
    /// The values are not those of a sound profile.
    #[error("the fit makes no sound profile")]
    Blob(#[from] BlobError),
    /// A form has more terms than the blob can hold.
    #[error("{phase}: {terms} terms do not fit into a blob")]
    TooManyTerms {
        /// The phase.
        phase: Phase,
        /// Its terms.
        terms: usize,
    },
    /// A name is longer than the blob can hold.
    #[error("the name \"{0}\" is too long: a blob holds at most {1} bytes of it")]
    LongName(String, usize),
    /// There is no row.
    #[error("no row to learn the range of token counts from")]
    NoRange,
    /// The bytes do not give the same profile back.
    #[error("the blob does not decode to the profile that was encoded")]
    NotTheSame,
}

/// Both phases, calibrated to the device.
#[derive(Clone, Debug, PartialEq)]
pub struct Phases {
    /// The prompt.
    pub prefill: Calibrated,
    /// The steps, if any were measured.
    pub decode: Option<Calibrated>,
}

/// Puts a profile together: the config's identity and tariff, the fitted phases, and the token counts that they were trained on. Power and
/// bands are not known yet.
///
/// # Errors
/// What does not fit into a blob.
pub fn profile(config: &Config, phases: &Phases, trained: Trained) -> Result<Profile, EmitError> {
    let Phases { prefill, decode } = phases;
    let too_many = |phase| move |terms| EmitError::TooManyTerms { phase, terms };
    Ok(Profile {
        identity: Identity {
            llm: name(&config.llm)?,
            device: name(&config.device.name)?,
            variant: name(&config.variant)?,
        },
        trained,
        prefill: token2metrics_core::Phase {
            polynomial: prefill.selected.fitted.polynomial().map_err(too_many(Phase::Prefill))?,
            calibration: prefill.calibration.into(),
        },
        decode: match decode {
            Some(decode) => token2metrics_core::Phase {
                polynomial: decode.selected.fitted.polynomial().map_err(too_many(Phase::Decode))?,
                calibration: decode.calibration.into(),
            },
            None => token2metrics_core::Phase::UNKNOWN,
        },
        power: Power::default(),
        bands: None,
        tariff: config.tariff.clone(),
    })
}

/// The prompt lengths of some rows, as far as their prefill was measured; if none was, the contexts that decode began with.
///
/// # Errors
/// No rows.
pub fn input_tokens(rows: &[Measurement]) -> Result<Span, EmitError> {
    let measured = rows.iter().filter(|row| row.prefill_s.is_some());
    span(measured.map(|row| row.request.input_tokens))
        .or_else(|_| span(rows.iter().map(|row| row.asked().input_tokens)))
}

/// The generated tokens of some rows, as far as their decode was measured; 1 where none was.
pub fn output_tokens(rows: &[Measurement]) -> Span {
    let measured = rows.iter().filter(|row| row.decode_s.is_some());
    span(measured.map(|row| row.request.output_tokens)).unwrap_or(Span { min: 1, max: 1 })
}

fn span(counts: impl Iterator<Item = u32> + Clone) -> Result<Span, EmitError> {
    match (counts.clone().min(), counts.max()) {
        (Some(min), Some(max)) => Ok(Span { min, max }),
        _ => Err(EmitError::NoRange),
    }
}

/// A name as a blob holds it.
///
/// # Errors
/// A name that is too long.
pub fn name<const N: usize>(name: &str) -> Result<Name<N>, EmitError> {
    name.try_into().map_err(|_| EmitError::LongName(name.to_owned(), N))
}

/// The blob of a profile.
///
/// # Errors
/// A profile that would not come back the same from its bytes.
pub fn blob(profile: &Profile) -> Result<Vec<u8>, EmitError> {
    let mut buffer = [0; MAX_LEN];
    let blob = profile.encode(&mut buffer)?.to_vec();
    if Profile::decode(&blob)? == *profile { Ok(blob) } else { Err(EmitError::NotTheSame) }
}
