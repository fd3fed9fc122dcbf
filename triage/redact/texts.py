"""Makes one text safe: typed places first, then known values and telling shapes, in log lines unknown words too."""

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cache, lru_cache
from typing import NamedTuple

from triage.logs.needles import Expressions
from triage.patterns import compiled
from triage.redact.addresses import parsed
from triage.redact.arguments import masked, shape_of, unquoted
from triage.redact.known import KnownValues
from triage.redact.paths import find_paths, reduced
from triage.redact.pseudonyms import Kind, Pseudonyms
from triage.redact.shapes import Found, is_mere_name, shapes
from triage.redact.spans import Span, replaced
from triage.redact.typed_places import typed_places
from triage.redact.vocabulary import Vocabulary
from triage.terminals import terminals

TYPED, PATH, KNOWN, SHAPED, WORD = range(5)
"""Ranks of what is found: what must stand there, whole paths, what is known, what looks like it, mere words."""

_WORD = compiled(r"[^\s'\"`=,;:()\[\]{}<>|]+")
_CLIENT_LINE = compiled(r"(?:client: )?(?:id=\d+ )?addr=\S* .*")
_FIELD = compiled(r"(?:^|(?<=[\s'(]))(?P<name>[a-z][a-z-]*)=(?P<value>[^\s')]*)")
_INFO_LINE = compiled(r"(?P<key>[A-Za-z_][\w.|\-]*):(?P<value>.+)")
_PORT = compiled(r"(?P<host>.*?)(?P<port>:\d{1,5}(?:@\d{1,5})?)?")
_CLIENT_KINDS = {"name": "client", "user": "user", "addr": "endpoint", "laddr": "endpoint"}
_CLIENT_LIBRARIES = ("lib-name", "lib-ver")
_SERVERS_OWN = ("cmd", "flags", "events", "capa")
_PLAIN_INFO = compiled(r"os|.*_version|gcc_version|mem_allocator|monotonic_clock|.*git_sha1|.*build_id|server_name")
_LIBRARIES = compiled(
    r"(?P<name>redis-py|valkey-py|jedis|lettuce|ioredis|iovalkey|node-redis|go-redis|valkey-go|rueidis|redisson|predis|"
    r"phpredis|hiredis(?:-py)?|redis-rs|StackExchange\.Redis|SE\.Redis|NRedisStack|redis-rb|redis-client|redisvl|"
    r"(?:Glide|valkey-glide)\w*)(?P<rest>\(.*)?",
    re.IGNORECASE,
)
_VERSION = compiled(r"v?\d[\d.]*(?:[.\-+]?(?:a|b|rc|beta|alpha|dev|snapshot|release)[.\-]?\d*)?", re.IGNORECASE)

_MOST_REMEMBERED = 200
"""Longer texts are of one log alone."""


