//! llama-bench's Markdown: a table with the columns `test`, such as `pp512`, `tg128` and `pp512 @ d256`, and `t/s`, the mean rate and its deviation.

use super::ImportError;
use super::lines::Lines;
use super::llama_bench::Test;
use super::sink::Sink;

/// Reads every table of a text, and says how many tests there were.
pub(super) fn read(sink: &mut Sink<'_>) -> Result<usize, ImportError> {
    let (mut names, mut tests) = (Vec::new(), 0);
    let mut lines = Lines::open(sink.path)?;
    while let Some((line, text)) = lines.next()? {
        let Some(row) = text.trim().strip_prefix('|') else { continue };
        // A row that is cut off may end within a figure.
        let (row, whole) = row.strip_suffix('|').map_or((row, false), |row| (row, true));
        let cells: Vec<String> = row.split('|').map(|cell| cell.trim().to_owned()).collect();
        if cells.iter().any(|cell| cell == "test") && cells.iter().any(|cell| cell == "t/s") {
            names = cells;
        } else if !names.is_empty() && cells.iter().any(|cell| !cell.trim_matches(['-', ':']).is_empty()) {
            tests += 1;
            sink.note("times follow from rates of two decimals");
            match test(&names, cells).filter(|_| whole) {
                Some(values) => Test { place: line, values, samples_ns: None }.tell(sink)?,
                None => sink.reject(line, "not a row of llama-bench's table".into(), 1),
            }
        }
    }
    Ok(tests)
}

fn test(names: &[String], cells: Vec<String>) -> Option<Vec<(String, String)>> {
    if cells.len() != names.len() {
        return None;
    }
    let cell = |name: &str| names.iter().zip(&cells).find(|(known, _)| *known == name).map(|(_, cell)| cell.as_str());
    let (mut n_prompt, mut n_gen, mut n_depth) = (0, 0, 0);
    let (parts, depth) = match cell("test")?.split_once(" @ d") {
        Some((parts, depth)) => (parts, Some(depth)),
        None => (cell("test")?, None),
    };
    if let Some(depth) = depth {
        n_depth = depth.trim().parse::<u32>().ok()?;
    }
    for part in parts.split('+') {
        match part.split_at_checked(2)? {
            ("pp", count) => n_prompt = count.parse::<u32>().ok()?,
            ("tg", count) => n_gen = count.parse::<u32>().ok()?,
            _ => return None,
        }
    }
    let rate: f64 = cell("t/s")?.split('±').next()?.trim().parse().ok()?;
    let avg_ns = 1e9 * (f64::from(n_prompt) + f64::from(n_gen)) / rate;
    let own = [
        ("n_prompt", n_prompt.to_string()),
        ("n_gen", n_gen.to_string()),
        ("n_depth", n_depth.to_string()),
        ("avg_ns", avg_ns.to_string()),
    ];
    let own = own.map(|(key, value)| (key.to_owned(), value));
    // Size and parameters say no more than the model.
    let others =
        names.iter().cloned().zip(cells.clone()).filter(|(name, _)| !matches!(name.as_str(), "size" | "params"));
    Some(own.into_iter().chain(others).collect())
}

#[cfg(test)]
mod tests {
    use super::test;

    #[test]
    fn tests_as_they_are_written() {
        let names = ["test", "t/s"].map(str::to_owned);
        let found = |name: &str, rate: &str| {
            let values = test(&names, vec![name.to_owned(), rate.to_owned()])?;
            Some(values.into_iter().take(4).map(|(_, value)| value).collect::<Vec<_>>())
        };
        assert_eq!(
            found("pp512", "256.00 ± 1.00"),
            Some(vec!["512".into(), "0".into(), "0".into(), "2000000000".into()])
        );
        assert_eq!(
            found("tg16 @ d256", "8.00 ± 0.0"),
            Some(vec!["0".into(), "16".into(), "256".into(), "2000000000".into()])
        );
        assert_eq!(
            found("pp128+tg32", "80 ± 0.0"),
            Some(vec!["128".into(), "32".into(), "0".into(), "2000000000".into()])
        );
        for (name, rate) in [("xx5", "1"), ("pp", "1"), ("pp5", "fast"), ("é5", "1"), ("pp5 @ dx", "1")] {
            assert_eq!(found(name, rate), None, "{name} {rate}");
        }
    }
}
