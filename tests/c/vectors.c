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

/* The floats of a prediction and their columns, in the order of the columns. */
#define FLOATS 15
static const char *const COLUMNS[FLOATS] = {
    "prefill_s",    "decode_s",       "total_s",      "tpot_s",        "prefill_energy_j",
    "decode_energy_j", "energy_j",    "average_power_w", "cost",       "prefill_low_s",
    "prefill_high_s",  "decode_low_s", "decode_high_s",  "total_low_s", "total_high_s",
};

static void check_floats(const t2m_prediction *prediction, const char *cells) {
    const float floats[FLOATS] = {
        prediction->prefill_s,           prediction->decode_s,           prediction->total_s,
        prediction->tpot_s,              prediction->prefill_energy_j,   prediction->decode_energy_j,
        prediction->energy_j,            prediction->average_power_w,    prediction->cost,
        prediction->prefill_band.low_s,  prediction->prefill_band.high_s, prediction->decode_band.low_s,
        prediction->decode_band.high_s,  prediction->total_band.low_s,   prediction->total_band.high_s,
    };
    for (int i = 0; i < FLOATS; i++) {
        char *end;
        unsigned long bits = strtoul(cells, &end, 16);
        uint32_t found;
        memcpy(&found, &floats[i], sizeof found);
        check(end == cells + 8 && *end == ',', "a float is not eight digits");
        check(found == bits, COLUMNS[i]);
        cells = end + 1;
    }
    check(strtoul(cells, NULL, 10) == prediction->flags, "flags");
}

static void check_row(const char *directory, const char *line) {
    char blob[64];
    t2m_request request;
    unsigned input_tokens, cached_tokens, output_tokens;
    int status, len = 0;
    int cells = sscanf(line, "%63[^,],%u,%u,%u,%d,%n", blob, &input_tokens, &cached_tokens, &output_tokens, &status, &len);
    check(cells == 5 && len > 0, "not a blob, a request, a status and the rest");
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
        check(strspn(line + len, ",") == FLOATS, "a float in spite of the failure");
        return;
    }
    check_floats(&prediction, line + len);
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
