"""Real Valkey and Redis servers on loopback, with TLS, that tests crash and whose logs they then read."""

import contextlib
import datetime
import ipaddress
import os
import shutil
import signal
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

HOST = "127.0.0.1"
PATIENCE_SECONDS = 30
TRIES = 5
HOW_TO_GET = {
    "valkey-server": "install Debian's valkey-server (bookworm: from bookworm-backports); .ci/run does it",
    "redis-server": "apt-get install redis-server; .ci/run does it",
}


def require(program: str) -> str:
    """The path of ``program``; skips the test, saying how to get it, where it is not installed."""
    path = shutil.which(program)
    if path is None:
        pytest.skip(f"{program} is not installed: {HOW_TO_GET[program]}")
    return path


def free_port() -> int:
    """A port of loopback that nobody listened on a moment ago."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def write_certificate(directory: Path) -> None:
    """A self-signed certificate for loopback, ``cert.pem``, with its key, ``key.pem``."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    address = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(HOST))])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(address, critical=False)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (directory / "key.pem").write_bytes(private)
    (directory / "cert.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))


class Client:
    """One connection that speaks RESP. ``local`` is the address that the server sees, as it logs it."""

    def __init__(self, connection: socket.socket) -> None:
        self._socket = connection
        self._replies = connection.makefile("rb")
        host, port = connection.getsockname()
        self.local = f"{host}:{port}"

    def send(self, *words: str) -> None:
        """Send a command without waiting for its reply: the server may not live to give one."""
        parts = [f"${len(word)}\r\n{word}\r\n" for word in words]
        self._socket.sendall(f"*{len(parts)}\r\n{''.join(parts)}".encode())

    def ask(self, *words: str) -> str:
        """The reply to a command: a simple string, a number or a bulk string."""
        self.send(*words)
        head = self._replies.readline().decode().strip()
        if head.startswith("$"):
            size = int(head[1:])
            return self._replies.read(size + 2)[:size].decode()
        return head[1:]

    def gone(self) -> bool:
        """Whether the server has closed the connection, which it does when it dies."""
        with contextlib.suppress(OSError):
            return self._socket.recv(1) == b""
        return True

    def close(self) -> None:
        """Close the connection."""
        self._replies.close()
        self._socket.close()


@dataclass
class Server:
    """A running server. ``log`` is the file that it writes; ``clients`` are the connections that the test holds."""

    program: str
    directory: Path
    options: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        self.log = self.directory / "server.log"
        self.clients: list[Client] = []
        self.port, self.tls_port = free_port(), free_port()
        self._process: subprocess.Popen[bytes] | None = None
        write_certificate(self.directory)

    @property
    def version(self) -> str:
        """What the program says of itself, without a log."""
        told = subprocess.run([self.program, "--version"], capture_output=True, text=True, check=True).stdout
        return next(word.removeprefix("v=") for word in told.split() if word.startswith("v="))

    @property
    def pid(self) -> int:
        """The process id of the server."""
        assert self._process is not None
        return self._process.pid

    def start(self) -> None:
        """Start the process, on the same ports each time, and wait until it answers.

        Another program may have taken a port in the meantime; then it goes to other ones.
        """
        written = self.log.stat().st_size if self.log.exists() else 0
        for _ in range(TRIES):
            self._process = subprocess.Popen(
                [self.program, *self._options()], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
            )
            if self._answers():
                return
            os.truncate(self.log, written)
            self.port, self.tls_port = free_port(), free_port()
        raise AssertionError(f"{self.program} does not start")

    def _options(self) -> list[str]:
        files = {name: str(self.directory / f"{name}.pem") for name in ("cert", "key")}
        options = {
            "bind": HOST, "port": self.port, "tls-port": self.tls_port, "tls-auth-clients": "no",
            "tls-cert-file": files["cert"], "tls-key-file": files["key"], "tls-ca-cert-file": files["cert"],
            "io-threads": 4, "loglevel": "verbose", "logfile": self.log, "dir": self.directory, "save": "",
            "enable-debug-command": "yes", "daemonize": "no",
        }  # fmt: skip
        return [word for name, value in options.items() for word in (f"--{name}", str(value))] + list(self.options)

    def _answers(self) -> bool:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline and self._process is not None and self._process.poll() is None:
            with contextlib.suppress(OSError), socket.create_connection((HOST, self.tls_port), 1):
                return True
            time.sleep(0.02)
        return False

    def connect(self, *, tls: bool = True) -> Client:
        """One more connection, past its handshake, with PING answered; it stays open."""
        plain = socket.create_connection((HOST, self.tls_port if tls else self.port), PATIENCE_SECONDS)
        if tls:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            context.load_verify_locations(self.directory / "cert.pem")
            plain = context.wrap_socket(plain, server_hostname=HOST)
        client = Client(plain)
        assert client.ask("PING") == "PONG"
        self.clients.append(client)
        return client

    def abort_handshakes(self, count: int) -> None:
        """Connections to the TLS port that never shake hands: every other one speaks plain text."""
        for number in range(count):
            with socket.create_connection((HOST, self.tls_port), PATIENCE_SECONDS) as connection:
                if number % 2:
                    connection.sendall(b"*1\r\n$4\r\nPING\r\n")
                    with contextlib.suppress(ConnectionResetError):
                        connection.recv(100)

    def settle(self) -> None:
        """Wait until the server holds no connections but ours: aborted ones are dropped a moment later."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while len(self.clients[0].ask("CLIENT", "LIST").split("\n")) - 1 != len(self.clients):
            assert time.monotonic() < deadline, "the server still holds other connections"
            time.sleep(0.05)

    def kill(self, number: signal.Signals) -> None:
        """Send a signal from this process, and wait for the end."""
        os.kill(self.pid, number)
        self.wait()

    def wait(self) -> int:
        """Wait until the process is gone; its return code, negative for a signal."""
        assert self._process is not None
        return self._process.wait(PATIENCE_SECONDS)

    def stop(self) -> None:
        """Close what is open and end the process, whatever state it is in."""
        for client in self.clients:
            client.close()
        self.clients.clear()
        if self._process is not None and self._process.poll() is None:
            self._process.kill()
            self._process.wait()


@contextlib.contextmanager
def running(program: str, directory: Path, *options: str) -> Iterator[Server]:
    """A started server in ``directory``, which never outlives the block. Skips if ``program`` is missing."""
    server = Server(require(program), directory, options)
    try:
        server.start()
        yield server
    finally:
        server.stop()
