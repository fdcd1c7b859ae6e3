//! The subcommands, one file each: its options, and `run`, which gives what goes to stdout; and the options that some of them share.

pub mod batch_predict;
pub mod budget;
pub mod bundle;
pub mod calibrate;
pub mod collect;
pub mod compare;
pub mod completions;
pub mod demo;
pub mod evaluate;
pub mod export;
pub mod import;
pub mod init;
pub mod inspect;
pub mod man;
pub mod predict;
pub mod rehearse;
pub mod report;
pub mod schema;
mod tariff;
pub mod train;
