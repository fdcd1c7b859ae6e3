/*
 * token2metrics for C++17 and later: token2metrics.h with durations, optional values and results.
 *
 * Conventions; whatever is not said here is as in token2metrics.h
 *   Linking  Nothing but the C library: all of this is inline, allocates nothing, throws nothing, and works with
 *            -fno-exceptions and -fno-rtti.
 *   Results  A result<T> is true if the call succeeded, and then has a value; else it has a status and its text.
 *   Values   Every type is a plain value: copied at will, nothing to release.
 *   Threads  Functions that are const, and free ones, may be called from any thread and interrupt handler at once, with the
 *            same objects. Those that are not const (drift::observe) write their object: nobody else may use it meanwhile.
 *   Units    Times are std::chrono durations; joules (_j), watts (_w) and tokens stand in the names. A cost is in the
 *            currency of the profile.
 *   Unknown  What a profile does not know is an empty std::optional, and has its T2M_FLAG_... bit. Infinity is what marks
 *            it in C: do not compile with -ffinite-math-only (-ffast-math).
 *   Arrays   A pointer and a length; a std::span too where the standard library has it.
 *
 * Example
 *   const auto profile = token2metrics::profile::load(blob, blob_len);
 *   if (!profile) return fail(profile.message());
 *   if (const auto predicted = profile->predict({100, 0, 50})) show(predicted->total.count());
 */

#ifndef TOKEN2METRICS_HPP
#define TOKEN2METRICS_HPP

#include "token2metrics.h"

#include <cassert>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>
#if __has_include(<version>)
#include <version>
#endif
#if defined(__cpp_lib_span)
#include <span>
#endif

namespace token2metrics {

/** Seconds as the library computes them. Every std::chrono duration converts to it; 24 bits of it are kept. */
using seconds = std::chrono::duration<float>;

/** Token counts of one request, in this order: input_tokens, cached_tokens, output_tokens; each at most T2M_MAX_TOKENS.
    `token2metrics::request request{100, 0, 50};` */
using request = t2m_request;

/** What a status means, in English; of static storage, and never empty. `log(token2metrics::message(status));` */
inline std::string_view message(t2m_status status) noexcept { return t2m_status_message(status); }

/** Whether the library is the one that this header belongs to: to be asked where it is loaded at run time.
    `if (!token2metrics::is_compatible()) refuse();` */
inline bool is_compatible() noexcept { return t2m_abi_version() == T2M_ABI_VERSION; }

/** How a call went, and its value where it went well.
    `const auto estimate = profile.remaining(request, progress); if (estimate) draw(estimate->fraction);` */
template <class T = void> class result;

/** How a call without a value went. `if (const auto done = drift.observe(profile, request, measured); !done) log(done.message());` */
template <> class [[nodiscard]] result<void> {
  public:
    constexpr result(t2m_status status) noexcept : status_(status) {}
    /** Whether the call succeeded. */
    constexpr explicit operator bool() const noexcept { return status_ == T2M_OK; }
    /** T2M_OK, or what was wrong. */
    constexpr t2m_status status() const noexcept { return status_; }
    /** What was wrong, in English. */
    std::string_view message() const noexcept { return token2metrics::message(status_); }

  private:
    t2m_status status_;
};

template <class T> class [[nodiscard]] result : public result<void> {
  public:
    constexpr result(t2m_status status, const T &value) noexcept : result<void>(status), value_(value) {}
    /** The value. Only of a call that succeeded: without one the program ends here, or with NDEBUG it is T{}. */
    constexpr const T &value() const noexcept {
        assert(*this);
        return value_;
    }
    constexpr const T &operator*() const noexcept { return value(); }
    constexpr const T *operator->() const noexcept { return &value(); }
    /** The value, or this one where there is none. `predicted.value_or(last_known)` */
    constexpr T value_or(const T &other) const noexcept { return *this ? value_ : other; }

  private:
    T value_;
};

/** A figure of the C interface, which is infinite where it is not known. `known(raw.cost).value_or(0.0f)` */
constexpr std::optional<float> known(float figure) noexcept {
    return figure == std::numeric_limits<float>::infinity() ? std::nullopt : std::optional<float>(figure);
}

/** Times between which 90 % of such requests are expected. `if (p.total_band) plan(p.total_band->high);` */
struct band {
    seconds low{}, high{};

