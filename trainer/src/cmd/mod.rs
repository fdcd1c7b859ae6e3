//! The subcommands, one file each: its options, and `run`, which gives what goes to stdout.

pub mod batch_predict;
pub mod calibrate;
pub mod demo;
pub mod evaluate;
pub mod export;
pub mod inspect;
pub mod predict;
pub mod train;
