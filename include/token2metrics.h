/*
 * token2metrics: how long a language-model request takes on one device, how much energy it uses
 * and what it costs, from its token counts.
 *
 * Conventions
 *   Status   Calls return a t2m_status; T2M_OK is 0, every other number is a failure.
 *            t2m_status_message() says in English what was wrong.
 *   Results  Inputs come first, out-parameters last. An out-parameter is written only if the
 *            call returns T2M_OK; otherwise it keeps what it had.
 *   Pointers Every pointer is checked for NULL and for alignment; that it points to as many
 *            elements as the call is told is up to the caller.
 *   Storage  All of it belongs to the caller. The library allocates nothing, has no state of
 *            its own and keeps no pointer after a call.
 *   Threads  Every function may be called from any thread and from interrupt handlers (which must
 *            allow floating point). What is passed as const is only read, and may be used by all of
 *            them at once: so a loaded t2m_profile. What is written (a profile by loading, a
 *            t2m_drift by observing) nobody else may use meanwhile.
 *   Units    Times are in seconds, energies in joules, powers in watts, lengths in tokens. The
 *            unit stands in the name: prefill_s, energy_j. A cost is in the currency of the profile.
 *   Unknown  What a profile does not know is INFINITY and has a flag (T2M_FLAG_NO_ENERGY and the
 *            like), so that it is never within a limit by mistake: energy_j <= budget_j is false.
 *   C++      token2metrics.hpp wraps this header for C++17, with durations and optional values.
 *
 * Example
 *   t2m_profile profile;
 *   t2m_request request = { 100, 0, 50 };
 *   t2m_prediction prediction;
 *   t2m_status status = t2m_profile_load(blob, blob_len, &profile);
 *   if (status == T2M_OK) status = t2m_predict(&profile, &request, &prediction);
 *   if (status == T2M_OK) printf("%g s\n", prediction.total_s);
 *   else fprintf(stderr, "%s\n", t2m_status_message(status));
 */

#ifndef TOKEN2METRICS_H
#define TOKEN2METRICS_H

/* Made by cbindgen from the Rust source in ffi/; do not edit. */

#include <stddef.h>
#include <stdint.h>

/* Aligns a type to n bytes, as the library expects it. */
#if defined(__GNUC__) || defined(__clang__)
#define T2M_ALIGNED(n) __attribute__((aligned(n)))
#elif defined(_MSC_VER)
#define T2M_ALIGNED(n) __declspec(align(n))
#else
#define T2M_ALIGNED(n)
#endif

/**
 * The `t2m_abi_version()` that this header belongs to.
 */
#define T2M_ABI_VERSION 2

/**
 * Flag: `input_tokens` is outside the range that the profile was trained on.
 */
#define T2M_FLAG_INPUT_EXTRAPOLATED 1

/**
 * Flag: `output_tokens` is outside the range that the profile was trained on.
 */
#define T2M_FLAG_OUTPUT_EXTRAPOLATED 2

/**
 * Flag: the coefficients gave a negative time for a phase, which was raised to 0.
 */
#define T2M_FLAG_RAISED_TO_ZERO 4

/**
 * Flag: the profile has no power curve for a phase of the request. That phase's energy, `energy_j`
 * and `average_power_w` are INFINITY.
 */
#define T2M_FLAG_NO_ENERGY 8

/**
 * Flag: the profile has no tariff, or one with a price of energy that is not known. `cost` is
 * INFINITY.
 */
#define T2M_FLAG_NO_COST 16

/**
 * Flag: the profile has no error bands. Each is 0 to INFINITY.
 */
#define T2M_FLAG_NO_BANDS 32

/**
 * Quantity of a limit: seconds of the whole request, `total_s`.
 */
#define T2M_SECONDS 1

/**
 * Quantity of a limit: joules of the whole request, `energy_j`.
 */
#define T2M_JOULES 2

/**
 * Quantity of a limit: cost of the whole request, in the currency of the profile.
 */
#define T2M_COST 3

/**
 * The largest token count that is answered.
 */
#define T2M_MAX_TOKENS 16777216

/**
 * What a call returns. The numbers are fixed: one never changes its meaning and is never used for
 * another. The type is an `int32_t` whatever the compiler makes of enumerations. Later versions add
 * numbers; treat those that you do not know as failures.
 *
 *     if (status != T2M_OK) fprintf(stderr, "%s\n", t2m_status_message(status));
 */
