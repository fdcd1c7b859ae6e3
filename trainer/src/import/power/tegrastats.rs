//! tegrastats: a line a sample, `MM-DD-YYYY HH:MM:SS ... NAME currentmW/averagemW ...`, in the device's local time, of whole seconds.

use super::super::ImportError;
use super::super::lines::Lines;
use super::log::Log;
use crate::nearest::nearest;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use std::collections::BTreeSet;

/// Rails that are the whole board's: others are parts of them.
const TOTALS: [&str; 3] = ["VDD_IN", "VIN", "POM_5V_IN"];
/// Length of `MM-DD-YYYY HH:MM:SS`.
const STAMP: usize = 19;

pub(super) fn read(log: &mut Log, rails: &[String]) -> Result<(), ImportError> {
    if let (Some(total), true) = (rails.iter().find(|rail| TOTALS.contains(&rail.as_str())), rails.len() > 1) {
        return Err(log.broken(&format!("{total} is the power of the whole board: do not add others to it")));
    }
    if let Some((_, rail)) = rails.iter().enumerate().find(|(index, rail)| rails[..*index].contains(rail)) {
        return Err(log.broken(&format!("the rail {rail} is named twice")));
    }
    let path = log.path.clone();
    let mut seen = BTreeSet::new();
    let mut lines = Lines::open(&path)?;
    while let Some((line, text)) = lines.next()? {
        let found: Vec<(&str, Option<f64>)> = pairs(&text).collect();
        if found.is_empty() {
            if !text.trim().is_empty() {
                log.reject("a line without any rail");
            }
            continue;
        }
        seen.extend(found.iter().map(|(name, _)| (*name).to_owned()));
        let Some(time_s) = text.trim_start().get(..STAMP).and_then(seconds) else {
            log.reject("no date and time at the begin of the line");
            continue;
        };
        let watts = rails.iter().map(|rail| found.iter().find(|(name, _)| name == rail)?.1);
        // One that is negative is no measurement, whatever the others are.
        let watts = watts
            .collect::<Option<Vec<f64>>>()
            .map(|all| all.iter().copied().find(|watts| *watts < 0.0).unwrap_or(all.iter().sum()));
        if !rails.is_empty() {
            log.add(line, time_s, watts)?;
        }
    }
    let known = seen.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
    if rails.is_empty() {
        return Err(log.broken(&format!("name the rail with --rail; there are: {known}")));
    }
    if let Some(rail) = rails.iter().find(|rail| !seen.contains(*rail)) {
        let near =
            nearest(rail, seen.iter().map(String::as_str)).map_or(String::new(), |near| format!("; is {near} meant?"));
        return Err(log.broken(&format!("no rail {rail}{near}; there are: {known}")));
    }
    log.spread(1.0);
    Ok(())
}

/// Seconds since 1970 of a date and time, as if it were that of Greenwich.
fn seconds(stamp: &str) -> Option<f64> {
    let time = DateTime::strptime("%m-%d-%Y %H:%M:%S", stamp).ok()?;
    Some(time.to_zoned(TimeZone::UTC).ok()?.timestamp().as_second() as f64)
}

/// The rails of a line, each with its power in watts.
fn pairs(text: &str) -> impl Iterator<Item = (&str, Option<f64>)> {
    let mut words = text.split_whitespace().peekable();
    std::iter::from_fn(move || {
        loop {
            let name = words.next()?;
            if !["VDD_", "VIN", "POM_"].iter().any(|begin| name.starts_with(begin)) {
                continue;
            }
            // Without unit or average behind it, the figure may be cut off.
            let figure = words.peek().and_then(|word| match word.split_once('/') {
                Some((figure, _)) => Some(figure.strip_suffix("mW").unwrap_or(figure)),
                None => word.strip_suffix("mW"),
            });
            let milliwatts = figure.and_then(|figure| figure.parse::<f64>().ok());
            return Some((name, milliwatts.map(|milliwatts| milliwatts / 1e3)));
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rails_of_all_boards() {
        let line = "RAM 1/2MB GR3D_FREQ 0% tj@48.2C VDD_GPU_SOC 5120mW/4980mW VDD_CPU_CV -20mW/980mW/3mW VIN_SYS_5V0 NA POM_5V_IN 700/800 VDD_IN 51";
        let found: Vec<_> = pairs(line).collect();
        assert_eq!(
            found,
            [
                ("VDD_GPU_SOC", Some(5.12)),
                ("VDD_CPU_CV", Some(-0.02)),
                ("VIN_SYS_5V0", None),
                ("POM_5V_IN", Some(0.7)),
                ("VDD_IN", None)
            ]
        );
        assert_eq!(seconds("11-25-2026 03:11:52"), Some(1_795_576_312.0));
        assert_eq!(seconds("25-11-2026 03:11:52"), None);
    }
}
