"""Puts wrappers around the lines of a log, as runtimes, daemons and people do: what the tests unwrap again."""

import html
import json
import quopri
from collections.abc import Callable

Lines = list[bytes]
STAMP = b"2026-11-22T10:37:00.512345789Z"


def prefixed(prefix: bytes) -> Callable[[Lines], bytes]:
    return lambda lines: b"".join(prefix + line + b"\n" for line in lines)


def objects(entry: Callable[[str], dict]) -> Callable[[Lines], bytes]:
    return lambda lines: b"".join(json.dumps(entry(line.decode())).encode() + b"\n" for line in lines)


def docker_json(lines: Lines) -> bytes:
    return objects(lambda text: {"log": text + "\n", "stream": "stdout", "time": STAMP.decode()})(lines)


def journal(text: str) -> dict:
    return {"__REALTIME_TIMESTAMP": "1795343820512345", "_HOSTNAME": "db-7", "_PID": "31200", "MESSAGE": text}


def in_pieces(size: int, piece: Callable[[bytes, bool], bytes]) -> Callable[[Lines], bytes]:
    """Lines longer than ``size`` bytes come in several pieces."""

    def wrap(lines: Lines) -> bytes:
        out = []
        for line in lines:
            parts = [line[at : at + size] for at in range(0, len(line), size)] or [b""]
            out += [piece(part, number == len(parts)) for number, part in enumerate(parts, 1)]
        return b"".join(out)

    return wrap


def docker_piece(part: bytes, last: bool) -> bytes:
    text = part.decode() + ("\n" if last else "")
    return json.dumps({"log": text, "stream": "stdout", "time": STAMP.decode()}).encode() + b"\n"


def cri_piece(part: bytes, last: bool) -> bytes:
    return STAMP + b" stdout " + (b"F " if last else b"P ") + part + b"\n"


def numbered(lines: Lines) -> bytes:
    return b"".join(b"%d:%s\n" % (number, line) for number, line in enumerate(lines, 17))


def growing(lines: Lines) -> bytes:
    """A stamp that differs from line to line and has no fixed width, behind it a name."""
    return b"".join(
        b"[2026/11/22 10:37:%d.%d] app-%d | " % (n % 60, n, n % 3) + line + b"\n" for n, line in enumerate(lines)
    )


def indented_json(lines: Lines) -> bytes:
    entries = [{"insertId": str(number), "textPayload": line.decode() + "\n"} for number, line in enumerate(lines)]
    return json.dumps(entries, indent=2).encode() + b"\n"


def array(lines: Lines) -> bytes:
    entries = objects(lambda text: {"@timestamp": 1, "message": text})(lines).removesuffix(b"\n")
    return b"[" + entries.replace(b"\n", b",\n") + b"]\n"


def table(lines: Lines) -> bytes:
    return b"".join(b'"2026-11-22T10:37:00Z","db-7","%s"\n' % line.replace(b'"', b'""') for line in lines)


def journal_fields(lines: Lines) -> bytes:
    heading = b"Sun 2026-11-22 10:37:00.512345 UTC [s=9f0c;i=1a2b;b=3c]\n"
    fields = b"    _HOSTNAME=db-7\n    _PID=31200\n    MESSAGE=%s\n    PRIORITY=6\n"
    return b"".join(heading + fields % line for line in lines)


def journal_export(lines: Lines) -> bytes:
    """A text with control characters follows its field's name, behind its length."""
    out = []
    for line in lines:
        plain = line.isascii() and b"\t" not in line
        text = b"MESSAGE=" + line if plain else b"MESSAGE\n" + len(line).to_bytes(8, "little") + line
        out.append(b"__CURSOR=s=9f0c;i=1a2b\n_HOSTNAME=db-7\n%s\nPRIORITY=6\n\n" % text)
    return b"".join(out)


def loki_answer(lines: Lines) -> dict:
    values = [[str(1795343820512345678 + number), line.decode()] for number, line in enumerate(lines)]
    return {"status": "success", "data": {"result": [{"stream": {"pod": "valkey-0"}, "values": values}]}}


def records(text: str) -> dict:
    return {"resourceLogs": [{"scopeLogs": [{"logRecords": [{"body": {"stringValue": text}, "severityNumber": 9}]}]}]}


