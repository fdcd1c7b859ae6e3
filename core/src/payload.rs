//! The payload of a blob, value by value in the order of `docs/blob-format.md`, each checked as it is read.
//!
//! [`postcard`] reads the numbers. To derive the reading of a whole profile, and to check it afterwards, took three times the flash on a Cortex-M4F; what is
//! derived, for the trainer, is the writing, and whatever was written is read again here.

use crate::band::{Bands, Ratios};
use crate::calibration::Calibration;
use crate::drift::{LARGEST_RATIO, LARGEST_WIDTH};
use crate::polynomial::{LARGEST_TILE, Term};
use crate::profile::{Phase, Span};
use crate::request::MAX_TOKENS;
use crate::tariff::Tariff;
use crate::{BlobError, Identity, Name, PowerCurve, Profile};
use heapless::VecView;
use libm::fabsf;
use serde::Deserialize;

/// Its power is above what a term makes of any request: of prompts padded to the largest tile, and of as many steps at contexts twice as long.
const LONGEST: f32 = 2.0 * MAX_TOKENS as f32;
const _: () = assert!(MAX_TOKENS + LARGEST_TILE as u32 <= 2 * MAX_TOKENS);
/// Above `ln(1 + t)` of every f32.
const LOG: f32 = 89.0;
/// How much slower than the profile says a drifting device may be, twice that for the roundings on the way to the sums.
const SLOWER: f32 = 2.0 * LARGEST_RATIO;
/// Where the widest band of such a device ends, in times of its seconds.
const WIDEST: f32 = 1.0 + LARGEST_WIDTH * Ratios::MAX;

/// What is left of a payload. Once something was wrong, every further value is zero.
struct Reader<'a> {
    rest: &'a [u8],
    /// What was wrong first.
    error: Option<BlobError>,
}

impl Profile {
    /// Reads a payload into `self`, which is blank, and a profile afterwards only if nothing is wrong.
    #[cold]
    pub(crate) fn read(&mut self, version: u8, payload: &[u8]) -> Result<(), BlobError> {
        let mut reader = Reader::new(payload);
        reader.name(self.identity.llm.raw());
        reader.name(self.identity.device.raw());
        reader.name(self.identity.variant.raw());
        self.trained.input_tokens = reader.span();
        self.trained.output_tokens = reader.span();
        let Phase { polynomial, calibration } = &mut self.prefill;
        let prefill_s =
            reader.phase(0, LARGEST_TILE.into(), &mut polynomial.fixed_s, polynomial.terms.as_mut_view(), calibration);
        let Phase { polynomial, calibration } = &mut self.decode;
        // A step has no padded length: the sum over its contexts has no closed form there.
        let decode_s = reader.phase(1, 1, &mut polynomial.fixed_s, polynomial.terms.as_mut_view(), calibration);
        let total_s = prefill_s + decode_s;
        let mut most = total_s;
        if version >= 2 {
            let prefill_j = reader.curve(prefill_s, &mut self.power.prefill);
            // A request begins with prefill: there is nothing that could have woken it.
            reader.require(!matches!(self.power.prefill, PowerCurve::Wake { .. }), BlobError::Watts);
            let joules = prefill_j + reader.curve(decode_s, &mut self.power.decode);
            most += joules;
            if reader.is_some() {
                let (prefill, decode, total) = (reader.ratios(), reader.ratios(), reader.ratios());
                self.bands = Some(Bands { prefill, decode, total });
                most += WIDEST * total_s;
            }
            if reader.is_some() {
                let mut currency = Name::new();
                reader.name(currency.raw());
                let mut price = || reader.not_negative(BlobError::Price);
                let (per_kwh, per_hour, per_request) = (price(), price(), price());
                self.tariff = Some(Tariff { currency, per_kwh, per_hour, per_request });
                most += joules * per_kwh + total_s * per_hour + per_request;
            }
        }
        reader.require((SLOWER * most).is_finite(), BlobError::Overflow);
        reader.require(reader.rest.is_empty(), BlobError::Malformed);
        reader.error.map_or(Ok(()), Err)
    }
}

impl Identity {
    /// The identity that a damaged payload begins with, up to the first name that cannot be read.
    #[cold]
    pub(crate) fn readable(payload: &[u8]) -> Self {
        let mut identity = Self { llm: Name::new(), device: Name::new(), variant: Name::new() };
        let mut reader = Reader::new(payload);
        let Self { llm, device, variant } = &mut identity;
        // Every blob names its LLM: without, it is none.
        if reader.is_readable(llm.raw()) && !llm.raw().is_empty() && reader.is_readable(device.raw()) {
            reader.is_readable(variant.raw());
        }
        identity
    }
}

impl<'a> Reader<'a> {
    fn new(payload: &'a [u8]) -> Self {
        Self { rest: payload, error: None }
    }

    /// Reads a name, and empties it again unless it can be told to people.
    fn is_readable(&mut self, name: &mut VecView<u8, u8>) -> bool {
        self.name(name);
        let is_text = core::str::from_utf8(name).is_ok() && !name.iter().any(u8::is_ascii_control);
        let readable = self.error.is_none() && is_text;
        if !readable {
            name.clear();
        }
        readable
    }

    fn require(&mut self, sound: bool, error: BlobError) {
        if !sound {
            self.fail(error);
        }
    }

    /// Notes what is wrong unless something else was before, and leaves nothing to read.
    #[cold]
    #[inline(never)]
    fn fail(&mut self, error: BlobError) {
        self.error = self.error.or(Some(error));
        self.rest = &[];
    }

