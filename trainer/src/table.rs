//! Tables for people, and the one place that decides how a figure is written.

use crate::baseline::Predictor;
use crate::color;
use crate::score::{Errors, Scores};
use comfy_table::{CellAlignment, Table, presets};
use serde::Serialize;

/// How a command reports.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// For people.
    #[default]
    #[value(alias = "table")]
    Text,
    /// For programs: stable keys.
    Json,
}

impl Format {
    /// The report in this format.
    ///
    /// # Errors
    /// A value that JSON cannot hold.
    pub fn render(self, json: &impl Serialize, text: impl FnOnce() -> String) -> anyhow::Result<String> {
        Ok(match self {
            Self::Text => text(),
            Self::Json => serde_json::to_string_pretty(json)? + "\n",
        })
    }
}

/// What stands behind the best figure of a column.
pub const BEST: &str = " *";

/// A table with a header; columns after the first `left` are aligned to the right.
pub fn table<const N: usize>(header: [&str; N], left: usize, rows: impl IntoIterator<Item = [String; N]>) -> String {
    let mut table = Table::new();
    table.load_style(presets::ASCII_MARKDOWN).set_header(header);
    table.add_rows(rows);
    for column in table.column_iter_mut().skip(left) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    color::table(table.to_string() + "\n", BEST)
}

/// A row per phase of errors.
pub fn scores(scores: &Scores) -> String {
    let row = |name: &str, errors: &Option<Errors>| {
        let figure = |of: fn(&Errors) -> f64| errors.as_ref().map_or("-".to_owned(), |errors| percent(of(errors)));
        let share = |of: fn(&Errors) -> Option<f64>| {
            errors.as_ref().and_then(of).map_or("-".to_owned(), |share| format!("{:.1}", 100.0 * share))
        };
        [
            name.to_owned(),
            errors.as_ref().map_or(0, |errors| errors.n).to_string(),
            figure(|errors| errors.mape_percent),
            figure(|errors| errors.median_ape_percent),
            figure(|errors| errors.p95_ape_percent),
            figure(|errors| errors.max_ape_percent),
            share(|errors| errors.coverage_90),
            share(|errors| errors.coverage_99),
        ]
    };
    let times = [row("prefill", &scores.prefill_s), row("decode", &scores.decode_s), row("total", &scores.total_s)];
    let energies = [
        ("prefill energy", &scores.prefill_energy_j),
        ("decode energy", &scores.decode_energy_j),
        ("energy", &scores.energy_j),
    ];
    let known = energies.iter().filter(|(_, errors)| errors.is_some()).map(|(name, errors)| row(name, errors));
    let figure = if energies.iter().any(|(_, errors)| errors.is_some()) { "figure" } else { "time" };
    let rows = times.into_iter().chain(known);
    table([figure, "rows", "MAPE %", "median %", "95th %", "max %", "in 90 % band", "in 99 % band"], 1, rows)
}

/// The heads of [`mapes`].
pub const MAPES: [&str; 3] = ["prefill MAPE %", "decode MAPE %", "total MAPE %"];

/// The mean errors of a predictor.
pub fn mapes(predictor: &Predictor) -> [String; 3] {
    predictor.times().map(|(_, errors)| errors.map_or("-".to_owned(), |errors| percent(errors.mape_percent)))
}

/// A row per predictor.
pub fn predictors(predictors: &[Predictor]) -> String {
    let [prefill, decode, total] = MAPES;
    let rows = predictors.iter().map(|predictor| {
        let [prefill, decode, total] = mapes(predictor);
        [predictor.name.to_string(), prefill, decode, total]
    });
    table(["predictor", prefill, decode, total], 1, rows)
}

/// The name of a choice as configs and JSON have it.
pub fn name(choice: &impl Serialize) -> String {
    match serde_json::to_value(choice) {
        Ok(serde_json::Value::String(name)) => name,
        _ => String::new(),
    }
}

/// Percent with two digits.
pub fn percent(value: f64) -> String {
    format!("{value:.2}")
}

/// Joules with four significant digits or the unit that shows them.
pub fn joules(joules: f64) -> String {
    match joules {
        j if j >= 100.0 => format!("{j:.1} J"),
        j if j >= 1.0 => format!("{j:.3} J"),
        j => format!("{:.2} mJ", 1e3 * j),
    }
}

/// Watts with two digits.
pub fn watts(watts: f64) -> String {
    format!("{watts:.2} W")
}

/// An amount with four significant digits, however small, and its currency if that is stated.
pub fn money(amount: f64, currency: Option<&str>) -> String {
    let figure = match amount {
        a if a >= 1.0e-4 => format!("{a:.0$}", (3.0 - a.log10().floor()).max(0.0) as usize),
        a if a > 0.0 => format!("{a:.3e}"),
        _ => "0".to_owned(),
    };
    format!("{figure} {}", currency.unwrap_or_default()).trim_end().to_owned()
}

/// Seconds with four significant digits or the unit that shows them.
pub fn seconds(seconds: f64) -> String {
    match seconds {
        s if s >= 100.0 => format!("{s:.1} s"),
        s if s >= 1.0 => format!("{s:.3} s"),
        s => format!("{:.2} ms", 1e3 * s),
    }
}

/// Seconds with three significant digits, in the unit that shows them: for sentences, where a token may take microseconds.
pub fn duration(seconds: f64) -> String {
    // What is a second when it is rounded is written as one.
    let size = seconds.abs() * 1.0005;
    if size >= 1.0 || size == 0.0 {
        format!("{} s", significant(seconds))
    } else if size >= 1e-3 {
        format!("{} ms", significant(1e3 * seconds))
    } else {
        format!("{} µs", significant(1e6 * seconds))
    }
}

/// Three significant digits, and all of those before the point.
fn significant(value: f64) -> String {
    // 9.999 is 10.0.
    let rounded = format!("{value:.2e}");
    let decade = rounded.rsplit('e').next().and_then(|decade| decade.parse::<i32>().ok()).unwrap_or_default();
    match decade {
        _ if value == 0.0 => "0".to_owned(),
        ..=-5 => rounded,
        _ => format!("{value:.0$}", usize::try_from(2 - decade).unwrap_or_default()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_three_digits_and_a_unit() {
        let written = [0.0, 1.0, 0.9999, 12.34, 1234.5, 0.0271524, 9.999e-6, 5.79e-7, 1.234e-12, -0.002].map(duration);
        let by_hand =
            ["0 s", "1.00 s", "1.00 s", "12.3 s", "1234 s", "27.2 ms", "10.0 µs", "0.579 µs", "1.23e-6 µs", "-2.00 ms"];
        assert_eq!(written, by_hand);
    }
}
