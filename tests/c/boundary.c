/* Calls every function with every argument good, and with every one of them bad in turn:
 * boundary VERSION_2_BLOB VERSION_1_BLOB PREFILL_ONLY_BLOB */

#include "bad_calls.h"

static void check_pointers(void) {
    FOR_EACH_FUNCTION(f) {
        CHECK(call_with(f, NONE) == T2M_OK);
        for (size_t i = 0; i <= f->inputs; i++) {
            int is_out = i == f->inputs;
            enum role role = is_out ? PROFILE : f->in[i];
            size_t size = is_out ? f->out_size : good[role].size;
            int may_be_null = f->drift_is_optional && !is_out && role == DRIFT;
            unsigned char pattern[sizeof(t2m_profile)];
            memset(pattern, 0xA5, sizeof pattern);
            const void *value = !is_out ? good[role].value : f->updates ? good[DRIFT].value : pattern;

            struct odd null = {i, NULL, size, 0}, late = {i, value, size, 1};
            CHECK(call_with(f, null) == (may_be_null ? T2M_OK : T2M_NULL_POINTER));
            CHECK(call_with(f, late) == (role < PROFILE ? T2M_OK : T2M_MISALIGNED));
        }
    }
}

/* Every function with such an argument must fail so. */
static void check_value(enum role role, const void *value, t2m_status expected) {
    int functions = 0;
    FOR_EACH_FUNCTION(f) {
        for (size_t i = 0; i < f->inputs; i++) {
            int is_it = f->in[i] == role || (role == DRIFT && f->in[i] == STORED);
            if (!is_it) continue;
            struct odd odd = {i, value, good[role].size, 0};
            /* Every profile says whose it is. */
            int is_told = f->call == info && expected != T2M_NOT_LOADED;
            CHECK(call_with(f, odd) == (is_told ? T2M_OK : expected));
            functions++;
        }
        if (f->updates && role == DRIFT) {
            struct odd odd = {f->inputs, value, f->out_size, 0};
            CHECK(call_with(f, odd) == expected);
        }
    }
    CHECK(functions > 0);
}

static void check_profiles(void) {
    unsigned char garbage[sizeof(t2m_profile)];
    const int fills[] = {0x00, 0xFF, 0xA5};
    for (size_t i = 0; i < LENGTH(fills); i++) {
        memset(garbage, fills[i], sizeof garbage);
        check_value(PROFILE, garbage, T2M_NOT_LOADED);
    }
    /* Overwritten at its beginning. */
    for (size_t i = 0; i < 4; i++) {
        memcpy(garbage, good[PROFILE].value, sizeof garbage);
        garbage[i] ^= 1;
        check_value(PROFILE, garbage, T2M_NOT_LOADED);
    }
}

static void check_requests(void) {
    const struct { t2m_request request; t2m_status status; } cases[] = {
        {{0, 0, 1}, T2M_NO_INPUT_TOKENS},
        {{1, 0, 0}, T2M_NO_OUTPUT_TOKENS},
        {{5, 5, 1}, T2M_CACHED_TOKENS},
        {{5, UINT32_MAX, 1}, T2M_CACHED_TOKENS},
        {{T2M_MAX_TOKENS + 1, 0, 1}, T2M_TOO_MANY_TOKENS},
        {{1, 0, T2M_MAX_TOKENS + 1}, T2M_TOO_MANY_TOKENS},
        {{UINT32_MAX, 0, UINT32_MAX}, T2M_TOO_MANY_TOKENS},
    };
    for (size_t i = 0; i < LENGTH(cases); i++) check_value(REQUEST, &cases[i].request, cases[i].status);
    /* In a batch, any of them. */
    for (size_t bad = 0; bad < 3; bad++) {
        t2m_request requests[3] = {{100, 0, 50}, {100, 0, 50}, {100, 0, 50}};
        t2m_prediction out[3], untouched[3];
        memset(untouched, 0xA5, sizeof untouched);
        memcpy(out, untouched, sizeof out);
        requests[bad].output_tokens = 0;
        CHECK(t2m_predict_batch(good[PROFILE].value, requests, 3, out) == T2M_NO_OUTPUT_TOKENS);
        CHECK(memcmp(out, untouched, sizeof out) == 0);
    }
    CHECK(t2m_predict_batch(good[PROFILE].value, NULL, 0, NULL) == T2M_OK);
}

