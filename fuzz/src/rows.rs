//! What holds of every importer, whatever the bytes: it ends, every row is one that the canonical reader takes and gives back bit by bit, every record is counted once, and an error names the file.

use crate::scratch::Scratch;
use std::error::Error;
use std::path::{Path, PathBuf};
use token2metrics_trainer::import::{
    Assumption, Content, Filter, Format, Imported, Reading, Summary, Writer, detect, import,
};
use token2metrics_trainer::ingest::{IngestError, Source};
use token2metrics_trainer::measurement::Measurement;

/// A server table, and a device table of the same questions.
const SERVER: &[u8] =
    b"subject,ttft,decode_time,input_tokens,output_tokens\nmath,100,200,10,5\nmath,150,,20,1\nart,90,300,8,6\n";
const DEVICE: &[u8] = b"subset,output_tokens,prefill,decode\nmath,5,100,200\nmath,2,90,80\nart,9,50,70\nlaw,3,4,5\n";

thread_local! {
    static FILE: Scratch = Scratch::new();
    static OTHER: Scratch = Scratch::new();
    static ROWS: Scratch = Scratch::new();
}

/// The bytes as a file of a format, read in several ways.
pub fn check(bytes: &[u8], format: Format) {
    check_file(&FILE.with(|file| file.fill(bytes)), format);
}

/// The same of a file that is there.
pub fn check_file(path: &Path, format: Format) {
    let Some(summary) = read(path, format, &Reading::default()) else { return };
    let total = |summary: &Summary| summary.kept + summary.rejections() + summary.filtered;
    let assume = vec![Assumption::Uncached, Assumption::Alone];
    let vouched = read(path, format, &Reading { assume, ..Reading::default() }).expect("it was read before");
    assert_eq!(total(&vouched), total(&summary), "what is assumed adds no record and hides none");
    assert!(vouched.kept >= summary.kept, "what is assumed rejects nothing");
    if let Some((key, values)) = summary.fields.first_key_value() {
        let filter = Filter::new([(key.clone(), values.first().cloned().unwrap_or_default())]);
        if let Some(filtered) = read(path, format, &Reading { filter, ..Reading::default() }) {
            assert_eq!(total(&filtered), total(&summary), "a filter adds no record and hides none");
        }
    }
    let join = |table: PathBuf| Reading { join: vec![table], ..Reading::default() };
    match format {
        Format::Device => {
            read(path, format, &join(OTHER.with(|other| other.fill(SERVER)))).expect("it was read before");
        }
        Format::Server => {
            read(&OTHER.with(|other| other.fill(DEVICE)), Format::Device, &join(path.to_owned()));
        }
        _ => {}
    }
}

/// Whatever the bytes are recognised as, and as training reads them.
pub fn check_detected(bytes: &[u8]) {
    let path = FILE.with(|file| file.fill(bytes));
    match detect(&path) {
        Ok(Content::Rows(format)) => check_file(&path, format),
        Ok(Content::Tegrastats | Content::Watts) => {}
        Err(error) => names(&[&path], &error),
    }
    let mut rows = 0;
    let source = Source::open(&path, &Reading::default());
    let read = source.and_then(|source| {
        source.each(|row| {
            rows += 1;
            check_times([row.prefill_s, row.decode_s, row.prefill_energy_j, row.decode_energy_j]);
            Ok::<(), IngestError>(())
        })
    });
    if let Err(error) = read {
        names(&[&path], &error);
    }
}

/// One reading of a file; nothing where that is an error.
fn read(path: &Path, format: Format, reading: &Reading) -> Option<Summary> {
    let mut rows = Vec::new();
    let mut writer = Writer::new(Vec::new()).expect("memory");
    let summary = import(path, format, reading, |row| {
        check_times([row.prefill_s, row.decode_s, row.prefill_energy_j, row.decode_energy_j]);
        rows.push(*row);
        writer.put(row)
    });
    match summary {
        Ok(summary) => {
            assert_eq!(summary.kept, rows.len());
            check_canonical(&rows);
            Some(summary)
        }
        Err(error) => {
            let joined: Vec<&Path> = reading.join.iter().map(PathBuf::as_path).collect();
            names(&[&[path], joined.as_slice()].concat(), &error);
            None
        }
    }
}

fn check_times(figures: [Option<f64>; 4]) {
    for figure in figures.into_iter().flatten() {
        assert!(figure.is_finite() && figure > 0.0, "{figure}");
    }
}

/// The rows, written and read again.
fn check_canonical(rows: &[Imported]) {
    let path = ROWS.with(|file| file.fill(b""));
    let mut writer = Writer::new(std::fs::File::create(&path).expect("a file")).expect("a file");
    rows.iter().for_each(|row| writer.put(row).expect("a file"));
    writer.finish().expect("a file");
    let mut again = Vec::with_capacity(rows.len());
    let source = Source::open_canonical(&path).expect("a header");
    source
        .each(|row| {
            again.push(*row);
            Ok::<(), IngestError>(())
        })
        .expect("the canonical reader takes every row");
    assert_eq!(again.len(), rows.len());
    for (row, again) in rows.iter().zip(again) {
        let Measurement { request, prefill_s, decode_s, prefill_energy_j, decode_energy_j, .. } = again;
        assert_eq!(row.input_tokens, Some(request.input_tokens).filter(|_| !again.no_context));
        assert_eq!((row.output_tokens, row.cached_tokens), (request.output_tokens, request.cached_tokens));
        assert_eq!((row.prefill_s, row.decode_s), (prefill_s, decode_s));
        assert_eq!((row.prefill_energy_j, row.decode_energy_j), (prefill_energy_j, decode_energy_j));
    }
}

/// An error that says in which of the files that were read it is.
pub fn names(files: &[&Path], error: &dyn Error) {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text += &format!(": {error}");
        source = error.source();
    }
    let named = files.iter().any(|path| text.contains(&path.display().to_string()));
    assert!(named, "an error without its file: {text}");
}
