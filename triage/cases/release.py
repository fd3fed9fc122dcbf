"""Which release a program is, from the program itself: the string that INFO's build id is made of.

release.c: version, build id, dirty flag and commit stand in one literal, which a function of the server returns
(``serverBuildIdRaw``) or hashes (``redisBuildId``). INFO shows its CRC-64 as ``redis_build_id``, so the log and the
program can be held against each other. Debian builds put nothing but digits behind the version: how many of them
belong to it is told by the version's own literal.
"""

import re
from collections.abc import Iterator

from triage.cases.constant_arguments import CONVENTIONS, CallingConvention, loaded_constants
from triage.patterns import compiled
from triage.records import dataclass
from triage.symbols.elf_image import ElfImage
from triage.symbols.symbol_table import Symbols

_FUNCTIONS = ("serverBuildIdRaw", "redisBuildIdRaw", "redisBuildId", "serverBuildId")
_FUNCTION_BYTES = 96
_MOST_TEXT = 512
_LITERAL = compiled(rb"(?P<product>valkey|redis)?(?P<minor>\d{1,3}\.\d{1,3}\.)(?P<rest>\d[\x21-\x7e]{8,400})")
_MOST_PATCH_DIGITS = 3
_SUFFIX = compiled(rb"-rc\d{1,2}")
_POLYNOMIAL = 0x95AC9329AC4BC9B5
"""CRC-64 as of crc64.c ("Jones"), reflected: 0xad93d23594c935a9 the other way round."""


@dataclass(frozen=True, slots=True)
class Release:
    """The version of a program, and the build id that its INFO shows. ``product`` is named since Valkey 8.0."""

    version: str
    build_id: str
    product: str | None = None


def release_of(image: ElfImage, symbols: Symbols) -> Release | None:
    """The release of a server's program; ``None`` if it is none, or too unusual to be sure."""
    convention = CONVENTIONS.get(image.machine)
    for literal in _literals(image, symbols, convention) if convention else ():
        match = _LITERAL.fullmatch(literal)
        version = _version(image, match) if match else None
        if match is not None and version is not None:
            product = match["product"].decode() if match["product"] else None
            return Release(version, f"{crc64(literal):x}", product)
    return None


def _literals(image: ElfImage, symbols: Symbols, convention: CallingConvention) -> Iterator[bytes]:
    """The strings whose addresses the functions of release.c load."""
    for name in _FUNCTIONS:
        entry = symbols.find(name)
        code = image.read(entry, _FUNCTION_BYTES) if entry is not None else None
        for address in loaded_constants(bytes(code), entry or 0, convention) if code else ():
            text = image.read(address, _MOST_TEXT)
            if text is not None:
                yield bytes(text).partition(b"\0")[0]


def _version(image: ElfImage, match: "re.Match[bytes]") -> str | None:
    """The version at the begin of the literal: the longest that also stands alone in the program."""
    constants = bytes(image.read_section(".rodata") or b"")
    digits = re.match(rb"\d+", match["rest"])
    for count in range(min(len(digits[0]) if digits else 0, _MOST_PATCH_DIGITS), 0, -1):
        plain = match["minor"] + match["rest"][:count]
        suffix = _SUFFIX.match(match["rest"], count)
        for version in [plain + suffix[0], plain] if suffix else [plain]:
            if b"\0" + version + b"\0" in constants:
                return version.decode()
    return None


def crc64(data: bytes) -> int:
    """The checksum of the server's crc64.c, with 0 to begin with."""
    value = 0
    for byte in data:
        value ^= byte
        for _ in range(8):
            value = value >> 1 ^ (_POLYNOMIAL if value & 1 else 0)
    return value
