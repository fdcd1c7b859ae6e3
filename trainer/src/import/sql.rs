//! llama-bench's SQL: `INSERT INTO llama_bench (names) VALUES ('values');`, each on a line of its own.

use super::ImportError;
use super::lines::Lines;
use super::llama_bench::Test;
use super::sink::Sink;

/// Reads every statement, and says how many there were.
pub(super) fn read(sink: &mut Sink<'_>) -> Result<usize, ImportError> {
    let mut statements = 0;
    let mut lines = Lines::open(sink.path)?;
    while let Some((line, text)) = lines.next()? {
        let Some(rest) = text.trim_start().strip_prefix("INSERT INTO llama_bench") else { continue };
        statements += 1;
        match values(rest) {
            Some(values) => Test { place: line, values, samples_ns: None }.tell(sink)?,
            None => sink.reject(line, "not a whole INSERT statement of llama-bench".into(), 1),
        }
    }
    Ok(statements)
}

fn values(rest: &str) -> Option<Vec<(String, String)>> {
    let (names, rest) = rest.trim_start().strip_prefix('(')?.split_once(')')?;
    let rest = rest.trim_start().strip_prefix("VALUES")?.trim_start().strip_prefix('(')?;
    let names: Vec<&str> = names.split(',').map(str::trim).collect();
    let (mut values, mut rest) = (Vec::new(), rest);
    loop {
        let (value, after) = literal(rest.trim_start())?;
        values.push(value);
        match after.trim_start().split_at_checked(1)? {
            (",", after) => rest = after,
            (")", after) if after.trim() == ";" => break,
            _ => return None,
        }
    }
    (names.len() == values.len()).then(|| names.into_iter().map(str::to_owned).zip(values).collect())
}

/// A quoted text, in which two quotes are one, or a bare number; and what follows it.
fn literal(text: &str) -> Option<(String, &str)> {
    let Some(mut rest) = text.strip_prefix('\'') else {
        let end = text.find([',', ')'])?;
        return Some((text[..end].trim().to_owned(), &text[end..]));
    };
    let mut value = String::new();
    loop {
        let (part, after) = rest.split_once('\'')?;
        value += part;
        match after.strip_prefix('\'') {
            Some(after) => {
                value.push('\'');
                rest = after;
            }
            None => return Some((value, after)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::values;

    #[test]
    fn quotes_commas_and_brackets_in_a_value() {
        let parsed = values(" (a, b, c) VALUES ('it''s, (so)', '2', 3);").expect("a statement");
        let expected = [("a", "it's, (so)"), ("b", "2"), ("c", "3")];
        assert_eq!(parsed, expected.map(|(key, value)| (key.to_owned(), value.to_owned())));
        for cut in ["(a) VALUES ('1'", "(a) VALUES ('1", "(a, b) VALUES ('1');", "(a) VALUES ('1') x;", "(a"] {
            assert_eq!(values(cut), None, "{cut}");
        }
    }
}
