{%- macro band(phase, ratios) %}
    prediction->{{ phase }}_band.low_s = {{ phase }}_s * {{ self::ratio(ratios, Level::P5) }};
    prediction->{{ phase }}_band.high_s = {{ phase }}_s * {{ self::ratio(ratios, Level::P95) }};
{%- endmacro -%}
/* {{ about }}:
 * seconds, joules and cost of a request, by its token counts.
 *
 * Written by token2metrics {{ version }} with the coefficients of the profile as constants. It predicts the same bits as the library,
 * and needs nothing but this file. Compile it once, as C99 or C++11, without -ffast-math; where a request is to be predicted:
 *
 *     #define {{ macros }}_DECLARATIONS
 *     #include "profile.c"
 *
 *     {{ name }}_request request = {100, 0, 50};
 *     {{ name }}_prediction prediction;
 *     if ({{ name }}_predict(&request, &prediction) == 0) run_within(prediction.total_s);
 *
 * SPDX-License-Identifier: MIT OR Apache-2.0
 */
#ifndef {{ macros }}_DECLARED
#define {{ macros }}_DECLARED

#include <float.h> /* macros only */
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* One request: a single stream, no queue. */
typedef struct {{ name }}_request {
    uint32_t input_tokens;  /* of the whole prompt, cached ones included; 1 to {{ token2metrics_core::MAX_TOKENS }} */
    uint32_t cached_tokens; /* of these in the prefix cache already; below input_tokens */
    uint32_t output_tokens; /* to generate, 1 to {{ token2metrics_core::MAX_TOKENS }}; the first comes with prefill */
} {{ name }}_request;

/* Seconds between which 90 % of such requests are expected. */
typedef struct {{ name }}_band {
    float low_s;
    float high_s;
} {{ name }}_band;

/* What is not known is infinite and flagged. */
typedef struct {{ name }}_prediction {
    float prefill_s;        /* from submission to the first token */
    float decode_s;         /* of the output_tokens - 1 steps after it */
    float total_s;          /* both */
    float tpot_s;           /* decode_s per step */
    float prefill_energy_j;
    float decode_energy_j;
    float energy_j;         /* both */
    float average_power_w;  /* energy_j / total_s */
    float cost;             /* {% match profile.tariff %}{% when Some with (tariff) %}{{ self::currency(tariff.currency) }}{% when None %}not known{% endmatch %} */
    {{ name }}_band prefill_band;
    {{ name }}_band decode_band;
    {{ name }}_band total_band;
    uint32_t flags;
} {{ name }}_prediction;

#define {{ macros }}_FLAG_INPUT_EXTRAPOLATED 1u  /* input_tokens is outside what was measured */
#define {{ macros }}_FLAG_OUTPUT_EXTRAPOLATED 2u /* output_tokens is */
#define {{ macros }}_FLAG_RAISED_TO_ZERO 4u      /* a phase had negative seconds */
#define {{ macros }}_FLAG_NO_ENERGY 8u           /* no power curve for a phase of the request */
#define {{ macros }}_FLAG_NO_COST 16u            /* no tariff, or a price of energy that is not known */
#define {{ macros }}_FLAG_NO_BANDS 32u           /* no error bands */

/* Predicts one request, in constant time. Both pointers must be valid. Returns 0, or without writing the prediction:
 *
 * - 200: input_tokens is 0;
 * - 201: output_tokens is 0;
 * - 202: cached_tokens is not below input_tokens;
 * - 203: a token count is above {{ token2metrics_core::MAX_TOKENS }};
 * - 204: more than one output token of a profile that knows prefill only.
 */
int32_t {{ name }}_predict(const {{ name }}_request *request, {{ name }}_prediction *prediction);

#ifdef __cplusplus
}
#endif
#endif

#ifndef {{ macros }}_DECLARATIONS

#if FLT_RADIX != 2 || FLT_MANT_DIG != 24 || FLT_MAX_EXP != 128
#error "float is not IEEE 754 single precision"
#endif
#if defined(FLT_EVAL_METHOD) && FLT_EVAL_METHOD != 0 && FLT_EVAL_METHOD != 16
#error "float is computed with more digits than it has: with GCC on 32-bit x86, compile with -msse2 -mfpmath=sse"
#endif
#if defined(__FAST_MATH__) || defined(__ASSOCIATIVE_MATH__) || defined(__RECIPROCAL_MATH__) || defined(__NO_SIGNED_ZEROS__) || \
    (defined(__FINITE_MATH_ONLY__) && __FINITE_MATH_ONLY__ > 0)
#error "other bits than the library's: compile without -ffast-math and its parts"
#endif

