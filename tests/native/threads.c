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
    usleep(50000);
    if (crash_in_io_thread) {
        start(crashingIOThread, "io_thd_3");
        for (;;) pause();
    }
}
