/* Counts what is allocated while the library is called: allocation BLOB
 *
 * Linked with -Wl,--wrap for each allocating function, so that calls from the library come here. With FLAWED defined,
 * t2m_flaw is called too, which allocates. */

#include "valid_calls.h"

#include <stdio.h>

#ifdef FLAWED
size_t t2m_flaw(size_t len);
#endif

static unsigned long counted;

#define COUNTED(result, name, parameters, arguments)                                                                   \
    result __real_##name parameters;                                                                                   \
    result __wrap_##name parameters;                                                                                   \
    result __wrap_##name parameters {                                                                                  \
        counted++;                                                                                                     \
        return __real_##name arguments;                                                                                \
    }
COUNTED(void *, malloc, (size_t size), (size))
COUNTED(void *, calloc, (size_t n, size_t size), (n, size))
COUNTED(void *, realloc, (void *old, size_t size), (old, size))
COUNTED(void *, aligned_alloc, (size_t align, size_t size), (align, size))
COUNTED(int, posix_memalign, (void **place, size_t align, size_t size), (place, align, size))

int main(int argc, char **argv) {
    static struct shared shared;
    static struct answers answers;
    FILE *file = argc == 2 ? fopen(argv[1], "rb") : NULL;
    if (file == NULL) return 2;
    shared.blob_len = fread(shared.blob, 1, sizeof shared.blob, file);
    fclose(file);

    counted = 0;
    int is_shared = share(&shared);
    make_calls(&shared, &answers);
#ifdef FLAWED
    answers.letters += t2m_flaw(shared.blob_len);
#endif
    unsigned long during = counted;
    if (!is_shared || answers.failures != 0 || answers.letters == 0) return 3;
    printf("%lu allocations\n", during);
    return 0;
}
