//! The figures of a prediction by name, and in bits.

use token2metrics::{t2m_band, t2m_prediction, t2m_request, t2m_status};
use token2metrics_core::{Band, Prediction};

/// The floats of a prediction under the names that the command line, the C example and the vectors have for them, in their order.
pub fn figures(prediction: &t2m_prediction) -> [(&'static str, f32); 15] {
    let t2m_prediction { prefill_s, decode_s, total_s, tpot_s, prefill_energy_j, decode_energy_j, .. } = *prediction;
    let t2m_prediction { energy_j, average_power_w, cost, prefill_band, decode_band, total_band, .. } = *prediction;
    let t2m_band { low_s: prefill_low_s, high_s: prefill_high_s } = prefill_band;
    let t2m_band { low_s: decode_low_s, high_s: decode_high_s } = decode_band;
    let t2m_band { low_s: total_low_s, high_s: total_high_s } = total_band;
    [
        ("prefill_s", prefill_s),
        ("decode_s", decode_s),
        ("total_s", total_s),
        ("tpot_s", tpot_s),
        ("prefill_energy_j", prefill_energy_j),
        ("decode_energy_j", decode_energy_j),
        ("energy_j", energy_j),
        ("average_power_w", average_power_w),
        ("cost", cost),
        ("prefill_low_s", prefill_low_s),
        ("prefill_high_s", prefill_high_s),
        ("decode_low_s", decode_low_s),
        ("decode_high_s", decode_high_s),
        ("total_low_s", total_low_s),
        ("total_high_s", total_high_s),
    ]
}

/// A prediction of `core` as C has it: what is not known is infinite.
pub fn as_c(prediction: Prediction) -> t2m_prediction {
    let known = |figure: Option<f32>| figure.unwrap_or(f32::INFINITY);
    let band = |band: Option<Band>| match band {
        Some(Band { low_s, high_s }) => t2m_band { low_s, high_s },
        None => t2m_band { low_s: 0.0, high_s: f32::INFINITY },
    };
    t2m_prediction {
        prefill_s: prediction.prefill_s,
        decode_s: prediction.decode_s,
        total_s: prediction.total_s,
        tpot_s: prediction.tpot_s,
        prefill_energy_j: known(prediction.prefill_energy_j),
        decode_energy_j: known(prediction.decode_energy_j),
        energy_j: known(prediction.energy_j),
        average_power_w: known(prediction.average_power_w),
        cost: known(prediction.cost),
        prefill_band: band(prediction.prefill_band),
        decode_band: band(prediction.decode_band),
        total_band: band(prediction.total_band),
        flags: prediction.flags.bits(),
    }
}

/// A row of `tests/vectors/predictions.csv` without its blob: the request, its status, the bits of the figures and the flags.
pub fn row(request: t2m_request, answer: Result<&t2m_prediction, &t2m_status>) -> String {
    let t2m_request { input_tokens, cached_tokens, output_tokens } = request;
    let (status, floats, flags) = match answer {
        Ok(prediction) => {
            (0, figures(prediction).map(|(_, value)| format!("{:08x}", value.to_bits())), prediction.flags.to_string())
        }
        Err(status) => (*status as i32, Default::default(), String::new()),
    };
    format!("{input_tokens},{cached_tokens},{output_tokens},{status},{},{flags}", floats.join(","))
}