class Texts:
    """Replaces what is private in texts.

    A first pass over everything fills ``pseudonyms`` and leaves texts as they are; after ``learn`` a second replaces.
    """

    def __init__(self, vocabulary: Vocabulary, *, strict: bool) -> None:
        self.pseudonyms = Pseudonyms()
        self.vocabulary = vocabulary
        self.strict = strict
        self._known: KnownValues | None = None
        self._done: dict[tuple[str, bool], str] = {}
        self._found: dict[tuple[str, bool], list[Span]] = {}

    def learn(self) -> None:
        """From now on replace what is private, and every value met so far, wherever it stands."""
        self._known = KnownValues(self.pseudonyms.originals(), self.vocabulary)
        holding = self._known.holding(text for text, _ in self._found)
        self._done = {key: key[0] for key, spans in self._found.items() if not spans and key[0] not in holding}

    def known(self) -> KnownValues:
        """Every value met so far."""
        originals = self.pseudonyms.originals()
        found = self._known
        return found if found and found.pseudonyms == originals else KnownValues(originals, self.vocabulary)

    def prose(self, text: str) -> str:
        """A text of ours that may quote the log, or words of the server's code: only what is surely private goes."""
        return self._once(text, False)

    def line(self, text: str) -> str:
        """A line of a log: unknown words become ``<7 characters>``."""
        return self._once(text, True)

    def value(self, group: str, text: str) -> str:
        """A value that is known to be of the kind that ``group`` names (see ``grammars/private.lark``)."""
        group = group.rstrip("2")
        if group in ("endpoint", "host"):
            return self.endpoint(text)
        if group == "library":
            return self.library(text)
        if group == "path":
            return reduced(text, self.pseudonyms, self.vocabulary)
        if group in ("argument", "value"):
            return masked(unquoted(text), self.pseudonyms)
        if group == "arguments":
            return " ".join(masked(word, self.pseudonyms) for word in text.split(" "))
        return self.pseudonyms.of(Kind.SECRET if group == "password" else Kind(group), text)

    def endpoint(self, text: str) -> str:
        """An address or host, its port kept; the path of a Unix socket."""
        if text.startswith("/"):
            path, _, port = text.rpartition(":") if text[-1:].isdecimal() and ":" in text else (text, "", "")
            return reduced(path, self.pseudonyms, self.vocabulary) + (f":{port}" if port else "")
        match = _PORT.fullmatch(text)
        host, port = (match["host"], match["port"] or "") if match and not text.endswith("::1") else (text, "")
        bare = host.strip("[]")
        if parsed(bare) is None:
            # A torn line may have two colons: the first is no part of the address.
            bare = bare.rstrip(":")
        return host.replace(bare, self.pseudonyms.of(Kind.ADDRESS, bare)) + port if bare else text

    def library(self, text: str) -> str:
        """A client library's name or version: published ones stay, what an application added does not."""
        known = _LIBRARIES.fullmatch(text)
        if not self.strict and (_VERSION.fullmatch(text) or (known and not known["rest"])):
            return text
        if known and not self.strict:
            return f"{known['name']}({self.pseudonyms.of(Kind.LIBRARY, known['rest'].strip('()'))})"
        return self.pseudonyms.of(Kind.LIBRARY, text)

    def field(self, name: str, text: str) -> str:
        """A field of a CLIENT LIST line."""
        if name in _CLIENT_KINDS:
            return self.value(_CLIENT_KINDS[name], text)
        if name in _CLIENT_LIBRARIES:
            return self.library(text)
        return text if name in _SERVERS_OWN or self.vocabulary.is_public(text) else masked(text, self.pseudonyms)

    def info(self, key: str, text: str) -> str:
        """The value of an INFO key."""
        if _PLAIN_INFO.fullmatch(key):
            return self.prose(text)
        return self._behind(f"{key}:", text)

    def setting(self, name: str, text: str) -> str:
        """The value of a setting."""
        return self._behind(f"{name} ", text)

    def arguments_of(self, arguments: Sequence[str]) -> list[str]:
        """A command's arguments as a reader may see them."""
        return shape_of(arguments, self.pseudonyms)

    def _behind(self, head: str, text: str) -> str:
        """``text`` as the line that it makes with ``head`` shows it."""
        start = len(head)
        behind = [span for span in self._spans(head + text, True) if span.end > start]
        return replaced(
            text, [span._replace(start=max(span.start, start) - start, end=span.end - start) for span in behind]
        )

    def _once(self, text: str, words: bool) -> str:
        if self._known is None:
            self._spans(text, words)
            return text
        found = self._done.get((text, words))
        if found is None:
            found = self._done[text, words] = self._without_known(replaced(text, self._spans(text, words)))
        return found

    def _without_known(self, safe: str) -> str:
        """What its place makes public (the end of a path) goes too if another place made it private."""
        return replaced(safe, self._known_in(safe))

    def _spans(self, text: str, words: bool) -> list[Span]:
        """What the text itself shows, the same in both passes, and what is known from elsewhere."""
        key = (text, words)
        shown = self._found.get(key)
        if shown is None:
            shown = self._found[key] = self._shown(text, words)
        return [*shown, *self._known_in(text)]

    def _known_in(self, text: str) -> list[Span]:
        if self._known is None:
            return []
        return [Span(start, end, new, KNOWN) for start, end, new in self._known.find(text)]

    def _shown(self, text: str, words: bool) -> list[Span]:
        if not words and is_mere_name(text):
            return []
        look = _remembered_look(text) if len(text) <= _MOST_REMEMBERED else _look(text)
        found = [] if look.plain else list(self._places(text, look))
        if words and not look.client and not look.code:
            found += self._unknown_words(text)
        return found

    def _places(self, text: str, look: "_Look") -> Iterator[Span]:
        """What its place or its shape gives away."""
        if look.client:
            yield from self._fields(text)
        elif look.typed:
            yield from self._typed(text)
        for found in look.shapes:
            value = text[found.start : found.end]
            if found.kind is not Kind.NODE or not self.vocabulary.is_public(value):
                yield Span(found.start, found.end, self.pseudonyms.of(found.kind, value), SHAPED)
        for start, end in look.paths:
            yield Span(start, end, reduced(text[start:end], self.pseudonyms, self.vocabulary), PATH)

    def _fields(self, text: str) -> Iterator[Span]:
        for match in _FIELD.finditer(text):
            name, value = match.groups()
            if value:
                yield Span(*match.span("value"), self.field(name, value), TYPED)

    def _typed(self, text: str) -> Iterator[Span]:
        for _, place in typed_places().in_text(text):
            for match in place.finditer(text):
                for group, value in match.groupdict().items():
                    if value and group not in ("index", "setting"):
                        yield Span(*match.span(group), self._typed_value(match, group, value), TYPED)

    def _typed_value(self, match: re.Match[str], group: str, value: str) -> str:
        if group == "argument" and match.groupdict().get("index") == "0":
            return value
        if group == "value":
            return " ".join(self._word(word) for word in value.split(" "))
        return self.value(group, value)

    def _unknown_words(self, text: str) -> Iterator[Span]:
        if self.vocabulary.are_public(_WORD.findall(text)):
            return
        info = _INFO_LINE.fullmatch(text)
        if info and _PLAIN_INFO.fullmatch(info["key"]):
            return
        for match in _WORD.finditer(text):
            word = match[0]
            if not self.vocabulary.is_public(word):
                yield Span(match.start(), match.end(), f"<{len(word)} characters>", WORD)

    def _word(self, word: str) -> str:
        return word if not word or self.vocabulary.is_public(word) else masked(word, self.pseudonyms)