enum t2m_status
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * Done; the out-parameters are written.
     */
    T2M_OK = 0,
    /**
     * A pointer is NULL.
     */
    T2M_NULL_POINTER = 1,
    /**
     * A pointer is not aligned for its type.
     */
    T2M_MISALIGNED = 2,
    /**
     * An array has more elements than an address space can hold.
     */
    T2M_TOO_LONG = 3,
    /**
     * The `t2m_profile` was never loaded, or was overwritten.
     */
    T2M_NOT_LOADED = 4,
    /**
     * A name is not UTF-8.
     */
    T2M_NAME_NOT_UTF8 = 5,
    /**
     * No profile in the bundle has the name.
     */
    T2M_NOT_FOUND = 6,
    /**
     * Stored bytes are more or fewer than the type has.
     */
    T2M_WRONG_SIZE = 7,
    /**
     * The bytes end before the blob does.
     */
    T2M_BLOB_TRUNCATED = 100,
    /**
     * The bytes do not begin with "T2M"; an erased flash page gives this.
     */
    T2M_BLOB_MAGIC = 101,
    /**
     * The blob's format version is not known to this library.
     */
    T2M_BLOB_VERSION = 102,
    /**
     * Bytes follow the blob.
     */
    T2M_BLOB_TRAILING_BYTES = 103,
    /**
     * The blob's checksum does not match.
     */
    T2M_BLOB_CRC = 104,
    /**
     * The blob's payload is not a profile.
     */
    T2M_BLOB_MALFORMED = 105,
    /**
     * A coefficient, a watt or a price is NaN or infinite.
     */
    T2M_BLOB_NOT_FINITE = 106,
    /**
     * A range of token counts is empty or out of bounds.
     */
    T2M_BLOB_RANGE = 107,
    /**
     * A tile is 0, above 16,383 or stands where none may.
     */
    T2M_BLOB_TILE = 108,
    /**
     * A knot is above the largest token count.
     */
    T2M_BLOB_KNOT = 109,
    /**
     * The power of a term is not one that its phase has.
     */
    T2M_BLOB_POWER = 110,
    /**
     * The coefficients, watts or prices are so large that a prediction would overflow.
     */
    T2M_BLOB_OVERFLOW = 111,
    /**
     * A power curve is negative at some time, has a time constant that is not above 0, or wakes
     * in prefill.
     */
    T2M_BLOB_WATTS = 112,
    /**
     * An error band's upper end is below its lower end.
     */
    T2M_BLOB_BAND = 113,
    /**
     * A price is negative.
     */
    T2M_BLOB_PRICE = 114,
    /**
     * `input_tokens` is 0.
     */
    T2M_NO_INPUT_TOKENS = 200,
    /**
     * `output_tokens` is 0.
     */
    T2M_NO_OUTPUT_TOKENS = 201,
    /**
     * `cached_tokens` is not below `input_tokens`.
     */
    T2M_CACHED_TOKENS = 202,
    /**
     * A token count is above 16,777,216.
     */
    T2M_TOO_MANY_TOKENS = 203,
    /**
     * More than one output token, and the profile has no decode.
     */
    T2M_NO_DECODE = 204,
    /**
     * The quantity of a limit is none of `T2M_SECONDS`, `T2M_JOULES` and `T2M_COST`.
     */
    T2M_LIMIT_QUANTITY = 300,
    /**
     * A limit is zero, negative, NaN or infinite.
     */
    T2M_LIMIT_VALUE = 301,
    /**
     * The confidence of a limit is not 50, 90, 95 or 99 percent.
     */
    T2M_LIMIT_CONFIDENCE = 302,
    /**
     * Energy is limited, and the profile does not know it.
     */
    T2M_LIMIT_NO_ENERGY = 303,
    /**
     * Cost is limited, and the profile does not know it.
     */
    T2M_LIMIT_NO_COST = 304,
    /**
     * A confidence above 50 percent, and the profile has no error bands.
     */
    T2M_LIMIT_NO_BANDS = 305,
    /**
     * A time of a running request is negative, NaN or infinite, or its first token is later than now.
     */
    T2M_PROGRESS_TIME = 310,
    /**
     * More tokens are generated than the request has.
     */
    T2M_PROGRESS_TOKENS = 311,
    /**
     * The `t2m_drift` was never begun, or is damaged.
     */
    T2M_DRIFT_DAMAGED = 320,
    /**
     * Another version of the library has written the `t2m_drift`.
     */
    T2M_DRIFT_VERSION = 321,
    /**
     * A measured time is zero, negative, NaN or infinite.
     */
    T2M_MEASURED_TIME = 322,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum t2m_status t2m_status;
