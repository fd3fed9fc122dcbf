#include "server.h"

#include <stdlib.h>

static const char *connTLSGetType(connection *conn) {
    (void)conn;
    return "tls";
}

static const char *connSocketGetType(connection *conn) {
    (void)conn;
    return "tcp";
}

/* Static as in the server: link-time optimization renames them (CT_TLS.lto_priv.0) where it divides the program. */
static ConnectionType CT_TLS = {.get_type = connTLSGetType};
static ConnectionType CT_Socket = {.get_type = connSocketGetType};

static void tlsEventHandler(connection *conn) {
    conn->last_errno++;
}

connection *connCreateTLS(int fd, ConnectionState state, int flags) {
    tls_connection *conn = calloc(1, sizeof(*conn));
    conn->c.type = &CT_TLS;
    conn->c.fd = fd;
    conn->c.state = state;
    conn->c.iovcnt = 1024;
    conn->c.read_handler = tlsEventHandler;
    conn->flags = flags;
    return &conn->c;
}

connection *connCreateSocket(int fd) {
    connection *conn = calloc(1, sizeof(*conn));
    conn->type = &CT_Socket;
    conn->fd = fd;
    conn->state = CONN_STATE_CONNECTED;
    conn->read_handler = tlsEventHandler;
    return conn;
}

static NOINLINE void registerSSLEvent(tls_connection *conn) {
    switch (conn->flags & (TLS_CONN_FLAG_READ_WANT_WRITE | TLS_CONN_FLAG_WRITE_WANT_READ)) {
    case TLS_CONN_FLAG_READ_WANT_WRITE: conn->c.write_handler = tlsEventHandler; break;
    case TLS_CONN_FLAG_WRITE_WANT_READ: conn->c.read_handler = tlsEventHandler; break;
    default: serverAssert(0); break;
    }
}

/* Inlined into updateSSLState, as in the server's release builds. */
static inline __attribute__((always_inline)) void TLSHandleAcceptResult(tls_connection *conn) {
    if (conn->flags & TLS_CONN_FLAG_ACCEPT_SUCCESS) {
        conn->c.state = CONN_STATE_CONNECTED;
    } else if (conn->flags & TLS_CONN_FLAG_ACCEPT_ERROR) {
        conn->c.state = CONN_STATE_ERROR;
    } else {
        registerSSLEvent(conn);
        conn->c.refs++;
    }
}

static NOINLINE void updateSSLState(connection *conn_) {
    tls_connection *conn = (tls_connection *)conn_;
    if (conn->c.state == CONN_STATE_ACCEPTING) TLSHandleAcceptResult(conn);
    conn->c.last_errno = 0;
}

NOINLINE void tlsProcessPending(connection *conn) {
    updateSSLState(conn);
    conn->fd++;
}
