#include "server.h"

#include <stdlib.h>
#include <string.h>

/* An sds string of type 1: its length and capacity in a byte each, then the type, then the text. */
sds sdsnew(const char *text) {
    size_t length = strlen(text);
    unsigned char *block = malloc(length + 4);
    block[0] = block[1] = (unsigned char)length;
    block[2] = 1;
    memcpy(block + 3, text, length + 1);
    return (sds)block + 3;
}

robj *createStringObject(const char *text) {
    robj *object = calloc(1, sizeof(*object));
    object->refcount = 1;
    object->ptr = sdsnew(text);
    return object;
}

void addReplyBlock(client *c, size_t size) {
    clientReplyBlock *block = calloc(1, sizeof(*block) + size);
    block->size = size;
    c->reply_bytes += size;
    listAddNodeTail(c->reply, block);
}

static dict *tableWith(unsigned long used, unsigned long being_moved) {
    dict *d = calloc(1, sizeof(*d));
    d->ht_used[0] = used;
    d->ht_used[1] = being_moved;
    return d;
}

/* Two channels, three patterns (the table is being resized), tracking for client 1, two keys watched, one queued. */
void subscribeAndWatch(client *c) {
    c->pubsub_data = calloc(1, sizeof(*c->pubsub_data));
    c->pubsub_data->pubsub_channels = tableWith(2, 0);
    c->pubsub_data->pubsub_patterns = tableWith(1, 2);
    c->pubsub_data->pubsubshard_channels = tableWith(0, 0);
    c->pubsub_data->client_tracking_redirection = 1;
    c->flag.pubsub = c->flag.tracking = c->flag.multi = 1;
    c->mstate = calloc(1, sizeof(*c->mstate));
    c->mstate->count = 1;
    c->mstate->argv_len_sums = 17;
    listAddNodeTail(&c->mstate->watched_keys, "k1");
    listAddNodeTail(&c->mstate->watched_keys, "k2");
}

client *createClient(connection *conn, const char *peer, const char *name) {
    client *c = calloc(1, sizeof(*c));
    c->id = server.next_client_id++;
    c->conn = conn;
    c->db = &server.db[0];
    c->name = name ? createStringObject(name) : NULL;
    c->querybuf = sdsnew("");
    c->resp = 2;
    c->reply = listCreate();
    c->peerid = sdsnew(peer);
    c->sockname = sdsnew("127.0.0.1:6380");
    c->last_interaction = server.unixtime;
    c->ctime = server.unixtime - (time_t)(100 - c->id);
    c->client_list_node = listAddNodeTail(server.clients, c);
    conn->private_data = c;
    return c;
}
