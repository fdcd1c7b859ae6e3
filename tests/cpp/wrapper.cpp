// Compares what token2metrics.hpp returns with the calls of token2metrics.h, to the bit: wrapper BLOB...

#include "token2metrics.hpp"

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace t2m = token2metrics;
using namespace std::chrono_literals;

#define CHECK(condition) check(static_cast<bool>(condition), #condition, __LINE__)

static unsigned long checks = 0;

static void check(bool condition, const char *text, int line) {
    checks++;
    if (!condition) {
        std::fprintf(stderr, "line %d: not so: %s\n", line, text);
        std::exit(EXIT_FAILURE);
    }
}

static bool same(float a, float b) { return std::memcmp(&a, &b, sizeof a) == 0; }
static bool same(t2m::seconds a, float b) { return same(a.count(), b); }
static bool same(const std::optional<float> &a, float b) {
    return a ? std::isfinite(b) && same(*a, b) : std::isinf(b) && b > 0;
}
static bool same(const std::optional<t2m::band> &a, const t2m_band &b) {
    return a ? same(a->low, b.low_s) && same(a->high, b.high_s) : std::isinf(b.high_s) && b.low_s == 0;
}

static const t2m_request REQUESTS[] = {
    {100, 0, 50}, {1, 0, 1},  {8, 0, 2},  {4096, 4080, 1000}, {131072, 0, 2048}, {T2M_MAX_TOKENS, 0, T2M_MAX_TOKENS},
    {0, 0, 1},    {5, 5, 1},  {5, 0, 0},  {100, 0, T2M_MAX_TOKENS + 1},
};

static void check_prediction(const t2m::prediction &p, const t2m_prediction &raw) {
    CHECK(same(p.prefill, raw.prefill_s) && same(p.decode, raw.decode_s));
    CHECK(same(p.total, raw.total_s) && same(p.tpot, raw.tpot_s));
    CHECK(same(p.prefill_energy_j, raw.prefill_energy_j) && same(p.decode_energy_j, raw.decode_energy_j));
    CHECK(same(p.energy_j, raw.energy_j) && same(p.average_power_w, raw.average_power_w) && same(p.cost, raw.cost));
    CHECK(same(p.prefill_band, raw.prefill_band) && same(p.decode_band, raw.decode_band));
    CHECK(same(p.total_band, raw.total_band) && p.flags == raw.flags);
    CHECK(p.has(T2M_FLAG_NO_ENERGY) == !p.energy_j && p.has(T2M_FLAG_NO_COST) == !p.cost);
    CHECK(p.has(T2M_FLAG_NO_BANDS) == !p.total_band);
}

static void check_predict(const t2m::profile &profile, const t2m_request &request, const t2m::drift *drift) {
    t2m_prediction raw;
    const t2m_status status = drift == nullptr ? t2m_predict(&profile.raw(), &request, &raw)
                                               : t2m_drift_predict(&profile.raw(), &drift->raw(), &request, &raw);
    const auto found = profile.predict(request, drift);
    CHECK(found.status() == status && static_cast<bool>(found) == (status == T2M_OK));
    CHECK(found.message() == t2m_status_message(status) && found.message() == t2m::message(status));
    if (!found) return;
    check_prediction(*found, raw);
    check_prediction(found.value_or({}), raw);
}

static void check_budget(const t2m::profile &profile, const t2m_request &request, const t2m::drift *drift,
                         const t2m::limit &limit, const t2m_limit &expected) {
    CHECK(limit.raw.quantity == expected.quantity && same(limit.raw.value, expected.value));
    CHECK(limit.raw.confidence == expected.confidence);
    t2m_budget raw;
    const t2m_status status =
        t2m_max_output_tokens(&profile.raw(), drift == nullptr ? nullptr : &drift->raw(), &request, &expected, &raw);
    const auto found = profile.max_output_tokens(request, limit, drift);
    CHECK(found.status() == status);
    if (!found) return;
    CHECK(found->output_tokens == raw.output_tokens && same(found->value, raw.value) && found->flags == raw.flags);
    CHECK(found->fits() == (raw.output_tokens > 0) && same(found->time(), raw.value));
    CHECK(found->has(T2M_FLAG_OUTPUT_EXTRAPOLATED) == ((raw.flags & T2M_FLAG_OUTPUT_EXTRAPOLATED) != 0));
}

