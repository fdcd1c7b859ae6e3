#include "options.hpp"

#include <cmath>
#include <stdexcept>

const char *const USAGE =
    "llama_predict [OPTIONS] MODEL.gguf PROFILE.t2m\n"
    "\n"
    "Runs requests with llama.cpp and prints what token2metrics predicted of each, before and after.\n"
    "\n"
    "  --requests FILE     CSV of input_tokens,output_tokens,deadline_percent, a request a line\n"
    "  --input N           instead of a file: one request of N prompt tokens ...\n"
    "  --output N          ... and N generated tokens\n"
    "  --deadline SECONDS  generate no more tokens than fit into so many seconds\n"
    "  --deadlines         the same, with deadline_percent of each request's predicted time\n"
    "  --confidence P      percent of requests that are to keep the deadline: 50, 90, 95 or 99 [90]\n"
    "  --threads N         threads of llama.cpp [1]\n"
    "  --progress          draw progress even if stderr is no terminal\n"
    "  --trace FILE        write when each token came, and how long was predicted to remain\n";

namespace {

uint32_t whole(const std::string &name, const std::string &text) {
    // Nine digits fit; the libraries themselves check that the number makes sense.
    if (text.empty() || text.size() > 9 || text.find_first_not_of("0123456789") != std::string::npos) {
        throw std::invalid_argument(name + ": \"" + text + "\" is not a whole number below 1,000,000,000");
    }
    return static_cast<uint32_t>(std::stoul(text));
}

double seconds(const std::string &name, const std::string &text) {
    size_t end = 0;
    double value = 0;
    try {
        value = std::stod(text, &end);
    } catch (const std::logic_error &) {
        end = 0;
    }
    if (end == 0 || end != text.size() || !std::isfinite(value) || value <= 0) {
        throw std::invalid_argument(name + ": \"" + text + "\" is not a number of seconds above 0");
    }
    return value;
}

void check(const Options &options) {
    if (options.model.empty() || options.profile.empty()) {
        throw std::invalid_argument("give a model and its profile: MODEL.gguf PROFILE.t2m");
    }
    const bool one = options.input_tokens > 0 && options.output_tokens > 0;
    if (options.requests.empty() != one) {
        throw std::invalid_argument("give either --requests FILE, or --input N and --output N above 0");
    }
    if (options.deadlines_of_file && options.requests.empty()) {
        throw std::invalid_argument("--deadlines reads them from a file: give --requests FILE, or --deadline SECONDS");
    }
    if (options.deadlines_of_file && options.deadline_s > 0) {
        throw std::invalid_argument("give either --deadline or --deadlines");
    }
    if (options.threads == 0) throw std::invalid_argument("--threads: at least 1");
}

}  // namespace

Options parse_options(int argc, char **argv) {
    Options options;
    int positional = 0;
    for (int i = 1; i < argc; i++) {
        const std::string argument = argv[i];
        const auto value = [&]() -> std::string {
            if (i + 1 == argc) throw std::invalid_argument(argument + " needs a value");
            return argv[++i];
        };
        if (argument == "--requests") options.requests = value();
        else if (argument == "--input") options.input_tokens = whole(argument, value());
        else if (argument == "--output") options.output_tokens = whole(argument, value());
        else if (argument == "--deadline") options.deadline_s = seconds(argument, value());
        else if (argument == "--deadlines") options.deadlines_of_file = true;
        else if (argument == "--confidence") options.confidence = whole(argument, value());
        else if (argument == "--threads") options.threads = whole(argument, value());
        else if (argument == "--progress") options.progress = true;
        else if (argument == "--trace") options.trace = value();
        else if (argument == "--help" || argument == "-h") options.help = true;
        else if (argument.size() > 1 && argument[0] == '-') throw std::invalid_argument(argument + ": no such option");
        else if (positional == 0) options.model = argument, positional++;
        else if (positional == 1) options.profile = argument, positional++;
        else throw std::invalid_argument(argument + ": one model and one profile are enough");
    }
    if (!options.help) check(options);
    return options;
}
