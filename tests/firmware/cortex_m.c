/* Starts a Cortex-M, and speaks with the emulator: semihosting. */

#include "firmware.h"

#define SYST_CSR (*(volatile uint32_t *)0xE000E010)
#define SYST_RVR (*(volatile uint32_t *)0xE000E014)
#define SYST_CVR (*(volatile uint32_t *)0xE000E018)
#define CPACR (*(volatile uint32_t *)0xE000ED88)

int main(int argc, char **argv);
extern uint32_t stack_top[], bss_begin[], bss_end[], data_begin[], data_end[], data_load[];

static int semihosting(int operation, const void *argument) {
    register int r0 __asm__("r0") = operation;
    register const void *r1 __asm__("r1") = argument;
    __asm__ volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
    return r0;
}

static _Noreturn void stop(int code) {
    const uint32_t exited[2] = {0x20026, (uint32_t)code};
    for (;;) semihosting(0x20, exited);
}

static _Noreturn void fault(void) {
    semihosting(0x04, "fault\n");
    stop(1);
}

static _Noreturn void reset(void) {
#ifdef __ARM_FP
    CPACR |= 0xF << 20;
    __asm__ volatile("dsb\n isb");
#endif
    for (uint32_t *to = data_begin, *from = data_load; to < data_end;) *to++ = *from++;
    for (uint32_t *to = bss_begin; to < bss_end;) *to++ = 0;
    SYST_RVR = 0xFFFFFF;
    SYST_CVR = 0;
    SYST_CSR = 5;
    static char *argv[] = {"", 0};
    stop(main(1, argv));
}

__attribute__((section(".vectors"), used)) static const void *const VECTORS[16] = {
    stack_top, (void *)reset, (void *)fault, (void *)fault, (void *)fault, (void *)fault, (void *)fault,
};

const uint8_t *pages(void) { return (const uint8_t *)PAGES; }

void say(const char *text) { semihosting(0x04, text); }

/* SysTick counts down. */
uint32_t now(void) { return 0xFFFFFF - SYST_CVR; }