static void check_budgets(const t2m::profile &profile, const t2m_request &request, const t2m::drift *drift) {
    using t2m::confidence;
    using t2m::limit;
    constexpr limit deadline = limit::time(1500ms);
    const std::chrono::duration<double, std::ratio<60>> minutes(0.25);
    const auto check = [&](const t2m::limit &limit, const t2m_limit &expected) {
        check_budget(profile, request, drift, limit, expected);
    };
    check(deadline, {T2M_SECONDS, 1.5f, 90});
    check(limit::time(10s, confidence::percent_50), {T2M_SECONDS, 10.0f, 50});
    check(limit::time(minutes, confidence::percent_90), {T2M_SECONDS, 15.0f, 90});
    check(limit::time(std::chrono::nanoseconds(1), confidence::percent_99), {T2M_SECONDS, 1e-9f, 99});
    check(limit::time(-1s), {T2M_SECONDS, -1.0f, 90});
    check(limit::time(0s), {T2M_SECONDS, 0.0f, 90});
    check(limit::energy(20.0f), {T2M_JOULES, 20.0f, 90});
    check(limit::energy(20.0f, confidence::percent_50), {T2M_JOULES, 20.0f, 50});
    check(limit::cost(0.001f, confidence::percent_50), {T2M_COST, 0.001f, 50});
}

static void check_remaining(const t2m::profile &profile, const t2m_request &request, const t2m::drift *drift) {
    const t2m::progress cases[] = {
        {}, {0, 20ms, {}}, {1, 300ms, 250ms}, {2, 1500ms, 250ms}, {1, 1s, 2s}, {1000000, 9s, 1s}, {0, -1s, {}},
    };
    for (const t2m::progress &progress : cases) {
        const t2m_progress so_far = {progress.generated_tokens, progress.elapsed.count(), progress.prefill.count()};
        t2m_estimate raw;
        const t2m_status status =
            t2m_remaining(&profile.raw(), drift == nullptr ? nullptr : &drift->raw(), &request, &so_far, &raw);
        const auto found = profile.remaining(request, progress, drift);
        CHECK(found.status() == status);
        if (!found) continue;
        CHECK(same(found->remaining, raw.remaining_s) && same(found->remaining_energy_j, raw.remaining_energy_j));
        CHECK(same(found->total, raw.total_s) && same(found->fraction, raw.fraction) && found->flags == raw.flags);
        CHECK(found->has(T2M_FLAG_NO_ENERGY) == !found->remaining_energy_j);
    }
}

static void check_batch(const t2m::profile &profile) {
    t2m_prediction raw[2], expected[2];
    CHECK(t2m_predict_batch(&profile.raw(), REQUESTS + 1, 1, expected) == T2M_OK);
    CHECK(profile.predict_batch(REQUESTS + 1, 1, raw));
    check_prediction(t2m::prediction::from(raw[0]), expected[0]);
    CHECK(profile.predict_batch(REQUESTS + 6, 2, raw).status() == T2M_NO_INPUT_TOKENS);
    CHECK(profile.predict_batch(nullptr, 0, nullptr));
#if defined(__cpp_lib_span)
    CHECK(profile.predict_batch(std::span(REQUESTS).subspan(1, 1), std::span(raw).first(1)));
    CHECK(profile.predict_batch(std::span(REQUESTS).first(1), raw).status() == T2M_WRONG_SIZE);
#endif
}

static void check_drift(const t2m::profile &profile) {
    t2m::drift drift;
    t2m_drift raw;
    CHECK(t2m_drift_init(&raw) == T2M_OK && std::memcmp(&raw, &drift.raw(), sizeof raw) == 0);
    // Prefill only where the profile has no more.
    const t2m_request request = {100, 0, profile.predict({100, 0, 2}) ? 50u : 1u};
    const float slow[] = {1.5f, 1.6f, 1.4f, 1.5f, 0.0f};
    for (const float factor : slow) {
        const auto predicted = profile.predict(request);
        const t2m::measured measured{factor * predicted->prefill, factor * predicted->decode};
        const t2m_measured times = {measured.prefill.count(), measured.decode.count()};
        const t2m_status status = t2m_drift_observe(&profile.raw(), &request, &times, &raw);
        CHECK(drift.observe(profile, request, measured).status() == status);
        CHECK((status == T2M_OK) == (factor > 0.0f));
        CHECK(std::memcmp(&raw, &drift.raw(), sizeof raw) == 0);
    }
    CHECK(drift.prefill().observed == 4 && drift.prefill().ratio > 1.3f);
    CHECK(drift.decode().observed == (request.output_tokens > 1 ? 4 : 0));

    static_assert(t2m::drift::size() == sizeof(t2m_drift));
    const auto restored = t2m::drift::restore(drift.data(), t2m::drift::size());
    t2m_drift stored;
    CHECK(restored && std::memcmp(restored->data(), &raw, sizeof raw) == 0);
    for (const std::size_t len : {t2m::drift::size(), t2m::drift::size() - 1}) {
        CHECK(t2m::drift::restore(drift.data(), len).status() == t2m_drift_restore(drift.data(), len, &stored));
    }
#if defined(__cpp_lib_span)
    CHECK(t2m::drift::restore(std::span(drift.data(), t2m::drift::size())));
#endif
    for (const t2m_request &asked : REQUESTS) {
        check_predict(profile, asked, &drift);
        check_budgets(profile, asked, &drift);
        check_remaining(profile, asked, &drift);
    }
}