def unquoted_table(lines: Lines) -> bytes:
    """Cells with a quote or a comma in them are quoted, the others are not; the log's line is not the last."""
    cells = [b'"%s"' % line.replace(b'"', b'""') if b'"' in line or b"," in line else line for line in lines]
    return b"".join(b"2026-11-22 10:37:00.512,%s,valkey-0,123:valkey\n" % cell for cell in cells)


def at_column(width: int, prefix: bytes = b"") -> Callable[[Lines], bytes]:
    """Lines as a screen of so many columns breaks them."""

    def wrap(lines: Lines) -> bytes:
        parts = [line[at : at + width] for line in lines for at in range(0, len(line) or 1, width)]
        return b"".join(prefix + part + b"\n" for part in parts)

    return wrap


def quoted(form: bytes) -> Callable[[Lines], bytes]:
    """Texts between quotes, with backslashes before quotes in them."""
    return lambda lines: b"".join(form % line.replace(b"\\", b"\\\\").replace(b'"', b'\\"') for line in lines)


def fluentd_file(lines: Lines) -> bytes:
    return prefixed(b"2026-11-22T10:37:00+00:00\tdocker.valkey\t")(
        objects(lambda text: {"container_name": "/valkey", "log": text})(lines).split(b"\n")[:-1]
    )


