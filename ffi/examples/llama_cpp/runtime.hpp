// llama.cpp: one model, one sequence at a time.

#pragma once

#include "llama.h"
#include "measured.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

// Is called with the tokens generated so far and the seconds since submission: often during prefill, with
// 0 tokens, and after every token.
using Watch = std::function<void(uint32_t generated_tokens, double elapsed_s)>;

class Runtime {
public:
    // Loads the model and makes room for requests of up to `context_tokens`, prompt and output together.
    // Throws std::runtime_error.
    Runtime(const std::string &gguf, uint32_t context_tokens, uint32_t threads);

    // Runs a request from a cold cache: a prompt of exactly `input_tokens`, `output_tokens` sampled greedily,
    // the end of the text ignored. Throws std::runtime_error.
    Measured run(uint32_t input_tokens, uint32_t output_tokens, const Watch &watch = nullptr);

    // What the model file says it is.
    std::string description() const;

private:
    struct Backend {
        Backend() { llama_backend_init(); }
        ~Backend() { llama_backend_free(); }
    };
    template <auto release> struct Release {
        template <class T> void operator()(T *resource) const { release(resource); }
    };

    static bool tick(void *self);
    void decode(llama_token *tokens, uint32_t count);
    double elapsed_s() const;

    Backend backend_;
    std::unique_ptr<llama_model, Release<llama_model_free>> model_;
    std::unique_ptr<llama_context, Release<llama_free>> context_;
    std::unique_ptr<llama_sampler, Release<llama_sampler_free>> sampler_;
    std::vector<llama_token> text_;  // as many tokens as the longest prompt has
    std::chrono::steady_clock::time_point submitted_;
    const Watch *prefill_watch_ = nullptr;  // set during prefill
};
