"""Which members of the server's struct say what: configuration directives, status, replication, memory, I/O threads.

Each row is a name and the members that held it, the newest first: they were renamed as versions went on (Redis 3.0 to
7.4, Valkey 7.2 to 9.0). Sources: server.h (redis.h before 4.0), config.c.
"""

from collections.abc import Mapping

Rows = Mapping[str, tuple[str, ...]]

SETTINGS: Rows = {
    "port": ("port",),
    "tls-port": ("tls_port",),
    "tls-cluster": ("tls_cluster",),
    "tls-replication": ("tls_replication",),
    "tls-auth-clients": ("tls_auth_clients",),
    "unixsocket": ("unixsocket",),
    "databases": ("dbnum",),
    "maxclients": ("maxclients",),
    "maxmemory": ("maxmemory",),
    "maxmemory-clients": ("maxmemory_clients",),
    "timeout": ("maxidletime",),
    "tcp-keepalive": ("tcpkeepalive",),
    "tcp-backlog": ("tcp_backlog",),
    "hz": ("config_hz", "hz"),
    "io-threads": ("io_threads_num",),
    "cluster-enabled": ("cluster_enabled",),
    "cluster-node-timeout": ("cluster_node_timeout",),
    "appendonly": ("aof_enabled",),
    "repl-diskless-sync": ("repl_diskless_sync",),
    "repl-backlog-size": ("repl_backlog_size",),
    "crash-log-enabled": ("crashlog_enabled",),
    "crash-memcheck-enabled": ("memcheck_enabled",),
    "hide-user-data-from-log": ("hide_user_data_from_log",),
    "logfile": ("logfile",),
    "watchdog-period": ("watchdog_period",),
}
YES_OR_NO = frozenset((
    "tls-cluster", "tls-replication", "cluster-enabled", "appendonly", "repl-diskless-sync", "crash-log-enabled",
    "crash-memcheck-enabled", "hide-user-data-from-log",
))  # fmt: skip
"""Directives that CONFIG GET answers so."""

STATUS: Rows = {
    "pid": ("pid",),
    "run_id": ("runid",),
    "executable": ("executable",),
    "config_file": ("configfile",),
    "unixtime": ("unixtime",),
    "mstime": ("mstime",),
    "start_time": ("stat_starttime",),
    "loading": ("loading",),
    "crashed": ("crashed",),
    "child_pid": ("child_pid",),
    "child_type": ("child_type",),
    "next_client_id": ("next_client_id",),
    "total_connections_received": ("stat_numconnections",),
    "total_commands_processed": ("stat_numcommands",),
    "rejected_connections": ("stat_rejected_conn",),
    "expired_keys": ("stat_expiredkeys",),
    "evicted_keys": ("stat_evictedkeys",),
}
REPLICATION: Rows = {
    "primary_host": ("primary_host", "masterhost"),
    "primary_port": ("primary_port", "masterport"),
    "state": ("repl_state",),
    "replid": ("replid",),
    "offset": ("primary_repl_offset", "master_repl_offset"),
    "down_since": ("repl_down_since",),
    "transfer_last_io": ("repl_transfer_lastio",),
}
MEMORY: Rows = {
    "maxmemory": ("maxmemory",),
    "peak": ("stat_peak_memory",),
    "used": ("cron_malloc_stats->zmalloc_used",),
    "rss": ("cron_malloc_stats->process_rss",),
    "allocator_allocated": ("cron_malloc_stats->allocator_allocated",),
    "allocator_resident": ("cron_malloc_stats->allocator_resident",),
    "initial": ("initial_memory_usage",),
}
IO_THREADS: Rows = {
    "configured": ("io_threads_num",),
    "active": ("active_io_threads_num", "io_threads_active"),
    "poll_state": ("io_poll_state",),
    "reads_processed": ("stat_io_reads_processed",),
    "writes_processed": ("stat_io_writes_processed",),
    "accepts_offloaded": ("stat_io_accept_offloaded",),
    "polls_processed": ("stat_poll_processed_by_io_threads",),
}
QUEUES: Mapping[str, str] = {
    "to-close": "clients_to_close",
    "pending-write": "clients_pending_write",
    "pending-read": "clients_pending_read",
    "pending-io-read": "clients_pending_io_read",
    "pending-io-write": "clients_pending_io_write",
    "unblocked": "unblocked_clients",
    "waiting-acks": "clients_waiting_acks",
    "postponed": "postponed_clients",
    "replicas": "replicas",
    "slaves": "slaves",
    "monitors": "monitors",
}
"""Lists of clients, by the names that the output gives them."""
