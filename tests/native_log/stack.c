/* Crashes and writes its stack as the server does: through glibc's backtrace_symbols_fd(), from the signal handler. */
#include <execinfo.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

static volatile long sink;

static inline __attribute__((always_inline)) void acceptResult(long *state) {
    sink += *(volatile long *)state; /* the crash: inlined into a static function */
}

static __attribute__((noinline)) void updateState(long *state) {
    acceptResult(state);
    sink++;
}

__attribute__((noinline)) void processPending(long *state) {
    updateState(state);
    sink++;
}

__attribute__((noinline)) long reportAndTail(long *state) {
    sink++;
    processPending(state);
    return sink;
}

/* The call of reportAndTail() becomes a jump: this function is not on the stack. */
__attribute__((noinline)) long beforeSleep(long *state) {
    sink += 2;
    return reportAndTail(state);
}

static void crashed(int signal_number) {
    void *stack[64];
    int depth = backtrace(stack, 64);
    (void)signal_number;
    backtrace_symbols_fd(stack + 1, depth - 1, STDOUT_FILENO);
    _exit(0);
}

int main(int argc, char **argv) {
    (void)argv;
    signal(SIGSEGV, crashed);
    sink += beforeSleep((long *)(long)(argc * 8));
    return (int)sink;
}
