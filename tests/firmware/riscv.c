/* Starts a RISC-V, and speaks with the emulator: semihosting. */

#include "firmware.h"

int main(int argc, char **argv);
extern uint32_t bss_begin[], bss_end[], data_begin[], data_end[], data_load[];

__attribute__((naked, noinline)) static int semihosting(int operation, const void *argument) {
    (void)operation, (void)argument;
    /* The three instructions must have their full length and lie in one page. */
    __asm__ volatile(".option push\n .option norvc\n .balign 16\n slli x0, x0, 0x1f\n ebreak\n srai x0, x0, 7\n .option pop\n ret");
}

static _Noreturn void stop(int code) {
    const uint32_t exited[2] = {0x20026, (uint32_t)code};
    for (;;) semihosting(0x20, exited);
}

__attribute__((used, aligned(4))) static _Noreturn void fault(void) {
    semihosting(0x04, "fault\n");
    stop(1);
}

__attribute__((used)) static _Noreturn void begin(void) {
    for (uint32_t *to = data_begin, *from = data_load; to < data_end;) *to++ = *from++;
    for (uint32_t *to = bss_begin; to < bss_end;) *to++ = 0;
    static char *argv[] = {"", 0};
    stop(main(1, argv));
}

__attribute__((naked, used, section(".vectors"))) static void reset(void) {
    __asm__ volatile(".option arch, +zicsr\n la t0, fault\n csrw mtvec, t0\n la sp, stack_top\n j begin");
}

const uint8_t *pages(void) { return (const uint8_t *)PAGES; }

void say(const char *text) { semihosting(0x04, text); }

uint32_t now(void) {
    uint32_t retired;
    __asm__ volatile(".option push\n .option arch, +zicsr\n csrr %0, minstret\n .option pop" : "=r"(retired));
    return retired & 0xFFFFFF;
}
