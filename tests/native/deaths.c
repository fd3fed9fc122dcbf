/* The ways in which the program dies, by name. Every function here leaves its own frame on the stack. */
#include "server.h"

#include <alloca.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static volatile int depth;

NOINLINE long readThroughNull(long *pointer) {
    return *(volatile long *)pointer + depth;
}

static NOINLINE long endlessRecursion(volatile char *above) {
    volatile char local[256];
    local[0] = above[0];
    depth++;
    return endlessRecursion(local) + local[0];
}

/* Overwrites the frames of its callers, so that nothing above can be followed. What it needs for that is static. */
static NOINLINE void abortWithCorruptedStack(void) {
    static volatile char *here;
    static int at;
    volatile char local[16];
    here = &local[0];
    for (at = 16; at < 400; at++) here[at] = 0x41;
    abort();
}

/* raise() takes this function's place on the stack wherever the compiler turns the call into a jump. */
static NOINLINE int raiseInTailCall(int signal_number) {
    depth += signal_number;
    return raise(signal_number);
}

static NOINLINE void callThroughNull(void (*function)(void)) {
    function();
    depth++;
}

/* alloca() makes the frame's size unknown at compile time: only a frame pointer or the CFI finds its caller. */
static NOINLINE int panicWithVariableFrame(size_t size) {
    char *space = alloca(size);
    memset(space, 1, size);
    serverPanic("%zu bytes of %d", size, space[size - 1]);
    return space[0];
}

/* Faults in the vDSO, the kernel's own code in every process, which no file holds. */
static NOINLINE void crashInKernelsLibrary(void) {
    clock_gettime(CLOCK_MONOTONIC, (struct timespec *)0x28);
    depth++;
}

static int compareAndCrash(const void *left, const void *right) {
    return (int)readThroughNull((long *)0x20) + *(const int *)left - *(const int *)right;
}

static NOINLINE void crashInLibraryCallback(void) {
    int numbers[] = {3, 1, 2};
    qsort(numbers, 3, sizeof(numbers[0]), compareAndCrash);
    depth += numbers[0];
}

NOINLINE int die(const char *way) {
    char above[1] = {0};
    if (!strcmp(way, "assert")) tlsProcessPending(server.current_client->conn);
    else if (!strcmp(way, "panic")) depth = panicWithVariableFrame(strlen(way) * 100);
    else if (!strcmp(way, "overflow")) depth = (int)endlessRecursion(above);
    else if (!strcmp(way, "corrupted")) abortWithCorruptedStack();
    else if (!strcmp(way, "tail")) depth = raiseInTailCall(SIGABRT) + 1;
    else if (!strcmp(way, "null-call")) callThroughNull(NULL);
    else if (!strcmp(way, "vdso")) crashInKernelsLibrary();
    else if (!strcmp(way, "callback")) crashInLibraryCallback();
    else if (!strcmp(way, "segfault")) depth = (int)readThroughNull((long *)0x18);
    return depth;
}