static void check_times(void) {
    const float no_times[] = {-1.0f, -1e-30f, NAN, -NAN, INFINITY, -INFINITY};
    for (size_t i = 0; i < LENGTH(no_times) + 1; i++) {
        /* The last is 0, which is no measured time and no limit, and which a progress may have. */
        float time = i < LENGTH(no_times) ? no_times[i] : 0.0f;
        t2m_limit limit = {T2M_SECONDS, time, 95};
        t2m_measured prefill = {time, 2.0f}, decode = {0.5f, time};
        check_value(LIMIT, &limit, T2M_LIMIT_VALUE);
        check_value(MEASURED, &prefill, T2M_MEASURED_TIME);
        check_value(MEASURED, &decode, T2M_MEASURED_TIME);
        if (time == 0.0f) continue;
        t2m_progress none = {0, time, 0.5f}, elapsed = {3, time, 0.5f}, first = {3, 1.0f, time};
        check_value(PROGRESS, &none, T2M_PROGRESS_TIME);
        check_value(PROGRESS, &elapsed, T2M_PROGRESS_TIME);
        check_value(PROGRESS, &first, T2M_PROGRESS_TIME);
    }
    const t2m_progress backwards = {3, 1.0f, 1.5f}, beyond = {51, 1.0f, 0.5f}, unread = {0, 1.0f, NAN};
    check_value(PROGRESS, &backwards, T2M_PROGRESS_TIME);
    check_value(PROGRESS, &beyond, T2M_PROGRESS_TOKENS);
    check_value(PROGRESS, &unread, T2M_OK);
}

static void check_limits(void) {
    const uint32_t quantities[] = {0, 4, UINT32_MAX}, confidences[] = {0, 5, 51, 94, 100, 950, UINT32_MAX};
    for (size_t i = 0; i < LENGTH(quantities); i++) {
        t2m_limit limit = {quantities[i], 3.0f, 95};
        check_value(LIMIT, &limit, T2M_LIMIT_QUANTITY);
    }
    for (size_t i = 0; i < LENGTH(confidences); i++) {
        t2m_limit limit = {T2M_SECONDS, 3.0f, confidences[i]};
        check_value(LIMIT, &limit, T2M_LIMIT_CONFIDENCE);
    }
}

static void check_drifts(void) {
    unsigned char garbage[sizeof(t2m_drift)];
    const int fills[] = {0x00, 0xFF, 0xA5};
    for (size_t i = 0; i < LENGTH(fills); i++) {
        memset(garbage, fills[i], sizeof garbage);
        check_value(DRIFT, garbage, T2M_DRIFT_DAMAGED);
    }
    t2m_drift drift;
    const float wrong[] = {NAN, INFINITY, -INFINITY, 1e9f, -1e9f};
    float *const floats[] = {
        &drift.prefill.log_ratio, &drift.prefill.ratio, &drift.prefill.width, &drift.prefill.doubt, &drift.total_width,
        &drift.decode.log_ratio,  &drift.decode.ratio,  &drift.decode.width,  &drift.decode.doubt,
    };
    for (size_t i = 0; i < LENGTH(floats) * LENGTH(wrong); i++) {
        memcpy(&drift, good[DRIFT].value, sizeof drift);
        *floats[i / LENGTH(wrong)] = wrong[i % LENGTH(wrong)];
        check_value(DRIFT, &drift, T2M_DRIFT_DAMAGED);
    }
    memcpy(&drift, good[DRIFT].value, sizeof drift);
    drift.decode.doubted = 3;
    check_value(DRIFT, &drift, T2M_DRIFT_DAMAGED);
    memcpy(&drift, good[DRIFT].value, sizeof drift);
    drift.version++;
    check_value(DRIFT, &drift, T2M_DRIFT_VERSION);
    drift.version ^= 0x10000;
    check_value(DRIFT, &drift, T2M_DRIFT_DAMAGED);
}

static void check_name(enum role role, const char *name, t2m_status expected) {
    size_t size = good[role].size;
    good[role].size = strlen(name) + 1;
    check_value(role, name, expected);
    good[role].size = size;
}