#else
typedef int32_t t2m_status;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * Storage for one loaded profile, 512 bytes that belong to the caller: static, on the stack or
 * wherever else. It holds no pointer, so that it may be copied with `memcpy`, and needs no release. Its
 * content is private, and only what a load has written there is a profile. Once loaded it is only read:
 * any number of threads and interrupt handlers may use it at once.
 *
 *     static t2m_profile loaded;
 *     t2m_status status = t2m_profile_load(blob, blob_len, &loaded);
 */
typedef struct T2M_ALIGNED(8) t2m_profile {
    uint64_t opaque[64];
} t2m_profile;

/**
 * A member of a bundle. Its names end with a NUL. Of a damaged member they are as much as can be
 * read, which may be damaged as well, and empty otherwise.
 *
 *     printf("%s: %lu bytes at %lu\n", member.llm, (unsigned long)member.len, (unsigned long)member.offset);
 */
typedef struct t2m_member {
    /**
     * The language model.
     */
    char llm[41];
    /**
     * The machine that the times are of.
     */
    char device[33];
    /**
     * Power mode, runtime, quantization; may be empty.
     */
    char variant[33];
    /**
     * Where in the bundle the member begins.
     */
    uint32_t offset;
    /**
     * Its bytes. Those of a damaged member may be up to where the next one was found.
     */
    uint32_t len;
    /**
     * `T2M_OK`, or the `T2M_BLOB_...` status that says what is wrong with it.
     */
    t2m_status status;
} t2m_member;

/**
 * What a runtime may want to show of a profile. The texts end with a NUL.
 *
 *     printf("%s on %s, %s\n", info.llm, info.device, info.variant);
 */
typedef struct t2m_info {
    /**
     * The language model.
     */
    char llm[41];
    /**
     * The machine that the times are of.
     */
    char device[33];
    /**
     * Power mode, runtime, quantization; may be empty.
     */
    char variant[33];
    /**
     * The currency of `cost`; empty where it is not stated, or there is no tariff.
     */
    char currency[4];
    /**
     * The shortest prompt that the profile was trained on.
     */
    uint32_t input_tokens_min;
    /**
     * The longest prompt.
     */
    uint32_t input_tokens_max;
    /**
     * The fewest generated tokens that the profile was trained on.
     */
    uint32_t output_tokens_min;
    /**
     * The most generated tokens.
     */
    uint32_t output_tokens_max;
} t2m_info;

/**
 * One request: a single stream, no queue.
 *
 *     t2m_request request = { 1000, 900, 50 };
 */
typedef struct t2m_request {
    /**
     * Tokens of the whole prompt, cached ones included; 1 to 16,777,216.
     */
    uint32_t input_tokens;
    /**
     * Leading tokens of the prompt that are in the prefix cache already; below `input_tokens`.
     */
    uint32_t cached_tokens;
    /**
     * Tokens to generate; 1 to 16,777,216. The first comes with prefill, each further one takes a
     * decode step.
     */
    uint32_t output_tokens;
} t2m_request;

/**
 * Seconds between which 90 % of requests like this one are expected: 5 % take less than `low_s`, 5 %
 * more than `high_s`. 0 and INFINITY with `T2M_FLAG_NO_BANDS`.
 *
 *     if (prediction.total_band.high_s <= deadline_s) run();
 */
typedef struct t2m_band {
    /**
     * The lower end.
     */
    float low_s;
    /**
     * The upper end.
     */
    float high_s;
} t2m_band;

/**
 * Latency, energy and cost of one request on the device of the profile. No float is negative or NaN.
 * One that the profile does not know is INFINITY and flagged, so that it never passes for being within
 * a limit; every other is finite.
 *
 *     if (prediction.flags & T2M_FLAG_INPUT_EXTRAPOLATED) puts("a longer prompt than any that was measured");
 *     if (prediction.energy_j <= battery_j) run();
 */
