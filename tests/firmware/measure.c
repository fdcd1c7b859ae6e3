/* Counts the instructions of calls, and the stack that they take. */

#include "firmware.h"
#include "token2metrics.h"

static t2m_profile profile, bands, latency;
static t2m_request request = {100, 0, 50};
static const t2m_request most = {100, 0, T2M_MAX_TOKENS};
static t2m_prediction prediction;
static t2m_measured measured;
static t2m_drift drift;
static const t2m_limit limit = {T2M_SECONDS, 10, 90};
static t2m_budget budget;
static t2m_status status;
static const uint8_t *blob;

static size_t blob_len(const uint8_t *page) { return 10 + page[4] + 256u * page[5]; }

static void nothing(void) {}
static void load(void) { status = t2m_profile_load(blob, blob_len(blob), &profile); }
static void predict_latency(void) { status = t2m_predict(&latency, &request, &prediction); }
static void predict_bands(void) { status = t2m_predict(&bands, &request, &prediction); }
static void predict(void) { status = t2m_predict(&profile, &request, &prediction); }
static void max_output_tokens(void) { status = t2m_max_output_tokens(&profile, 0, &most, &limit, &budget); }
static void observe(void) { status = t2m_drift_observe(&profile, &request, &measured, &drift); }

/* 2,000 instructions, by which the script sees that its ticks are right. */
static void calibrate(void) {
    uint32_t left = 1000;
#ifdef __riscv
    __asm__ volatile("1: addi %0, %0, -1\n bnez %0, 1b" : "+r"(left));
#elif defined __aarch64__
    __asm__ volatile("1: subs %w0, %w0, #1\n bne 1b" : "+r"(left));
#else
    __asm__ volatile(".syntax unified\n 1: subs %0, %0, #1\n bne 1b" : "+l"(left)::"cc");
#endif
}

/* What the functions around the calls cost more than `nothing` is counted too: a few instructions that a caller has as well. */
static const struct {
    const char *name;
    void (*call)(void);
} CALLS[] = {
    {"nothing", nothing},
    {"calibration", calibrate},
    {"load", load},
    {"predict_latency", predict_latency},
    {"predict_bands", predict_bands},
    {"predict", predict},
    {"budget", max_output_tokens},
    {"observe", observe},
};

/* Bytes that a call writes below its caller's stack, down to the deepest. */
__attribute__((noinline)) static uint32_t stack_of(void (*call)(void)) {
    enum { WORDS = 1024, UNTOUCHED = 0x5AA5C33C };
    volatile uint32_t *top;
#ifdef __riscv
    __asm__ volatile("mv %0, sp" : "=r"(top));
#else
    __asm__ volatile("mov %0, sp" : "=r"(top));
#endif
    for (int i = 1; i <= WORDS; i++) top[-i] = UNTOUCHED;
    call();
    int depth = WORDS;
    while (depth > 0 && top[-depth] == UNTOUCHED) depth--;
    return 4u * (uint32_t)depth;
}

int main(void) {
    const uint8_t *page = pages();
    const uint8_t *bands_page = page + PAGE_BANDS * PAGE_LEN, *latency_page = page + PAGE_LATENCY * PAGE_LEN;
    blob = page + PAGE_ENERGY * PAGE_LEN;
    int failed = t2m_profile_load(blob, blob_len(blob), &profile) != T2M_OK
                 || t2m_profile_load(bands_page, blob_len(bands_page), &bands) != T2M_OK
                 || t2m_profile_load(latency_page, blob_len(latency_page), &latency) != T2M_OK
                 || t2m_predict(&profile, &request, &prediction) != T2M_OK || t2m_drift_init(&drift) != T2M_OK;
    measured.prefill_s = 1.1f * prediction.prefill_s;
    measured.decode_s = 1.1f * prediction.decode_s;
    /* A drift that is in use: from the third request on it has a ratio. */
    for (int i = 0; i < 5; i++) observe();

    for (unsigned i = 0; i < sizeof CALLS / sizeof *CALLS; i++) {
        uint32_t begin = now();
        CALLS[i].call();
        uint32_t end = now();
        failed |= status != T2M_OK;
        say("instructions ");
        say_number(CALLS[i].name, (end - begin) & 0xFFFFFF);
    }
    for (unsigned i = 0; i < sizeof CALLS / sizeof *CALLS; i++) {
        say("stack ");
        say_number(CALLS[i].name, stack_of(CALLS[i].call));
    }
    say_number("size profile", sizeof profile);
    say_number("size drift", sizeof drift);
    return failed || budget.output_tokens == 0 || budget.output_tokens >= T2M_MAX_TOKENS;
}
