//! A preset: a profile by its stated coefficients, without measurement rows.

use super::raw_preset::{RawBands, RawError, RawPolynomial, RawPreset, RawPresetFile, RawTerm};
use super::spanned::Spanned;
use super::{Checker, ConfigError, Text, goes_by, read};
use crate::emit::{self, EmitError};
use crate::measurement::Phase;
use crate::preset::{Measure, Stated, StatedError};
use std::ops::RangeInclusive;
use std::path::Path;
use token2metrics_core::polynomial::LARGEST_TILE;
use token2metrics_core::{Bands, Calibration, Identity, MAX_TOKENS, Polynomial, Profile, Ratios, Span, Term, Trained};

/// A profile that a file states.
#[derive(Clone, Debug, PartialEq)]
pub struct Preset {
    /// The file's name without its extension.
    pub stem: String,
    /// The LLM's size label, if it is stated.
    pub size: Option<String>,
    /// Other names that it may be called by.
    pub aliases: Vec<String>,
    /// Where the measurements were published.
    pub source: String,
    /// How far off it was where that was measured.
    pub error: Stated,
    /// As the device has it.
    pub profile: Profile,
    /// The same as bytes.
    pub blob: Vec<u8>,
}

impl Preset {
    /// Reads and checks a preset.
    ///
    /// # Errors
    /// The first thing wrong with it, with its line.
    pub fn load(path: &Path) -> Result<Self, ConfigError> {
        Self::parse(path, &read(path)?)
    }

    /// Checks the text of a preset's file.
    ///
    /// # Errors
    /// The first thing wrong with it, with its line.
    pub fn parse(path: &Path, text: &str) -> Result<Self, ConfigError> {
        Checker { text: Text { path, text } }.parse(Checker::preset)
    }

    /// Whether the preset goes by this name: size label, name, alias or file stem.
    pub fn is_called(&self, name: &str) -> bool {
        let own = [&self.stem].into_iter().chain(&self.size).chain(&self.aliases);
        goes_by(name, own) || self.profile.identity.llm.eq_ignore_ascii_case(name)
    }
}

