/* What a firmware has of the machine it runs on: cortex_m.c, riscv.c or linux.c, which start main. */

#ifndef FIRMWARE_H
#define FIRMWARE_H

#include <stdint.h>

/* The pages that the script has made, `PAGE_LEN` bytes each. */
const uint8_t *pages(void);

/* Prints a text. */
void say(const char *text);

/* The time, in ticks of which a machine has its own, modulo 2^24. */
uint32_t now(void);

/* Prints a name, a number and a line's end. */
void say_number(const char *name, uint32_t number);

/* Which page is what. */
#define PAGE_LEN 512
enum {
    PAGE_ENERGY, /* with energy and bands */
    PAGE_BANDS,  /* with bands */
    PAGE_LATENCY,
    PAGE_DAMAGED, /* PAGE_ENERGY with one bit flipped */
    PAGE_ERASED,
    PAGE_VECTORS, /* the three blobs of tests/vectors */
    PAGE_ROWS = PAGE_VECTORS + 3 /* and all that follow */
};

/* A request and what it comes to, behind the number of rows. The words after the status are those of a t2m_prediction. */
typedef struct row {
    uint32_t page;
    uint32_t request[3];
    int32_t status;
    uint32_t prediction[16];
} row;

#endif