typedef struct t2m_prediction {
    /**
     * Seconds from submission to the first token: TTFT of a single stream without a queue.
     */
    float prefill_s;
    /**
     * Seconds of the `output_tokens - 1` decode steps after the first token; 0 where there are
     * none.
     */
    float decode_s;
    /**
     * `prefill_s + decode_s`.
     */
    float total_s;
    /**
     * TPOT, `decode_s / (output_tokens - 1)`; 0 where there is no step.
     */
    float tpot_s;
    /**
     * Joules of prefill.
     */
    float prefill_energy_j;
    /**
     * Joules of the decode steps; 0 where there are none.
     */
    float decode_energy_j;
    /**
     * `prefill_energy_j + decode_energy_j`.
     */
    float energy_j;
    /**
     * `energy_j / total_s`, in watts; 0 for a request that takes no time.
     */
    float average_power_w;
    /**
     * Cost of the request by the tariff in the profile, in its currency.
     */
    float cost;
    /**
     * Of `prefill_s`.
     */
    struct t2m_band prefill_band;
    /**
     * Of `decode_s`.
     */
    struct t2m_band decode_band;
    /**
     * Of `total_s`.
     */
    struct t2m_band total_band;
    /**
     * `T2M_FLAG_...` bits, or-ed; ignore those that you do not know.
     */
    uint32_t flags;
} t2m_prediction;

/**
 * What has been seen of one phase of the requests on one device. Without units: all are ratios and counts.
 *
 *     if (drift.decode.observed >= 3 && drift.decode.ratio > 1.3f) puts("the device is throttled");
 */
typedef struct t2m_track {
    /**
     * The natural logarithm of `ratio`.
     */
    float log_ratio;
    /**
     * Observed seconds / those that the profile predicts, now; 1/8 to 8.
     */
    float ratio;
    /**
     * Factor on the width of the phase's band, 1/4 to 64.
     */
    float width;
    /**
     * Mean log ratio of the values in doubt.
     */
    float doubt;
    /**
     * Requests that the ratio was learned from, at most 65535; predictions use it from the third on.
     */
    uint16_t observed;
    /**
     * Values in doubt: far from the ratio and near to each other. The third is believed.
     */
    uint16_t doubted;
} t2m_track;

/**
 * How a device differs from its profile, learned from the requests that it ran: throttled, in another
 * power mode, under other load. 48 bytes that belong to the caller, one state per profile in use; its
 * fields may be read, and only the library writes them. It may be copied, and kept over a restart by
 * storing its bytes. One thread at a time may observe; meanwhile nobody may read it. Give a copy to those
 * who must not wait.
 *
 *     static t2m_drift state;
 *     t2m_status status = t2m_drift_init(&state);
 */
typedef struct t2m_drift {
    /**
     * Mark and number of this layout.
     */
    uint32_t version;
    /**
     * Of `prefill_s`.
     */
    struct t2m_track prefill;
    /**
     * Of `decode_s`.
     */
    struct t2m_track decode;
    /**
     * Factor on the width of the band of `total_s`, 1/4 to 64.
     */
    float total_width;
} t2m_drift;

/**
 * How long the phases of a request took.
 *
 *     t2m_measured measured = { first_token_s - submitted_s, last_token_s - first_token_s };
 */
typedef struct t2m_measured {
    /**
     * Seconds from submission to the first token; above 0.
     */
    float prefill_s;
    /**
     * Seconds from the first token to the last; above 0, and not read where there is no decode step.
     */
    float decode_s;
} t2m_measured;

/**
 * What a request may take at most.
 *
 *     t2m_limit ten_seconds = { T2M_SECONDS, 10.0f, 95 }, battery = { T2M_JOULES, battery_j, 50 };
 */
typedef struct t2m_limit {
    /**
     * `T2M_SECONDS`, `T2M_JOULES` or `T2M_COST`.
     */
    uint32_t quantity;
    /**
     * Seconds, joules or money; above 0 and finite.
     */
    float value;
    /**
     * Percent of such requests that are to stay within the limit: 50, 90, 95 or 99. More than 50 needs a
     * profile with error bands. Energy and cost are those of the time at that confidence; how exact
     * the power meter was is not in it.
     */
    uint32_t confidence;
} t2m_limit;

/**
 * How far a limit reaches.
 *
 *     if (budget.output_tokens > 0) printf("%lu tokens\n", (unsigned long)budget.output_tokens);
 */
