#include "report.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <iterator>

// After so many observed requests the errors are counted.
static const size_t SETTLED = 5;

static double error_percent(double predicted, double measured) {
    return 100 * (predicted - measured) / measured;
}

static bool within(const t2m_band &band, double seconds) {
    return band.low_s <= seconds && seconds <= band.high_s;
}

static bool kept(const Outcome &outcome) {
    return outcome.measured.total_s() <= outcome.deadline_s;
}

void print_head() {
    std::puts("                      | predicted, s                            | measured, s, and error, %                     "
              "| in   |                 | measured / predicted\n"
              "  #   in  out planned | prefill  decode   total    90 % band    | prefill      %  decode      %   total      %  "
              "| band |     deadline, s | prefill  decode");
}

void print_prediction(size_t number, const Outcome &outcome) {
    const t2m_prediction &now = outcome.now;
    std::printf("%3zu %4u %4u %7u |", number, outcome.request.input_tokens, outcome.request.output_tokens, outcome.planned_tokens);
    std::printf(" %7.3f %7.3f %7.3f", now.prefill_s, now.decode_s, now.total_s);
    std::printf(" %7.3f-%-7.3f |", now.total_band.low_s, now.total_band.high_s);
    std::fflush(stdout);
}

static void print_time(double predicted_s, double measured_s) {
    if (measured_s > 0) std::printf(" %7.3f %+6.1f", measured_s, error_percent(predicted_s, measured_s));
    else std::printf(" %7s %6s", "-", "-");
}

void print_measured(const Outcome &outcome) {
    const Measured &measured = outcome.measured;
    print_time(outcome.now.prefill_s, measured.prefill_s);
    print_time(outcome.now.decode_s, measured.decode_s);
    print_time(outcome.now.total_s, measured.total_s());
    std::printf("  | %-4s |", within(outcome.now.total_band, measured.total_s()) ? "yes" : "no");
    if (outcome.deadline_s > 0) std::printf(" %8.3f %-6s |", outcome.deadline_s, kept(outcome) ? "kept" : "missed");
    else std::printf(" %8s %-6s |", "-", "");
    std::printf(" %7.3f %7.3f\n", outcome.drift.prefill.ratio, outcome.drift.decode.ratio);
}

void print_refused(const Outcome &outcome, const t2m_budget &budget, uint32_t confidence) {
    std::printf("  refused: the prompt and one token take up to %.3f s at %u %%, the deadline is %.3f s\n",
                budget.value, confidence, outcome.deadline_s);
}

static double median(std::vector<double> values) {
    std::sort(values.begin(), values.end());
    const size_t half = values.size() / 2;
    return values.size() % 2 == 1 ? values[half] : (values[half - 1] + values[half]) / 2;
}

static void print_errors(const char *name, const std::vector<Outcome> &ran, t2m_prediction Outcome::*prediction) {
    std::vector<double> errors;
    size_t in_band = 0;
    for (size_t i = 0; i < ran.size(); i++) {
        const t2m_prediction &predicted = ran[i].*prediction;
        const double total_s = ran[i].measured.total_s();
        in_band += within(predicted.total_band, total_s);
        if (i >= SETTLED) errors.push_back(std::fabs(error_percent(predicted.total_s, total_s)));
    }
    std::printf("%-22s median error of total %5.1f %%, largest %5.1f %% (the %zu after the first %zu)", name, median(errors),
                *std::max_element(errors.begin(), errors.end()), errors.size(), SETTLED);
    std::printf("; in 90 %% band %zu of %zu\n", in_band, ran.size());
}

void print_summary(const std::vector<Outcome> &outcomes, uint32_t confidence, uint32_t threads) {
    std::vector<Outcome> ran;
    std::copy_if(outcomes.begin(), outcomes.end(), std::back_inserter(ran), [](const Outcome &it) { return !it.refused; });
    double wall_s = 0, cpu_s = 0;
    size_t with_deadline = 0, in_time = 0;
    for (const Outcome &outcome : ran) {
        wall_s += outcome.measured.total_s();
        cpu_s += outcome.measured.cpu_s;
        with_deadline += outcome.deadline_s > 0;
        in_time += outcome.deadline_s > 0 && kept(outcome);
    }
    std::printf("\nrequests               %zu ran, %zu refused; %.1f s", ran.size(), outcomes.size() - ran.size(), wall_s);
    // Well below 100 %, something else used the processor and the times are no good.
    if (wall_s > 0) std::printf(", on a core for %.1f %% of it", 100 * cpu_s / (wall_s * threads));
    std::printf("\n");
    if (ran.size() > SETTLED) {
        print_errors("with drift", ran, &Outcome::now);
        print_errors("profile as trained", ran, &Outcome::as_trained);
    }
    if (with_deadline > 0) std::printf("deadlines at %2u %%       kept %zu of %zu\n", confidence, in_time, with_deadline);
}
