/* Calls that must fail: with their status, and without a byte written. hostile_calls BLOB PREFILL_ONLY_BLOB */

#include "token2metrics.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHECK(condition) check((condition), #condition, __LINE__)

/* A call that must give this status and leave the out-parameter, which is filled with a pattern, alone. */
#define FAILS(expected, call, out)                                                                 \
    do {                                                                                           \
        memset((out), 0xA5, sizeof *(out));                                                        \
        CHECK((call) == (expected));                                                               \
        CHECK(is_untouched((out), sizeof *(out)));                                                 \
    } while (0)

static const char NAME[] = "DeepSeek-R1-Distill-Qwen-1.5B";
static const t2m_request GOOD = {100, 0, 50};

static void check(int condition, const char *text, int line) {
    if (!condition) {
        fprintf(stderr, "line %d: not so: %s\n", line, text);
        exit(EXIT_FAILURE);
    }
}

static int is_untouched(const void *out, size_t len) {
    const unsigned char *bytes = (const unsigned char *)out;
    for (size_t i = 0; i < len; i++) {
        if (bytes[i] != 0xA5) return 0;
    }
    return 1;
}

static void check_loading(const uint8_t *blob, size_t len) {
    t2m_profile out;
    /* Larger than a profile, so that one that begins a byte late would have room. */
    t2m_profile room[2];
    void *late = (char *)room + 1;

    FAILS(T2M_NULL_POINTER, t2m_profile_load(NULL, len, &out), &out);
    FAILS(T2M_NULL_POINTER, t2m_profile_load(NULL, 0, &out), &out);
    CHECK(t2m_profile_load(blob, len, NULL) == T2M_NULL_POINTER);
    FAILS(T2M_MISALIGNED, t2m_profile_load(blob, len, late), &room);
    FAILS(T2M_TOO_LONG, t2m_profile_load(blob, SIZE_MAX, &out), &out);
    for (size_t part = 0; part < len; part++) {
        /* On the heap, where a sanitizer sees a read past the end. */
        uint8_t *copy = malloc(part == 0 ? 1 : part);
        CHECK(copy != NULL);
        memcpy(copy, blob, part);
        FAILS(T2M_BLOB_TRUNCATED, t2m_profile_load(copy, part, &out), &out);
        FAILS(part == 0 ? T2M_NOT_FOUND : T2M_BLOB_TRUNCATED, t2m_profile_find(copy, part, NAME, &out), &out);
        free(copy);
    }

    FAILS(T2M_NULL_POINTER, t2m_profile_find(NULL, len, NAME, &out), &out);
    FAILS(T2M_NULL_POINTER, t2m_profile_find(blob, len, NULL, &out), &out);
    CHECK(t2m_profile_find(blob, len, NAME, NULL) == T2M_NULL_POINTER);
    FAILS(T2M_MISALIGNED, t2m_profile_find(blob, len, NAME, late), &room);
    FAILS(T2M_TOO_LONG, t2m_profile_find(blob, SIZE_MAX, NAME, &out), &out);
    FAILS(T2M_NOT_FOUND, t2m_profile_find(blob, len, "another", &out), &out);
    FAILS(T2M_NAME_NOT_UTF8, t2m_profile_find(blob, len, "\xFF", &out), &out);
}

static void check_bundles(const uint8_t *blob, size_t len) {
    t2m_profile out, room[2];
    t2m_member member, members[2];
    t2m_info info;
    const char *variant = "MAXN, W4A16";
    void *late = (char *)room + 1;

    FAILS(T2M_NULL_POINTER, t2m_profile_find_variant(NULL, len, NAME, variant, &out), &out);
    FAILS(T2M_NULL_POINTER, t2m_profile_find_variant(blob, len, NULL, variant, &out), &out);
    FAILS(T2M_NULL_POINTER, t2m_profile_find_variant(blob, len, NAME, NULL, &out), &out);
    CHECK(t2m_profile_find_variant(blob, len, NAME, variant, NULL) == T2M_NULL_POINTER);
    FAILS(T2M_MISALIGNED, t2m_profile_find_variant(blob, len, NAME, variant, late), &room);
    FAILS(T2M_TOO_LONG, t2m_profile_find_variant(blob, SIZE_MAX, NAME, variant, &out), &out);
    FAILS(T2M_NOT_FOUND, t2m_profile_find_variant(blob, len, NAME, "", &out), &out);
    FAILS(T2M_NAME_NOT_UTF8, t2m_profile_find_variant(blob, len, NAME, "\xFF", &out), &out);
    CHECK(t2m_profile_find_variant(blob, len, NAME, variant, &out) == T2M_OK);

    FAILS(T2M_NOT_LOADED, t2m_profile_info(memset(&room, 0, sizeof room), &info), &info);
    FAILS(T2M_NULL_POINTER, t2m_profile_info(NULL, &info), &info);
    CHECK(t2m_profile_info(&out, NULL) == T2M_NULL_POINTER);
    CHECK(t2m_profile_info(&out, &info) == T2M_OK);
    CHECK(strcmp(info.llm, NAME) == 0 && strcmp(info.variant, variant) == 0 && strcmp(info.currency, "USD") == 0);
    CHECK(info.input_tokens_min == 8 && info.input_tokens_max == 4096);

    late = (char *)members + 1;
    FAILS(T2M_NULL_POINTER, t2m_profile_list(NULL, len, 0, &member), &member);
    CHECK(t2m_profile_list(blob, len, 0, NULL) == T2M_NULL_POINTER);
    FAILS(T2M_MISALIGNED, t2m_profile_list(blob, len, 0, late), &members);
    FAILS(T2M_TOO_LONG, t2m_profile_list(blob, SIZE_MAX, 0, &member), &member);
    FAILS(T2M_NOT_FOUND, t2m_profile_list(blob, len, 1, &member), &member);
    /* On the heap, where a sanitizer sees a read past the end: three members, and damage to each byte of the second. */
    uint8_t *bundle = malloc(3 * len);
    CHECK(bundle != NULL);
    for (size_t at = 0; at < len; at++) {
        for (size_t i = 0; i < 3; i++) memcpy(bundle + i * len, blob, len);
        bundle[len + at] ^= 0x10;
        for (size_t i = 0; i < 3; i++) {
            CHECK(t2m_profile_list(bundle, 3 * len, i, &member) == T2M_OK);
            CHECK((member.status == T2M_OK) == (i != 1) && member.offset == i * len && member.len == len);
            CHECK(i == 1 || strcmp(member.llm, NAME) == 0);
        }
        FAILS(T2M_NOT_FOUND, t2m_profile_list(bundle, 3 * len, 3, &member), &member);
        CHECK(t2m_profile_find(bundle + len, 2 * len, NAME, &out) == T2M_OK);
    }
    free(bundle);
}

