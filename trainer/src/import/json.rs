//! JSON as benchmarks write it: one object, one a line, a list, or several of these one after the other; cut off in the middle, and with Python's bare `NaN` and `Infinity`. Read as it comes,
//! so that no more than one record is in memory.

use super::cell::Object;
use super::sink::Sink;
use super::{Format, ImportError};
use serde::de::{self, DeserializeSeed, Deserializer as _, MapAccess, SeqAccess, Visitor};
use serde_json::de::{Deserializer, IoRead};
use serde_json::{Map, Value};
use std::fmt;
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;

/// A reader of JSON.
pub(super) type Json = Deserializer<IoRead<Numbers<BufReader<File>>>>;

/// Opens a file. It must be one: most are opened more than once.
pub(super) fn open(path: &Path) -> Result<BufReader<File>, ImportError> {
    let file = match std::fs::metadata(path) {
        Ok(metadata) if !metadata.is_file() => Err(std::io::Error::other(NO_FILE)),
        // Not opened before that is known: a pipe would wait for someone to write.
        Ok(_) => File::open(path),
        Err(error) => Err(error),
    };
    file.map(|file| BufReader::with_capacity(1 << 16, file))
        .map_err(|source| ImportError::Open { path: path.to_owned(), source })
}

const NO_FILE: &str = "a folder, a pipe or a device, which cannot be read twice: save it as a file";

/// Visits every object of a file, with its number from 1. Where the file is cut off, what is whole is visited, and the rest is one rejected record.
pub(super) fn each(
    sink: &mut Sink<'_>,
    format: Format,
    mut visit: impl FnMut(&mut Sink<'_>, u64, Object) -> Result<(), ImportError>,
) -> Result<(), ImportError> {
    let path = sink.path.to_owned();
    sink.by_record();
    let (mut record, mut failed) = (0, None);
    let mut one = |value: Value| {
        record += 1;
        let done = match value {
            Value::Object(object) => visit(sink, record, object),
            _ => {
                sink.reject(record, "not an object".into(), 1);
                Ok(())
            }
        };
        done.map_err(|error| failed = Some(error)).is_ok()
    };
    let read = documents(&path, |json| json.deserialize_any(Records(&mut one)))?;
    match (failed, read) {
        (Some(error), _) => Err(error),
        (None, Err(error)) if error.is_eof() && record > 0 => {
            sink.reject(record + 1, "cut off: the file ends in the middle of it".into(), 1);
            Ok(())
        }
        (None, Err(source)) => Err(ImportError::Json { path, format, source }),
        (None, Ok(())) => Ok(()),
    }
}

/// Has every document of a file read.
///
/// # Errors
/// A file that is not there; and, inside, one that is not JSON.
pub(super) fn documents(
    path: &Path,
    mut one: impl FnMut(&mut Json) -> serde_json::Result<()>,
) -> Result<serde_json::Result<()>, ImportError> {
    let failed = |source| ImportError::Open { path: path.to_owned(), source };
    let mut file = open(path)?;
    // What some Windows programs begin a text with.
    if file.fill_buf().map_err(failed)?.starts_with(b"\xEF\xBB\xBF") {
        file.consume(3);
    }
    let mut json = Deserializer::from_reader(Numbers { file, place: Place::Outside });
    // `end` looks at the next byte and takes nothing.
    while json.end().is_err() {
        if let Err(error) = one(&mut json) {
            return Ok(Err(error));
        }
    }
    Ok(Ok(()))
}

/// Tells of each object of a document, whether that is one or a list of them, until told to stop.
struct Records<'a>(&'a mut dyn FnMut(Value) -> bool);

impl<'de> Visitor<'de> for Records<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object or a list of objects")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        while let Some(value) = list.next_element()? {
            if !(self.0)(value) {
                return Err(de::Error::custom("stopped"));
            }
        }
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<(), A::Error> {
        let mut object = Map::new();
        while let Some((key, value)) = entries.next_entry()? {
            object.insert(key, value);
        }
        if (self.0)(Value::Object(object)) { Ok(()) } else { Err(de::Error::custom("stopped")) }
    }
}

/// Where in a text a byte is.
#[derive(Clone, Copy)]
enum Place {
    Outside,
    /// In a string; whether the byte before is a backslash that counts.
    Inside {
        escaped: bool,
    },
    /// In a word that is no JSON: what is left of it, and what stands for that.
    Word {
        left: &'static [u8],
        instead: &'static [u8],
    },
}