    /** What the C interface has; nothing where it is not known. */
    static constexpr std::optional<band> from(const t2m_band &raw) noexcept {
        if (!known(raw.high_s)) return std::nullopt;
        return band{seconds(raw.low_s), seconds(raw.high_s)};
    }
};

/** Latency, energy and cost of one request; see t2m_prediction for what each is.
    `if (predicted->energy_j && *predicted->energy_j <= battery_j) run();` */
struct prediction {
    seconds prefill{}, decode{}, total{};
    /** Of one decode step; 0 where there is none. */
    seconds tpot{};
    std::optional<float> prefill_energy_j, decode_energy_j, energy_j, average_power_w, cost;
    std::optional<band> prefill_band, decode_band, total_band;
    /** T2M_FLAG_... bits. */
    std::uint32_t flags = 0;

    /** Whether a flag is set. `predicted->has(T2M_FLAG_INPUT_EXTRAPOLATED)` */
    constexpr bool has(std::uint32_t flag) const noexcept { return (flags & flag) != 0; }

    /** What t2m_predict wrote. `prediction::from(raw[i])` after predict_batch. */
    static constexpr prediction from(const t2m_prediction &raw) noexcept {
        return {seconds(raw.prefill_s),       seconds(raw.decode_s),       seconds(raw.total_s),
                seconds(raw.tpot_s),          known(raw.prefill_energy_j), known(raw.decode_energy_j),
                known(raw.energy_j),          known(raw.average_power_w),  known(raw.cost),
                band::from(raw.prefill_band), band::from(raw.decode_band), band::from(raw.total_band),
                raw.flags};
    }
};

/** Percent of requests that are to stay within a limit; above 50 the profile must have error bands. */
enum class confidence : std::uint32_t { percent_50 = 50, percent_90 = 90, percent_95 = 95, percent_99 = 99 };

/** What a request may take at most; above 0 and finite, or the call that gets it fails with T2M_LIMIT_VALUE.
    `limit::time(1500ms)`, `limit::time(deadline - clock::now(), confidence::percent_99)`, `limit::energy(20.0f)` */
struct limit {
    t2m_limit raw;

    /** A deadline: any duration, from submission to the last token. */
    template <class Rep, class Period>
    static constexpr limit time(std::chrono::duration<Rep, Period> deadline,
                                confidence at = confidence::percent_90) noexcept {
        return {{T2M_SECONDS, std::chrono::duration_cast<seconds>(deadline).count(), static_cast<std::uint32_t>(at)}};
    }
    /** Joules of the whole request. */
    static constexpr limit energy(float joules, confidence at = confidence::percent_90) noexcept {
        return {{T2M_JOULES, joules, static_cast<std::uint32_t>(at)}};
    }
    /** Money, in the currency of the profile. */
    static constexpr limit cost(float money, confidence at = confidence::percent_90) noexcept {
        return {{T2M_COST, money, static_cast<std::uint32_t>(at)}};
    }
};

/** How far a limit reaches. `if (!budget->fits()) refuse(); else generate(budget->output_tokens);` */
struct budget {
    /** The largest count of output tokens within the limit; 0 where not even one is. */
    std::uint32_t output_tokens = 0;
    /** What that many take (what one takes, where none fits), in the unit of the limit: seconds, joules or money. */
    float value = 0;
    /** T2M_FLAG_... bits. */
    std::uint32_t flags = 0;

    /** Whether any token fits. */
    constexpr bool fits() const noexcept { return output_tokens > 0; }
    /** The value as a time, where the limit was one. */
    constexpr seconds time() const noexcept { return seconds(value); }
    constexpr bool has(std::uint32_t flag) const noexcept { return (flags & flag) != 0; }
};

/** How far a running request has come. `progress{generated, clock::now() - submitted, first_token - submitted}` */
struct progress {
    /** So far; 0 while the prompt is being computed. */
    std::uint32_t generated_tokens = 0;
    /** Since the request was submitted; at least 0. */
    seconds elapsed{};
    /** From submission to the first token, at most `elapsed`; not read while there is none. */
    seconds prefill{};
};

/** What is left of a running request. `draw(estimate->fraction, estimate->remaining);` */
struct estimate {
    seconds remaining{};
    std::optional<float> remaining_energy_j;
    /** Elapsed and remaining. */
    seconds total{};
    /** Elapsed of the total, 0 to 1: how much of a progress bar to fill. */
    float fraction = 0;
    /** T2M_FLAG_... bits. */
    std::uint32_t flags = 0;

