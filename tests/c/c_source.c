/* Predicts by the C source of a profile: requests on stdin, a line each, and on stdout the rows of predictions.csv without their
 * first column. */

#define TOKEN2METRICS_DECLARATIONS
#include SOURCE

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void print_float(float value) {
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    printf(",%08" PRIx32, bits);
}

static void print_band(token2metrics_band band) {
    print_float(band.low_s);
    print_float(band.high_s);
}

static void print_row(token2metrics_request request) {
    token2metrics_prediction prediction, untouched;
    memset(&prediction, 0xA5, sizeof prediction);
    untouched = prediction;
    int32_t status = token2metrics_predict(&request, &prediction);
    printf("%" PRIu32 ",%" PRIu32 ",%" PRIu32 ",%" PRId32, request.input_tokens, request.cached_tokens, request.output_tokens, status);
    if (status != 0) {
        if (memcmp(&prediction, &untouched, sizeof prediction) != 0) {
            fputs("written in spite of the failure\n", stderr);
            exit(EXIT_FAILURE);
        }
        puts(",,,,,,,,,,,,,,,,");
        return;
    }
    print_float(prediction.prefill_s);
    print_float(prediction.decode_s);
    print_float(prediction.total_s);
    print_float(prediction.tpot_s);
    print_float(prediction.prefill_energy_j);
    print_float(prediction.decode_energy_j);
    print_float(prediction.energy_j);
    print_float(prediction.average_power_w);
    print_float(prediction.cost);
    print_band(prediction.prefill_band);
    print_band(prediction.decode_band);
    print_band(prediction.total_band);
    printf(",%" PRIu32 "\n", prediction.flags);
}

int main(void) {
    token2metrics_request request;
    while (scanf("%" SCNu32 " %" SCNu32 " %" SCNu32, &request.input_tokens, &request.cached_tokens, &request.output_tokens) == 3) {
        print_row(request);
    }
    return EXIT_SUCCESS;
}
