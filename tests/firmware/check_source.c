/* Compares what the C sources of the profiles predict with the rows of the pages, bit by bit, without the library. */

#include "firmware.h"

#include <string.h>

#include "page_0.c"
#include "page_1.c"
#include "page_2.c"
#include "page_5.c"
#include "page_6.c"
#include "page_7.c"

#define CALL(page)                                                                                                     \
    case page: {                                                                                                       \
        page_##page##_request request;                                                                                 \
        page_##page##_prediction prediction;                                                                           \
        memcpy(&request, row->request, sizeof request);                                                                \
        memset(&prediction, 0, sizeof prediction);                                                                     \
        int32_t status = page_##page##_predict(&request, &prediction);                                                 \
        memcpy(words, &prediction, sizeof row->prediction);                                                            \
        return status;                                                                                                 \
    }

static int32_t predict(const row *row, uint32_t *words) {
    switch (row->page) {
        CALL(0)
        CALL(1)
        CALL(2)
        CALL(5)
        CALL(6)
        CALL(7)
        default: return -1;
    }
}

int main(void) {
    const uint8_t *page = pages() + PAGE_ROWS * PAGE_LEN;
    const uint32_t rows = *(const uint32_t *)page;
    const row *first = (const row *)(page + sizeof rows);
    int failed = 0;
    for (uint32_t i = 0; i < rows; i++) {
        uint32_t words[16];
        int same = predict(first + i, words) == first[i].status;
        /* Without a prediction the row has zeros, as what was written has. */
        if (same && memcmp(words, first[i].prediction, sizeof words) == 0) continue;
        failed = 1;
        say("differs: ");
        say_number("C source in row", i);
    }
    say_number("rows", rows);
    return failed;
}