typedef struct t2m_budget {
    /**
     * The largest count of output tokens that fits; 0 where not even the prompt with its first token does:
     * refuse the request.
     */
    uint32_t output_tokens;
    /**
     * What that many take at the confidence, in the unit of the limit; where none fits, what one takes.
     */
    float value;
    /**
     * `T2M_FLAG_...` bits of the request with that many output tokens: with `T2M_FLAG_OUTPUT_EXTRAPOLATED`
     * they are outside the range that the profile was trained on.
     */
    uint32_t flags;
} t2m_budget;

/**
 * How far a running request has come.
 *
 *     t2m_progress progress = { generated, now_s - submitted_s, first_token_s - submitted_s };
 */
typedef struct t2m_progress {
    /**
     * Tokens generated so far; 0 while the prompt is being computed.
     */
    uint32_t generated_tokens;
    /**
     * Seconds since the request was submitted; at least 0.
     */
    float elapsed_s;
    /**
     * Seconds from submission to the first token, at most `elapsed_s`; not read while there is none.
     */
    float prefill_s;
} t2m_progress;

/**
 * What is left of a running request. No float is negative or NaN.
 *
 *     printf("%.0f %%\n", 100 * estimate.fraction);
 */
typedef struct t2m_estimate {
    /**
     * Seconds until its last token.
     */
    float remaining_s;
    /**
     * Joules until then; INFINITY with `T2M_FLAG_NO_ENERGY`.
     */
    float remaining_energy_j;
    /**
     * `elapsed_s + remaining_s`.
     */
    float total_s;
    /**
     * `elapsed_s / total_s`, 0 to 1: how much of a progress bar to fill.
     */
    float fraction;
    /**
     * `T2M_FLAG_...` bits, as in a prediction.
     */
    uint32_t flags;
} t2m_estimate;

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

/**
 * Tells the version of this interface. It rises when a type or a function changes so that a program must
 * be compiled again; compare it with `T2M_ABI_VERSION` when the library is loaded at run time.
 *
 * Returns the number; it cannot fail.
 *
 * Threads: any, and interrupt handlers.
 *
 *     if (t2m_abi_version() != T2M_ABI_VERSION) refuse();
 */
uint32_t t2m_abi_version(void);

/**
 * Tells what a status means and what to do about it, in English.
 *
 * Returns a text that is static, NUL-terminated and never NULL, also for numbers that are no status; it
 * is not to be freed.
 *
 * Threads: any, and interrupt handlers.
 *
 *     puts(t2m_status_message(status));
 */
const char *t2m_status_message(int32_t status);

/**
 * Loads a profile from a blob of exactly `len` bytes, which is not needed afterwards.
 *
 * Returns `T2M_OK` and writes `*profile`; the `T2M_BLOB_...` status that says what is wrong with the
 * bytes; `T2M_NULL_POINTER`, `T2M_MISALIGNED` or `T2M_TOO_LONG`.
 *
 * Threads: any, and interrupt handlers. Nobody else may use `*profile` meanwhile.
 *
 *     t2m_profile profile;
 *     t2m_status status = t2m_profile_load(blob, blob_len, &profile);
 *
 * # Safety
 * `blob` points to `len` bytes, and `profile` to a `t2m_profile` that may be written.
 */
t2m_status t2m_profile_load(const uint8_t *blob,
                            size_t len,
                            struct t2m_profile *profile);

/**
 * Loads the profile of the LLM called `name` from a bundle: blobs back to back in `len` bytes, ended by a
 * byte of 0xFF (erased flash) or by the end. A single blob is a bundle too, so that a whole flash page
 * can be given. Of several variants the first is loaded. Damaged members are skipped, and hide no other,
 * unless the very first byte of one became 0xFF, which is the end.
 *
 * Returns `T2M_OK` and writes `*profile`; `T2M_NOT_FOUND` where no member has the name, or the
 * `T2M_BLOB_...` status of the first damaged member where it may have been that one;
 * `T2M_NAME_NOT_UTF8`, `T2M_NULL_POINTER`, `T2M_MISALIGNED` or `T2M_TOO_LONG`.
 *
 * Threads: any, and interrupt handlers. Nobody else may use `*profile` meanwhile. Its time grows with `len`.
 *
 *     t2m_status status = t2m_profile_find(page, 4096, "DeepSeek-R1-Distill-Qwen-1.5B", &profile);
 *
 * # Safety
 * `bundle` points to `len` bytes, `name` to a NUL-terminated string, and `profile` to a `t2m_profile`
 * that may be written.
 */
