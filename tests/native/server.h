/* A small stand-in for valkey-server: threads, clients and TLS connections under the server's own names. */
#ifndef SERVER_H
#define SERVER_H

#include <pthread.h>
#include <stdint.h>
#include <stddef.h>
#include <sys/types.h>
#include <time.h>

#define NOINLINE __attribute__((noinline))
#define serverAssert(_e) ((_e) ? (void)0 : _serverAssert(#_e, __FILE__, __LINE__))
#define serverPanic(...) _serverPanic(__FILE__, __LINE__, __VA_ARGS__)

typedef long long mstime_t;
typedef char *sds;

typedef struct listNode {
    struct listNode *prev;
    struct listNode *next;
    void *value;
} listNode;

typedef struct list {
    listNode *head;
    listNode *tail;
    void *(*dup)(void *ptr);
    void (*free)(void *ptr);
    int (*match)(void *ptr, void *key);
    unsigned long len;
} list;

typedef struct serverObject {
    unsigned type : 4;
    unsigned encoding : 4;
    unsigned lru : 24;
    int refcount;
    void *ptr;
} robj;

typedef enum {
    CONN_STATE_NONE = 0,
    CONN_STATE_CONNECTING,
    CONN_STATE_ACCEPTING,
    CONN_STATE_CONNECTED,
    CONN_STATE_CLOSED,
    CONN_STATE_ERROR
} ConnectionState;

typedef struct connection connection;
typedef void (*ConnectionCallbackFunc)(struct connection *conn);

typedef struct ConnectionType {
    const char *(*get_type)(struct connection *conn);
    void (*close)(struct connection *conn);
} ConnectionType;

struct connection {
    ConnectionType *type;
    ConnectionState state;
    int last_errno;
    int fd;
    short int flags;
    short int refs;
    unsigned short int iovcnt;
    void *private_data;
    ConnectionCallbackFunc conn_handler;
    ConnectionCallbackFunc write_handler;
    ConnectionCallbackFunc read_handler;
};

#define TLS_CONN_FLAG_READ_WANT_WRITE (1 << 0)
#define TLS_CONN_FLAG_WRITE_WANT_READ (1 << 1)
#define TLS_CONN_FLAG_FD_SET (1 << 2)
#define TLS_CONN_FLAG_POSTPONE_UPDATE_STATE (1 << 3)
#define TLS_CONN_FLAG_HAS_PENDING (1 << 4)
#define TLS_CONN_FLAG_ACCEPT_ERROR (1 << 5)
#define TLS_CONN_FLAG_ACCEPT_SUCCESS (1 << 6)

typedef struct tls_connection {
    connection c;
    int flags;
    void *ssl;
    char *ssl_error;
    listNode *pending_list_node;
    size_t last_failed_write_data_len;
} tls_connection;

typedef struct ClientFlags {
    uint64_t primary : 1;
    uint64_t replica : 1;
    uint64_t monitor : 1;
    uint64_t multi : 1;
    uint64_t blocked : 1;
    uint64_t pending_write : 1;
    uint64_t pending_read : 1;
    uint64_t close_after_reply : 1;
    uint64_t pubsub : 1;
    uint64_t tracking : 1;
} ClientFlags;

typedef enum { CLIENT_IDLE = 0, CLIENT_PENDING_IO, CLIENT_COMPLETED_IO } ClientIOState;

typedef struct serverDb {
    int id;
} serverDb;

typedef struct serverCommand {
    const char *declared_name;
    sds fullname;
} serverCommand;

/* Only counts are read of it (dict.h). */
typedef struct dict {
    void **ht_table[2];
    unsigned long ht_used[2];
} dict;

typedef struct ClientPubSubData {
    dict *pubsub_channels;
    dict *pubsub_patterns;
    dict *pubsubshard_channels;
    uint64_t client_tracking_redirection;
} ClientPubSubData;

typedef struct multiState {
    int count;
    size_t argv_len_sums;
    list watched_keys;
} multiState;

typedef struct clientReplyBlock {
    size_t size, used;
    char buf[];
} clientReplyBlock;

typedef struct client {
    uint64_t id;
    connection *conn;
    union {
        uint64_t raw_flag;
        ClientFlags flag;
    };
    serverDb *db;
    robj *name;
    sds querybuf;
    int argc;
    robj **argv;
    serverCommand *cmd;
    serverCommand *lastcmd;
    int resp;
    volatile uint8_t io_read_state;
    volatile uint8_t io_write_state;
    uint8_t cur_tid;
    time_t ctime;
    time_t last_interaction;
    ClientPubSubData *pubsub_data; /* made when it is first needed, as is the next */
    multiState *mstate;
    uint8_t capa;
    list *reply;
    unsigned long long reply_bytes;
    size_t bufpos;
    sds peerid;
    sds sockname;
    listNode *client_list_node;
} client;

struct valkeyServer {
    pid_t pid;
    pthread_t main_thread_id;
    char *configfile;
    char *executable;
    char runid[41];
    int port;
    int tls_port;
    int cluster_enabled;
    int sentinel_mode;
    char *primary_host;
    int io_threads_num;
    int active_io_threads_num;
    unsigned int maxclients;
    unsigned long long maxmemory;
    int crashlog_enabled;
    int memcheck_enabled;
    int crashed;
    serverDb *db;
    int dbnum;
    list *clients;
    list *clients_to_close;
    list *clients_pending_write;
    list *clients_pending_io_read;
    list *replicas;
    list *monitors;
    client *current_client;
    client *executing_client;
    uint64_t next_client_id;
    time_t unixtime;
    mstime_t mstime;
    mstime_t cmd_time_snapshot;
    time_t stat_starttime;
};

extern struct valkeyServer server;

/* adlist.c */
list *listCreate(void);
listNode *listAddNodeTail(list *list, void *value);

/* debug.c */
void _serverAssert(const char *estr, const char *file, int line);
void _serverPanic(const char *file, int line, const char *msg, ...);
void bugReportEnd(int killViaSignal, int sig);
void setupSigSegvHandler(void);

/* networking.c */
sds sdsnew(const char *text);
void addReplyBlock(client *c, size_t size);
void subscribeAndWatch(client *c);
client *createClient(connection *conn, const char *peer, const char *name);
robj *createStringObject(const char *text);

/* tls.c */
connection *connCreateTLS(int fd, ConnectionState state, int flags);
connection *connCreateSocket(int fd);
void tlsProcessPending(connection *conn);

/* threads.c */
void startThreads(int crash_in_io_thread);
void storeFlagsLate(connection *conn);
void waitForLateStore(void);
void startDeadlock(void);
void spoilMemoryOfOthers(void);

/* deaths.c */
int die(const char *way);
long readThroughNull(long *pointer);

#endif