    fn take<T: Deserialize<'a> + Default>(&mut self) -> T {
        match postcard::take_from_bytes(self.rest) {
            Ok((value, rest)) => {
                self.rest = rest;
                value
            }
            Err(_) => {
                self.fail(BlobError::Malformed);
                T::default()
            }
        }
    }

    #[cold]
    #[inline(never)]
    fn number(&mut self) -> u32 {
        self.take()
    }

    #[cold]
    #[inline(never)]
    fn byte(&mut self) -> u8 {
        self.take()
    }

    #[cold]
    #[inline(never)]
    fn float(&mut self) -> f32 {
        let value: f32 = self.take();
        if value.is_finite() {
            return value;
        }
        self.fail(BlobError::NotFinite);
        0.0
    }

    #[cold]
    #[inline(never)]
    fn name(&mut self, name: &mut VecView<u8, u8>) {
        let len = self.number() as usize;
        let Some((text, rest)) = self.rest.split_at_checked(len) else { return self.fail(BlobError::Malformed) };
        self.rest = rest;
        for byte in text {
            if name.push(*byte).is_err() {
                return self.fail(BlobError::Malformed);
            }
        }
    }

    /// The tag of an `Option`.
    #[cold]
    #[inline(never)]
    fn is_some(&mut self) -> bool {
        let tag = self.byte();
        self.require(tag <= 1, BlobError::Malformed);
        tag == 1
    }

    #[cold]
    #[inline(never)]
    fn span(&mut self) -> Span {
        let (min, max) = (self.number(), self.number());
        self.require(1 <= min && min <= max && max <= MAX_TOKENS, BlobError::Range);
        Span { min, max }
    }

    /// Reads a phase whose time grows with the tokens to the power of a term and `summed` more, and gives an upper bound of the seconds it can come to:
    /// all coefficients made positive, at the longest request.
    #[cold]
    #[inline(never)]
    fn phase(
        &mut self,
        summed: u8,
        largest_tile: u32,
        fixed_s: &mut f32,
        terms: &mut VecView<Term, u8>,
        calibration: &mut Calibration,
    ) -> f32 {
        *fixed_s = self.float();
        let mut most_s = fabsf(*fixed_s);
        for _ in 0..self.number() {
            let coefficient = self.float();
            let (knot, tile, power) = (self.number(), self.number(), self.byte());
            let degree = power.wrapping_add(summed);
            let term = Term { coefficient, knot, tile: tile as u16, power };
            let flaw = if tile == 0 || tile > largest_tile {
                Some(BlobError::Tile)
            } else if knot > MAX_TOKENS {
                Some(BlobError::Knot)
            } else if degree == 0 || degree > 3 {
                Some(BlobError::Power)
            } else if terms.push(term).is_err() {
                Some(BlobError::Malformed)
            } else {
                None
            };
            if let Some(flaw) = flaw {
                self.fail(flaw);
            }
            if self.error.is_some() {
                break;
            }
            let mut term_s = fabsf(coefficient) * LONGEST;
            if degree > 1 {
                term_s *= LONGEST;
            }
            if degree > 2 {
                term_s *= LONGEST;
            }
            most_s += term_s;
        }
        let (scale, offset_s) = (self.float(), self.float());
        *calibration = Calibration { scale, offset_s };
        fabsf(offset_s) + fabsf(scale) * most_s
    }

    /// Reads a curve, and gives an upper bound of every value on the way to the energy of at most so many seconds, and of their mean power.
    #[cold]
    #[inline(never)]
    fn curve(&mut self, seconds: f32, curve: &mut PowerCurve) -> f32 {
        let watts = BlobError::Watts;
        let kind = self.number();
        let mut most_w = 0.0;
        *curve = match kind {
            0 => PowerCurve::Unknown,
            1 => {
                most_w = self.not_negative(watts);
                PowerCurve::Constant { watts: most_w }
            }
            2 => {
                let (base_w, slope_w) = (self.not_negative(watts), self.not_negative(watts));
                most_w = base_w + LOG * slope_w;
                PowerCurve::Log { base_w, slope_w }
            }
            _ => {
                self.require(kind <= 4, BlobError::Malformed);
                let mut idle = || if kind == 4 { self.not_negative(watts) } else { 0.0 };
                let (idle_w, wake_s) = (idle(), idle());
                let (steady_w, deficit_w, tau_s) = (self.not_negative(watts), self.float(), self.float());
                self.require(steady_w >= deficit_w && 0.0 < tau_s, watts);
                most_w = idle_w + steady_w + fabsf(deficit_w);
                if kind == 4 {
                    PowerCurve::Wake { idle_w, wake_s, steady_w, deficit_w, tau_s }
                } else {
                    PowerCurve::Ramp { steady_w, deficit_w, tau_s }
                }
            }
        };
        // A second more: the joules of it are above the watts of any time.
        most_w * (1.0 + seconds)
    }

    #[cold]
    #[inline(never)]
    fn not_negative(&mut self, error: BlobError) -> f32 {
        let value = self.float();
        if value >= 0.0 {
            return value;
        }
        self.fail(error);
        0.0
    }

    #[cold]
    #[inline(never)]
    fn ratios(&mut self) -> Ratios {
        let p5 = self.ratio(0);
        let p50 = self.ratio(p5);
        let p90 = self.ratio(p50);
        let p95 = self.ratio(p90);
        Ratios([p5, p50, p90, p95, self.ratio(p95)])
    }

    /// A ratio that is not below the one of the level before.
    #[cold]
    #[inline(never)]
    fn ratio(&mut self, before: u16) -> u16 {
        let ratio = self.number();
        if u32::from(before) <= ratio && ratio <= u16::MAX.into() {
            return ratio as u16;
        }
        self.fail(if ratio > u16::MAX.into() { BlobError::Malformed } else { BlobError::Band });
        0
    }
}
