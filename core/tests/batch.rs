//! Many requests at once have the figures that each has by itself.

mod strategy;

use proptest::collection::vec;
use proptest::prelude::*;
use strategy::{Shape, any_profile, fitted_profile, request};
use token2metrics_core::batch::LANES;
use token2metrics_core::{Figures, MAX_TOKENS, Profile, Request, RequestError};

fn bits(figures: &Figures) -> Vec<u32> {
    let Figures { prefill_s, decode_s, total_s, tpot_s, prefill_energy_j, decode_energy_j, energy_j, .. } = *figures;
    let bands = [figures.prefill_band, figures.decode_band, figures.total_band];
    let floats = [prefill_s, decode_s, total_s, tpot_s, prefill_energy_j, decode_energy_j, energy_j];
    let others = [figures.average_power_w, figures.cost];
    let ends = bands.iter().flat_map(|band| [band.low_s, band.high_s]);
    floats.into_iter().chain(others).chain(ends).map(f32::to_bits).chain([figures.flags.bits()]).collect()
}

fn together(profile: &Profile, requests: &[Request]) -> Result<Vec<Vec<u32>>, RequestError> {
    let requests = requests.try_into().expect("as many as are predicted together");
    let mut figures = [Figures::UNKNOWN; LANES];
    profile.figures_of_each(requests, &mut figures).map(|()| figures.iter().map(bits).collect())
}

fn alone(profile: &Profile, requests: &[Request]) -> Result<Vec<Vec<u32>>, RequestError> {
    requests.iter().map(|request| profile.figures(*request).map(|figures| bits(&figures))).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn fitted_profiles(profile in fitted_profile(Shape::WholeTiles), requests in vec(request(5000), LANES)) {
        prop_assert_eq!(together(&profile, &requests), alone(&profile, &requests));
    }

    #[test]
    fn rising_profiles(profile in fitted_profile(Shape::Rising), requests in vec(request(5000), LANES)) {
        prop_assert_eq!(together(&profile, &requests), alone(&profile, &requests));
    }

    /// With numbers of any sign, phases without terms, and every count.
    #[test]
    fn any_profiles(profile in any_profile(), requests in vec(request(MAX_TOKENS), LANES)) {
        prop_assert_eq!(together(&profile, &requests), alone(&profile, &requests));
    }
}

#[test]
fn the_first_that_is_no_request_is_told() {
    let profile = Profile::decode(include_bytes!("../../tests/vectors/version_2.t2m")).expect("the vector is sound");
    let mut requests = [Request { input_tokens: 100, cached_tokens: 0, output_tokens: 50 }; LANES];
    requests[LANES - 1].input_tokens = 0;
    requests[LANES - 2].output_tokens = 0;
    assert_eq!(together(&profile, &requests), Err(RequestError::NoOutputTokens));
}
