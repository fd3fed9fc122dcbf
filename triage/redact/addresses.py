"""Pseudonyms for network addresses: which ones share a network stays visible, which network it is does not."""

import ipaddress
from collections.abc import Callable
from functools import lru_cache
from typing import TypeVar

Name = TypeVar("Name")
Address = ipaddress.IPv4Address | ipaddress.IPv6Address


@lru_cache(maxsize=4096)
def parsed(text: str) -> Address | None:
    """The address that ``text`` spells, with or without brackets and zone; ``None`` if it spells none."""
    try:
        return ipaddress.ip_address(text.strip("[]").partition("%")[0])
    except ValueError:
        return None


def says_nothing(address: Address) -> bool:
    """Loopback and wildcard addresses are the same on every machine."""
    mapped = getattr(address, "ipv4_mapped", None) or address
    return bool(mapped.is_loopback or mapped.is_unspecified)


class AddressBook:
    """Numbers networks (/24, /64) and hosts in the order in which they are met: ``10.0.0.x-3``, ``fd00:0::x-4``."""

    def __init__(self) -> None:
        self._networks: dict[tuple[int, int], int] = {}
        self._hosts: dict[str, int] = {}

    def pseudonym(self, address: Address) -> str:
        """The same for the same address, whatever its spelling."""
        mapped = getattr(address, "ipv4_mapped", None)
        if mapped is not None:
            return f"::ffff:{self.pseudonym(mapped)}"
        host = _number(self._hosts, str(address), lambda: len(self._hosts) + 1)
        wide = 24 if address.version == 4 else 64
        network = (wide, int(address) >> (address.max_prefixlen - wide))
        number = _number(self._networks, network, lambda: len(self._networks))
        if address.version == 6:
            return f"fd00:{number:x}::x-{host}"
        # Private networks stay private, public ones stay public: it matters for what an operator does next.
        first = "10" if address.is_private else "203"
        return f"{first}.{number // 256}.{number % 256}.x-{host}"


def _number(known: dict[Name, int], name: Name, new: Callable[[], int]) -> int:
    if name not in known:
        known[name] = new()
    return known[name]
