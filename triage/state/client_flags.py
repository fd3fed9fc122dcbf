"""The flags of a client: their bits, and the names under which CLIENT LIST shows some of them.

Sources: server.h of Redis 2.8 to 7.4 and Valkey 7.2 (``CLIENT_…``, one integer); from Valkey 8.0 on the bits are a
struct of their own (``ClientFlags``), which the debug information names.
"""

from collections.abc import Mapping

from triage.state.values import Value

BITS = (
    "replica", "primary", "monitor", "multi", "blocked", "dirty_cas", "close_after_reply", "unblocked", "script",
    "asking", "close_asap", "unix_socket", "dirty_exec", "primary_force_reply", "force_aof", "force_repl",
    "pre_psync", "readonly", "pubsub", "prevent_aof_prop", "prevent_repl_prop", "pending_write", "reply_off",
    "reply_skip_next", "reply_skip", "lua_debug", "lua_debug_sync", "module", "protected", "pending_read",
    "pending_command", "tracking", "tracking_broken_redir", "tracking_bcast",
)  # fmt: skip
"""From bit 0 on, as far as all versions agree (bit 29 is ``executing_command`` from 7.2 on)."""
_LATER_BITS: Mapping[int, str] = {39: "protocol_error", 40: "close_after_command", 43: "no_evict", 45: "no_touch"}

LISTED: Mapping[str, str] = {
    "replica": "replica",
    "primary": "primary",
    "pubsub": "pubsub",
    "multi": "multi",
    "blocked": "blocked",
    "tracking": "tracking",
    "tracking_broken_redir": "tracking-broken-redirection",
    "tracking_bcast": "tracking-bcast",
    "dirty_cas": "dirty-cas",
    "close_after_reply": "close-after-reply",
    "unblocked": "unblocked",
    "close_asap": "close-asap",
    "unix_socket": "unix-socket",
    "readonly": "readonly",
    "no_evict": "no-evict",
    "no_touch": "no-touch",
    "import_source": "import-source",
}
"""What CLIENT LIST has a letter for, in its order, by the names that the letters have in the output."""


def set_flags(client: Value) -> tuple[str, ...]:
    """The names of all flags that are set, in the order of their bits."""
    named = client.field("flag")
    if named is not None and named.type.members:
        return tuple(name for name, value in named.named_bits().items() if value)
    plain = client.field("flags")
    bits = plain.number() if plain is not None else None
    names = {**dict(enumerate(BITS)), **_LATER_BITS}
    return tuple(name for bit, name in sorted(names.items()) if (bits or 0) >> bit & 1)


def listed_flags(flags: tuple[str, ...]) -> tuple[str, ...]:
    """Those that CLIENT LIST shows: a replica that monitors is shown as that only."""
    shown = [name for flag, name in LISTED.items() if flag in flags]
    return tuple("monitor" if name == "replica" and "monitor" in flags else name for name in shown)