t2m_status t2m_profile_find(const uint8_t *bundle,
                            size_t len,
                            const char *name,
                            struct t2m_profile *profile);

/**
 * Loads the profile of the LLM called `name` in the variant called `variant`, such as a power mode or a
 * quantization; "" is that of a profile without one. Otherwise as `t2m_profile_find`.
 *
 * Returns what `t2m_profile_find` returns; `T2M_NOT_FOUND` where no member has both names.
 *
 * Threads: any, and interrupt handlers. Nobody else may use `*profile` meanwhile. Its time grows with `len`.
 *
 *     t2m_status status = t2m_profile_find_variant(page, 4096, "Llama-3.2-1B", "MAXN", &profile);
 *
 * # Safety
 * `bundle` points to `len` bytes, `name` and `variant` to NUL-terminated strings, and `profile` to a
 * `t2m_profile` that may be written.
 */
t2m_status t2m_profile_find_variant(const uint8_t *bundle,
                                    size_t len,
                                    const char *name,
                                    const char *variant,
                                    struct t2m_profile *profile);

/**
 * Tells what the member number `index` of a bundle is, counted from 0. Damaged members are counted too, and so
 * are bytes that are no blob at all.
 *
 * Returns `T2M_OK` and writes `*member`, also of a damaged one, whose `status` says what is wrong with it;
 * `T2M_NOT_FOUND` past the last; `T2M_NULL_POINTER` or `T2M_MISALIGNED`; `T2M_TOO_LONG` also for a member
 * that does not lie within 4 GiB.
 *
 * Threads: any, and interrupt handlers. Every call walks from the beginning of the bundle to the member.
 *
 *     t2m_member member;
 *     for (size_t i = 0; t2m_profile_list(page, 4096, i, &member) == T2M_OK; i++)
 *         printf("%s (%s): %s\n", member.llm, member.variant, t2m_status_message(member.status));
 *
 * # Safety
 * `bundle` points to `len` bytes, and `member` to a `t2m_member` that may be written.
 */
t2m_status t2m_profile_list(const uint8_t *bundle,
                            size_t len,
                            size_t index,
                            struct t2m_member *member);

/**
 * Tells whose profile was loaded, and the token counts that it was trained on. A request outside is
 * answered, and flagged.
 *
 * Returns `T2M_OK` and writes `*info`; `T2M_NOT_LOADED`, `T2M_NULL_POINTER` or `T2M_MISALIGNED`.
 *
 * Threads: any, and interrupt handlers, also at once with one `*profile`.
 *
 *     t2m_info info;
 *     if (t2m_profile_info(&profile, &info) == T2M_OK) printf("%s on %s\n", info.llm, info.device);
 *
 * # Safety
 * `profile` points to a `t2m_profile`, and `info` to a `t2m_info` that may be written.
 */
t2m_status t2m_profile_info(const struct t2m_profile *profile, struct t2m_info *info);

/**
 * Predicts one request, in constant time whatever its token counts.
 *
 * Returns `T2M_OK` and writes `*prediction`; `T2M_NO_INPUT_TOKENS`, `T2M_NO_OUTPUT_TOKENS`,
 * `T2M_CACHED_TOKENS` or `T2M_TOO_MANY_TOKENS` for counts that make no request; `T2M_NO_DECODE` for
 * more than one output token of a profile that knows prefill only; `T2M_NOT_LOADED`,
 * `T2M_NULL_POINTER` or `T2M_MISALIGNED`.
 *
 * Threads: any, and interrupt handlers, also at once with one `*profile`.
 *
 *     t2m_request request = { 100, 0, 50 };
 *     t2m_prediction prediction;
 *     t2m_status status = t2m_predict(&profile, &request, &prediction);
 *
 * # Safety
 * `profile` points to a `t2m_profile`, `request` to a `t2m_request`, and `prediction` to a
 * `t2m_prediction` that may be written.
 */
t2m_status t2m_predict(const struct t2m_profile *profile,
                       const struct t2m_request *request,
                       struct t2m_prediction *prediction);