static void check_bundle(const t2m::profile &profile, const std::uint8_t *blob, std::size_t len) {
    t2m_info info;
    t2m_member member;
    const auto told = profile.info();
    CHECK(told && t2m_profile_info(&profile.raw(), &info) == T2M_OK);
    // Field by field, as there is padding.
    CHECK(told->llm() == info.llm && told->device() == info.device && told->variant() == info.variant);
    CHECK(!told->llm().empty() && std::strcmp(told->raw.currency, info.currency) == 0);
    CHECK(told->raw.input_tokens_min == info.input_tokens_min && told->raw.input_tokens_max == info.input_tokens_max);
    CHECK(told->raw.output_tokens_min == info.output_tokens_min);
    CHECK(told->raw.output_tokens_max == info.output_tokens_max);
    CHECK(t2m::profile().info().status() == T2M_NOT_LOADED);

    const auto listed = t2m::list(blob, len, 0);
    CHECK(listed && t2m_profile_list(blob, len, 0, &member) == T2M_OK);
    CHECK(listed->llm() == member.llm && listed->device() == member.device && listed->variant() == member.variant);
    CHECK(listed->raw.offset == member.offset && listed->raw.len == member.len && listed->raw.status == member.status);
    CHECK(listed->llm() == told->llm());
    CHECK(t2m::list(blob, len, 1).status() == T2M_NOT_FOUND);

    t2m_profile raw;
    const char *const variants[] = {member.variant, "another"};
    for (const char *variant : variants) {
        const t2m_status status = t2m_profile_find_variant(blob, len, member.llm, variant, &raw);
        CHECK(t2m::profile::find(blob, len, member.llm, variant).status() == status);
        CHECK((status == T2M_OK) == (variant == member.variant));
    }
}

// Those that need no call of the library are constant.
static_assert(!t2m::known(std::numeric_limits<float>::infinity()) && t2m::known(0.0f) == 0.0f);
static_assert(t2m::result<int>(T2M_OK, 3).value() == 3 && *t2m::result<int>(T2M_OK, 3) == 3);
static_assert(t2m::result<int>(T2M_NOT_FOUND, 3).value_or(4) == 4 && !t2m::result<int>(T2M_NOT_FOUND, 3));
static_assert(!t2m::prediction::from(t2m_prediction{}).has(T2M_FLAG_NO_BANDS));
static_assert(!t2m::budget{}.fits() && t2m::budget{1, 2.0f, 0}.time() == 2s);

int main(int argc, char **argv) {
    CHECK(argc > 1 && t2m::is_compatible());
    for (int i = 1; i < argc; i++) {
        std::uint8_t blob[385];
        std::FILE *file = std::fopen(argv[i], "rb");
        CHECK(file != nullptr);
        const std::size_t len = std::fread(blob, 1, sizeof blob, file);
        std::fclose(file);

        const auto profile = t2m::profile::load(blob, len);
        t2m_profile raw;
        CHECK(profile && t2m_profile_load(blob, len, &raw) == T2M_OK);
        CHECK(t2m::profile::load(blob, len - 1).status() == T2M_BLOB_TRUNCATED);
        const auto found = t2m::profile::find(blob, len, "DeepSeek-R1-Distill-Qwen-1.5B");
        CHECK(found.status() == t2m_profile_find(blob, len, "DeepSeek-R1-Distill-Qwen-1.5B", &raw) && found);
        CHECK(t2m::profile::find(blob, len, "another").status() == T2M_NOT_FOUND);
        check_bundle(*profile, blob, len);
        CHECK(t2m::profile().predict(REQUESTS[0]).status() == T2M_NOT_LOADED);
#if defined(__cpp_lib_span)
        CHECK(t2m::profile::load(std::span<const std::uint8_t>(blob, len)));
        CHECK(t2m::profile::find(std::span<const std::uint8_t>(blob, len), "another").status() == T2M_NOT_FOUND);
#endif
        for (const t2m_request &request : REQUESTS) {
            check_predict(*profile, request, nullptr);
            check_budgets(*profile, request, nullptr);
            check_remaining(*profile, request, nullptr);
        }
        check_batch(*profile);
        check_drift(*profile);
    }
#if defined(__cpp_lib_span)
    std::printf("%lu checks, with spans\n", checks);
#else
    std::printf("%lu checks\n", checks);
#endif
    return EXIT_SUCCESS;
}
