#include "follow.hpp"

#include <cstdio>
#include <stdexcept>

Trace::Trace(const std::string &file)
    : name_(file), file_(file), rows_("request,token,elapsed_s,predicted_remaining_s\n") {
    if (!file_) throw std::runtime_error(file + ": cannot be written");
}

void Trace::add(size_t request, const t2m_progress &progress, float remaining_s) {
    char row[96];
    std::snprintf(row, sizeof row, "%zu,%u,%.6f,%.6f\n", request, progress.generated_tokens, progress.elapsed_s,
                  remaining_s);
    rows_ += row;
}

void Trace::flush() {
    if (!wanted()) return;
    if (!(file_ << rows_ << std::flush)) throw std::runtime_error(name_ + ": cannot be written");
    rows_.clear();
}

// Save the cursor, go back to it and clear the line from there on: the bar stands after whatever the line has already.
static const char *const SAVE = "\0337";
static const char *const BACK = "\0338\033[K";

Follower::Follower(const Predictor &predictor, size_t number, const t2m_request &request, Bar bar, Trace &trace)
    : predictor_(predictor), number_(number), request_(request), bar_(bar), trace_(trace) {
    if (bar_ == Bar::Terminal) std::fputs(SAVE, stderr);
}

Follower::~Follower() {
    if (bar_ == Bar::Terminal) std::fputs(BACK, stderr);
}

void Follower::follow(uint32_t generated_tokens, double elapsed_s) {
    if (generated_tokens == 1) prefill_s_ = static_cast<float>(elapsed_s);
    const bool row = trace_.wanted() && generated_tokens > traced_;
    // A terminal shows ten a second, a log file one.
    const bool bar = bar_ != Bar::None && (drawn_s_ < 0 || elapsed_s - drawn_s_ >= (bar_ == Bar::Terminal ? 0.1 : 1.0));
    if (!row && !bar) return;

    const t2m_progress progress = {generated_tokens, static_cast<float>(elapsed_s), prefill_s_};
    const t2m_estimate estimate = predictor_.remaining(request_, progress);
    if (row) {
        trace_.add(number_, progress, estimate.remaining_s);
        traced_ = generated_tokens;
    }
    if (bar) {
        draw(estimate);
        drawn_s_ = elapsed_s;
    }
}

void Follower::draw(const t2m_estimate &estimate) {
    const double percent = 100 * estimate.fraction;
    const double remaining_s = estimate.remaining_s;
    if (bar_ == Bar::Lines) {
        std::fprintf(stderr, "request %zu: %.0f %%, %.1f s left\n", number_, percent, remaining_s);
        return;
    }
    static const char FULL[] = "####################";
    static const int WIDTH = sizeof FULL - 1;
    std::fprintf(stderr, "%s [%-*.*s] %3.0f %%, %.1f s left", BACK, WIDTH, static_cast<int>(percent / 100 * WIDTH), FULL, percent,
                 remaining_s);
}