/**
 * Predicts `n` requests into `n` predictions, in their order.
 *
 * Returns `T2M_OK` and writes all of `predictions`; what `t2m_predict` returns for the first request
 * that has no prediction, and then writes none; or `T2M_TOO_LONG`. With `n` of 0 it does nothing, and
 * both arrays may be NULL.
 *
 * Threads: any, and interrupt handlers, also at once with one `*profile`. Its time grows with `n`.
 *
 *     t2m_status status = t2m_predict_batch(&profile, requests, n, predictions);
 *
 * # Safety
 * `profile` points to a `t2m_profile`, `requests` to `n` values, and `predictions` to `n` values that may
 * be written and do not overlap with `requests`.
 */
t2m_status t2m_predict_batch(const struct t2m_profile *profile,
                             const struct t2m_request *requests,
                             size_t n,
                             struct t2m_prediction *predictions);

/**
 * Begins a state: nothing observed. Also the way to forget what was observed, say after the power mode was
 * changed on purpose.
 *
 * Returns `T2M_OK` and writes `*drift`; `T2M_NULL_POINTER` or `T2M_MISALIGNED`.
 *
 * Threads: any, and interrupt handlers. Nobody else may use `*drift` meanwhile.
 *
 *     t2m_drift drift;
 *     t2m_status status = t2m_drift_init(&drift);
 *
 * # Safety
 * `drift` points to a `t2m_drift` that may be written.
 */
t2m_status t2m_drift_init(struct t2m_drift *drift);

/**
 * Takes up a state from its stored bytes, which need no alignment: those of a `t2m_drift` as they lie in
 * the memory of such a machine.
 *
 * Returns `T2M_OK` and writes `*drift`; `T2M_WRONG_SIZE` where `len` is not `sizeof(t2m_drift)`;
 * `T2M_DRIFT_VERSION` or `T2M_DRIFT_DAMAGED` for bytes that are not a state of this version, after which a new one
 * is begun with `t2m_drift_init`; `T2M_NULL_POINTER`, `T2M_MISALIGNED` or `T2M_TOO_LONG`.
 *
 * Threads: any, and interrupt handlers. Nobody else may use `*drift` meanwhile.
 *
 *     if (t2m_drift_restore(page, sizeof drift, &drift) != T2M_OK) t2m_drift_init(&drift);
 *
 * # Safety
 * `bytes` points to `len` bytes, and `drift` to a `t2m_drift` that may be written.
 */
t2m_status t2m_drift_restore(const uint8_t *bytes,
                             size_t len,
                             struct t2m_drift *drift);

/**
 * Learns from a request that has run: how its measured times compare with those that the profile predicts.
 * A single value that is far off changes nothing; three in a row that agree are believed. Give as
 * `output_tokens` what was really generated, if the request was stopped early. A phase for which
 * the profile predicts no time at all is left out. O(1) in time and memory.
 *
 * Returns `T2M_OK` and updates `*drift`; `T2M_MEASURED_TIME` where a time is zero, negative, NaN or
 * infinite; `T2M_DRIFT_DAMAGED` or `T2M_DRIFT_VERSION`; what `t2m_predict` returns for the
 * request; `T2M_NOT_LOADED`, `T2M_NULL_POINTER` or `T2M_MISALIGNED`. Then the state is as it was.
 *
 * Threads: any, and interrupt handlers. It writes `*drift`, which nobody else may use meanwhile: neither
 * observe nor predict with it.
 *
 *     t2m_measured measured = { 0.21f, 3.4f };
 *     t2m_status status = t2m_drift_observe(&profile, &request, &measured, &drift);
 *
 * # Safety
 * `profile` points to a `t2m_profile`, `request` to a `t2m_request`, `measured` to a `t2m_measured`, and
 * `drift` to a `t2m_drift` that may be written and that nobody else reads or writes meanwhile.
 */
t2m_status t2m_drift_observe(const struct t2m_profile *profile,
                             const struct t2m_request *request,
                             const struct t2m_measured *measured,
                             struct t2m_drift *drift);

/**
 * Predicts one request on the device as it is now: the times of `t2m_predict` times the ratios of the
 * drift, its bands around them and as wide as they have proved to have to be, and energy and cost of
 * these times. With fewer than three observed requests of a phase, that phase is as `t2m_predict`
 * has it. In constant time whatever the token counts.
 *
 * Returns `T2M_OK` and writes `*prediction`; `T2M_DRIFT_DAMAGED` or `T2M_DRIFT_VERSION`; or what
 * `t2m_predict` returns.
 *
 * Threads: any, and interrupt handlers, also at once with one `*profile` and one `*drift`, as long as
 * nobody observes into that.
 *
 *     t2m_status status = t2m_drift_predict(&profile, &drift, &request, &prediction);
 *
 * # Safety
 * `profile` points to a `t2m_profile`, `drift` to a `t2m_drift`, `request` to a `t2m_request`, and `prediction`
 * to a `t2m_prediction` that may be written.
 */