    constexpr bool has(std::uint32_t flag) const noexcept { return (flags & flag) != 0; }
};

/** How long the phases of a request took: both above 0. `measured{first - submitted, last - first}` */
struct measured {
    /** From submission to the first token. */
    seconds prefill{};
    /** From the first token to the last; not read where there is no decode step. */
    seconds decode{};
};

/** Whose profile it is, or a member of a bundle. `show(info->llm(), info->raw.input_tokens_max);` */
template <class Raw> struct named {
    /** Token counts and currency of an info; place and status of a member. */
    Raw raw{};

    std::string_view llm() const noexcept { return raw.llm; }
    std::string_view device() const noexcept { return raw.device; }
    /** Power mode, runtime, quantization; may be empty. */
    std::string_view variant() const noexcept { return raw.variant; }
};
using info = named<t2m_info>;
using member = named<t2m_member>;

/** The member of a bundle with this index, also a damaged one. Fails as t2m_profile_list does.
    `for (std::size_t i = 0; const auto member = list(page, 4096, i); i++) show(member->llm(), member->raw.status);` */
inline result<member> list(const std::uint8_t *bundle, std::size_t len, std::size_t index) noexcept {
    member listed;
    const t2m_status status = t2m_profile_list(bundle, len, index, &listed.raw);
    return {status, listed};
}

class drift;

/** A loaded profile: 512 bytes, only read once it is loaded. One that is not loaded fails with T2M_NOT_LOADED.
    `static profile shared; if (const auto loaded = profile::load(blob, len)) shared = *loaded;` */
class profile {
  public:
    constexpr profile() noexcept = default;

    /** From a blob of exactly so many bytes, which is not needed afterwards. Fails as t2m_profile_load does. */
    static result<profile> load(const std::uint8_t *blob, std::size_t len) noexcept {
        profile loaded;
        const t2m_status status = t2m_profile_load(blob, len, &loaded.raw_);
        return {status, loaded};
    }
    /** The profile of a language model from a bundle of blobs, `name` being NUL-terminated. Fails as t2m_profile_find.
        `profile::find(page, 4096, "DeepSeek-R1-Distill-Qwen-1.5B")` */
    static result<profile> find(const std::uint8_t *bundle, std::size_t len, const char *name) noexcept {
        profile loaded;
        const t2m_status status = t2m_profile_find(bundle, len, name, &loaded.raw_);
        return {status, loaded};
    }
    /** The same of one variant; "" is that of a profile without one. `profile::find(page, 4096, "Qwen", "MAXN")` */
    static result<profile> find(const std::uint8_t *bundle, std::size_t len, const char *name,
                                const char *variant) noexcept {
        profile loaded;
        const t2m_status status = t2m_profile_find_variant(bundle, len, name, variant, &loaded.raw_);
        return {status, loaded};
    }

    /** Whose profile it is, and on which token counts it was trained. `if (const auto is = profile.info()) show(is->llm());` */
    result<token2metrics::info> info() const noexcept {
        token2metrics::info told;
        const t2m_status status = t2m_profile_info(&raw_, &told.raw);
        return {status, told};
    }
    /** Predicts one request, on the device as it is now if a drift is given. Fails as t2m_drift_predict does.
        `profile.predict({100, 0, 50})`, `profile.predict(request, &drift)` */
    result<prediction> predict(const request &asked, const drift *drift = nullptr) const noexcept;
    /** Predicts n requests into n predictions of the C interface, all or none. Fails as t2m_predict_batch does.
        `t2m_prediction raw[3]; if (profile.predict_batch(requests, 3, raw)) use(prediction::from(raw[0]));` */
    result<> predict_batch(const request *requests, std::size_t n, t2m_prediction *raw) const noexcept {
        return t2m_predict_batch(&raw_, requests, n, raw);
    }
    /** How many output tokens, up to those of the request, fit within a limit. Fails as t2m_max_output_tokens does.
        `profile.max_output_tokens({900, 0, T2M_MAX_TOKENS}, limit::time(10s), &drift)` */
    result<budget> max_output_tokens(const request &asked, const limit &limit,
                                     const drift *drift = nullptr) const noexcept;
    /** Estimates the rest of a running request, also between two tokens. Fails as t2m_remaining does.
        `profile.remaining(request, {generated, clock::now() - submitted, prefill}, &drift)` */
    result<estimate> remaining(const request &asked, const progress &progress,
                               const drift *drift = nullptr) const noexcept;

