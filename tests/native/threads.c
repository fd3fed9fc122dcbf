#include "server.h"

#include <semaphore.h>
#include <unistd.h>

static pthread_mutex_t jobs_mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t held_mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t jobs_cond = PTHREAD_COND_INITIALIZER;
static sem_t started;

static void *bioProcessBackgroundJobs(void *name) {
    pthread_setname_np(pthread_self(), name);
    pthread_mutex_lock(&jobs_mutex);
    sem_post(&started);
    for (;;) pthread_cond_wait(&jobs_cond, &jobs_mutex);
    return NULL;
}

/* Waits for a mutex that the main thread holds for ever. */
static NOINLINE void waitForMutex(void) {
    sem_post(&started);
    pthread_mutex_lock(&held_mutex);
    pthread_mutex_unlock(&held_mutex);
}

static void *IOThreadMain(void *name) {
    pthread_setname_np(pthread_self(), name);
    for (;;) waitForMutex();
    return NULL;
}

static void *crashingIOThread(void *name) {
    pthread_setname_np(pthread_self(), name);
    sem_post(&started);
    usleep(50000); /* until the others sleep in their locks */
    readThroughNull((long *)0x18);
    return NULL;
}

/* Sleeps until the memory test has spoilt what it points to. */
static volatile int memory_spoilt;

static void *je_arenas_background(void *name) {
    pthread_setname_np(pthread_self(), name);
    sem_post(&started);
    while (!memory_spoilt) usleep(1000);
    readThroughNull((long *)0x20);
    return NULL;
}

void spoilMemoryOfOthers(void) {
    memory_spoilt = 1;
    for (;;) pause();
}

/* Two threads that take two locks in opposite orders. */
static pthread_mutex_t first_mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t second_mutex = PTHREAD_MUTEX_INITIALIZER;
static sem_t both_hold;

static void *takeBoth(void *reversed) {
    pthread_mutex_lock(reversed ? &second_mutex : &first_mutex);
    sem_post(&both_hold);
    usleep(20000); /* until the other has its first lock too */
    pthread_mutex_lock(reversed ? &first_mutex : &second_mutex);
    return NULL;
}

void startDeadlock(void) {
    pthread_t thread;
    sem_init(&both_hold, 0, 0);
    pthread_create(&thread, NULL, takeBoth, NULL);
    pthread_create(&thread, NULL, takeBoth, "reversed");
    sem_wait(&both_hold);
    sem_wait(&both_hold);
    usleep(60000);
}

/* The I/O thread of a race: its store to the flags becomes visible only when the main thread has asserted. */
static pthread_t late_thread;
static int late_started;

static void *storeWhenCrashed(void *conn) {
    while (!*(volatile int *)&server.crashed) usleep(100);
    ((volatile tls_connection *)conn)->flags = TLS_CONN_FLAG_ACCEPT_SUCCESS;
    return NULL;
}

void storeFlagsLate(connection *conn) {
    late_started = 1;
    pthread_create(&late_thread, NULL, storeWhenCrashed, conn);
}

void waitForLateStore(void) {
    if (late_started) pthread_join(late_thread, NULL);
}

static void start(void *(*body)(void *), char *name) {
    pthread_t thread;
    pthread_create(&thread, NULL, body, name);
    sem_wait(&started);
}

void startThreads(int crash_in_io_thread) {
    sem_init(&started, 0, 0);
    pthread_mutex_lock(&held_mutex);
    start(bioProcessBackgroundJobs, "bio_close_file");
    start(bioProcessBackgroundJobs, "bio_aof");
    start(bioProcessBackgroundJobs, "bio_lazy_free");
    start(IOThreadMain, "io_thd_1");
    start(IOThreadMain, "io_thd_2");
    if (server.memcheck_enabled) start(je_arenas_background, "jemalloc_bg_thd");
    usleep(50000);
    if (crash_in_io_thread) {
        start(crashingIOThread, "io_thd_3");
        for (;;) pause();
    }
}