impl Checker<'_> {
    fn preset(&self, raw: RawPresetFile) -> Result<Preset, ConfigError> {
        let RawPresetFile { llm, device, preset, tariff } = raw;
        let place = preset.span();
        let RawPreset { source, trained_input_tokens, trained_output_tokens, prefill, decode, power, bands, error } =
            preset.into_inner();
        if source.get_ref().is_empty() {
            return self.fail("preset.source", &source, "is empty: say where the measurements were published");
        }
        let variant = device.variant.map(|variant| self.short("device.variant", variant)).transpose()?;
        let profile = Profile {
            identity: Identity {
                llm: self.short("llm.name", llm.name)?,
                device: self.short("device.name", device.name)?,
                variant: variant.unwrap_or_default(),
            },
            trained: Trained {
                input_tokens: self.trained("preset.trained_input_tokens", trained_input_tokens)?,
                output_tokens: self.trained("preset.trained_output_tokens", trained_output_tokens)?,
            },
            prefill: self.stated_phase(Phase::Prefill, prefill)?,
            decode: match decode {
                Some(decode) => self.stated_phase(Phase::Decode, decode)?,
                None => token2metrics_core::Phase::UNKNOWN,
            },
            power: self.power(power)?,
            bands: bands.map(|bands| self.bands(bands)).transpose()?,
            tariff: tariff.map(|tariff| self.tariff(tariff)).transpose()?,
        };
        let blob = emit::blob(&profile).map_err(|error| match error {
            // What no single value is to blame for.
            EmitError::Blob(error) => self.text.error(place, format!("[preset]: {error}")),
            error => self.text.error(place, format!("[preset]: {error}")),
        })?;
        Ok(Preset {
            stem: self.stem(),
            size: llm.size.map(|size| self.name("llm.size", size, usize::MAX)).transpose()?,
            aliases: self.aliases(llm.aliases)?,
            source: source.into_inner(),
            error: error
                .into_iter()
                .map(|(measure, error)| self.stated_error(measure, error).map(|error| (measure, error)))
                .collect::<Result<_, _>>()?,
            profile,
            blob,
        })
    }

    fn short<const N: usize>(
        &self,
        key: &str,
        name: Spanned<String>,
    ) -> Result<token2metrics_core::Name<N>, ConfigError> {
        let place = name.span();
        emit::name(&self.name(key, name, N)?).map_err(|error| self.text.error(place, format!("{key}: {error}")))
    }

    fn trained(&self, key: &str, span: Spanned<[u32; 2]>) -> Result<Span, ConfigError> {
        if span.get_ref()[1] > MAX_TOKENS {
            return self.fail(key, &span, format!("must not be above {MAX_TOKENS}"));
        }
        let [min, max] = *span.get_ref();
        self.span(key, Some(span)).map(|_| Span { min, max })
    }

    fn stated_phase<const N: usize>(
        &self,
        phase: Phase,
        raw: RawPolynomial,
    ) -> Result<token2metrics_core::Phase<N>, ConfigError> {
        let number = |key: &str, value: Option<Spanned<f64>>, default: f32| {
            value.map_or(Ok(default), |value| self.number(&format!("preset.{phase}.{key}"), &value))
        };
        let RawPolynomial { fixed_s, terms: given, scale, offset_s } = raw;
        if given.get_ref().len() > N {
            let problem = format!("has {} terms; a blob holds at most {N}", given.get_ref().len());
            return self.fail(&format!("preset.{phase}.terms"), &given, problem);
        }
        let mut terms = heapless::Vec::new();
        for term in given.into_inner() {
            // There is room for as many as there are.
            let _ = terms.push(self.stated_term(phase, term)?);
        }
        Ok(token2metrics_core::Phase {
            polynomial: Polynomial { fixed_s: number("fixed_s", fixed_s, 0.0)?, terms },
            calibration: Calibration {
                scale: number("scale", scale, Calibration::IDENTITY.scale)?,
                offset_s: number("offset_s", offset_s, Calibration::IDENTITY.offset_s)?,
            },
        })
    }

    /// A term, with the bounds that the blob has.
    fn stated_term(&self, phase: Phase, raw: RawTerm) -> Result<Term, ConfigError> {
        let (powers, tiles): (RangeInclusive<u8>, _) = match phase {
            Phase::Prefill => (1..=3, 1..=LARGEST_TILE),
            // The sum over a step's contexts has no closed form with a tile.
            Phase::Decode => (0..=2, 1..=1),
        };
        let key = |name: &str| format!("preset.{phase}.terms: {name}");
        if !powers.contains(raw.power.get_ref()) {
            let problem = format!("must be from {} to {}", powers.start(), powers.end());
            return self.fail(&key("power"), &raw.power, problem);
        }
        if let Some(tile) = raw.tile.as_ref().filter(|tile| !tiles.contains(tile.get_ref())) {
            let problem = match phase {
                Phase::Prefill => format!("must be from 1 to {LARGEST_TILE}"),
                Phase::Decode => "must be 1: the context of a step is not padded".to_owned(),
            };
            return self.fail(&key("tile"), tile, problem);
        }
        if let Some(knot) = raw.knot.as_ref().filter(|knot| *knot.get_ref() > MAX_TOKENS) {
            return self.fail(&key("knot"), knot, format!("must not be above {MAX_TOKENS}"));
        }
        Ok(Term {
            coefficient: self.number(&key("coefficient"), &raw.coefficient)?,
            knot: raw.knot.map_or(0, Spanned::into_inner),
            tile: raw.tile.map_or(1, Spanned::into_inner),
            power: raw.power.into_inner(),
        })
    }

    fn bands(&self, raw: RawBands) -> Result<Bands, ConfigError> {
        let ratios = |key: &str, raw: Spanned<[f64; 5]>| {
            let ratios = raw.get_ref().map(|ratio| ratio as f32);
            // A little above the largest that a blob keeps, since that one is written with four digits.
            let most = Ratios::MAX.ceil();
            let sound = |ratio: &f32| (0.0..=most).contains(ratio);
            match ratios.iter().all(sound) && ratios.is_sorted() {
                true => Ok(Ratios::new(ratios)),
                false => self.fail(
                    &format!("preset.bands.{key}"),
                    &raw,
                    format!("must be five ratios from 0 to {most}, none below the one before"),
                ),
            }
        };
        Ok(Bands {
            prefill: ratios("prefill", raw.prefill)?,
            decode: ratios("decode", raw.decode)?,
            total: ratios("total", raw.total)?,
        })
    }

    fn stated_error(&self, measure: Measure, raw: RawError) -> Result<StatedError, ConfigError> {
        let RawError { mape_percent, rows, how } = raw;
        let key = |name: &str| format!("preset.error.{}.{name}", crate::table::name(&measure));
        if !(mape_percent.get_ref().is_finite() && *mape_percent.get_ref() >= 0.0) {
            return self.fail(&key("mape_percent"), &mape_percent, "must be a finite number that is not below zero");
        } else if *rows.get_ref() == 0 {
            return self.fail(&key("rows"), &rows, "must be at least 1");
        } else if how.get_ref().is_empty() {
            return self.fail(
                &key("how"),
                &how,
                "is empty: say how it was measured, such as \"5-fold cross-validation\"",
            );
        }
        Ok(StatedError { mape_percent: mape_percent.into_inner(), rows: rows.into_inner(), how: how.into_inner() })
    }
}
