//! Arbitrary bytes to an importer, by libFuzzer. `T2M_FUZZ_TARGET` says to which: a format as `import --from` names it, or what else [`Target`] has. `fuzz/run` builds and runs them.

#![no_main]

mod power;
mod rows;
mod scratch;
mod workbook;

use clap::ValueEnum;
use libfuzzer_sys::fuzz_target;
use std::sync::OnceLock;
use token2metrics_trainer::import::Format;

/// What the bytes are given to.
enum Target {
    /// The importer of a format, as a file.
    Rows(Format),
    /// The importer of server tables, as a sheet of a workbook.
    Workbook,
    /// The log of power.
    Power,
    /// The recognition of formats, and then whatever it says.
    Detect,
}

impl Target {
    fn named() -> Self {
        let name = std::env::var("T2M_FUZZ_TARGET").unwrap_or_default();
        match name.as_str() {
            "workbook" => Self::Workbook,
            "power" => Self::Power,
            "detect" => Self::Detect,
            name => Self::Rows(Format::from_str(name, false).expect("T2M_FUZZ_TARGET names a target")),
        }
    }
}

static TARGET: OnceLock<Target> = OnceLock::new();

fuzz_target!(|bytes: &[u8]| {
    match TARGET.get_or_init(Target::named) {
        Target::Rows(format) => rows::check(bytes, *format),
        Target::Workbook => workbook::check(bytes),
        Target::Power => power::check(bytes),
        Target::Detect => rows::check_detected(bytes),
    }
});
