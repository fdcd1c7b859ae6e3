//! The symbols of programs and shared libraries.

use object::{Object, ObjectSymbol, ObjectSymbolTable};
use std::collections::BTreeSet;
use std::path::Path;

/// What a file says of its symbols.
#[derive(Clone, Debug)]
pub struct Symbols {
    /// What the file defines, local symbols included.
    pub defined: BTreeSet<String>,
    /// What the file needs from elsewhere.
    pub undefined: BTreeSet<String>,
    /// What a shared library offers to others.
    pub exported: BTreeSet<String>,
}

/// The symbols of an ELF file that is not stripped.
pub fn symbols(file: &Path) -> Symbols {
    let bytes = std::fs::read(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    let object = object::File::parse(&*bytes).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    let names = |undefined| {
        let symbols = object.symbols().filter(move |symbol| symbol.is_undefined() == undefined);
        // glibc's names have a version at the end: `memcpy@GLIBC_2.14`.
        symbols.filter_map(|symbol| symbol.name().ok()?.split('@').next().map(str::to_owned)).collect()
    };
    let dynamic = object.dynamic_symbol_table();
    let exported = dynamic.iter().flat_map(|table| table.symbols()).filter(|symbol| symbol.is_definition());
    let exported = exported.filter_map(|symbol| symbol.name().ok().map(str::to_owned)).collect();
    Symbols { defined: names(false), undefined: names(true), exported }
}
