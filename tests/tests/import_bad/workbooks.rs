//! Workbooks with server tables, and what is none.

use super::case::{Made, import, import_in};
use std::io::{Cursor, Write};
use token2metrics_tests::experiment::Experiment;
use zip::write::SimpleFileOptions;

/// A workbook with these sheets of rows, each cell a text or a number.
pub(crate) fn workbook(sheets: &[(&str, &[&[&str]])]) -> Vec<u8> {
    let sheets: Vec<(&str, String)> = sheets.iter().map(|(name, rows)| (*name, sheet(rows))).collect();
    archive(&sheets)
}

/// A workbook with sheets of this XML.
fn archive(sheets: &[(&str, String)]) -> Vec<u8> {
    let (mut entries, mut relations) = (String::new(), String::new());
    for (number, (name, _)) in (1..).zip(sheets) {
        entries += &format!("<sheet name=\"{name}\" sheetId=\"{number}\" r:id=\"r{number}\"/>");
        relations += &relation(&format!("r{number}"), "worksheet", &format!("worksheets/sheet{number}.xml"));
    }
    let mut files = vec![
        ("_rels/.rels".to_owned(), relation("r", "officeDocument", "xl/workbook.xml")),
        ("xl/_rels/workbook.xml.rels".to_owned(), relations),
    ];
    files.iter_mut().for_each(|(_, xml)| *xml = format!("<Relationships>{xml}</Relationships>"));
    files.push(("xl/workbook.xml".to_owned(), format!("<workbook><sheets>{entries}</sheets></workbook>")));
    files.extend((1..).zip(sheets).map(|(number, (_, xml))| (format!("xl/worksheets/sheet{number}.xml"), xml.clone())));
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in files {
        let stored = SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
        archive.start_file(name, stored).expect("memory");
        archive.write_all(content.as_bytes()).expect("memory");
    }
    archive.finish().expect("memory").into_inner()
}

fn relation(id: &str, kind: &str, target: &str) -> String {
    format!("<Relationship Id=\"{id}\" Type=\"/relationships/{kind}\" Target=\"{target}\"/>")
}

fn sheet(rows: &[&[&str]]) -> String {
    let mut xml = String::new();
    for (number, row) in (1..).zip(rows) {
        xml += &format!("<row r=\"{number}\">");
        for (column, cell) in ('A'..).zip(*row) {
            xml += &match cell.parse::<f64>() {
                Ok(_) => format!("<c r=\"{column}{number}\"><v>{cell}</v></c>"),
                Err(_) => format!("<c r=\"{column}{number}\" t=\"inlineStr\"><is><t>{cell}</t></is></c>"),
            };
        }
        xml += "</row>";
    }
    format!("<worksheet><sheetData>{xml}</sheetData></worksheet>")
}

const HEADER: &[&str] = &["subject", "ttft", "decode_time", "input_tokens", "output_tokens"];
const SMALL: &[&[&str]] = &[HEADER, &["math", "100", "200", "10", "5"], &["art", "90", "fast", "8", "4"]];
const LARGE: &[&[&str]] = &[HEADER, &["math", "400", "800", "11", "5"]];
const OTHER: &[&[&str]] = &[&["what", "when"], &["a", "1"]];

fn made(book: Vec<u8>, options: &str) -> Result<Made, String> {
    import("a.xlsx", book, options)
}

#[test]
fn sheets() {
    let both = workbook(&[("small", SMALL), ("notes", OTHER), ("large", LARGE)]);
    let all = made(both.clone(), "").expect("sound");
    assert_eq!(all.rows, ["10,5,0,0.1,0.2,,", "11,5,0,0.4,0.8,,"]);
    assert_eq!(all.rejected, [("decode_time is not a finite number".to_owned(), 1, 3)]);
    assert!(all.stderr.contains("rows of several setups: sheet large, small"), "{}", all.stderr);
    assert!(all.stderr.contains("sheet \"notes\" is passed over"), "{}", all.stderr);
    assert_eq!(made(both.clone(), "--filter sheet=large").expect("sound").rows, ["11,5,0,0.4,0.8,,"]);
    assert_eq!(
        made(both, "--filter sheet=huge"),
        Err("error: a.xlsx: no record fits sheet=huge; there are sheet: large, small".to_owned())
    );
}

#[test]
fn books_without_the_table() {
    let error = "error: a.xlsx: not a table of server: column \"input_tokens\" is missing; the header has: what, when";
    assert_eq!(made(workbook(&[("notes", OTHER)]), ""), Err(error.to_owned()));
    let error = made(workbook(&[("empty", &[])]), "").expect_err("no cell");
    assert_eq!(error, "error: a.xlsx: not a workbook: no sheet has any cell");
    let error = made(workbook(&[("small", &SMALL[..1])]), "").expect_err("no row");
    assert_eq!(error, "error: a.xlsx: no record of server in it");
}

#[test]
fn damaged_books() {
    let book = workbook(&[("small", SMALL)]);
    for end in [4, 20, 100, book.len() / 2, book.len() - 1] {
        let error = made(book[..end].to_vec(), "").expect_err("cut off");
        assert!(error.starts_with("error: a.xlsx: not a workbook: "), "{error}");
    }
    // A bit in the sheet: its checksum tells.
    let mut flipped = book.clone();
    let at = book.windows(5).position(|bytes| bytes == b">100<").expect("the cell") + 1;
    flipped[at] ^= 1;
    let error = made(flipped, "").expect_err("damaged");
    assert!(error.starts_with("error: a.xlsx: not a workbook: "), "{error}");
    for end in [60, 200, 400] {
        let xml = sheet(SMALL);
        let error = made(archive(&[("small", xml[..end.min(xml.len() - 30)].to_owned())]), "").expect_err("cut XML");
        assert!(error.starts_with("error: a.xlsx: not a workbook: "), "{error}");
    }
    for content in [&b"PK\x03\x04"[..], b"PK\x03\x04 and other things", b"PK"] {
        made(content.to_vec(), "").expect_err("no workbook");
        made(content.to_vec(), "--from server").expect_err("no workbook");
    }
}

#[test]
fn joins() {
    let device = "subset,output_tokens,prefill,decode\nmath,5,50,70\nmath,6,50,70\nart,5,60,80\nlaw,4,60,80\n";
    let experiment = Experiment::default();
    experiment.write("device.csv", device);
    experiment.write("book.xlsx", workbook(&[("small", SMALL), ("large", LARGE)]));
    let join = |options: &str| import_in(&experiment, &format!("device.csv --join {options}"));
    assert_eq!(
        join("book.xlsx"),
        Err("error: book.xlsx: join with one sheet of it, as book.xlsx#SHEET; there are: large, small".to_owned())
    );
    assert_eq!(join("book.xlsx#huge"), Err("error: book.xlsx: no sheet \"huge\"; there are: large, small".to_owned()));
    let made = join("book.xlsx#small").expect("sound");
    // What cannot be joined is of decode alone.
    assert_eq!(made.rows, ["10,5,0,0.05,0.07,,", ",6,0,,0.07,,", "8,5,0,0.06,0.08,,", ",4,0,,0.08,,"]);
    let notes = made.report["files"][0]["notes"].to_string();
    assert!(notes.contains("2 rows are of decode alone, as their input tokens are not known"), "{notes}");
    std::fs::remove_file(experiment.path("rows.csv")).expect("the output");
    assert_eq!(
        join("gone.xlsx"),
        Err("error: gone.xlsx: cannot read the file: No such file or directory (os error 2)".to_owned())
    );
    assert_eq!(join("device.csv"), Err("error: device.csv: not a server table: no questions to join with".to_owned()));
}