    /** For calls of the C interface. */
    constexpr const t2m_profile &raw() const noexcept { return raw_; }

#if defined(__cpp_lib_span)
    static result<profile> load(std::span<const std::uint8_t> blob) noexcept { return load(blob.data(), blob.size()); }
    static result<profile> find(std::span<const std::uint8_t> bundle, const char *name) noexcept {
        return find(bundle.data(), bundle.size(), name);
    }
    /** Spans of different lengths fail with T2M_WRONG_SIZE. */
    result<> predict_batch(std::span<const request> requests, std::span<t2m_prediction> raw) const noexcept {
        if (requests.size() != raw.size()) return T2M_WRONG_SIZE;
        return predict_batch(requests.data(), requests.size(), raw.data());
    }
#endif

  private:
    t2m_profile raw_{};
};

/** How a device differs from its profile now, learned from the requests that it ran; one per profile.
    `drift drift; drift.observe(profile, request, {prefill, decode});` and `&drift` in every prediction. */
class drift {
  public:
    /** Nothing observed. */
    drift() noexcept {
        const t2m_status status = t2m_drift_init(&raw_);
        assert(status == T2M_OK);
        static_cast<void>(status);
    }
    /** From the bytes that data() and size() gave before. Fails as t2m_drift_restore does.
        `auto state = drift::restore(page, drift::size()).value_or(drift());` */
    static result<drift> restore(const std::uint8_t *bytes, std::size_t len) noexcept {
        drift restored;
        const t2m_status status = t2m_drift_restore(bytes, len, &restored.raw_);
        return {status, restored};
    }
    /** Learns from a request that has run; not const, so by one thread at a time. Fails as t2m_drift_observe does, and
        then nothing changes. `drift.observe(profile, request, measured{210ms, 3400ms})` */
    result<> observe(const profile &profile, const request &asked, const measured &measured) noexcept {
        const t2m_measured times = {measured.prefill.count(), measured.decode.count()};
        return t2m_drift_observe(&profile.raw(), &asked, &times, &raw_);
    }

    /** Observed / predicted seconds, their count, and more. `if (drift.decode().ratio > 1.3f) warn("throttled");` */
    constexpr const t2m_track &prefill() const noexcept { return raw_.prefill; }
    constexpr const t2m_track &decode() const noexcept { return raw_.decode; }

    /** The bytes to store over a restart. `write(file, drift.data(), drift.size())` */
    const std::uint8_t *data() const noexcept { return reinterpret_cast<const std::uint8_t *>(&raw_); }
    static constexpr std::size_t size() noexcept { return sizeof(t2m_drift); }
    /** For calls of the C interface. */
    constexpr const t2m_drift &raw() const noexcept { return raw_; }

#if defined(__cpp_lib_span)
    static result<drift> restore(std::span<const std::uint8_t> bytes) noexcept {
        return restore(bytes.data(), bytes.size());
    }
#endif

  private:
    t2m_drift raw_;
};

inline result<prediction> profile::predict(const request &asked, const drift *drift) const noexcept {
    t2m_prediction raw{};
    const t2m_status status = drift == nullptr ? t2m_predict(&raw_, &asked, &raw)
                                               : t2m_drift_predict(&raw_, &drift->raw(), &asked, &raw);
    return {status, prediction::from(raw)};
}

inline result<budget> profile::max_output_tokens(const request &asked, const limit &limit,
                                                 const drift *drift) const noexcept {
    t2m_budget raw{};
    const t2m_drift *state = drift == nullptr ? nullptr : &drift->raw();
    const t2m_status status = t2m_max_output_tokens(&raw_, state, &asked, &limit.raw, &raw);
    return {status, budget{raw.output_tokens, raw.value, raw.flags}};
}

inline result<estimate> profile::remaining(const request &asked, const progress &progress,
                                           const drift *drift) const noexcept {
    t2m_estimate raw{};
    const t2m_drift *state = drift == nullptr ? nullptr : &drift->raw();
    const t2m_progress so_far = {progress.generated_tokens, progress.elapsed.count(), progress.prefill.count()};
    const t2m_status status = t2m_remaining(&raw_, state, &asked, &so_far, &raw);
    return {status, estimate{seconds(raw.remaining_s), known(raw.remaining_energy_j), seconds(raw.total_s),
                             raw.fraction, raw.flags}};
}

} // namespace token2metrics

#endif /* TOKEN2METRICS_HPP */
