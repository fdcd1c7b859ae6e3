//! A CSV with the columns `time_s`, of the same clock as the requests, and `power_w`.

use super::super::ImportError;
use super::super::json::open;
use super::log::Log;
use crate::ingest::WithoutReturns;

pub(super) fn read(log: &mut Log) -> Result<(), ImportError> {
    let path = log.path.clone();
    let failed = |source| ImportError::Csv { path: path.clone(), source };
    let mut reader =
        csv::ReaderBuilder::new().flexible(true).trim(csv::Trim::All).from_reader(WithoutReturns(open(&path)?));
    let header = reader.headers().map_err(failed)?.clone();
    let at = |name: &str| header.iter().position(|column| column.trim_start_matches('\u{feff}') == name);
    let (Some(time), Some(power)) = (at("time_s"), at("power_w")) else {
        return Err(log.broken("the columns time_s and power_w are needed"));
    };
    for record in reader.records() {
        let record = record.map_err(failed)?;
        // A row that is cut off may end within its power.
        if record.len() != header.len() {
            log.reject("a cut-off row");
            continue;
        }
        let number = |column: usize| record.get(column)?.parse::<f64>().ok().filter(|number| number.is_finite());
        match number(time) {
            Some(time_s) => log.add(record.position().map_or(0, csv::Position::line), time_s, number(power))?,
            None => log.reject("no time"),
        }
    }
    Ok(())
}
