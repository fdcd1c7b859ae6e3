#include "predictor.hpp"

#include <fstream>
#include <iterator>
#include <stdexcept>
#include <vector>

static void check(t2m_status status, const std::string &what) {
    if (status != T2M_OK) throw std::runtime_error(what + ": " + t2m_status_message(status));
}

Predictor::Predictor(const std::string &blob_file) {
    std::ifstream file(blob_file, std::ios::binary);
    if (!file) throw std::runtime_error(blob_file + ": cannot be opened");
    std::vector<char> blob{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    if (file.bad()) throw std::runtime_error(blob_file + ": cannot be read");
    check(t2m_profile_load(reinterpret_cast<const uint8_t *>(blob.data()), blob.size(), &profile_), blob_file);
    check(t2m_drift_init(&drift_), "t2m_drift_init");
}

t2m_prediction Predictor::as_trained(const t2m_request &request) const {
    t2m_prediction prediction;
    check(t2m_predict(&profile_, &request, &prediction), "t2m_predict");
    return prediction;
}

t2m_prediction Predictor::now(const t2m_request &request) const {
    t2m_prediction prediction;
    check(t2m_drift_predict(&profile_, &drift_, &request, &prediction), "t2m_drift_predict");
    return prediction;
}

t2m_budget Predictor::fitting(const t2m_request &request, double seconds, uint32_t confidence) const {
    const t2m_limit limit = {T2M_SECONDS, static_cast<float>(seconds), confidence};
    t2m_budget budget;
    check(t2m_max_output_tokens(&profile_, &drift_, &request, &limit, &budget), "t2m_max_output_tokens");
    return budget;
}

t2m_estimate Predictor::remaining(const t2m_request &request, const t2m_progress &progress) const {
    t2m_estimate estimate;
    check(t2m_remaining(&profile_, &drift_, &request, &progress, &estimate), "t2m_remaining");
    return estimate;
}

void Predictor::observe(const t2m_request &request, double prefill_s, double decode_s) {
    const t2m_measured measured = {static_cast<float>(prefill_s), static_cast<float>(decode_s)};
    check(t2m_drift_observe(&profile_, &request, &measured, &drift_), "t2m_drift_observe");
}
