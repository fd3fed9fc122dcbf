"""Fuzz target: whatever bytes a binary consists of, reading it ends soon, with answers or with the typed error.

    python fuzz/elf_image.py BINARY [SECONDS]

changes the bytes of BINARY at random for SECONDS (60) and stops at the first input that breaks the rule, which it
leaves as crash-elf_image. ``one_input`` suits Atheris and the like.
"""

import random
import sys
import time
from pathlib import Path

from triage.symbols.elf_image import ElfError, ElfImage
from triage.symbols.module import Module
from triage.symbols.symbol_table import Symbols

MOST_SECONDS = 20
"""For one input; a sane one takes a fraction of a second."""
_ADDRESSES = 12
_TELLING = (".debug_info", ".debug_abbrev", ".debug_line", ".debug_rnglists", ".symtab", ".dynsym", ".strtab")


def one_input(data: bytes) -> None:
    """Read everything that the rest of the program would read. Raises anything but ``ElfError`` only by mistake."""
    try:
        image = ElfImage(data, "fuzzed")
        assert image.build_id is None or isinstance(image.build_id, str)
        addresses = _addresses(image)
        for section in image.sections[:100]:
            image.read_section(section.name)
    except ElfError:
        return
    for read in (lambda: image.debuglink, lambda: image.debugaltlink, lambda: Symbols.exported(image)):
        try:
            read()
        except ElfError:
            continue
    module = Module(image, image, image)
    for address in addresses:
        module.resolve(address, is_return_address=True)
        called = module.called_at(address)
        if isinstance(called, int):
            module.tail_calls(called, addresses)


def changed(seed: bytes, random_source: random.Random) -> bytes:
    """``seed`` with some bytes changed, mostly in tables, or cut."""
    data = bytearray(seed)
    image = ElfImage(seed, "seed")
    areas = [(section.offset, section.size) for name in _TELLING if (section := image.section(name)) and section.size]
    areas += [(0, 64), (image._program_headers_at, 56 * 8), (image._section_headers_at, len(seed))]
    for _ in range(random_source.choice((1, 1, 2, 4, 16))):
        begin, size = random_source.choice(areas)
        at = begin + random_source.randrange(min(size, max(len(seed) - begin, 1)))
        if at < len(data):
            data[at] = random_source.choice((0, 1, 0x7F, 0x80, 0xFF, random_source.randrange(256)))
    return bytes(data[: random_source.randrange(len(data))] if random_source.random() < 0.05 else data)


def _addresses(image: ElfImage) -> list[int]:
    code = [segment for segment in image.segments if segment.executable]
    if not code:
        return []
    first = code[0]
    return [first.vaddr + first.file_size * part // _ADDRESSES for part in range(_ADDRESSES)] + [image.entry]


def main() -> int:
    """Run until the time is over (0) or an input breaks the rule (1)."""
    seed = Path(sys.argv[1]).read_bytes()
    seconds = float(sys.argv[2]) if len(sys.argv) > 2 else 60
    random_source, tried, end = random.Random(), 0, time.monotonic() + seconds
    while time.monotonic() < end:
        data = changed(seed, random_source)
        began = time.monotonic()
        try:
            one_input(data)
            assert time.monotonic() - began < MOST_SECONDS, "an input that takes too long"
        except Exception:
            Path("crash-elf_image").write_bytes(data)
            raise
        tried += 1
    print(f"{tried} inputs, none broke the rule")
    return 0


if __name__ == "__main__":
    sys.exit(main())
