//! "Did you mean": the known name nearest to one that is not known.

/// The candidate most like `name`, if any is like it enough to be a slip of the hand.
pub fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let name = name.to_lowercase();
    candidates
        .into_iter()
        .map(|candidate| (strsim::jaro_winkler(&name, &candidate.to_lowercase()), candidate))
        .filter(|(likeness, _)| *likeness > 0.8)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn slips_are_found_and_other_words_are_not() {
        let keys = ["type", "degree", "fit_intercept", "loss"];
        assert_eq!(nearest("degre", keys), Some("degree"));
        assert_eq!(nearest("Fit_Intercpt", keys), Some("fit_intercept"));
        assert_eq!(nearest("temperature", keys), None);
    }
}