WRAPPERS: dict[str, tuple[str | None, Callable[[Lines], bytes]]] = {
    "docker json-file": ("docker-json", docker_json),
    "docker json-file in pieces": ("docker-json", in_pieces(90, docker_piece)),
    "docker logs -t": ("docker-timestamps", prefixed(STAMP + b" ")),
    "compose": ("compose", prefixed(b"valkey-1  | ")),
    "compose with times": ("compose", prefixed(b"valkey-1  | " + STAMP + b" ")),
    "compose in colour": ("compose", prefixed(b"\x1b[36mvalkey-1  | \x1b[0m")),
    "kubectl --prefix": ("kubectl", prefixed(b"[pod/valkey-0/valkey] ")),
    "kubectl --prefix --timestamps": ("kubectl", prefixed(b"[pod/valkey-0/valkey] " + STAMP + b" ")),
    "CRI": ("cri", prefixed(STAMP + b" stdout F ")),
    "CRI in pieces": ("cri", in_pieces(90, cri_piece)),
    "journalctl": ("journald-short", prefixed(b"Nov 22 10:37:00 db-7 valkey-server[31200]: ")),
    "journalctl -o short-iso": (
        "journald-short-iso",
        prefixed(b"2026-11-22T10:37:00+0000 db-7 valkey-server[31200]: "),
    ),
    "journalctl -o short-monotonic": ("journald-short", prefixed(b"[  412.512345] db-7 valkey-server[31200]: ")),
    "journalctl -o json": ("journald-json", objects(journal)),
    "journalctl -o json, as bytes": ("journald-json", objects(lambda text: journal(list(text.encode())))),  # type: ignore[arg-type]
    "syslog of RFC 3164": ("syslog-rfc3164", prefixed(b"<134>Nov 22 10:37:00 db-7 valkey: ")),
    "syslog of RFC 5424": ("syslog-rfc5424", prefixed(b'<134>1 2026-11-22T10:37:00Z db-7 valkey 31200 - [a b="c"] ')),
    "supervisor-stdout": ("supervisord", prefixed(b"valkey stdout | ")),
    "Loki": ("ndjson", objects(lambda text: {"ts": "1", "labels": {"pod": "valkey-0"}, "line": text})),
    "CloudWatch": ("ndjson", objects(lambda text: {"timestamp": 1795343820512, "message": text})),
    "Fluentd": ("ndjson", objects(lambda text: {"log": text + "\n", "time": "1", "kubernetes": {"pod_name": "v-0"}})),
    "Elasticsearch": ("ndjson", objects(lambda text: {"_id": "x", "_source": {"host": {}, "message": text}})),
    "aws logs tail": ("cloudwatch", prefixed(b"2026-11-22T10:37:00.512+00:00 valkey/valkey/0a1b2c3d ")),
    "epoch-ms and TAB": ("epoch-export", prefixed(b"1761034658696\t")),
    "Google Cloud, indented": ("ndjson", indented_json),
    "an array of objects": ("ndjson", array),
    "a table of comma-separated values": ("csv", table),
    "a table with semicolons": ("csv", lambda lines: table(lines).replace(b'","', b'";"')),
    "CloudWatch Insights": ("csv", unquoted_table),
    "journalctl -o verbose": ("journald-verbose", journal_fields),
    "journalctl -o export": ("journald-export", journal_export),
    "Loki's answer to a query, indented": (
        "ndjson",
        lambda lines: json.dumps(loki_answer(lines), indent=2).encode() + b"\n",
    ),
    "an indented list of lines": (
        "ndjson",
        lambda lines: json.dumps([line.decode() for line in lines], indent=4).encode() + b"\n",
    ),
    "OpenTelemetry": ("ndjson", objects(records)),
    "a subscription of CloudWatch": (
        "ndjson",
        objects(lambda text: {"messageType": "DATA_MESSAGE", "logEvents": [{"id": "1", "message": text}]}),
    ),
    "Fluentd's files": ("docker-timestamps", fluentd_file),
    "events of a stream": ("prefix", lambda lines: prefixed(b"data: ")(objects(journal)(lines).split(b"\n")[:-1])),
    "multilog": ("tai64n", prefixed(b"@400000006921a1b20f3c5a2c ")),
    "grep -H": ("grep", prefixed(b"/var/log/valkey/valkey.log:")),
    "grep -Hn": ("grep", prefixed(b"valkey.log:17:")),
    "grep -n": ("line-numbers", numbered),
    "quote": ("quote", prefixed(b"> ")),
    "stern": ("prefix", prefixed(b"valkey-replicas-0 valkey ")),
    "a prefix of one's own": ("prefix", growing),
    "indentation": (None, prefixed(b"\t\t")),
    "a quote of kubectl": ("quote", prefixed(b"> [pod/valkey-0/valkey] " + STAMP + b" ")),
    "compose in Loki": ("ndjson", objects(lambda text: {"line": "valkey-1  | " + text})),
    "a quote of docker's json": ("quote", lambda lines: prefixed(b"> ")(docker_json(lines).split(b"\n")[:-1])),
    "CR LF behind a prefix": ("compose", lambda lines: b"".join(b"valkey-1  | " + line + b"\r\n" for line in lines)),
    "CR CR LF": (None, lambda lines: b"".join(line + b"\r\r\n" for line in lines)),
    "blank lines doubled": (None, lambda lines: b"".join(line + b"\n\n" for line in lines)),
    "a screen of 80 columns": ("line-breaks", at_column(80)),
    "a screen of 120 columns": ("line-breaks", at_column(120)),
    "a quote of mail": ("quote", at_column(74, b"> ")),
    "quoted-printable": ("quoted-printable", lambda lines: quopri.encodestring(b"".join(x + b"\n" for x in lines))),
    "a padded screen": (None, lambda lines: b"".join(line.ljust(160) + b"\n" for line in lines)),
    "a screen in a frame": (
        "prefix",
        lambda lines: b"".join("│ ".encode() + line.ljust(150) + " │\n".encode() for line in lines),
    ),
    "a table": ("prefix", lambda lines: b"".join(b"| %d | %s |\n" % pair for pair in enumerate(lines))),
    "elements of XML": (
        "prefix",
        lambda lines: b"".join(f"  <line>{html.escape(line.decode())}</line>\n".encode() for line in lines),
    ),
    "logfmt of a collector": (
        "prefix",
        quoted(b'time="2024-05-06T10:37:00Z" level=info msg="%s" component=valkey\n'),
    ),
    "records that fluent-bit prints": (
        "prefix",
        quoted(b'[0] kube.valkey: [1700000000.123456789, {"log"=>"%s", "stream"=>"stdout"}]\n'),
    ),
    "every line twice": (None, lambda lines: b"".join(line + b"\n" for line in lines for _ in range(2))),
    "HTML with its line breaks": (
        None,
        lambda lines: b"".join(html.escape(line.decode()).encode() + b"<br>\n" for line in lines),
    ),
    "HTML": (None, lambda lines: b"".join(html.escape(line.decode()).encode() + b"\n" for line in lines)),
}
"""By what users call them: the name in the output, and the function that wraps lines."""
