// Follows a request while it runs: a bar on stderr, and rows for the trace.

#pragma once

#include "predictor.hpp"

#include <fstream>
#include <string>

// When each token came and how long was predicted to remain, as CSV.
class Trace {
public:
    Trace() = default;
    explicit Trace(const std::string &file);
    bool wanted() const { return file_.is_open(); }
    void add(size_t request, const t2m_progress &progress, float remaining_s);
    // Between requests, so that no request waits for the disk.
    void flush();

private:
    std::string name_;
    std::ofstream file_;
    std::string rows_;
};

enum class Bar { None, Terminal, Lines };

class Follower {
public:
    Follower(const Predictor &predictor, size_t number, const t2m_request &request, Bar bar, Trace &trace);
    ~Follower();
    Follower(const Follower &) = delete;
    Follower &operator=(const Follower &) = delete;

    bool wanted() const { return bar_ != Bar::None || trace_.wanted(); }
    void follow(uint32_t generated_tokens, double elapsed_s);

private:
    void draw(const t2m_estimate &estimate);

    const Predictor &predictor_;
    size_t number_;
    t2m_request request_;
    Bar bar_;
    Trace &trace_;
    float prefill_s_ = 0;
    int64_t traced_ = -1;  // tokens of the last row
    double drawn_s_ = -1;  // elapsed when the bar was last drawn
};
