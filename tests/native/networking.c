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
