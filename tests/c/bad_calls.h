/* Calls a function of the library with all arguments good but for one, and sees that a failure writes nothing.
 *
 * Whatever is pointed to lies on the heap in exactly its size, where a sanitizer or valgrind sees a byte too many. */

#ifndef BAD_CALLS_H
#define BAD_CALLS_H

#include "token2metrics.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHECK(condition) check((condition), #condition, __LINE__)
#define LENGTH(array) (sizeof(array) / sizeof *(array))

static const char *now = "main";

static void check(int condition, const char *text, int line) {
    if (!condition) {
        fprintf(stderr, "line %d, %s: not so: %s\n", line, now, text);
        exit(EXIT_FAILURE);
    }
}

/* What an argument is. Bytes and names need no alignment. */
enum role { BLOB, NAME, VARIANT, STORED, PROFILE, REQUEST, MEASURED, LIMIT, PROGRESS, DRIFT, ROLES };

static const char LLM[] = "DeepSeek-R1-Distill-Qwen-1.5B";
static const char MODE[] = "MAXN, W4A16";
static const t2m_request REQUEST_GOOD = {100, 0, 50};
static const t2m_measured MEASURED_GOOD = {0.5f, 2.0f};
static const t2m_limit LIMIT_GOOD = {T2M_SECONDS, 3.0f, 95};
static const t2m_progress PROGRESS_GOOD = {3, 0.9f, 0.5f};

static struct { const void *value; size_t size; } good[ROLES];

/* Lengths that are told with the pointers. */
static size_t len;
static size_t n = 1;

static t2m_status load(void *const *p) { return t2m_profile_load(p[0], len, p[1]); }
static t2m_status find(void *const *p) { return t2m_profile_find(p[0], len, p[1], p[2]); }
static t2m_status variant(void *const *p) { return t2m_profile_find_variant(p[0], len, p[1], p[2], p[3]); }
static t2m_status list(void *const *p) { return t2m_profile_list(p[0], len, 0, p[1]); }
static t2m_status info(void *const *p) { return t2m_profile_info(p[0], p[1]); }
static t2m_status predict(void *const *p) { return t2m_predict(p[0], p[1], p[2]); }
static t2m_status batch(void *const *p) { return t2m_predict_batch(p[0], p[1], n, p[2]); }
static t2m_status init(void *const *p) { return t2m_drift_init(p[0]); }
static t2m_status restore(void *const *p) { return t2m_drift_restore(p[0], len, p[1]); }
static t2m_status observe(void *const *p) { return t2m_drift_observe(p[0], p[1], p[2], p[3]); }
static t2m_status drifted(void *const *p) { return t2m_drift_predict(p[0], p[1], p[2], p[3]); }
static t2m_status budget(void *const *p) { return t2m_max_output_tokens(p[0], p[1], p[2], p[3], p[4]); }
static t2m_status remaining(void *const *p) { return t2m_remaining(p[0], p[1], p[2], p[3], p[4]); }

/* The arguments of a function; the out-parameter is behind them. */
struct function {
    const char *name;
    t2m_status (*call)(void *const *);
    size_t inputs;
    enum role in[4];
    size_t out_size;
    /* Reads what it writes: a drift. */
    int updates;
    /* A drift that may be NULL. */
    int drift_is_optional;
};

static const struct function FUNCTIONS[] = {
    {"load", load, 1, {BLOB}, sizeof(t2m_profile), 0, 0},
    {"find", find, 2, {BLOB, NAME}, sizeof(t2m_profile), 0, 0},
    {"find_variant", variant, 3, {BLOB, NAME, VARIANT}, sizeof(t2m_profile), 0, 0},
    {"list", list, 1, {BLOB}, sizeof(t2m_member), 0, 0},
    {"info", info, 1, {PROFILE}, sizeof(t2m_info), 0, 0},
    {"predict", predict, 2, {PROFILE, REQUEST}, sizeof(t2m_prediction), 0, 0},
    {"predict_batch", batch, 2, {PROFILE, REQUEST}, sizeof(t2m_prediction), 0, 0},
    {"drift_init", init, 0, {BLOB}, sizeof(t2m_drift), 0, 0},
    {"drift_restore", restore, 1, {STORED}, sizeof(t2m_drift), 0, 0},
    {"drift_observe", observe, 3, {PROFILE, REQUEST, MEASURED}, sizeof(t2m_drift), 1, 0},
    {"drift_predict", drifted, 3, {PROFILE, DRIFT, REQUEST}, sizeof(t2m_prediction), 0, 0},
    {"max_output_tokens", budget, 4, {PROFILE, DRIFT, REQUEST, LIMIT}, sizeof(t2m_budget), 0, 1},
    {"remaining", remaining, 4, {PROFILE, DRIFT, REQUEST, PROGRESS}, sizeof(t2m_estimate), 0, 1},
};
#define FOR_EACH_FUNCTION(f) for (const struct function *f = FUNCTIONS; f < FUNCTIONS + LENGTH(FUNCTIONS); f++)

/* A copy in memory of just this size, beginning so many bytes behind an aligned address. */
static void *copy_of(const void *value, size_t size, size_t shift, char **memory) {
    *memory = malloc(size + shift > 0 ? size + shift : 1);
    CHECK(*memory != NULL);
    if (size > 0) memcpy(*memory + shift, value, size);
    return *memory + shift;
}

/* An argument that is not as it should be; out-parameters have the index behind the last input. */
struct odd {
    size_t index;
    const void *value;
    size_t size;
    size_t shift;
};

/* Calls a function with good arguments but for one, and checks that a failure writes nothing. */
static t2m_status call_with(const struct function *f, struct odd odd) {
    unsigned char pattern[sizeof(t2m_profile)];
    char *memory[5] = {NULL};
    void *pointers[5] = {NULL};
    now = f->name;
    len = f->inputs > 0 ? good[f->in[0]].size : 0;
    memset(pattern, 0xA5, sizeof pattern);
    if (f->updates) memcpy(pattern, good[DRIFT].value, f->out_size);
    for (size_t i = 0; i <= f->inputs; i++) {
        struct odd usual = {i, pattern, f->out_size, 0};
        if (i < f->inputs) {
            usual.value = good[f->in[i]].value;
            usual.size = good[f->in[i]].size;
        }
        if (i == odd.index) {
            usual = odd;
            if (i == 0 && f->inputs > 0) len = odd.size;
            if (i == f->inputs && odd.value != NULL) memcpy(pattern, odd.value, odd.size);
        }
        if (usual.value != NULL) pointers[i] = copy_of(usual.value, usual.size, usual.shift, &memory[i]);
    }
    t2m_status status = f->call(pointers);
    if (pointers[f->inputs] != NULL) {
        int is_kept = memcmp(pointers[f->inputs], pattern, f->out_size) == 0;
        CHECK(status == T2M_OK ? !is_kept : is_kept);
    }
    for (size_t i = 0; i < LENGTH(memory); i++) free(memory[i]);
    return status;
}

#define NONE ((struct odd){SIZE_MAX, NULL, 0, 0})

#endif
