//! From measurements to blobs and predictions: the `token2metrics` command line.
//!
//! Training one config is a pipeline; data flows one way, and each stage is a file:
//!
//! | stage | file | from | to |
//! |---|---|---|---|
//! | 0 | [`import`] | what a benchmark wrote | a canonical CSV file |
//! | 1 | [`ingest`] | a canonical CSV file | rows, or an error with its line and column |
//! | 2 | [`clean`], with `copies`; [`reservoir`] for very many, and `rest` for the others | rows | usable rows; the rejected ones with a reason each |
//! | 3 | [`split`] | usable rows | rows to fit, rows to score |
//! | 4 | [`select`]: [`fit`], over [`form`], [`loss`] and [`solve`]; [`auto`], over [`candidates`], [`scan`] and [`choose`] | samples of a phase | coefficients |
//! | 5 | [`calibrate`]; [`recalibrate`] for a profile, which [`rehearse`] tries out | a server's fit and device samples | a map to the device's seconds |
//! | 6 | [`power`], with [`outlier`] | seconds and joules of the device's rows | a power curve a phase |
//! | 7 | [`band`] | predictions of rows by fits to the others | error bands |
//! | 8 | [`score`], [`tally`] for rows that are not kept, with [`baseline`] | a profile and rows that it has not seen | errors, and those of simpler predictors |
//! | 9 | [`emit`] | fitted phases | a profile, and its blob, decoded again and compared |
//!
//! Rows come from files, or [`collect`] measures a server and writes them; [`init`] writes a config for them. Blobs back to back are a [`bundle`]. A [`preset`] goes the last stage only: its file states what the others find out. [`c_source`] writes a profile as C that predicts without
//! core.
//!
//! [`train`] runs them for one [`config`] and writes down in a [`report`] how it went; [`plot`] draws it and [`page`] sets it, with a [`verdict`] on the
//! errors, what was [`measured`] and the profile in [`words`]. For a profile that exists, [`unseen`] has the scored rows, and [`known`] finds what was written down; in the page, a [`panel`] predicts what is typed.
//! A [`contest`] puts profiles side by side on a [`workload`]. [`cmd`] has one file a
//! subcommand. Whatever a device computes is computed here by calling the same code, [`token2metrics_core`].

pub mod auto;
pub mod band;
pub mod baseline;
pub mod bundle;
pub mod c_source;
pub mod calibrate;
pub mod candidates;
pub mod choose;
pub mod clean;
pub mod cli;
pub mod cmd;
pub mod collect;
mod color;
pub mod config;
pub mod contest;
mod copies;
pub mod crossing;
pub mod emit;
pub mod figures;
pub mod fit;
pub mod form;
pub mod formula;
pub mod import;
pub mod ingest;
pub mod init;
pub mod known;
pub mod locate;
pub mod logging;
pub mod loss;
pub mod measured;
pub mod measurement;
pub mod nearest;
pub mod outlier;
pub mod output;
pub mod page;
pub mod panel;
pub mod plot;
pub mod power;
pub mod preset;
pub mod progress;
pub mod quantile;
pub mod recalibrate;
pub mod rehearse;
pub mod report;
pub mod reservoir;
mod rest;
pub mod scan;
pub mod score;
pub mod select;
pub mod solve;
pub mod split;
pub mod table;
pub mod tally;
pub mod threads;
pub mod train;
pub mod unseen;
pub mod verdict;
pub mod words;
pub mod workload;

pub use cli::run;
