/* Predicts a request of 100 input and 50 output tokens: main BLOB */

#include <token2metrics.h>

#include <stdio.h>

int main(int argc, char **argv) {
    uint8_t blob[384];
    FILE *file = argc == 2 ? fopen(argv[1], "rb") : NULL;
    if (file == NULL) return 2;
    size_t len = fread(blob, 1, sizeof blob, file);
    fclose(file);

    t2m_profile profile;
    t2m_request request = {100, 0, 50};
    t2m_prediction prediction;
    t2m_status status = t2m_profile_load(blob, len, &profile);
    if (status == T2M_OK) status = t2m_predict(&profile, &request, &prediction);
    if (status != T2M_OK) {
        fprintf(stderr, "%s\n", t2m_status_message(status));
        return 1;
    }
    printf("%.9g\n", prediction.total_s);
    return 0;
}