static void check_bytes(void) {
    char zeros[101] = {0};
    FOR_EACH_FUNCTION(f) {
        if (f->inputs == 0 || f->in[0] > STORED) continue;
        int is_stored = f->in[0] == STORED;
        for (size_t part = 0; part < good[f->in[0]].size; part++) {
            struct odd odd = {0, good[f->in[0]].value, part, 0};
            t2m_status expected = is_stored ? T2M_WRONG_SIZE : f->call == list ? T2M_OK : T2M_BLOB_TRUNCATED;
            /* A bundle may be empty; what is damaged is listed. */
            int may_be_empty = !is_stored && f->call != load;
            CHECK(call_with(f, odd) == (may_be_empty && part == 0 ? T2M_NOT_FOUND : expected));
        }
        for (size_t part = 0; is_stored && part < sizeof zeros; part++) {
            struct odd odd = {0, zeros, part, 0};
            CHECK(call_with(f, odd) == (part == sizeof(t2m_drift) ? T2M_DRIFT_DAMAGED : T2M_WRONG_SIZE));
        }
    }
    /* Longer than the address space, so that nothing may be read. */
    t2m_profile profile;
    t2m_member member;
    t2m_drift drift;
    t2m_prediction prediction;
    const size_t endless[] = {SIZE_MAX, SIZE_MAX / 2 + 1};
    for (size_t i = 0; i < LENGTH(endless); i++) {
        CHECK(t2m_profile_load(good[BLOB].value, endless[i], &profile) == T2M_TOO_LONG);
        CHECK(t2m_profile_find(good[BLOB].value, endless[i], LLM, &profile) == T2M_TOO_LONG);
        CHECK(t2m_profile_find_variant(good[BLOB].value, endless[i], LLM, MODE, &profile) == T2M_TOO_LONG);
        CHECK(t2m_profile_list(good[BLOB].value, endless[i], 0, &member) == T2M_TOO_LONG);
        CHECK(t2m_drift_restore(good[STORED].value, endless[i], &drift) == T2M_TOO_LONG);
        CHECK(t2m_predict_batch(good[PROFILE].value, &REQUEST_GOOD, endless[i], &prediction) == T2M_TOO_LONG);
    }
    const char *const names[] = {"", "another", "a name that is longer than any name that a profile can have"};
    for (size_t i = 0; i < LENGTH(names); i++) {
        check_name(NAME, names[i], T2M_NOT_FOUND);
        check_name(VARIANT, names[i], T2M_NOT_FOUND);
    }
    check_name(NAME, "\xFF", T2M_NAME_NOT_UTF8);
    check_name(VARIANT, "\xFF", T2M_NAME_NOT_UTF8);
}

/* Three members, and damage to each byte of the second, which hides neither of the others. */
static void check_members(void) {
    size_t part = good[BLOB].size;
    uint8_t *bundle = malloc(3 * part);
    CHECK(bundle != NULL);
    for (size_t at = 0; at < part; at++) {
        t2m_member member;
        t2m_profile profile;
        for (size_t i = 0; i < 3; i++) memcpy(bundle + i * part, good[BLOB].value, part);
        bundle[part + at] ^= 0x10;
        for (size_t i = 0; i < 3; i++) {
            CHECK(t2m_profile_list(bundle, 3 * part, i, &member) == T2M_OK);
            CHECK((member.status == T2M_OK) == (i != 1) && member.offset == i * part && member.len == part);
            CHECK(i == 1 || (strcmp(member.llm, LLM) == 0 && strcmp(member.variant, MODE) == 0));
        }
        CHECK(t2m_profile_list(bundle, 3 * part, 3, &member) == T2M_NOT_FOUND);
        CHECK(t2m_profile_find(bundle + part, 2 * part, LLM, &profile) == T2M_OK);
    }
    free(bundle);
}

/* Every byte of every argument wrong in several ways: any status that there is, and nothing written in failure. */
static void check_flips(void) {
    const int values[] = {0x00, 0x01, 0x7F, 0x80, 0xFF};
    unsigned char flipped[sizeof(t2m_profile)];
    FOR_EACH_FUNCTION(f) {
        for (size_t i = 0; i < f->inputs; i++) {
            /* Behind its mark a profile is trusted, and a name must keep its end. */
            enum role role = f->in[i];
            size_t end = role == PROFILE ? 8 : role == NAME || role == VARIANT ? good[role].size - 1 : good[role].size;
            for (size_t at = 0; at < end * LENGTH(values); at++) {
                memcpy(flipped, good[role].value, good[role].size);
                unsigned char *byte = &flipped[at / LENGTH(values)];
                int is_same = *byte == values[at % LENGTH(values)];
                *byte = (unsigned char)values[at % LENGTH(values)];
                struct odd odd = {i, flipped, good[role].size, 0};
                t2m_status status = call_with(f, odd);
                CHECK(strcmp(t2m_status_message(status), t2m_status_message(-1)) != 0);
                /* A blob has a checksum. */
                CHECK(role != BLOB || f->call == list || (status == T2M_OK) == is_same);
            }
        }
    }
}

