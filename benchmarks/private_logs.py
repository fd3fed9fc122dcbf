"""Logs with secrets planted wherever a server, a client or an operator can put one."""

import random
import string
from dataclasses import dataclass, field


@dataclass
class Planted:
    """A log and every value in it that must not be seen again."""

    log: str
    secrets: list[str]


@dataclass
class _Planter:
    random: random.Random
    secrets: list[str] = field(default_factory=list)

    def word(self, prefix: str = "") -> str:
        """A value that no message holds by itself."""
        size = self.random.randint(6, 14)
        letters = self.random.choice(
            (string.ascii_lowercase, string.ascii_lowercase + string.digits, string.ascii_letters)
        )
        made = prefix + self.random.choice("qxzj") + "".join(self.random.choices(letters, k=size)) + "zq"
        self.secrets.append(made)
        return made

    def compound(self, prefix: str = "") -> str:
        """Several words, joined as people join them in names of keys, clients and hosts."""
        joint = self.random.choice(":-_./")
        made = joint.join(self.word() for _ in range(self.random.randint(1, 3)))
        self.secrets.append(prefix + made)
        return prefix + made

    def ipv4(self) -> str:
        """An address of a private or a public network."""
        network = self.random.choice(("10", "192.168", "172.16", "203.0", "8.8", "100.64"))
        rest = [str(self.random.randint(1, 254)) for _ in range(4 - len(network.split(".")))]
        made = ".".join([network, *rest])
        self.secrets.append(made)
        return made

    def ipv6(self) -> str:
        """An address of the network that is kept for documentation."""
        made = f"2001:db8:{self.random.randint(1, 0xFFFE):x}::{self.random.randint(1, 0xFFFE):x}"
        self.secrets.append(made)
        return made

    def host(self) -> str:
        """A host with its domain."""
        ends = ("example.net", "prod.internal", "svc.cluster.local", "corp.example.com", "lan")
        made = f"{self.word()}-{self.random.randint(1, 99)}.{self.random.choice(ends)}".lower()
        self.secrets[-1] = made
        return made

    def node(self) -> str:
        """A node id, run id or replication id."""
        made = f"{self.random.getrandbits(160):040x}"
        self.secrets.append(made)
        return made

    def mail(self) -> str:
        """An address of e-mail."""
        made = f"{self.word()}@{self.host()}"
        self.secrets.append(made)
        return made

    def path(self) -> str:
        """A file in somebody's home."""
        return f"/home/{self.word()}/{self.word()}/{self.word()}"

    def token(self) -> str:
        """A key of GitHub's or Amazon's shape, or a web token."""
        kind = self.random.choice(("ghp_", "AKIA", "eyJ"))
        body = "".join(self.random.choices(string.ascii_uppercase + string.digits, k=20))
        made = f"{kind}{body}" if kind != "eyJ" else f"eyJ{body}.{body.lower()}.{body[::-1]}"
        self.secrets.append(made)
        return made


def planted_log(seed: int) -> Planted:
    """The log of one crash, with its secrets: typed places, and the same and further ones in free text."""
    p = _Planter(random.Random(seed))
    name, user, key, password, address, host = p.compound(), p.word(), p.compound(), p.word(), p.ipv4(), p.host()
    lines = [
        *_start(p, host),
        *_life(p, name, user, key, password, address, host),
        *_report(p, name, user, key, address),
    ]
    return Planted("\n".join(lines) + "\n", sorted(set(p.secrets)))


def _line(p: _Planter, text: str, level: str = "*") -> str:
    return f"4711:M 22 Nov 2026 10:52:{p.random.randint(1, 9):02d}.{p.random.randint(0, 999):03d} {level} {text}"


def _start(p: _Planter, host: str) -> list[str]:
    return [
        _line(p, "oO0OoO0OoO0Oo Valkey is starting oO0OoO0OoO0Oo"),
        _line(p, "Valkey version=8.0.1, bits=64, commit=00000000, modified=0, pid=4711, just started"),
        _line(p, "Running mode=standalone, port=6379."),
        _line(p, f"Module 'search' loaded from /home/{p.word()}/modules/search.so"),
        _line(p, f"Connecting to PRIMARY {host}:6379"),
        _line(p, "Ready to accept connections tcp"),
    ]


