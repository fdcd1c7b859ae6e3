/* Compares predictions with the bits in predictions.csv: vectors DIRECTORY */

#include "token2metrics.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static unsigned long line_number = 1;

static void check(int condition, const char *what) {
    if (!condition) {
        fprintf(stderr, "line %lu: %s\n", line_number, what);
        exit(EXIT_FAILURE);
    }
}

static FILE *open_file(const char *directory, const char *name) {
    char path[1024];
    int len = snprintf(path, sizeof path, "%s/%s", directory, name);
    check(len > 0 && (size_t)len < sizeof path, "the path is too long");
    FILE *file = fopen(path, "rb");
    check(file != NULL, path);
    return file;
}

static void load(const char *directory, const char *name, t2m_profile *profile) {
    uint8_t blob[385];
    FILE *file = open_file(directory, name);
    size_t len = fread(blob, 1, sizeof blob, file);
    fclose(file);
    t2m_status status = t2m_profile_load(blob, len, profile);
    check(status == T2M_OK, t2m_status_message(status));
}

static int same_bits(float seconds, unsigned bits) {
    uint32_t found;
    memcpy(&found, &seconds, sizeof found);
    return found == bits;
}

static void check_row(const char *directory, const char *line) {
    char blob[64];
    t2m_request request;
    unsigned input_tokens, cached_tokens, output_tokens, prefill_s, decode_s, total_s, tpot_s, flags;
    int status;
    int cells = sscanf(line, "%63[^,],%u,%u,%u,%d,%x,%x,%x,%x,%u", blob, &input_tokens, &cached_tokens, &output_tokens,
                       &status, &prefill_s, &decode_s, &total_s, &tpot_s, &flags);
    check(cells == (status == T2M_OK ? 10 : 5), "not as many cells as the status asks for");
    request.input_tokens = input_tokens;
    request.cached_tokens = cached_tokens;
    request.output_tokens = output_tokens;

    t2m_profile profile;
    load(directory, blob, &profile);
    t2m_prediction prediction, untouched;
    memset(&prediction, 0xA5, sizeof prediction);
    untouched = prediction;
    check(t2m_predict(&profile, &request, &prediction) == status, "another status");
    if (status != T2M_OK) {
        check(memcmp(&prediction, &untouched, sizeof prediction) == 0, "written in spite of the failure");
        return;
    }
    check(same_bits(prediction.prefill_s, prefill_s), "another prefill_s");
    check(same_bits(prediction.decode_s, decode_s), "another decode_s");
    check(same_bits(prediction.total_s, total_s), "another total_s");
    check(same_bits(prediction.tpot_s, tpot_s), "another tpot_s");
    check(prediction.flags == flags, "other flags");
}

int main(int argc, char **argv) {
    check(argc == 2, "usage: vectors DIRECTORY");
    FILE *csv = open_file(argv[1], "predictions.csv");
    char line[256];
    check(fgets(line, sizeof line, csv) != NULL, "the file is empty");
    while (fgets(line, sizeof line, csv) != NULL) {
        line_number++;
        check_row(argv[1], line);
    }
    fclose(csv);
    printf("%lu rows\n", line_number - 1);
    return EXIT_SUCCESS;
}
