//! The header is what cbindgen makes of the Rust source, and compiles wherever it is included.

use std::fmt::Write as _;
use token2metrics::t2m_status;
use token2metrics_tests::compiler::compile;
use token2metrics_tests::library::library;
use token2metrics_tests::{assert_file, header, root};

const STANDARDS: [&str; 5] = ["c99", "c11", "c17", "c++11", "c++17"];

#[test]
fn header_is_that_of_the_source() {
    let config = cbindgen::Config::from_file(root().join("ffi/cbindgen.toml")).expect("cbindgen.toml is right");
    let bindings = cbindgen::Builder::new().with_crate(root().join("ffi")).with_config(config).generate();
    let mut text = Vec::new();
    bindings.expect("the source has bindings").write(&mut text);
    assert_file(&header::path(), std::str::from_utf8(&text).expect("the header is UTF-8"));
}

#[test]
fn compiles_alone() {
    let dir = tempfile::tempdir().expect("a directory");
    for standard in STANDARDS {
        let source = dir.path().join(if standard.starts_with("c++") { "alone.cpp" } else { "alone.c" });
        // Twice: it has a guard.
        std::fs::write(&source, "#include \"token2metrics.h\"\n#include <token2metrics.h>\n").expect("written");
        compile(&source, standard, &["-c"]).unwrap_or_else(|error| panic!("{error}"));
    }
}

/// A constant in the header is text that the compiler of the library never saw.
#[test]
fn constants_are_those_of_the_library() {
    let mut source = String::from(
        "#include <token2metrics.h>\n#include <stdio.h>\nint main(void) {\n\
         printf(\"%u %u\\n\", (unsigned)T2M_ABI_VERSION, (unsigned)t2m_abi_version());\n\
         printf(\"%u\\n\", (unsigned)(T2M_FLAG_INPUT_EXTRAPOLATED | T2M_FLAG_OUTPUT_EXTRAPOLATED | T2M_FLAG_RAISED_TO_ZERO));\n\
         printf(\"%u %u %u %u\\n\", (unsigned)sizeof(t2m_status), (unsigned)sizeof(t2m_profile), \
         (unsigned)sizeof(t2m_request), (unsigned)sizeof(t2m_prediction));\n",
    );
    let mut expected = format!("{0} {0}\n7\n4 512 12 20\n", token2metrics::t2m_abi_version());
    for status in t2m_status::ALL {
        writeln!(source, "printf(\"%d\\n\", (int){status:?});").expect("a String grows");
        writeln!(expected, "{}", status as i32).expect("a String grows");
    }
    source += "return 0; }\n";
    let dir = tempfile::tempdir().expect("a directory");
    for (standard, name) in [("c99", "constants.c"), ("c++11", "constants.cpp")] {
        let path = dir.path().join(name);
        std::fs::write(&path, &source).expect("written");
        let program = compile(&path, standard, &[&library().static_file]).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(program.run::<&str>(&[]), expected, "{standard}");
    }
}
