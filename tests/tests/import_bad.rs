//! Bad files of other tools through the program: each is one clear error and nothing written, or rows that are counted under the reason why they are none; never a row that is not in the file.

mod import_bad {
    pub(crate) mod case;
    pub(crate) mod workbooks;

    mod cut;
    mod files;
    mod json;
    mod memory;
    mod power;
    mod records;
    mod tables;
    mod training;
    mod vllm;
}
