/* The same under Linux, where the C library starts main. */

#include "firmware.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const uint8_t *pages(void) {
    static uint8_t bytes[1 << 16] __attribute__((aligned(8)));
    int file = open(getenv("PAGES"), O_RDONLY);
    if (file < 0 || read(file, bytes, sizeof bytes) <= 0) exit(1);
    close(file);
    return bytes;
}

void say(const char *text) {
    if (write(STDOUT_FILENO, text, strlen(text)) < 0) exit(1);
}

/* The emulator has no count to read: the script counts the instructions from one call to the next. */
__attribute__((noinline)) uint32_t now(void) {
    __asm__ volatile("" ::: "memory");
    return 0;
}
