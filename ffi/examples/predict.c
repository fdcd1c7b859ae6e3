/* Predicts one request from the command line: predict BLOB INPUT_TOKENS OUTPUT_TOKENS [CACHED_TOKENS] */

#include "token2metrics.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int fail(const char *what, const char *why) {
    fprintf(stderr, "predict: %s: %s\n", what, why);
    return EXIT_FAILURE;
}

/* Whether the text is a whole number that fits; the library itself checks that it makes sense. */
static int parse(const char *text, uint32_t *tokens) {
    char *end;
    errno = 0;
    unsigned long long value = strtoull(text, &end, 10);
    *tokens = (uint32_t)value;
    return errno == 0 && *text >= '0' && *text <= '9' && *end == '\0' && value <= UINT32_MAX;
}

/* Nine digits give an f32 back; what the profile does not know prints as inf. */
static void print(const char *name, float value) {
    printf("%s %.9g\n", name, value);
}

int main(int argc, char **argv) {
    if (argc != 4 && argc != 5) {
        return fail("usage", "predict BLOB INPUT_TOKENS OUTPUT_TOKENS [CACHED_TOKENS]");
    }
    t2m_request request = {0, 0, 0};
    uint32_t *const counts[] = {&request.input_tokens, &request.output_tokens, &request.cached_tokens};
    for (int i = 2; i < argc; i++) {
        if (!parse(argv[i], counts[i - 2])) return fail(argv[i], "not a token count");
    }

    /* One byte more than the largest blob, so that a longer file is noticed. */
    uint8_t blob[400 + 1];
    FILE *file = fopen(argv[1], "rb");
    if (file == NULL) return fail(argv[1], strerror(errno));
    size_t len = fread(blob, 1, sizeof blob, file);
    int unreadable = ferror(file);
    fclose(file);
    if (unreadable) return fail(argv[1], "cannot be read");

    t2m_profile profile;
    t2m_status status = t2m_profile_load(blob, len, &profile);
    if (status != T2M_OK) return fail(argv[1], t2m_status_message(status));

    t2m_prediction prediction;
    status = t2m_predict(&profile, &request, &prediction);
    if (status != T2M_OK) return fail("request", t2m_status_message(status));

    print("prefill_s", prediction.prefill_s);
    print("decode_s", prediction.decode_s);
    print("total_s", prediction.total_s);
    print("tpot_s", prediction.tpot_s);
    print("prefill_energy_j", prediction.prefill_energy_j);
    print("decode_energy_j", prediction.decode_energy_j);
    print("energy_j", prediction.energy_j);
    print("average_power_w", prediction.average_power_w);
    print("cost", prediction.cost);
    print("prefill_low_s", prediction.prefill_band.low_s);
    print("prefill_high_s", prediction.prefill_band.high_s);
    print("decode_low_s", prediction.decode_band.low_s);
    print("decode_high_s", prediction.decode_band.high_s);
    print("total_low_s", prediction.total_band.low_s);
    print("total_high_s", prediction.total_band.high_s);
    printf("flags %lu\n", (unsigned long)prediction.flags);
    return EXIT_SUCCESS;
}
