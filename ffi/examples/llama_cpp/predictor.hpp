// token2metrics: a profile, and how far off it is on this machine.

#pragma once

#include "token2metrics.h"

#include <string>

// Every call throws std::runtime_error with the status' message where the library does not return T2M_OK.
class Predictor {
public:
    explicit Predictor(const std::string &blob_file);

    // By the profile alone, as it was trained.
    t2m_prediction as_trained(const t2m_request &request) const;
    // By the profile and what was observed since.
    t2m_prediction now(const t2m_request &request) const;
    // How many of the request's output tokens fit into the seconds, at a confidence in percent.
    t2m_budget fitting(const t2m_request &request, double seconds, uint32_t confidence) const;
    // How long a request that runs still takes.
    t2m_estimate remaining(const t2m_request &request, const t2m_progress &progress) const;

    void observe(const t2m_request &request, double prefill_s, double decode_s);
    const t2m_drift &drift() const { return drift_; }

private:
    t2m_profile profile_;
    t2m_drift drift_;
};
