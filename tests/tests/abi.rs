//! What compiled programs rely on is what `tests/abi` lists, so that no change of it goes unseen; `docs/abi.md` says which
//! change takes what.

use std::collections::BTreeSet;
use std::fmt::Write;
use token2metrics_tests::compiler::compile;
use token2metrics_tests::header::{self, Struct};
use token2metrics_tests::library::library;
use token2metrics_tests::symbols::symbols;
use token2metrics_tests::{assert_file, root};

/// Types of the same size and alignment everywhere, structs of the header aside.
const FIXED: [&str; 9] =
    ["char", "float", "int32_t", "t2m_status", "uint16_t", "uint32_t", "uint64_t", "uint8_t", "struct"];

fn assert_listed(file: &str, lines: impl IntoIterator<Item = String>) {
    let text: String = lines.into_iter().flat_map(|line| [line, "\n".to_owned()]).collect();
    assert_file(&root().join("tests/abi").join(file), &text);
}

/// What a C program prints that has these statements in it.
fn printed(statements: &str) -> Vec<String> {
    let dir = tempfile::tempdir().expect("a directory");
    let source = dir.path().join("print.c");
    let program = format!(
        "#include <stddef.h>\n#include <stdio.h>\n#include \"token2metrics.h\"\nint main(void) {{\n{statements}return 0;\n}}\n"
    );
    std::fs::write(&source, program).expect("written");
    // C11 has alignof.
    let program = compile::<&str>(&source, "c11", &[]).unwrap_or_else(|error| panic!("{error}"));
    program.run::<&str>(&[]).lines().map(str::to_owned).collect()
}

#[test]
fn exports_are_the_functions_of_the_header() {
    let declared = header::functions();
    assert!(declared.contains("t2m_predict"), "the header is not read right: {declared:?}");
    assert_eq!(symbols(&library().shared_file).exported, declared);
}

#[test]
fn functions() {
    let prototypes = header::prototypes();
    assert_eq!(prototypes.keys().cloned().collect::<BTreeSet<_>>(), header::functions());
    assert_listed("functions.txt", prototypes.into_values().map(|prototype| prototype + ";"));
}

fn print_layout(statements: &mut String, Struct { name, fields }: &Struct) {
    writeln!(statements, "printf(\"{name}: size %d, align %d\\n\", (int)sizeof({name}), (int)_Alignof({name}));")
        .expect("a string");
    for (_, field) in fields {
        let (offset, size) = (format!("offsetof({name}, {field})"), format!("sizeof((({name} *)0)->{field})"));
        writeln!(statements, "printf(\"{name}.{field}: offset %d, size %d\\n\", (int){offset}, (int){size});")
            .expect("a string");
    }
}

#[test]
fn layout_of_structs() {
    let structs = header::structs();
    let declared = header::code().lines().filter(|line| line.contains("struct ") && line.ends_with('{')).count();
    assert!(structs.len() >= 4 && structs.len() == declared, "the header is not read right: {structs:?}");
    let mut statements = String::new();
    for declared in &structs {
        print_layout(&mut statements, declared);
        for (kind, field) in &declared.fields {
            let kind = kind.split_once(' ').map_or(kind.as_str(), |(first, _)| first);
            assert!(FIXED.contains(&kind), "{}.{field}: {kind} is not the same on all targets", declared.name);
        }
    }
    assert_listed("layout.txt", printed(&statements));
}

#[test]
fn numbers_with_a_name() {
    let mut statements = String::new();
    for name in header::numbers() {
        writeln!(statements, "printf(\"{name} %ld\\n\", (long)({name}));").expect("a string");
    }
    let printed = printed(&statements);
    assert!(printed.contains(&"T2M_OK 0".to_owned()), "the header is not read right: {printed:?}");
    assert_listed("numbers.txt", printed);
}
