/*
 * Times, in C, one prediction by each peer that C can call. predict.py builds it, starts it and sends it lines on stdin:
 *
 *     time PEER PASSES   prints the CPU nanoseconds of one prediction, the mean over PASSES walks through the requests
 *     show PEER          prints prefill and decode seconds of each request, and a line with a point
 */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "token2metrics.h"

typedef struct times {
    double prefill_s, decode_s;
} times;

/* In a file of its own, as t2m_predict is: neither is inlined into the loop. */
times m2cgen_predict(const t2m_request *request);
times empty_predict(const t2m_request *request);

#define MAX_REQUESTS 10000
static t2m_request requests[MAX_REQUESTS];
static size_t count;
static t2m_profile trained, preset;
static volatile double sink;

static void fail(const char *what, const char *why) {
    fprintf(stderr, "driver: %s: %s\n", what, why);
    exit(1);
}

/* XGBoost's C interface, as its documentation declares it: its Python package brings the library without a header. */
typedef int create_function(const void *const matrices[], uint64_t len, void **booster);
typedef int load_function(void *booster, const char *path);
typedef int set_function(void *booster, const char *name, const char *value);
typedef int predict_function(void *booster, const char *values, const char *config, void *meta, const uint64_t **shape,
                             uint64_t *dimensions, const float **result);
static predict_function *xgboost;
static void *boosters[2];
static float row[2];
static char rows[2][160];

static void *symbol(void *library, const char *name) {
    void *found = dlsym(library, name);
    if (found == NULL) fail(name, dlerror());
    return found;
}

static void xgboost_load(const char *path, char *const models[2]) {
    void *library = dlopen(path, RTLD_NOW);
    if (library == NULL) fail(path, dlerror());
    create_function *create = (create_function *)symbol(library, "XGBoosterCreate");
    load_function *load = (load_function *)symbol(library, "XGBoosterLoadModel");
    set_function *set = (set_function *)symbol(library, "XGBoosterSetParam");
    xgboost = (predict_function *)symbol(library, "XGBoosterPredictFromDense");
    for (int i = 0; i < 2; i++) {
        if (create(NULL, 0, &boosters[i]) != 0 || load(boosters[i], models[i]) != 0 ||
            set(boosters[i], "nthread", "1") != 0)
            fail(models[i], "XGBoost does not load it");
        snprintf(rows[i], sizeof rows[i],
                 "{\"data\":[%llu,true],\"shape\":[1,%d],\"typestr\":\"<f4\",\"version\":3}",
                 (unsigned long long)(uintptr_t)row, i + 1);
    }
}

static double xgboost_phase(int i) {
    static const char config[] =
        "{\"type\":0,\"training\":false,\"iteration_begin\":0,\"iteration_end\":0,\"strict_shape\":false,"
        "\"missing\":NaN}";
    const uint64_t *shape;
    uint64_t dimensions;
    const float *result;
    if (xgboost(boosters[i], rows[i], config, NULL, &shape, &dimensions, &result) != 0) fail("xgboost", "no prediction");
    return result[0];
}

static times xgboost_predict(const t2m_request *request) {
    row[0] = (float)request->input_tokens;
    row[1] = (float)request->output_tokens;
    return (times){xgboost_phase(0), xgboost_phase(1)};
}

static times profile_predict(const t2m_profile *profile, const t2m_request *request) {
    t2m_prediction prediction;
    t2m_status status = t2m_predict(profile, request, &prediction);
    if (status != T2M_OK) fail("t2m_predict", t2m_status_message(status));
    return (times){prediction.prefill_s, prediction.decode_s};
}

/* A loop a peer, with its call in plain sight: none goes through a pointer to a function. */
#define WALK(call)                                                             \
    for (long pass = 0; pass < passes; pass++)                                 \
        for (size_t i = 0; i < count; i++) {                                   \
            const t2m_request *request = &requests[i];                         \
            times predicted = call;                                            \
            sum += predicted.prefill_s + predicted.decode_s;                   \
            if (show) printf("%.9g %.9g\n", predicted.prefill_s, predicted.decode_s); \
        }

static void walk(const char *peer, long passes, int show) {
    double sum = 0;
    if (strcmp(peer, "trained") == 0) {
        WALK(profile_predict(&trained, request))
    } else if (strcmp(peer, "preset") == 0) {
        WALK(profile_predict(&preset, request))
    } else if (strcmp(peer, "m2cgen") == 0) {
        WALK(m2cgen_predict(request))
    } else if (strcmp(peer, "xgboost") == 0) {
        WALK(xgboost_predict(request))
    } else if (strcmp(peer, "empty") == 0) {
        WALK(empty_predict(request))
    } else {
        fail(peer, "no such peer");
    }
    sink = sum;
}

static void profile_load(const char *path, t2m_profile *profile) {
    unsigned char blob[4096];
    FILE *file = fopen(path, "rb");
    if (file == NULL) fail(path, "cannot be read");
    size_t len = fread(blob, 1, sizeof blob, file);
    fclose(file);
    t2m_status status = t2m_profile_load(blob, len, profile);
    if (status != T2M_OK) fail(path, t2m_status_message(status));
}

/* CPU time of all threads: others on the machine do not count, and neither does waiting for them. */
static double now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

int main(int argc, char **argv) {
    if (argc != 7) fail("usage", "driver TRAINED.t2m PRESET.t2m REQUESTS LIBXGBOOST PREFILL.json DECODE.json");
    profile_load(argv[1], &trained);
    profile_load(argv[2], &preset);
    FILE *file = fopen(argv[3], "r");
    if (file == NULL) fail(argv[3], "cannot be read");
    unsigned input_tokens, output_tokens;
    while (count < MAX_REQUESTS && fscanf(file, "%u,%u", &input_tokens, &output_tokens) == 2)
        requests[count++] = (t2m_request){input_tokens, 0, output_tokens};
    fclose(file);
    if (count == 0) fail(argv[3], "has no requests");
    xgboost_load(argv[4], &argv[5]);

    char line[100], command[16], peer[32];
    while (fgets(line, sizeof line, stdin) != NULL) {
        long passes = 1;
        if (sscanf(line, "%15s %31s %ld", command, peer, &passes) < 2 || passes < 1) fail(line, "not a command");
        if (strcmp(command, "show") == 0) {
            walk(peer, 1, 1);
            puts(".");
        } else {
            double began = now_ns();
            walk(peer, passes, 0);
            printf("%.6f\n", (now_ns() - began) / (double)passes / (double)count);
        }
        fflush(stdout);
    }
    return 0;
}
