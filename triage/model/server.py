"""The server that failed."""

from triage.records import dataclass


@dataclass(frozen=True, slots=True)
class Module:
    """A loaded module, as INFO's Modules section names it."""

    name: str
    version: str | None = None


@dataclass(frozen=True, slots=True)
class Server:
    """Identity and settings of a server process, as far as its log states them."""

    product: str | None = None
    version: str | None = None
    git_sha1: str | None = None
    build_id: str | None = None
    os: str | None = None
    arch: str | None = None
    mode: str | None = None
    uptime_seconds: int | None = None
    tls: bool | None = None
    io_threads: int | None = None
    io_threads_active: bool | None = None
    modules: tuple[Module, ...] | None = None
    malloc: str | None = None
