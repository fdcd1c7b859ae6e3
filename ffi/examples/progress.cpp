// Draws the progress of a request on a simulated clock, so many times slower than predicted:
// progress BLOB INPUT_TOKENS OUTPUT_TOKENS DEADLINE_MS [SLOWER]

#include "token2metrics.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <thread>
#include <unistd.h>

namespace t2m = token2metrics;

namespace {

int fail(std::string_view what, std::string_view why) {
    std::fprintf(stderr, "progress: %.*s: %.*s\n", static_cast<int>(what.size()), what.data(),
                 static_cast<int>(why.size()), why.data());
    return EXIT_FAILURE;
}

// On a terminal each line is drawn over the last, elsewhere below it.
void draw(const t2m::estimate &left, bool terminal) {
    constexpr std::size_t width = 30;
    const auto filled = static_cast<std::size_t>(left.fraction * static_cast<float>(width));
    const std::string bar = std::string(filled, '#') + std::string(width - filled, '.');
    std::printf("%s[%s] %5.1f %%  %.3f s left", terminal ? "\r" : "", bar.c_str(),
                100 * static_cast<double>(left.fraction), static_cast<double>(left.remaining.count()));
    if (left.remaining_energy_j) std::printf("  %.2f J", static_cast<double>(*left.remaining_energy_j));
    std::printf(terminal ? "\033[K" : "\n");
    std::fflush(stdout);
}

// When the request has so many tokens, on the clock of the simulation.
t2m::seconds time_of(const t2m::profile &profile, t2m_request request, std::uint32_t tokens, float slower) {
    request.output_tokens = tokens;
    return profile.predict(request).value().total * slower;
}

// Whoever generates tokens calls remaining() with the times of a steady clock.
int run(const t2m::profile &profile, const t2m::request &request, float slower) {
    const bool terminal = isatty(STDOUT_FILENO) != 0;
    const t2m::seconds prefill = time_of(profile, request, 1, slower);
    const std::uint32_t stride = std::max(1u, request.output_tokens / 40);
    for (std::uint32_t generated = 0; generated <= request.output_tokens;) {
        // None yet: half way through the prompt.
        const auto elapsed = generated == 0 ? prefill / 2 : time_of(profile, request, generated, slower);
        const auto left = profile.remaining(request, {generated, elapsed, prefill});
        if (!left) return fail("request", left.message());
        draw(*left, terminal);
        if (terminal) std::this_thread::sleep_for(std::chrono::milliseconds(50));
        if (generated == request.output_tokens) break;
        generated = generated == 0 ? 1 : std::min(request.output_tokens, generated + stride);
    }
    if (terminal) std::puts("");
    return EXIT_SUCCESS;
}

} // namespace

int main(int argc, char **argv) {
    if (argc != 5 && argc != 6) return fail("usage", "progress BLOB INPUT_TOKENS OUTPUT_TOKENS DEADLINE_MS [SLOWER]");
    // One byte more than the largest blob, so that a longer file is noticed.
    char blob[384 + 1];
    std::ifstream file(argv[1], std::ios::binary);
    if (!file) return fail(argv[1], "cannot be opened");
    file.read(blob, sizeof blob);
    const auto profile =
        t2m::profile::load(reinterpret_cast<const std::uint8_t *>(blob), static_cast<std::size_t>(file.gcount()));
    if (!profile) return fail(argv[1], profile.message());

    const auto count = [](const char *text) { return static_cast<std::uint32_t>(std::strtoul(text, nullptr, 10)); };
    const t2m::request request{count(argv[2]), 0, count(argv[3])};
    const auto predicted = profile->predict(request);
    if (!predicted) return fail("request", predicted.message());

    const std::chrono::milliseconds deadline(count(argv[4]));
    // Half of such requests, where the profile does not know how much they vary.
    const auto confidence =
        predicted->has(T2M_FLAG_NO_BANDS) ? t2m::confidence::percent_50 : t2m::confidence::percent_95;
    const auto budget = profile->max_output_tokens(request, t2m::limit::time(deadline, confidence));
    if (!budget) return fail("deadline", budget.message());
    std::printf("within %lld ms in %u %% of such requests: %lu of %lu tokens\n", static_cast<long long>(deadline.count()),
                static_cast<unsigned>(confidence), static_cast<unsigned long>(budget->output_tokens),
                static_cast<unsigned long>(request.output_tokens));
    return run(*profile, request, argc == 6 ? std::strtof(argv[5], nullptr) : 1.0f);
}