static void check_predicting(const t2m_profile *profile) {
    t2m_prediction out;
    t2m_prediction room[2];
    void *late = (char *)room + 1;
    const void *late_profile = (const char *)profile + 1;
    const void *late_request = (const char *)&GOOD + 1;

    FAILS(T2M_NULL_POINTER, t2m_predict(NULL, &GOOD, &out), &out);
    FAILS(T2M_NULL_POINTER, t2m_predict(profile, NULL, &out), &out);
    CHECK(t2m_predict(profile, &GOOD, NULL) == T2M_NULL_POINTER);
    FAILS(T2M_MISALIGNED, t2m_predict(late_profile, &GOOD, &out), &out);
    FAILS(T2M_MISALIGNED, t2m_predict(profile, late_request, &out), &out);
    FAILS(T2M_MISALIGNED, t2m_predict(profile, &GOOD, late), &room);

    FAILS(T2M_NULL_POINTER, t2m_predict_batch(NULL, &GOOD, 1, &out), &out);
    FAILS(T2M_NULL_POINTER, t2m_predict_batch(profile, NULL, 1, &out), &out);
    CHECK(t2m_predict_batch(profile, &GOOD, 1, NULL) == T2M_NULL_POINTER);
    FAILS(T2M_MISALIGNED, t2m_predict_batch(late_profile, &GOOD, 1, &out), &out);
    FAILS(T2M_MISALIGNED, t2m_predict_batch(profile, late_request, 1, &out), &out);
    FAILS(T2M_MISALIGNED, t2m_predict_batch(profile, &GOOD, 1, late), &room);
    FAILS(T2M_TOO_LONG, t2m_predict_batch(profile, &GOOD, SIZE_MAX, &out), &out);
    CHECK(t2m_predict_batch(profile, NULL, 0, NULL) == T2M_OK);

    const t2m_request requests[] = {{100, 0, 50}, {100, 0, 0}, {100, 0, 50}};
    t2m_prediction predictions[3];
    FAILS(T2M_NO_OUTPUT_TOKENS, t2m_predict_batch(profile, requests, 3, predictions), &predictions);
}

static void check_unloaded(t2m_profile profile) {
    t2m_prediction out;
    /* The caller's profile was copied into the parameter, and is loaded there too. */
    CHECK(t2m_predict(&profile, &GOOD, &out) == T2M_OK);
    memset(&profile, 0, 1);
    FAILS(T2M_NOT_LOADED, t2m_predict(&profile, &GOOD, &out), &out);
    memset(&profile, 0, sizeof profile);
    FAILS(T2M_NOT_LOADED, t2m_predict(&profile, &GOOD, &out), &out);
    FAILS(T2M_NOT_LOADED, t2m_predict_batch(&profile, &GOOD, 1, &out), &out);
}

static void check_without_decode(const t2m_profile *profile) {
    t2m_prediction out;
    const t2m_request requests[] = {{100, 0, 1}, {100, 0, 50}};
    t2m_prediction predictions[2];
    FAILS(T2M_NO_DECODE, t2m_predict(profile, &GOOD, &out), &out);
    FAILS(T2M_NO_DECODE, t2m_predict_batch(profile, requests, 2, predictions), &predictions);
    CHECK(t2m_predict(profile, &requests[0], &out) == T2M_OK);
    CHECK(out.decode_s == 0 && out.decode_energy_j == 0);
    /* What is not known is within no limit. */
    CHECK((out.flags & T2M_FLAG_NO_BANDS) != 0 && !(out.total_band.high_s <= 1e30f));
}

static size_t read_file(const char *path, uint8_t *bytes, size_t room) {
    FILE *file = fopen(path, "rb");
    CHECK(file != NULL);
    size_t len = fread(bytes, 1, room, file);
    fclose(file);
    return len;
}

int main(int argc, char **argv) {
    uint8_t blob[385], prefill_only[385];
    CHECK(argc == 3);
    size_t len = read_file(argv[1], blob, sizeof blob);
    size_t prefill_only_len = read_file(argv[2], prefill_only, sizeof prefill_only);

    t2m_profile profile;
    CHECK(t2m_abi_version() == T2M_ABI_VERSION);
    CHECK(t2m_profile_load(blob, len, &profile) == T2M_OK);
    check_loading(blob, len);
    check_bundles(blob, len);
    check_predicting(&profile);
    check_unloaded(profile);
    CHECK(t2m_profile_load(prefill_only, prefill_only_len, &profile) == T2M_OK);
    check_without_decode(&profile);
    for (int status = -1; status < 300; status++) {
        CHECK(strlen(t2m_status_message(status)) > 0);
    }
    puts("ok");
    return EXIT_SUCCESS;
}