/* A profile that knows seconds only, and one that knows prefill only. */
static void check_poor_profiles(const t2m_profile *seconds, const t2m_profile *prefill) {
    const void *rich = good[PROFILE].value;
    const struct { t2m_limit limit; t2m_status status; } cases[] = {
        {{T2M_JOULES, 3.0f, 50}, T2M_LIMIT_NO_ENERGY},
        {{T2M_COST, 3.0f, 50}, T2M_LIMIT_NO_COST},
        {{T2M_SECONDS, 3.0f, 95}, T2M_LIMIT_NO_BANDS},
        {{T2M_SECONDS, 3.0f, 50}, T2M_OK},
    };
    good[PROFILE].value = seconds;
    for (size_t i = 0; i < LENGTH(cases); i++) check_value(LIMIT, &cases[i].limit, cases[i].status);
    good[PROFILE].value = rich;

    const t2m_limit median = {T2M_SECONDS, 3.0f, 50};
    const t2m_request one = {100, 0, 1};
    good[LIMIT].value = &median;
    check_value(PROFILE, prefill, T2M_NO_DECODE);
    const t2m_progress first = {1, 0.9f, 0.5f};
    good[REQUEST].value = &one;
    good[PROGRESS].value = &first;
    check_value(PROFILE, prefill, T2M_OK);
    good[REQUEST].value = &REQUEST_GOOD;
    good[PROGRESS].value = &PROGRESS_GOOD;
    good[LIMIT].value = &LIMIT_GOOD;
}

static void read_profile(const char *path, uint8_t *blob, size_t *blob_len, t2m_profile *profile) {
    FILE *file = fopen(path, "rb");
    CHECK(file != NULL);
    *blob_len = fread(blob, 1, 385, file);
    fclose(file);
    CHECK(t2m_profile_load(blob, *blob_len, profile) == T2M_OK);
}

int main(int argc, char **argv) {
    uint8_t blobs[3][385];
    size_t lens[3];
    t2m_profile profiles[3];
    t2m_drift drift;
    CHECK(argc == 4);
    CHECK(t2m_abi_version() == T2M_ABI_VERSION);
    CHECK(t2m_drift_init(&drift) == T2M_OK);
    for (int i = 0; i < 3; i++) read_profile(argv[i + 1], blobs[i], &lens[i], &profiles[i]);
#define GOOD(role, pointer, len) (good[role].value = (pointer), good[role].size = (len))
    GOOD(BLOB, blobs[0], lens[0]);
    GOOD(NAME, LLM, sizeof LLM);
    GOOD(VARIANT, MODE, sizeof MODE);
    GOOD(STORED, &drift, sizeof drift);
    GOOD(PROFILE, &profiles[0], sizeof *profiles);
    GOOD(REQUEST, &REQUEST_GOOD, sizeof REQUEST_GOOD);
    GOOD(MEASURED, &MEASURED_GOOD, sizeof MEASURED_GOOD);
    GOOD(LIMIT, &LIMIT_GOOD, sizeof LIMIT_GOOD);
    GOOD(PROGRESS, &PROGRESS_GOOD, sizeof PROGRESS_GOOD);
    GOOD(DRIFT, &drift, sizeof drift);

#ifdef OVERREAD
    /* What must be noticed: a blob of one byte less than the library is told. */
    char *memory;
    void *copy = copy_of(blobs[0], lens[0] - 1, 0, &memory);
    t2m_status wrong = t2m_profile_load(copy, lens[0], &profiles[0]);
    free(memory);
    return wrong == T2M_OK;
#endif
    check_pointers();
    check_profiles();
    check_requests();
    check_times();
    check_limits();
    check_drifts();
    check_bytes();
    check_members();
    check_flips();
    check_poor_profiles(&profiles[1], &profiles[2]);
    const int32_t extremes[] = {INT32_MIN, -1, 0, INT32_MAX};
    for (size_t i = 0; i < LENGTH(extremes); i++) CHECK(strlen(t2m_status_message(extremes[i])) > 0);
    for (int32_t status = 0; status < 1000; status++) CHECK(strlen(t2m_status_message(status)) > 0);
    puts("ok");
    return EXIT_SUCCESS;
}
