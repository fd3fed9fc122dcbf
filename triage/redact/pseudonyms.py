"""The map from what stood there to what stands there now: one name for one thing, numbered as they are met."""

import json
from dataclasses import field
from enum import StrEnum

from triage.records import dataclass
from triage.redact.addresses import AddressBook, parsed, says_nothing


class Kind(StrEnum):
    """What a value is of the customer's."""

    ADDRESS = "address"
    HOST = "host"
    CLIENT = "client"
    USER = "user"
    KEY = "key"
    ARGUMENT = "argument"
    NODE = "node"
    SECRET = "secret"
    MAIL = "mail"
    PATH = "path"
    LIBRARY = "library"
    WORD = "word"


_PREFIXES = {
    Kind.HOST: "host-", Kind.CLIENT: "client-", Kind.USER: "user-", Kind.KEY: "k", Kind.NODE: "node-",
    Kind.SECRET: "secret-", Kind.MAIL: "mail-", Kind.PATH: "path-", Kind.LIBRARY: "lib-",
}  # fmt: skip
UNTOUCHED = frozenset(
    {
        "",
        "?",
        "-",
        "(nil)",
        "(null)",
        "null",
        "none",
        "default",
        "(superuser)",
        "*redacted*",
        "<redacted>",
        "localhost",
    }
)
"""Values that are the server's own, or that are hidden already."""


@dataclass(slots=True)
class Pseudonyms:
    """Pseudonyms handed out so far. ``known`` maps (kind, original) to the pseudonym, in the order of asking."""

    known: dict[tuple[Kind, str], str] = field(default_factory=dict)
    _counts: dict[Kind, int] = field(default_factory=dict)
    _addresses: AddressBook = field(default_factory=AddressBook)

    def of(self, kind: Kind, original: str) -> str:
        """The pseudonym of ``original``, or itself if it tells nothing."""
        if original.lower() in UNTOUCHED:
            return original
        found = self.known.get((kind, original))
        if found is None:
            found = self._new(kind, original)
            if found == original:
                return original
            self.known[kind, original] = found
        return found

    def originals(self) -> dict[str, str]:
        """Original to pseudonym over all kinds; the first kind that met a value names it in free text."""
        found: dict[str, str] = {}
        for (_, original), pseudonym in self.known.items():
            found.setdefault(original, pseudonym)
        return found

    def to_json(self) -> str:
        """The private map, for whoever has to translate an answer back."""
        rows = [
            {"kind": kind.value, "pseudonym": pseudonym, "original": original}
            for (kind, original), pseudonym in self.known.items()
        ]
        return json.dumps({"redaction-map": rows}, ensure_ascii=True, indent=2) + "\n"

    def _new(self, kind: Kind, original: str) -> str:
        address = parsed(original) if kind in (Kind.ADDRESS, Kind.HOST) else None
        if address is not None:
            return original if says_nothing(address) else self._addresses.pseudonym(address)
        if kind in (Kind.ARGUMENT, Kind.WORD):
            unit = "bytes" if kind is Kind.ARGUMENT else "characters"
            size = len(original.encode("utf-8", "surrogatepass")) if kind is Kind.ARGUMENT else len(original)
            return f"<{size} {unit}>"
        if kind is Kind.ADDRESS:
            kind = Kind.HOST
        self._counts[kind] = self._counts.get(kind, 0) + 1
        return f"{_PREFIXES[kind]}{self._counts[kind]}"
