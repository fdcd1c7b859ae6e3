

static uint32_t {{ name }}_to_bits(float value)
{
    union {
        uint32_t bits;
        float value;
    } both;
    both.value = value;
    return both.bits;
}

/* The exponential and logarithm are those of FreeBSD's msun by way of musl and the Rust crate libm 0.2.16, without the cases
 * that do not occur here. Origin: e_expf.c, s_expm1f.c, s_log1pf.c
 *
 * ====================================================
 * Copyright (C) 1993 by Sun Microsystems, Inc. All rights reserved.
 *
 * Developed at SunPro, a Sun Microsystems, Inc. business.
 * Permission to use, copy, modify, and distribute this
 * software is freely granted, provided that this notice
 * is preserved.
 * ====================================================
 *
 * Conversion to float by Ian Lance Taylor, Cygnus Support.
 *
 * The crate: Copyright (c) 2018 Jorge Aparicio; musl: Copyright (c) 2005-2020 Rich Felker, et al.
 *
 * Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated documentation
 * files (the "Software"), to deal in the Software without restriction, including without limitation the rights to use, copy,
 * modify, merge, publish, distribute, sublicense, and/or sell copies of the Software, and to permit persons to whom the
 * Software is furnished to do so, subject to the following conditions:
 *
 * The above copyright notice and this permission notice shall be included in all copies or substantial portions of the
 * Software.
 *
 * THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE
 * WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR
 * COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE,
 * ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.
 */
{%- if uses.exp %}

/* exp(x) of x from -infinity to 0. */
static float {{ name }}_exp(float x)
{
    const uint32_t size = {{ name }}_to_bits(x) & 0x7fffffffu; /* of |x|, in bits */
    float hi = x, lo = 0.0f, square, c, y;
    int32_t k = 0;
    if (size >= 0x42cff1b5u) { /* -103.97: the least there is */
        return 0.0f;
    }
    if (size > 0x3eb17218u) { /* ln(2) / 2 */
        k = size > 0x3f851592u /* 1.5 ln(2) */ ? (int32_t)(1.44269502f * x - 0.5f) : -1;
        hi = x - (float)k * 0.693145752f;
        lo = (float)k * 1.42860677e-6f;
        x = hi - lo;
    } else if (size <= 0x39000000u) { /* 2^-13 */
        return 1.0f + x;
    }
    square = x * x;
    c = x - square * (0.166666254f - square * 2.76673329e-3f);
    y = 1.0f + (x * c / (2.0f - c) - lo + hi);
    if (k < -126) { /* in two steps, of which the first rounds nothing */
        y *= {{ name }}_from_bits(0x0c800000u); /* 2^-102 */
        k += 102;
    }
    return y * {{ name }}_from_bits((uint32_t)(127 + k) << 23);
}
{%- endif %}
{%- if uses.caught_up || uses.missing %}

/* exp(x) - 1 of x from -infinity to -0.25. */
static float {{ name }}_expm1(float x)
{
    const uint32_t size = {{ name }}_to_bits(x) & 0x7fffffffu; /* of |x|, in bits */
    float c = 0.0f, half, square, r, t, e;
    int32_t k = 0;
    if (size >= 0x4195b844u) { /* 27 ln(2) */
        return -1.0f;
    }
    if (size > 0x3eb17218u) { /* ln(2) / 2 */
        float hi, lo;
        if (size < 0x3f851592u) { /* 1.5 ln(2) */
            k = -1;
            hi = x + 0.693138123f;
            lo = -9.05800061e-6f;
        } else {
            k = (int32_t)(1.44269502f * x - 0.5f);
            hi = x - (float)k * 0.693138123f;
            lo = (float)k * 9.05800061e-6f;
        }
        x = hi - lo;
        c = (hi - x) - lo;
    }
    half = 0.5f * x;
    square = x * half;
    r = 1.0f + square * (-0.0333332121f + square * 1.58071704e-3f);
    t = 3.0f - r * half;
    e = square * ((r - t) / (6.0f - x * t));
    if (k == 0) {
        return x - (x * e - square);
    }
    e = x * (e - c) - c;
    e -= square;
    if (k == -1) {
        return 0.5f * (x - e) - 0.5f;
    }
    return (x - e + 1.0f) * {{ name }}_from_bits((uint32_t)(127 + k) << 23) - 1.0f;
}

/* tau (1 - exp(-t / tau)) = missing, and the rest of the seconds t = caught_up; of a short time by the series, where the difference
 * would cancel. */
static float {{ name }}_series(float seconds, float elapsed)
{
    float sum = -0.000198412701f;
    sum = sum * elapsed + 0.00138888892f;
    sum = sum * elapsed - 0.00833333377f;
    sum = sum * elapsed + 0.0416666679f;
    sum = sum * elapsed - 0.166666672f;
    sum = sum * elapsed + 0.5f;
    return seconds * (elapsed * sum);
}
{%- if uses.caught_up %}

static float {{ name }}_caught_up(float seconds, float tau_s)
{
    const float elapsed = seconds / tau_s;
    if (elapsed < 0.25f) {
        return {{ name }}_series(seconds, elapsed);
    }
    return seconds - tau_s * -{{ name }}_expm1(-elapsed);
}
{%- endif %}
{%- if uses.missing %}

static float {{ name }}_missing(float seconds, float tau_s)
{
    const float elapsed = seconds / tau_s;
    if (elapsed < 0.25f) {
        return seconds - {{ name }}_series(seconds, elapsed);
    }
    return tau_s * -{{ name }}_expm1(-elapsed);
}
{%- endif %}
{%- endif %}
{%- if uses.grown %}

/* ln(1 + x) of x from 0.125. */
static float {{ name }}_log1p(float x)
{
    float f = x, c = 0.0f, s, z, w, r, half;
    int32_t k = 0;
    if ({{ name }}_to_bits(x) >= 0x3ed413d0u) { /* 1 + x is above sqrt(2) */
        const float y = 1.0f + x;
        uint32_t bits = {{ name }}_to_bits(y) + (0x3f800000u - 0x3f3504f3u);
        k = (int32_t)(bits >> 23) - 127;
        if (k < 25) { /* what the rounding of 1 + x takes away */
            c = (k >= 2 ? 1.0f - (y - x) : x - (y - 1.0f)) / y;
        }
        bits = (bits & 0x007fffffu) + 0x3f3504f3u;
        f = {{ name }}_from_bits(bits) - 1.0f;
    }
    s = f / (2.0f + f);
    z = s * s;
    w = z * z;
    r = z * (0.666666627f + w * 0.284987867f) + w * (0.400009722f + w * 0.242790788f);
    half = 0.5f * f * f;
    return s * (half + r) + ((float)k * 9.05800061e-6f + c) - half + f + (float)k * 0.693138123f;
}

/* (1 + t) ln(1 + t) - t; of a short time by the series, where the difference would cancel. */
static float {{ name }}_grown(float seconds)
{
    float sum;
    if (seconds >= 0.125f) {
        return (1.0f + seconds) * {{ name }}_log1p(seconds) - seconds;
    }
    sum = -0.0238095243f;
    sum = sum * seconds + 0.0333333351f;
    sum = sum * seconds - 0.0500000007f;
    sum = sum * seconds + 0.0833333358f;
    sum = sum * seconds - 0.166666672f;
    sum = sum * seconds + 0.5f;
    return seconds * (seconds * sum);
}
{%- endif %}
