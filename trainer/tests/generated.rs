//! Rows that the generator of `examples/generate.rs` makes: the same for the same seed, and training finds the profile again.

mod common;

#[path = "../examples/generate.rs"]
#[allow(dead_code, reason = "the command line is not tried here")]
mod generate;

use common::{Folder, request};
use token2metrics_core::Profile;
use token2metrics_trainer::config::Config;
use token2metrics_trainer::train::{Trained, train};

const DEVICE: &str = "[device]\nname = \"d\"\ndata = [\"rows.csv\"]\n";

/// A shipped profile.
fn profile() -> Profile {
    let config = concat!(env!("CARGO_MANIFEST_DIR"), "/../configs/qwen_1_5b.toml");
    train(&Config::load(config.as_ref()).expect("a sound config")).expect("rows that can be fitted").profile
}

fn generated(profile: &Profile, rows: u64, seed: u64) -> String {
    let mut text = Vec::new();
    generate::generate(profile, rows, seed, &mut text).expect("a vector takes all");
    String::from_utf8(text).expect("figures")
}

fn trained(rows: &str) -> Trained {
    let folder = Folder::new();
    std::fs::write(folder.path("rows.csv"), rows).expect("a writable folder");
    folder.train(DEVICE)
}

/// Whether a profile predicts what another one does, within a share.
fn assert_close(found: &Profile, sought: &Profile, share: f32) {
    for (input_tokens, output_tokens) in [(8, 2), (60, 96), (256, 20), (500, 50), (940, 96)] {
        let [found, sought] =
            [found, sought].map(|of| of.predict(request(input_tokens, output_tokens)).expect("a request"));
        for (found, sought) in [(found.prefill_s, sought.prefill_s), (found.decode_s, sought.decode_s)] {
            assert!((found / sought - 1.0).abs() < share, "{input_tokens}, {output_tokens}: {found} s for {sought} s");
        }
    }
}

#[test]
fn the_same_seed_gives_the_same_bytes() {
    let profile = profile();
    let rows = generated(&profile, 1000, 1);
    assert_eq!(rows, generated(&profile, 1000, 1));
    assert_ne!(rows, generated(&profile, 1000, 2));
    assert_eq!(rows.lines().count(), 1001);
}

#[test]
fn training_on_generated_rows_finds_the_profile_again() {
    let profile = profile();
    assert_close(&trained(&generated(&profile, 10_000, 3)).profile, &profile, 0.01);
}
