

static uint32_t {{ name }}_to_bits(float value)
{
    union {
        uint32_t bits;
        float value;
    } both;
    both.value = value;
    return both.bits;
}

{%- if uses.exp || uses.caught_up || uses.missing %}

/* exp(-x) - 1 + x of x from -0.35 to 0.35. */
static float {{ name }}_behind(float x)
{
    float sum = -0.000198412701f;
    sum = sum * x + 0.00138888892f;
    sum = sum * x - 0.00833333377f;
    sum = sum * x + 0.0416666679f;
    sum = sum * x - 0.166666672f;
    sum = sum * x + 0.5f;
    return x * (x * sum);
}

/* exp(-x) of x that is not negative; 0 where it would be subnormal. */
static float {{ name }}_decay(float x)
{
    float rounded, k, r;
    if (x > 87.0f) {
        return 0.0f;
    }
    rounded = x * 1.44269502f + 12582912.0f; /* rounds to a whole number, the last bits */
    k = rounded - 12582912.0f;
    r = (x - k * 0.693145752f) - k * 1.42860677e-6f;
    return (1.0f - r + {{ name }}_behind(r)) * {{ name }}_from_bits((0x4b400000u + 127u - {{ name }}_to_bits(rounded)) << 23);
}
{%- endif %}
{%- if uses.caught_up %}

/* tau (1 - exp(-t / tau)) of the seconds t are missing, the others caught_up; neither with cancellation. */
static float {{ name }}_caught_up(float seconds, float tau_s)
{
    const float elapsed = seconds / tau_s;
    if (elapsed < 0.25f) {
        return tau_s * {{ name }}_behind(elapsed);
    }
    return seconds - tau_s * (1.0f - {{ name }}_decay(elapsed));
}
{%- endif %}
{%- if uses.missing %}

/* tau (1 - exp(-t / tau)) of the seconds t are missing, the others caught_up; neither with cancellation. */
static float {{ name }}_missing(float seconds, float tau_s)
{
    const float elapsed = seconds / tau_s;
    if (elapsed < 0.25f) {
        return seconds - tau_s * {{ name }}_behind(elapsed);
    }
    return tau_s * (1.0f - {{ name }}_decay(elapsed));
}
{%- endif %}
{%- if uses.grown %}

/* (1 + t) ln(1 + t) - t; of a short time by the series, where the difference would cancel. */
static float {{ name }}_grown(float seconds)
{
    float sum, rounded_off, k, m, s, square;
    uint32_t above;
    if (seconds < 0.125f) {
        sum = -0.0238095243f;
        sum = sum * seconds + 0.0333333351f;
        sum = sum * seconds - 0.0500000007f;
        sum = sum * seconds + 0.0833333358f;
        sum = sum * seconds - 0.166666672f;
        sum = sum * seconds + 0.5f;
        return seconds * (seconds * sum);
    }
    /* 1 + t = 2^k m with m around 1: its logarithm is k ln(2) + 2 artanh((m - 1) / (m + 1)). */
    sum = 1.0f + seconds;
    rounded_off = (seconds - (sum - 1.0f)) / sum;
    above = {{ name }}_to_bits(sum) - 0x3f3504f3u;
    k = (float)(int32_t)(above >> 23);
    m = {{ name }}_from_bits((above & 0x007fffffu) + 0x3f3504f3u);
    s = (m - 1.0f) / (m + 1.0f);
    square = s * s;
    sum = 0.0909090936f;
    sum = sum * square + 0.111111112f;
    sum = sum * square + 0.142857149f;
    sum = sum * square + 0.200000003f;
    sum = sum * square + 0.333333343f;
    sum = sum * square + 1.0f;
    return (1.0f + seconds) * (k * 0.693145752f + (k * 1.42860677e-6f + rounded_off + 2.0f * s * sum)) - seconds;
}
{%- endif %}
