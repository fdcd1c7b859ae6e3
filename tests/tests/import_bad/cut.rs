//! Files that end in the middle, as those of a run that was stopped: cut at every byte, no row is one that the whole file does not have.

use super::case::{import, sample, samples};
use std::path::Path;
use token2metrics_tests::root;
use token2metrics_trainer::import::{Content, Imported, Reading, Summary, detect};

/// A run takes longer than the library does, and the ways of cutting are many.
fn read(path: &Path) -> Option<(Vec<Imported>, Summary)> {
    let Ok(Content::Rows(format)) = detect(path) else { return None };
    let mut rows = Vec::new();
    let summary = token2metrics_trainer::import::import(path, format, &Reading::default(), |row| {
        rows.push(*row);
        Ok(())
    });
    summary.ok().map(|summary| (rows, summary))
}

/// Cuts a file at every so many bytes.
fn cut(content: &[u8], step: usize) {
    let dir = tempfile::tempdir().expect("a folder");
    let path = dir.path().join("file");
    let write = |bytes: &[u8]| std::fs::write(&path, bytes).expect("a file");
    write(content);
    let (whole, _) = read(&path).expect("a sound file");
    assert!(!whole.is_empty());
    for end in (0..content.len()).step_by(step) {
        write(&content[..end]);
        let Some((rows, summary)) = read(&path) else { continue };
        assert!(rows.iter().all(|row| whole.contains(row)), "{end}: {rows:?}");
        assert!(rows.len() <= whole.len());
        let cut = summary.rejected.iter().filter(|rejected| rejected.reason.contains("cut off")).map(|cut| cut.rows);
        assert!(cut.sum::<usize>() <= 1, "{end}: {:?}", summary.rejected);
    }
}

#[test]
fn every_sample() {
    for name in samples() {
        let content = sample(&name);
        // Of one every byte; of the others so many that every kind of place is among them.
        cut(&content, if name == "llama-bench/small.json" { 1 } else { 1 + content.len() / 499 });
    }
}

#[test]
fn the_other_formats() {
    let seeds = root().join("fuzz/seeds");
    for name in ["server/table.csv", "device/table.csv", "llama-batched-bench/out.jsonl", "vllm/detailed.json"] {
        let content = std::fs::read(seeds.join(name)).expect("a seed");
        cut(&content, 1);
    }
    for name in ["ollama/answers.jsonl", "aiperf/record.jsonl", "executorch/runner.log"] {
        let content = std::fs::read(seeds.join(name)).expect("a seed");
        cut(&content, 1);
    }
}

#[test]
fn an_array_keeps_its_whole_records_and_counts_the_cut_one() {
    let content = sample("llama-bench/small.json");
    let text = String::from_utf8(content).expect("UTF-8");
    let whole = import("a.json", &text, "").expect("sound");
    assert_eq!(whole.rows.len(), 18);
    let third = text.match_indices("\"n_gen\"").nth(2).map(|(at, _)| at).expect("three records");
    let made = import("a.json", &text[..third], "").expect("two records are whole");
    assert_eq!(made.rows, whole.rows[..6]);
    assert_eq!(made.rejected, [("cut off: the file ends in the middle of it".to_owned(), 1, 3)]);
    let first = text.find("\"n_gen\"").expect("a record");
    assert_eq!(
        import("a.json", &text[..first + 12], ""),
        Err("error: a.json: not the JSON of llama-bench: EOF while parsing a value at line 39 column 0".to_owned())
    );
}

#[test]
fn lines_keep_their_whole_records() {
    let text = String::from_utf8(sample("llama-server/completion_timings.jsonl")).expect("UTF-8");
    let whole = import("a.jsonl", &text, "").expect("sound");
    let made = import("a.jsonl", &text[..text.len() - 20], "").expect("all lines but one are whole");
    assert_eq!(made.rows, whole.rows[..whole.rows.len() - 1]);
    assert_eq!(made.rejected, [("cut off: the file ends in the middle of it".to_owned(), 1, whole.rows.len() as u64)]);
}
