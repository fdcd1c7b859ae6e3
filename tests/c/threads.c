/* Eight threads with one profile and one drift that they all read, and one drift each: threads BLOB
 *
 * With RACE defined they all observe into the same drift: what a race detector must notice. */

/* For the barrier. */
#define _POSIX_C_SOURCE 200809L

#include "valid_calls.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#define THREADS 8
#define ROUNDS 20

static struct shared shared;
static pthread_barrier_t start;

static void *work(void *place) {
    struct answers *answers = place;
    pthread_barrier_wait(&start);
    for (int round = 0; round < ROUNDS; round++) {
        make_calls(&shared, answers);
#ifdef RACE
        const t2m_measured measured = {2.0f, 5.0f};
        t2m_drift_observe(&shared.profile, &VALID[0], &measured, &shared.drift);
#endif
    }
    return NULL;
}

int main(int argc, char **argv) {
    static struct answers expected, answers[THREADS];
    FILE *file = argc == 2 ? fopen(argv[1], "rb") : NULL;
    if (file == NULL) return 2;
    shared.blob_len = fread(shared.blob, 1, sizeof shared.blob, file);
    fclose(file);
    if (!share(&shared)) return 3;
    make_calls(&shared, &expected);
    if (expected.failures != 0) return 4;

    pthread_t threads[THREADS];
    if (pthread_barrier_init(&start, NULL, THREADS) != 0) return 5;
    for (int i = 0; i < THREADS; i++) {
        if (pthread_create(&threads[i], NULL, work, &answers[i]) != 0) return 5;
    }
    for (int i = 0; i < THREADS; i++) {
        if (pthread_join(threads[i], NULL) != 0) return 5;
        if (memcmp(&answers[i], &expected, sizeof expected) != 0) {
            fprintf(stderr, "thread %d: other answers\n", i);
            return EXIT_FAILURE;
        }
    }
    puts("the same in all threads");
    return EXIT_SUCCESS;
}
