//! Measurements that nobody made, as many as asked for: requests drawn over the token counts that a profile was trained on, and the seconds that it
//! predicts, with noise and outliers. To see how training grows with its rows, and whether it finds the profile again:
//!
//! `cargo run --release -p token2metrics-trainer --example generate -- --model 1.5B --rows 10000000 --seed 1 --output rows.csv`

use anyhow::{Context, Result};
use clap::Parser;
use rand::{Rng, RngExt};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use std::f64::consts::TAU;
use std::io::{BufWriter, Write};
use std::path::PathBuf;
use token2metrics_core::{Profile, Request, Span};
use token2metrics_trainer::config::{Catalog, Model};
use token2metrics_trainer::{locate, train};

/// The standard deviation of the logarithm of observed / predicted.
const NOISE: f64 = 0.03;
/// The share of the times that are outliers, and how many times longer these take.
const OUTLIERS: (f64, [f64; 2]) = (0.01, [3.0, 10.0]);

/// Write requests with the seconds that a profile predicts for them, noisy, as a canonical CSV file
#[derive(Debug, Parser)]
struct Generate {
    /// The model: a config, which is trained first, or a preset
    #[arg(long, value_name = "NAME", required_unless_present = "blob")]
    model: Option<String>,
    /// A trained profile instead
    #[arg(long, value_name = "FILE", conflicts_with = "model")]
    blob: Option<PathBuf>,
    /// The folder of configs
    #[arg(long, value_name = "DIR", default_value = "configs")]
    config_dir: PathBuf,
    /// Requests
    #[arg(long, value_name = "N")]
    rows: u64,
    /// Decides what is drawn
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// The file to write
    #[arg(long, value_name = "CSV")]
    output: PathBuf,
}

fn main() -> Result<()> {
    let arguments = Generate::parse();
    let profile = match (&arguments.blob, &arguments.model) {
        (Some(blob), _) => locate::read(blob)?.profile,
        (None, model) => match Catalog::open(&arguments.config_dir)?.find(model.as_deref().unwrap_or_default())? {
            Model::Config(config) => train::train(&config)?.profile,
            Model::Preset(preset) => preset.profile,
        },
    };
    let name = arguments.output.display();
    let file = std::fs::File::create(&arguments.output).with_context(|| format!("{name}: cannot write"))?;
    let mut writer = BufWriter::with_capacity(1 << 20, file);
    generate(&profile, arguments.rows, arguments.seed, &mut writer)?;
    writer.flush().with_context(|| format!("{name}: cannot write"))
}

/// Writes a header and so many rows; the same seed gives the same bytes.
///
/// # Errors
/// What the writer says, or a profile without decode.
pub(crate) fn generate(profile: &Profile, rows: u64, seed: u64, writer: &mut impl Write) -> Result<()> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    writeln!(writer, "input_tokens,output_tokens,prefill_s,decode_s")?;
    let Span { min, max } = profile.trained.input_tokens;
    let outputs = profile.trained.output_tokens;
    for _ in 0..rows {
        let input_tokens = rng.random_range(min..=max);
        let output_tokens = rng.random_range(outputs.min.max(2)..=outputs.max.max(2));
        let predicted = profile.predict(Request { input_tokens, cached_tokens: 0, output_tokens })?;
        // The shortest decimals that are the same f32: some seven digits.
        let prefill_s = observed(predicted.prefill_s, &mut rng);
        let decode_s = observed(predicted.decode_s, &mut rng);
        writeln!(writer, "{input_tokens},{output_tokens},{prefill_s},{decode_s}")?;
    }
    Ok(())
}

/// A time that was predicted, as it might be measured.
fn observed(seconds: f32, rng: &mut impl Rng) -> f32 {
    let (share, [least, most]) = OUTLIERS;
    // G. E. P. Box and M. E. Muller, "A Note on the Generation of Random Normal Deviates", 1958.
    let (radius, angle): (f64, f64) = (1.0 - rng.random::<f64>(), rng.random());
    let normal = (-2.0 * radius.ln()).sqrt() * (TAU * angle).cos();
    let outlier = if rng.random_bool(share) { rng.random_range(least..=most) } else { 1.0 };
    (f64::from(seconds) * (NOISE * normal).exp() * outlier) as f32
}