class _Look(NamedTuple):
    """What a text is whoever wrote it: a line of CLIENT LIST or of code, or neither; and what it holds.

    ``typed`` is one with places whose surroundings say what stands there, ``plain`` one that gives nothing away.
    """

    client: bool
    code: bool
    typed: bool
    shapes: tuple[Found, ...]
    paths: tuple[tuple[int, int], ...]
    plain: bool


def _look(text: str) -> _Look:
    client = _CLIENT_LINE.fullmatch(text) is not None
    code = not client and _is_code(text)
    typed = not (client or code) and any(place.search(text) for _, place in typed_places().in_text(text))
    shaped, paths = tuple(shapes(text)), tuple(find_paths(text))
    return _Look(client, code, typed, shaped, paths, plain=not (client or typed or shaped or paths))


_remembered_look = lru_cache(maxsize=1 << 14)(_look)
"""Many texts are in every analysis: keys of INFO, what lines of a report begin with, our own words."""


@cache
def _lines_of_code() -> Expressions:
    return Expressions("public_line", list(terminals("public_line").values()))


def _is_code(text: str) -> bool:
    return any(line.fullmatch(text) for _, line in _lines_of_code().in_text(text))


def facts_in(texts: Iterable[str]) -> Iterator[str]:
    """Words of facts that must stay: each text itself and the words in it."""
    for text in texts:
        yield text
        yield from _WORD.findall(text)
