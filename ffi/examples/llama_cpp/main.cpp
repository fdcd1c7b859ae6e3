// Runs requests with llama.cpp and predicts each with token2metrics; docs/llama_cpp.md has the commands.

#include "follow.hpp"
#include "options.hpp"
#include "predictor.hpp"
#include "report.hpp"
#include "requests.hpp"
#include "runtime.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <stdexcept>
#include <vector>

#include <unistd.h>

static std::vector<Planned> planned_requests(const Options &options) {
    if (!options.requests.empty()) return read_requests(options.requests);
    return {{{options.input_tokens, 0, options.output_tokens}, 0}};
}

static uint32_t longest(const std::vector<Planned> &requests) {
    uint32_t tokens = 0;
    for (const Planned &planned : requests) {
        tokens = std::max(tokens, planned.request.input_tokens + planned.request.output_tokens);
    }
    return tokens;
}

static Bar bar(const Options &options) {
    if (isatty(STDERR_FILENO)) return Bar::Terminal;
    return options.progress ? Bar::Lines : Bar::None;
}

// Predicts, cuts to the deadline, runs and observes.
static Outcome serve(size_t number, const Planned &planned, const Options &options, Predictor &predictor, Runtime &runtime,
                     Trace &trace) {
    Outcome outcome = {};
    outcome.planned_tokens = planned.request.output_tokens;
    outcome.request = planned.request;
    outcome.deadline_s = options.deadline_s;
    if (options.deadlines_of_file) {
        outcome.deadline_s = predictor.now(planned.request).total_s * planned.deadline_percent / 100;
        if (!(outcome.deadline_s > 0)) throw std::runtime_error("a request's deadline_percent or predicted time is 0");
    }

    t2m_budget budget = {};
    if (outcome.deadline_s > 0) {
        budget = predictor.fitting(planned.request, outcome.deadline_s, options.confidence);
        outcome.refused = budget.output_tokens == 0;
        if (!outcome.refused) outcome.request.output_tokens = budget.output_tokens;
    }
    outcome.as_trained = predictor.as_trained(outcome.request);
    outcome.now = predictor.now(outcome.request);
    print_prediction(number, outcome);
    if (outcome.refused) {
        print_refused(outcome, budget, options.confidence);
        return outcome;
    }

    {
        Follower follower(predictor, number, outcome.request, bar(options), trace);
        Watch watch;
        if (follower.wanted()) watch = [&](uint32_t tokens, double elapsed_s) { follower.follow(tokens, elapsed_s); };
        outcome.measured = runtime.run(outcome.request.input_tokens, outcome.request.output_tokens, watch);
    }
    trace.flush();
    predictor.observe(outcome.request, outcome.measured.prefill_s, outcome.measured.decode_s);
    outcome.drift = predictor.drift();
    print_measured(outcome);
    return outcome;
}

static void run(const Options &options) {
    const std::vector<Planned> requests = planned_requests(options);
    Predictor predictor(options.profile);
    Trace trace;
    if (!options.trace.empty()) trace = Trace(options.trace);
    Runtime runtime(options.model, longest(requests), options.threads);
    // The first request after loading pays for pages of the file that no later one does: not counted.
    runtime.run(std::min<uint32_t>(64, requests.front().request.input_tokens), 1);

    std::printf("%s, %u thread%s\n\n", runtime.description().c_str(), options.threads, options.threads == 1 ? "" : "s");
    print_head();
    std::vector<Outcome> outcomes;
    for (const Planned &planned : requests) {
        outcomes.push_back(serve(outcomes.size() + 1, planned, options, predictor, runtime, trace));
    }
    print_summary(outcomes, options.confidence, options.threads);
}

int main(int argc, char **argv) {
    try {
        const Options options = parse_options(argc, argv);
        if (options.help) std::fputs(USAGE, stdout);
        else run(options);
        return EXIT_SUCCESS;
    } catch (const std::invalid_argument &error) {
        std::fprintf(stderr, "llama_predict: %s; --help lists the options\n", error.what());
    } catch (const std::exception &error) {
        std::fprintf(stderr, "llama_predict: %s\n", error.what());
    }
    return EXIT_FAILURE;
}
