"""Which server failed: from INFO first, then the crash line, then the start of the same process."""

from collections.abc import Mapping, Sequence

from triage.logs.processes import Process
from triage.logs.report_info import Info, InfoValue
from triage.logs.report_parts import Part
from triage.model import Module, Server, Thread
from triage.model.whole_number import whole_number
from triage.patterns import compiled

_MODULE_FIELD = compiled(r"(name|ver)=([^,]*)")
_TITLE = compiled(r"\S+ \S*:\d+(?: \[(?P<mode>cluster|sentinel)\])?")
_NAMING = ("CRASHED", "OOOPS", "WINDOWS_VERSION")
_NO_COMMIT = compiled(r"0*")
_ARCHITECTURES = {"x86_64-linux-gnu": "x86_64", "aarch64-linux-gnu": "aarch64", "arm64": "aarch64", "amd64": "x86_64"}
_ARCH_OF_REGISTER = {
    "RIP": "x86_64",
    "X18": "aarch64",
    "X30": "aarch64",
    "x28": "aarch64",
    "EIP": "i386",
    "EC": "arm",
    "s11": "riscv64",
}


def read_server(
    parts: Sequence[Part],
    info: Info | None,
    config: Mapping[str, str] | None,
    threads: Sequence[Thread],
    registers: Mapping[str, object],
    process: Process | None,
) -> Server:
    """Everything that the report and the log say about the server's identity and settings."""
    sections = info or {}
    facts = {key: value for name in ("Server", "Memory") for key, value in sections.get(name, {}).items()}
    uptime = facts.get("uptime_in_seconds")
    system, arch = _system(facts)
    return Server(
        product=_product(parts, facts, process),
        version=_version(parts, facts, process),
        git_sha1=_commit(facts, process),
        build_id=_text(facts, "redis_build_id"),
        os=system,
        arch=arch or _arch_of(threads, registers),
        mode=_text(facts, "server_mode", "redis_mode") or _mode(parts, process),
        uptime_seconds=uptime if isinstance(uptime, int) else None,
        tls=_tls(facts, parts, process),
        io_threads=_io_threads(config, threads, parts),
        io_threads_active=_flag(facts.get("io_threads_active")),
        modules=_modules(sections, process),
        malloc=_text(facts, "mem_allocator"),
    )


def server_of(process: Process | None) -> Server:
    """What the log says of a process that left no report."""
    if process is None:
        return Server()
    return Server(
        product=_product((), {}, process),
        version=_version((), {}, process),
        git_sha1=_commit({}, process),
        mode=_mode((), process),
        tls=_tls({}, (), process),
        modules=_modules({}, process),
    )


def _text(facts: Mapping[str, InfoValue], *keys: str) -> str | None:
    return next((str(facts[key]) for key in keys if facts.get(key) not in (None, "")), None)


def _flag(value: InfoValue | None) -> bool | None:
    return bool(value) if isinstance(value, int) else None


def _crash_line(parts: Sequence[Part], field: str) -> str | None:
    titles = (part.title for part in parts)
    return next((t.fields[field] for t in titles if t.kind in _NAMING and field in t.fields), None)


def _product(parts: Sequence[Part], facts: Mapping[str, InfoValue], process: Process | None) -> str | None:
    if "valkey_version" in facts or facts.get("server_name") == "valkey":
        return "valkey"
    named = _crash_line(parts, "product")
    if named is None and process is not None:
        named = process.field("product", "version", "old_started", "starting", "logo_version")
        named = named or _config_error_product(process)
    if named is not None:
        return named.lower()
    if "redis_version" in facts:
        return "redis"
    return _branded(parts)


def _config_error_product(process: Process) -> str | None:
    """Redis names itself in the line of a config error, Valkey says ``Version``, and Redis up to 5.0 nothing."""
    line = next((line for line in process.lines if line.name == "fatal_config"), None)
    if line is None or "version" not in line.fields:
        return None
    return line.fields.get("product", "valkey")