def _life(p: _Planter, name: str, user: str, key: str, password: str, address: str, host: str) -> list[str]:
    """Lines before the crash, free text among them; some of them in every log, in an order that differs."""
    said = [
        f"Accepted {address}:40112",
        "Error accepting a client connection: error:0A000126:SSL routines::unexpected eof "
        f"(addr={p.ipv4()}:5 laddr={address}:6379)",
        f"Client id=7 addr={p.ipv4()}:51000 laddr={address}:6379 fd=9 name={name} user={user} "
        "closed for overcoming of output buffer limits.",
        f"<search> index {p.word()} of {user} rebuilt for {p.mail()}",
        f"Node {p.node()} ({p.word()}) reported node {p.node()} () as not reachable.",
        f"DENIED user '{user}' from {host} with password {password}",
        f"loaded redis://{user}:{p.word()}@{p.host()}:6379/0",
        f"requirepass {p.word()}",
        f"api_key={p.token()} token: {p.word()}",
        f"AUTH {user} {password}",
        f"Failed opening the temp RDB file {p.path()}.rdb (in server root dir {p.path()}) for saving: No space left",
        f"DEBUG LOG: {p.word()} said {p.compound()} to {p.ipv6()}",
        f"Replica {p.ipv4()}:6380 asks for synchronization",
        f"Sentinel +sdown master {p.word()} {p.ipv4()} 6379",
        f"key {key} of {name} is large",
    ]
    p.random.shuffle(said)
    return [_line(p, text, p.random.choice("*#-")) for text in said]


def _report(p: _Planter, name: str, user: str, key: str, address: str) -> list[str]:
    return [
        "",
        "=== VALKEY BUG REPORT START: Cut & paste starting from here ===",
        _line(p, "valkey 8.0.1 crashed by signal: 11, si_code: 1", "#"),
        _line(p, "Accessing address: 0x18", "#"),
        *_stack(p, address),
        *_info(p),
        *_clients(p, name, user, address),
        *_command(p, key),
        *_modules(p),
        "",
        "=== VALKEY BUG REPORT END. Make sure to include from START to END. ===",
    ]


def _stack(p: _Planter, address: str) -> list[str]:
    frame = f"{p.path()} {address}:6379(setCommand+0x12)[0x55f5ed27abf8]"
    library = "/lib/x86_64-linux-gnu/libc.so.6(+0x3c050)[0x7f598385a050]"
    return [
        *("", "------ STACK TRACE ------", "EIP:", frame, ""),
        *("4711 valkey-server *", frame, library, "", "------ STACK TRACE DONE ------"),
    ]


def _info(p: _Planter) -> list[str]:
    return [
        *("", "------ INFO OUTPUT ------", "# Server", "valkey_version:8.0.1", "os:Linux 6.1.0 x86_64"),
        *(f"run_id:{p.node()}", f"executable:{p.path()}", f"config_file:{p.path()}.conf"),
        *(f"availability_zone:{p.word()}", f"listener0:name=tcp,bind={p.ipv4()},bind={p.host()},port=6379"),
        *("# Replication", "role:slave", f"master_host:{p.host()}", f"master_replid:{p.node()}"),
        f"slave0:ip={p.ipv4()},port=6380,state=online,offset=1,lag=0",
        *("# Keyspace", "db0:keys=1,expires=0,avg_ttl=0"),
        *("", "------ CLUSTER NODES OUTPUT ------"),
        f"{p.node()} {p.ipv4()}:6379@16379,{p.host()},,shard-id={p.node()} myself,master - 0 0 1 connected 0-16383",
    ]


def _clients(p: _Planter, name: str, user: str, address: str) -> list[str]:
    clients = [
        _client(
            at,
            p.random.choice((p.ipv4(), f"[{p.ipv6()}]")),
            p.ipv4(),
            p.compound(),
            p.word(),
            f"redis-py({p.word()})",
        )
        for at in range(3)
    ]
    current = _client(9, address, address, name, user, p.word())
    return ["", "------ CLIENT LIST OUTPUT ------", *clients, "", "------ CURRENT CLIENT INFO ------", current]


def _client(id: int, address: str, local: str, name: str, user: str, library: str) -> str:
    return (
        f"id={id} addr={address}:40112 laddr={local}:6379 fd=8 name={name} age=2 idle=0 flags=N db=0 sub=0 psub=0 "
        "ssub=0 multi=-1 watch=0 qbuf=26 qbuf-free=20448 argv-mem=10 multi-mem=0 rbs=1024 rbp=0 obl=0 oll=0 omem=0 "
        f"tot-mem=22298 events=r cmd=set user={user} redir=-1 resp=2 lib-name={library} lib-ver=5.1 tot-net-in=9"
    )


def _command(p: _Planter, key: str) -> list[str]:
    quoted = p.random.choice(("'{}'", "'\"{}\"'", '"{}"'))
    arguments = ("set", key, f"{p.word()} {p.word()}", "EX", "10")
    return [
        f"argc: {len(arguments)}",
        *(f"argv[{at}]: {quoted.format(argument)}" for at, argument in enumerate(arguments)),
        _line(p, f"key '{key}' found in DB containing the following object:", "#"),
        _line(p, "Object type: 0", "#"),
    ]


def _modules(p: _Planter) -> list[str]:
    return [
        *("", "------ MODULES INFO OUTPUT ------", "# search_index"),
        *(f"search_name:{p.word()}", f"search_owner:{p.mail()}", f"<search> {p.word()} {p.compound()}"),
        *("", "------ CONFIG DEBUG OUTPUT ------", f'debug-context "{p.word()}"', "io-threads 2"),
    ]
