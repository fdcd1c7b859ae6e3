//! `demo`: the whole path on measurements that the program carries along.

use super::train::{text, train_all};
use crate::config::Config;
use crate::formula::identity;
use crate::score::ape_percent;
use crate::table::{percent, seconds, table};
use crate::train::Trained;
use anyhow::{Context, Result};
use clap::Args;

/// Train on built-in measurements and compare predictions with requests that the fit has not seen
///
/// Example: token2metrics demo
#[derive(Debug, Args)]
pub struct Demo {}

/// SmolLM2-135M, measured with llama.cpp: the config as it is shipped, and its measurements.
const FILES: [(&str, &str); 4] = [
    ("smollm2_135m.toml", include_str!("../../../configs/smollm2_135m.toml")),
    ("measurements/smollm2_135m_server.csv", include_str!("../../../configs/measurements/smollm2_135m_server.csv")),
    ("measurements/smollm2_135m_device.csv", include_str!("../../../configs/measurements/smollm2_135m_device.csv")),
    (
        "measurements/smollm2_135m_device_holdout.csv",
        include_str!("../../../configs/measurements/smollm2_135m_device_holdout.csv"),
    ),
];

impl Demo {
    /// # Errors
    /// A temporary folder that cannot be written.
    pub fn run(self) -> Result<String> {
        let folder = tempfile::tempdir().context("cannot make a temporary folder")?;
        std::fs::create_dir(folder.path().join("measurements"))?;
        for (name, content) in FILES {
            std::fs::write(folder.path().join(name), content)?;
        }
        let config = Config::load(&folder.path().join("smollm2_135m.toml"))?;
        let trained = train_all(std::slice::from_ref(&config))?;
        let mut report = format!("Training {}\n\n", identity(&config.llm, &config.device.name, &config.variant));
        for Trained { profile, blob, report: training, rows: measured, .. } in &trained {
            report += &text(&[training], false);
            report += &format!(
                "\nThe profile is a blob of {} bytes. Some holdout requests, predicted and measured:\n\n",
                blob.len()
            );
            let mut rows = Vec::new();
            for row in measured.holdout.rows.iter().step_by(9) {
                let (Some(prefill_s), Some(decode_s)) = (row.prefill_s, row.decode_s) else { continue };
                let (measured, predicted) = (prefill_s + decode_s, f64::from(profile.predict(row.request)?.total_s));
                rows.push([
                    row.request.input_tokens.to_string(),
                    row.request.output_tokens.to_string(),
                    seconds(predicted),
                    seconds(measured),
                    percent(ape_percent(measured, predicted)),
                ]);
            }
            report += &table(["input tokens", "output tokens", "predicted", "measured", "error %"], 0, rows);
        }
        report +=
            "\nThe same with your own measurements: copy a config, edit it, then `token2metrics train --model NAME`.\n";
        Ok(report)
    }
}
