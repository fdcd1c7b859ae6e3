/* A part of the library, to see how much flash it takes: what -DLOAD and -DPREDICT call, or the function that
   `token2metrics export --format c-source` writes. Without any it is the program that calls nothing. */

#include "token2metrics.h"

#ifdef C_SOURCE
#include "c_source.c"
#endif

int main(int argc, char **argv) {
    /* All parts have the same storage. */
    t2m_profile profile;
    t2m_request request;
    t2m_prediction prediction;
    __asm__ volatile("" ::"r"(&profile), "r"(&request), "r"(&prediction) : "memory");
    int sum = 0;
#ifdef LOAD
    sum += t2m_profile_load((const uint8_t *)argv[0], (size_t)argc, &profile);
#endif
#ifdef PREDICT
    sum += t2m_predict(&profile, &request, &prediction);
#endif
#ifdef C_SOURCE
    sum += token2metrics_predict((const token2metrics_request *)&request, (token2metrics_prediction *)&prediction);
#endif
    (void)argc, (void)argv;
    return sum;
}
