//! The bytes as XML in a workbook: those before the first NUL are a sheet, the others its shared strings. A whole archive is a matter of the `server` target.

use crate::rows::check_file;
use crate::scratch::Scratch;
use std::io::{Cursor, Write};
use token2metrics_trainer::import::Format;
use zip::write::SimpleFileOptions;

const RELATION: &str = "/relationships/worksheet";
const BOOK: &str = r#"<workbook><sheets><sheet name="a" sheetId="1" r:id="r1"></sheet></sheets></workbook>"#;
const ROOT: &str = "<Relationships><Relationship Type=\"/relationships/officeDocument\" Target=\"xl/workbook.xml\"></Relationship></Relationships>";

thread_local! {
    static FILE: Scratch = Scratch::new();
}

pub fn check(bytes: &[u8]) {
    let mut parts = bytes.splitn(2, |byte| *byte == 0);
    let (sheet, strings) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    let relations = format!(
        "<Relationships><Relationship Id=\"r1\" Type=\"{RELATION}\" Target=\"worksheets/sheet1.xml\"></Relationship></Relationships>"
    );
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in [
        ("_rels/.rels", ROOT.as_bytes()),
        ("xl/workbook.xml", BOOK.as_bytes()),
        ("xl/_rels/workbook.xml.rels", relations.as_bytes()),
        ("xl/sharedStrings.xml", strings),
        ("xl/worksheets/sheet1.xml", sheet),
    ] {
        let stored = SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
        archive.start_file(name, stored).and_then(|()| Ok(archive.write_all(content)?)).expect("memory");
    }
    let archive = archive.finish().expect("memory").into_inner();
    check_file(&FILE.with(|file| file.fill(&archive)), Format::Server);
}