/* No product may be left unrounded in a sum, as a fused multiply-add does. */
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC push_options
#pragma GCC optimize("fp-contract=off")
#else
#pragma STDC FP_CONTRACT OFF
#endif
{% if uses.infinity || uses.exp || uses.caught_up || uses.missing || uses.grown %}
static float {{ name }}_from_bits(uint32_t bits)
{
    union {
        uint32_t bits;
        float value;
    } both;
    both.bits = bits;
    return both.value;
}
{% endif %}
{%- if uses.exp || uses.caught_up || uses.missing || uses.grown %}
{%- include "helpers.c" %}
{% endif %}
int32_t {{ name }}_predict(const {{ name }}_request *request, {{ name }}_prediction *prediction)
{
    const uint32_t input_tokens = request->input_tokens;
    const uint32_t cached_tokens = request->cached_tokens;
    const uint32_t output_tokens = request->output_tokens;
{%- if uses.infinity %}
    const float unknown = {{ name }}_from_bits(0x7f800000u); /* infinity */
{%- endif %}
    uint32_t flags = {{ flags }}u;
    float prefill_s, total_s;
    float decode_s = 0.0f, tpot_s = 0.0f;
    float prefill_j{% if prefill_j.is_none() %} = unknown{% endif %}, decode_j = 0.0f, energy_j, average_w;

    if (input_tokens == 0u) {
        return 200;
    }
    if (output_tokens == 0u) {
        return 201;
    }
    if (cached_tokens >= input_tokens) {
        return 202;
    }
    if (input_tokens > {{ token2metrics_core::MAX_TOKENS }}u || output_tokens > {{ token2metrics_core::MAX_TOKENS }}u) {
        return 203;
    }
{%- if decode.is_none() %}
    if (output_tokens > 1u) {
        return 204;
    }
{%- endif %}
{%- if let Some(outside) = self::outside(profile.trained.input_tokens, "input_tokens", 1) %}
    if ({{ outside }}) {
        flags |= {{ macros }}_FLAG_INPUT_EXTRAPOLATED;
    }
{%- endif %}

    {
{%- for line in prefill.fitted %}
        {{ line }}
{%- endfor %}
        prefill_s = {{ prefill.device }};
    }
{%- if prefill.may_be_negative %}
    if (prefill_s < 0.0f) {
        prefill_s = 0.0f;
        flags |= {{ macros }}_FLAG_RAISED_TO_ZERO;
    }
{%- endif %}
{%- if let Some(lines) = prefill_j %}
{%- for line in lines %}
    {{ line }}
{%- endfor %}
{%- endif %}
{% if let Some(decode) = decode %}
    if (output_tokens > 1u) {
        const uint32_t steps = output_tokens - 1u;
{%- if let Some(outside) = self::outside(profile.trained.output_tokens, "output_tokens", 2) %}
        if ({{ outside }}) {
            flags |= {{ macros }}_FLAG_OUTPUT_EXTRAPOLATED;
        }
{%- endif %}
        {
{%- for line in decode.fitted %}
            {{ line }}
{%- endfor %}
            decode_s = {{ decode.device }};
        }
{%- if decode.may_be_negative %}
        if (decode_s < 0.0f) {
            decode_s = 0.0f;
            flags |= {{ macros }}_FLAG_RAISED_TO_ZERO;
        }
{%- endif %}
        tpot_s = decode_s / (float)steps;
{%- match decode_j %}
{%- when Some with (lines) %}
{%- for line in lines %}
        {{ line }}
{%- endfor %}
{%- when None %}
        decode_j = unknown;
{%- endmatch %}
    }
{% endif %}
    total_s = prefill_s + decode_s;
{%- match energy %}
{%- when Known::Always %}
    energy_j = prefill_j + decode_j;
    average_w = total_s > 0.0f ? energy_j / total_s : energy_j;
{%- when Known::WithoutSteps %}
    if (output_tokens == 1u) {
        energy_j = prefill_j + decode_j;
        average_w = total_s > 0.0f ? energy_j / total_s : energy_j;
    } else {
        energy_j = unknown;
        average_w = unknown;
        flags |= {{ macros }}_FLAG_NO_ENERGY;
    }
{%- when Known::Never %}
    energy_j = unknown;
    average_w = unknown;
{%- endmatch %}

    prediction->prefill_s = prefill_s;
    prediction->decode_s = decode_s;
    prediction->total_s = total_s;
    prediction->tpot_s = tpot_s;
    prediction->prefill_energy_j = prefill_j;
    prediction->decode_energy_j = decode_j;
    prediction->energy_j = energy_j;
    prediction->average_power_w = average_w;
{%- match cost %}
{%- when Some with ((Known::Always, cost)) %}
    prediction->cost = {{ cost }};
{%- when Some with ((_, cost)) %}
    if (output_tokens == 1u) {
        prediction->cost = {{ cost }};
    } else {
        prediction->cost = unknown;
        flags |= {{ macros }}_FLAG_NO_COST;
    }
{%- when None %}
    prediction->cost = unknown;
{%- endmatch %}
{%- match profile.bands %}
{%- when Some with (bands) %}
{%- call band("prefill", bands.prefill) %}{% endcall %}
{%- call band("decode", bands.decode) %}{% endcall %}
{%- call band("total", bands.total) %}{% endcall %}
{%- when None %}
{%- for phase in ["prefill", "decode", "total"] %}
    prediction->{{ phase }}_band.low_s = 0.0f;
    prediction->{{ phase }}_band.high_s = unknown;
{%- endfor %}
{%- endmatch %}
    prediction->flags = flags;
    return 0;
}

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC pop_options
#else
#pragma STDC FP_CONTRACT DEFAULT
#endif
#endif

