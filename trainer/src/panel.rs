//! The panel of a page, which predicts what is typed into it: the library as WebAssembly, a profile's blob, and fields.

use crate::figures::{flag_names, remarks};
use askama::Template;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE;
use token2metrics_core::blob::MAX_LEN;
use token2metrics_core::{BlobError, Flags, Level, MAX_TOKENS, Name, Profile, Span, Tariff};

/// The C library, made by `tests/wasm/build`; a test compares what it predicts with core.
const MODULE: &[u8] = include_bytes!("../templates/token2metrics.wasm");

/// The panel of one profile: an element for a page that has `templates/panel.css` among its styles. There may be one in a page.
#[derive(Template)]
#[template(path = "panel.html")]
pub struct Panel {
    module: String,
    blob: String,
    /// The blob with prices, the last twelve bytes, for others to be put there.
    priced: String,
    prices: [(&'static str, &'static str, f32); 3],
    currency: String,
    tokens: [Tokens; 3],
    confidence: Level,
    remarks: Vec<(u32, &'static str, String)>,
}

/// A field for a count of tokens.
struct Tokens {
    name: &'static str,
    label: &'static str,
    hint: String,
    least: u32,
    value: u32,
}

impl Panel {
    /// The panel of the profile in a blob.
    ///
    /// # Errors
    /// A blob that is none.
    pub fn new(blob: &[u8]) -> Result<Self, BlobError> {
        let mut profile = Profile::decode(blob)?;
        let trained = profile.trained;
        let hint = |Span { min, max }| format!("trained on {min} to {max}");
        let tokens = |name, label, hint, least, value| Tokens { name, label, hint, least, value };
        let free = Tariff { currency: Name::new(), per_kwh: 0.0, per_hour: 0.0, per_request: 0.0 };
        let remarks = shown(&profile);
        let confidence = if profile.bands.is_some() { Level::P90 } else { Level::P50 };
        let knows_decode = profile.decode.is_known();
        let tariff = profile.tariff.get_or_insert(free).clone();
        let mut buffer = [0; MAX_LEN];

        Ok(Self {
            module: URL_SAFE.encode(MODULE),
            blob: URL_SAFE.encode(blob),
            priced: URL_SAFE.encode(profile.encode(&mut buffer)?),
            prices: [
                ("per_kwh", "Price per kWh", tariff.per_kwh),
                ("per_hour", "Price per hour", tariff.per_hour),
                ("per_request", "Price per request", tariff.per_request),
            ],
            currency: tariff.currency.to_string(),
            tokens: [
                tokens("input_tokens", "Prompt tokens", hint(trained.input_tokens), 1, usual(trained.input_tokens)),
                tokens("cached_tokens", "of them cached", "0 to one less than the prompt's".to_owned(), 0, 0),
                tokens(
                    "output_tokens",
                    "Output tokens",
                    hint(trained.output_tokens),
                    1,
                    if knows_decode { usual(trained.output_tokens) } else { 1 },
                ),
            ],
            confidence,
            remarks,
        })
    }
}

/// A count within the range to begin with: its geometric mean, with two digits.
fn usual(Span { min, max }: Span) -> u32 {
    let mean = (f64::from(min) * f64::from(max)).sqrt();
    let digit = 10_f64.powf((mean.log10().floor() - 1.0).max(0.0));
    ((mean / digit).round() * digit).clamp(min.into(), max.into()) as u32
}

/// What every flag says of a prediction of the profile.
fn shown(profile: &Profile) -> Vec<(u32, &'static str, String)> {
    let fewer = [
        (Flags::NO_ENERGY, "no energy: the profile has no power curve for a phase of this request"),
        (Flags::NO_COST, "no cost: there is no price, or one of energy, which is not known"),
        (Flags::NO_BANDS, "no error bands: the profile has none"),
    ];
    let fewer = fewer.into_iter().map(|(flag, remark)| (flag, remark.to_owned()));
    let name = |flag| flag_names(flag).first().copied().unwrap_or_default();
    remarks(profile).into_iter().chain(fewer).map(|(flag, remark)| (flag.bits(), name(flag), remark)).collect()
}
