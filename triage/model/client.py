"""Client connections as CLIENT LIST prints them."""

from collections.abc import Mapping

from triage.records import dataclass

ClientValue = int | str | tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Client:
    """One CLIENT LIST line.

    ``fields`` keeps the server's own field names (``qbuf-free``, ``tot-mem`` …), typed: ages and idle times in
    seconds, sizes in bytes, ``flags`` as a tuple of flag names. ``line`` is the 1-based line in the log.
    """

    fields: Mapping[str, ClientValue]
    line: int | None = None

    def number(self, name: str) -> int | None:
        """The field as an integer, or ``None`` if it is absent, hidden or not a number."""
        value = self.fields.get(name)
        return value if isinstance(value, int) else None

    def text(self, name: str) -> str | None:
        """The field as text, or ``None`` if it is absent or not text."""
        value = self.fields.get(name)
        return value if isinstance(value, str) else None


@dataclass(frozen=True, slots=True)
class ClientList:
    """The report's CLIENT LIST section; ``list`` is empty if it held nobody, or the incident is told in brief."""

    count: int
    list: tuple[Client, ...] = ()
