// The command line.

#pragma once

#include <cstdint>
#include <string>

struct Options {
    std::string model;           // GGUF
    std::string profile;         // blob of token2metrics
    std::string requests;        // CSV; empty: one request of the two counts
    uint32_t input_tokens = 0;
    uint32_t output_tokens = 0;
    double deadline_s = 0;       // 0: none
    bool deadlines_of_file = false;
    uint32_t confidence = 90;    // percent
    uint32_t threads = 1;
    bool progress = false;
    std::string trace;           // CSV to write; empty: none
    bool help = false;
};

extern const char *const USAGE;

// Throws std::invalid_argument with what is wrong and what would be right.
Options parse_options(int argc, char **argv);
