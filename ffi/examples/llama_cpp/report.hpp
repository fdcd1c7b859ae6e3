// What is printed: a row a request, its left half before it runs, and a summary.

#pragma once

#include "measured.hpp"
#include "token2metrics.h"

#include <cstdint>
#include <vector>

// One request that ran, or was refused.
struct Outcome {
    uint32_t planned_tokens;    // output
    t2m_request request;        // as run: fewer output tokens where the deadline asks for it
    double deadline_s;          // 0: none
    bool refused;               // not even the prompt fits
    t2m_prediction as_trained;  // by the profile alone
    t2m_prediction now;         // with what had been observed by then
    Measured measured;
    t2m_drift drift;            // afterwards
};

void print_head();
void print_prediction(size_t number, const Outcome &outcome);
void print_measured(const Outcome &outcome);
void print_refused(const Outcome &outcome, const t2m_budget &budget, uint32_t confidence);
void print_summary(const std::vector<Outcome> &outcomes, uint32_t confidence, uint32_t threads);