def _branded(parts: Sequence[Part]) -> str | None:
    """Valkey 7.2 still prints REDIS, but names its own issue tracker at the end."""
    titles = [part.title for part in parts]
    if any("valkey-io/valkey" in t.text for t in titles if t.kind == "END_TEXT"):
        return "valkey"
    return next((t.fields["brand"].lower() for t in titles if t.kind in ("START_MARK", "END_MARK")), None)


def _version(parts: Sequence[Part], facts: Mapping[str, InfoValue], process: Process | None) -> str | None:
    of_line = _crash_line(parts, "version")
    of_start = process.field("version", "version", "old_started", "logo_version", "fatal_config") if process else None
    own = _text(facts, "valkey_version") or of_line or of_start
    if own is None and facts.get("server_name") != "valkey":
        own = _text(facts, "redis_version")
    return own


def _commit(facts: Mapping[str, InfoValue], process: Process | None) -> str | None:
    commit = _text(facts, "redis_git_sha1") or (
        process.field("commit", "version", "logo_version") if process else None
    )
    return None if commit is None or _NO_COMMIT.fullmatch(commit) else commit


def _system(facts: Mapping[str, InfoValue]) -> tuple[str | None, str | None]:
    """``os:Linux 6.1.0 x86_64`` is the system's name and release, then the machine."""
    text = _text(facts, "os")
    if text is None:
        return None, None
    system, _, machine = text.rpartition(" ")
    return (system or text), _ARCHITECTURES.get(machine, machine)


def _arch_of(threads: Sequence[Thread], registers: Mapping[str, object]) -> str | None:
    for name, arch in _ARCH_OF_REGISTER.items():
        if name in registers:
            return arch
    modules = {frame.module for thread in threads for frame in thread.frames if frame.module}
    return next((arch for path, arch in _ARCHITECTURES.items() if any(f"/{path}/" in m for m in modules)), None)


def _mode(parts: Sequence[Part], process: Process | None) -> str | None:
    mode = process.field("mode", "mode", "logo_mode") if process else None
    if mode is None and process is not None and process.role == "X":
        return "sentinel"
    return mode or _title_mode(parts)


def _title_mode(parts: Sequence[Part]) -> str | None:
    """The process title in the frames ends in ``[cluster]`` or ``[sentinel]``, standalone in the address alone."""
    for part in parts:
        for token in part.tokens:
            title = _TITLE.fullmatch(token.fields.get("module", "")) if token.kind == "FRAME" else None
            if title:
                return title["mode"] or "standalone"
    return None


def _tls(facts: Mapping[str, InfoValue], parts: Sequence[Part], process: Process | None) -> bool | None:
    listeners = [str(value) for key, value in facts.items() if key.startswith("listener")]
    if listeners:
        return any("name=tls" in listener for listener in listeners)
    if any(part.title.kind == "ASSERTION_SITE" and part.title.fields["file"] == "tls.c" for part in parts):
        return True
    if process is None:
        return None
    ready = [line.fields.get("listener") for line in process.lines if line.name == "ready"]
    if "tls" in ready or process.has("illegal_tls_state", "fatal_tls"):
        return True
    # Before 7.2 the line does not name the kind of the listener.
    return False if ready and None not in ready else None


def _io_threads(config: Mapping[str, str] | None, threads: Sequence[Thread], parts: Sequence[Part]) -> int | None:
    configured = whole_number((config or {}).get("io-threads", ""))
    if configured is not None:
        return configured
    io_threads = sum((thread.name or "").startswith("io_thd_") for thread in threads)
    counts = (t.fields for part in parts if part.name == "stack" for t in part.tokens if t.kind == "THREAD_COUNT")
    all_there = any(count["collected"] == count["threads"] for count in counts)
    return io_threads + 1 if io_threads and all_there else None


def _modules(sections: Info, process: Process | None) -> tuple[Module, ...] | None:
    listed = sections.get("Modules")
    if listed is None and "Server" not in sections:
        loaded = [line.fields["name"] for line in process.lines if line.name == "module_loaded"] if process else []
        return tuple(Module(name) for name in loaded) or None
    fields = [dict(_MODULE_FIELD.findall(str(v))) for k, v in (listed or {}).items() if k.startswith("module")]
    return tuple(Module(f["name"], f.get("ver")) for f in fields if "name" in f)
