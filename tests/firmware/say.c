/* Prints numbers. */

#include "firmware.h"

void say_number(const char *name, uint32_t number) {
    char digits[12];
    char *first = digits + sizeof digits - 1;
    *first = '\0';
    *--first = '\n';
    do {
        *--first = (char)('0' + number % 10);
        number /= 10;
    } while (number != 0);
    say(name);
    say(" ");
    say(first);
}
