#include "server.h"

#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The test spoils the memory of a thread that still runs: the process crashes a second time, before its report ends. */
NOINLINE void doFastMemoryTest(void) {
    spoilMemoryOfOthers();
}

/* Ends like the server's: abort() after an assertion, the signal once more after a signal. */
NOINLINE void bugReportEnd(int killViaSignal, int sig) {
    struct sigaction act;
    int again = server.crashed;
    server.crashed = 1;
    waitForLateStore();
    if (server.memcheck_enabled && !again) doFastMemoryTest();
    if (!killViaSignal) abort();
    sigemptyset(&act.sa_mask);
    act.sa_flags = 0;
    act.sa_handler = SIG_DFL;
    sigaction(sig, &act, NULL);
    kill(getpid(), sig);
    for (;;) pause();
}

NOINLINE void _serverAssert(const char *estr, const char *file, int line) {
    fprintf(stderr, "=== ASSERTION FAILED ===\n==> %s:%d '%s' is not true\n", file, line, estr);
    bugReportEnd(0, 0);
}

NOINLINE void _serverPanic(const char *file, int line, const char *msg, ...) {
    va_list ap;
    char fmtmsg[256];
    va_start(ap, msg);
    vsnprintf(fmtmsg, sizeof(fmtmsg), msg, ap);
    va_end(ap);
    fprintf(stderr, "Guru Meditation: %s #%s:%d\n", fmtmsg, file, line);
    bugReportEnd(0, 0);
}

static void sigsegvHandler(int sig, siginfo_t *info, void *secret) {
    (void)secret;
    fprintf(stderr, "crashed by signal: %d, si_code: %d, address: %p\n", sig, info->si_code, info->si_addr);
    bugReportEnd(1, sig);
}

/* Unlike the server's, on a stack of its own: so the overflow of a stack is handled as well. */
void setupSigSegvHandler(void) {
    static const int fatal[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};
    static char stack[64 << 10];
    const stack_t own = {.ss_sp = stack, .ss_size = sizeof(stack)};
    struct sigaction act;
    sigaltstack(&own, NULL);
    memset(&act, 0, sizeof(act));
    sigemptyset(&act.sa_mask);
    act.sa_flags = SA_NODEFER | SA_RESETHAND | SA_SIGINFO | SA_ONSTACK;
    act.sa_sigaction = sigsegvHandler;
    for (size_t i = 0; i < sizeof(fatal) / sizeof(fatal[0]); i++) sigaction(fatal[i], &act, NULL);
}
