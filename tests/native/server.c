/* server WAY: builds the state of a small server, starts its threads and dies in the given way (deaths.c). */
#include "server.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct valkeyServer server;

static serverCommand getCommand = {.declared_name = "get"};

static void initServer(char *executable) {
    server.pid = getpid();
    server.main_thread_id = pthread_self();
    server.executable = executable;
    memcpy(server.runid, "0123456789abcdef0123456789abcdef01234567", 41);
    server.port = 6379;
    server.tls_port = 6380;
    server.io_threads_num = 4;
    server.active_io_threads_num = 4;
    server.maxclients = 10000;
    server.maxmemory = 1ULL << 30;
    server.crashlog_enabled = 1;
    server.dbnum = 1;
    server.db = calloc(1, sizeof(serverDb));
    server.clients = listCreate();
    server.clients_to_close = listCreate();
    server.clients_pending_write = listCreate();
    server.clients_pending_io_read = listCreate();
    server.replicas = listCreate();
    server.monitors = listCreate();
    server.next_client_id = 1;
    server.unixtime = 1700000000;
    server.mstime = server.cmd_time_snapshot = 1700000000123LL;
    server.stat_starttime = server.unixtime - 3600;
    getCommand.fullname = sdsnew("get");
}

/* Four clients: plain, TLS, one with a command in hand, and one in its handshake, whose flags came too late. */
static void acceptClients(void) {
    createClient(connCreateSocket(8), "127.0.0.1:50001", NULL);
    client *secure = createClient(connCreateTLS(9, CONN_STATE_CONNECTED, TLS_CONN_FLAG_ACCEPT_SUCCESS),
                                  "127.0.0.1:50002", "worker");
    subscribeAndWatch(secure);
    addReplyBlock(secure, 16384);
    secure->capa = 1;
    client *busy = createClient(connCreateSocket(10), "127.0.0.1:50003", NULL);
    busy->argc = 2;
    busy->argv = calloc(2, sizeof(robj *));
    busy->argv[0] = createStringObject("GET");
    busy->argv[1] = createStringObject("secret:key");
    busy->cmd = busy->lastcmd = &getCommand;
    busy->flag.pending_write = 1;
    listAddNodeTail(server.clients_pending_write, busy);
    client *young = createClient(connCreateTLS(11, CONN_STATE_ACCEPTING, 0), "127.0.0.1:50004", NULL);
    young->io_read_state = CLIENT_COMPLETED_IO;
    young->cur_tid = 2;
    server.executing_client = busy;
    server.current_client = young;
}

int main(int argc, char **argv) {
    const char *way = argc > 1 ? argv[1] : "";
    initServer(argv[0]);
    acceptClients();
    server.memcheck_enabled = !strncmp(way, "memtest-", 8);
    way += server.memcheck_enabled ? 8 : 0;
    if (argc > 2 && !strcmp(argv[2], "handler")) setupSigSegvHandler();
    startThreads(!strcmp(way, "thread"));
    int result = die(way);
    fprintf(stderr, "still alive after '%s': %d\n", way, result);
    return 1;
}