t2m_status t2m_drift_predict(const struct t2m_profile *profile,
                             const struct t2m_drift *drift,
                             const struct t2m_request *request,
                             struct t2m_prediction *prediction);

/**
 * How many output tokens fit within a limit: the largest count, up to the `output_tokens` of the request
 * (`T2M_MAX_TOKENS` for as many as fit), that stays within it, exact to one token. In constant time: at
 * most 27 evaluations of a request's time. `drift` may be NULL: the profile as it is.
 *
 * Returns `T2M_OK` and writes `*budget`, also where nothing fits; `T2M_LIMIT_QUANTITY`,
 * `T2M_LIMIT_VALUE` or `T2M_LIMIT_CONFIDENCE` for a limit that is none; `T2M_LIMIT_NO_ENERGY`,
 * `T2M_LIMIT_NO_COST` or `T2M_LIMIT_NO_BANDS` for one that the profile knows nothing of; what
 * `t2m_predict` returns for the request; `T2M_DRIFT_DAMAGED` or `T2M_DRIFT_VERSION`;
 * `T2M_NOT_LOADED`, `T2M_NULL_POINTER` or `T2M_MISALIGNED`.
 *
 * Threads: any, and interrupt handlers, also at once with one `*profile` and one `*drift`, as long as
 * nobody observes into that.
 *
 *     t2m_request request = { 900, 0, 512 };
 *     t2m_limit limit = { T2M_SECONDS, 10.0f, 95 };
 *     t2m_budget budget;
 *     t2m_status status = t2m_max_output_tokens(&profile, &drift, &request, &limit, &budget);
 *     if (status == T2M_OK && budget.output_tokens == 0) refuse();
 *
 * # Safety
 * `profile` points to a `t2m_profile`, `drift` to a `t2m_drift` or is NULL, `request` to a
 * `t2m_request`, `limit` to a `t2m_limit`, and `budget` to a `t2m_budget` that may be written.
 */
t2m_status t2m_max_output_tokens(const struct t2m_profile *profile,
                                 const struct t2m_drift *drift,
                                 const struct t2m_request *request,
                                 const struct t2m_limit *limit,
                                 struct t2m_budget *budget);

/**
 * Estimates the rest of a running request from the profile and from the pace of this very request, which
 * counts as much as the profile after eight steps. The `output_tokens` of the request are how many it
 * will generate. May be called at any time, also between two tokens; for a request on the predicted
 * pace, `remaining_s` falls as `elapsed_s` rises. `drift` may be NULL: the profile as it is. In constant
 * time.
 *
 * Returns `T2M_OK` and writes `*estimate`; `T2M_PROGRESS_TIME` or `T2M_PROGRESS_TOKENS`; what
 * `t2m_predict` returns for the request; `T2M_DRIFT_DAMAGED` or `T2M_DRIFT_VERSION`;
 * `T2M_NOT_LOADED`, `T2M_NULL_POINTER` or `T2M_MISALIGNED`.
 *
 * Threads: any, and interrupt handlers, also at once with one `*profile` and one `*drift`, as long as
 * nobody observes into that.
 *
 *     t2m_progress progress = { generated, elapsed_s, prefill_s };
 *     t2m_estimate estimate;
 *     t2m_status status = t2m_remaining(&profile, &drift, &request, &progress, &estimate);
 *     if (status == T2M_OK) printf("\r%3.0f %%, %.0f s left", 100 * estimate.fraction, estimate.remaining_s);
 *
 * # Safety
 * `profile` points to a `t2m_profile`, `drift` to a `t2m_drift` or is NULL, `request` to a
 * `t2m_request`, `progress` to a `t2m_progress`, and `estimate` to a `t2m_estimate` that may be written.
 */
t2m_status t2m_remaining(const struct t2m_profile *profile,
                         const struct t2m_drift *drift,
                         const struct t2m_request *request,
                         const struct t2m_progress *progress,
                         struct t2m_estimate *estimate);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* TOKEN2METRICS_H */
