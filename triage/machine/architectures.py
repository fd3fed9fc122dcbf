"""The processors whose code can be decoded, by the names that servers print."""

from collections.abc import Mapping
from functools import cache
from typing import Any

_MODES: Mapping[str, tuple[str, str]] = {
    "x86_64": ("CS_ARCH_X86", "CS_MODE_64"),
    "amd64": ("CS_ARCH_X86", "CS_MODE_64"),
    "i386": ("CS_ARCH_X86", "CS_MODE_32"),
    "i686": ("CS_ARCH_X86", "CS_MODE_32"),
    "aarch64": ("CS_ARCH_ARM64", "CS_MODE_ARM"),
    "arm64": ("CS_ARCH_ARM64", "CS_MODE_ARM"),
    "armv7l": ("CS_ARCH_ARM", "CS_MODE_ARM"),
    "armv6l": ("CS_ARCH_ARM", "CS_MODE_ARM"),
}


@cache
def decoder(architecture: str) -> Any | None:  # noqa: ANN401 - capstone has no types
    """A capstone decoder with details, or ``None`` for a processor that is not known here."""
    names = _MODES.get(architecture)
    if names is None:
        return None
    import capstone

    found = capstone.Cs(getattr(capstone, names[0]), getattr(capstone, names[1]))
    found.detail = True
    return found


def architecture_of(stated: str | None, registers: Mapping[str, int]) -> str | None:
    """The processor, by the server's word or else by the names of its registers."""
    if stated is not None and stated in _MODES:
        return stated
    names = {name.upper() for name in registers}
    if "RIP" in names:
        return "x86_64"
    if "EIP" in names:
        return "i386"
    if "X19" in names:
        return "aarch64"
    return "armv7l" if {"R10", "CPSR"} <= names else None