/// A text in which `NaN`, `Infinity` and `-Infinity`, as Python writes them, are empty strings of the same length: no number, and JSON.
pub(super) struct Numbers<R> {
    file: R,
    place: Place,
}

impl<R: BufRead> Read for Numbers<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let len = self.file.read(buffer)?;
        for index in 0..len {
            let minus_infinity = buffer[index] == b'-'
                && matches!(self.place, Place::Outside)
                && match buffer.get(index + 1).filter(|_| index + 1 < len) {
                    Some(next) => *next == b'I',
                    None => self.file.fill_buf()?.first() == Some(&b'I'),
                };
            buffer[index] = if minus_infinity {
                self.place = Place::Word { left: b"Infinity", instead: b"\"       " };
                b'"'
            } else {
                self.put(buffer[index])
            };
        }
        Ok(len)
    }
}

impl<R> Numbers<R> {
    fn put(&mut self, byte: u8) -> u8 {
        let (next, put) = match (self.place, byte) {
            (Place::Outside, b'"') => (Place::Inside { escaped: false }, byte),
            (Place::Outside, b'N') => (Place::Word { left: b"aN", instead: b"\" " }, b'"'),
            (Place::Outside, b'I') => (Place::Word { left: b"nfinity", instead: b"\"      " }, b'"'),
            (Place::Outside, _) => (Place::Outside, byte),
            (Place::Inside { escaped: false }, b'"') => (Place::Outside, byte),
            (Place::Inside { escaped }, _) => (Place::Inside { escaped: byte == b'\\' && !escaped }, byte),
            (Place::Word { left, instead }, _) => match (left.split_first(), instead.split_first()) {
                (Some((expected, left)), Some((put, instead))) if *expected == byte => {
                    let next = if left.is_empty() { Place::Outside } else { Place::Word { left, instead } };
                    (next, *put)
                }
                // Another word: nothing that the JSON reader would take.
                _ => (Place::Outside, b'\x01'),
            },
        };
        self.place = next;
        put
    }
}

/// The names of the fields of a file's first object, and of the objects directly in it; as many as can be read.
pub(super) fn first_keys(path: &Path) -> Result<Vec<String>, ImportError> {
    let mut keys = Vec::new();
    // Stopped after the first object, or by what is no JSON: what was seen until then is all that is asked.
    let _ = documents(path, |json| {
        json.deserialize_any(Keys { keys: &mut keys, depth: 0 }).and(Err(de::Error::custom("seen")))
    })?;
    Ok(keys)
}

struct Keys<'a> {
    keys: &'a mut Vec<String>,
    depth: u8,
}

impl<'de> DeserializeSeed<'de> for Keys<'_> {
    type Value = ();

    fn deserialize<D: de::Deserializer<'de>>(self, value: D) -> Result<(), D::Error> {
        value.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Keys<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<(), A::Error> {
        while let Some(key) = entries.next_key::<String>()? {
            // A whole run of vLLM is one object: what follows these lists tells no more.
            let tells = self.depth == 0 && (key == "ttfts" || key == "itls");
            self.keys.push(key);
            if tells {
                return Err(de::Error::custom("seen"));
            }
            if self.depth == 0 {
                entries.next_value_seed(Keys { keys: self.keys, depth: 1 })?;
            } else {
                entries.next_value::<de::IgnoredAny>()?;
            }
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        if self.depth == 0 {
            list.next_element_seed(self)?;
            // One is enough, however many follow.
            return Err(de::Error::custom("seen"));
        }
        while list.next_element::<de::IgnoredAny>()?.is_some() {}
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, chunk: usize) -> String {
        let file = BufReader::with_capacity(chunk, text.as_bytes());
        let mut read = String::new();
        Numbers { file, place: Place::Outside }.read_to_string(&mut read).expect("ASCII");
        read
    }

    #[test]
    fn what_python_writes_for_no_number_is_an_empty_string() {
        let text = r#"{"NaN": NaN, "a\"NaN\\": [-Infinity, Infinity,-1.5e-3, "-Infinity \\"], "b": NaN}"#;
        let expected = r#"{"NaN": "" , "a\"NaN\\": [""       , ""      ,-1.5e-3, "-Infinity \\"], "b": "" }"#;
        for chunk in 1..=text.len() {
            assert_eq!(read(text, chunk), expected, "{chunk}");
        }
    }

    #[test]
    fn other_words_stay_no_json() {
        for text in ["[Nan]", "[Info]", "[-Inf]", "[N]", "[NaNa]"] {
            assert!(serde_json::from_str::<Value>(&read(text, 64)).is_err(), "{text}");
        }
    }
}
