"""Undoes the compression of sections (gABI ``SHF_COMPRESSED``, the older ``.zdebug_*``) and of MiniDebugInfo."""

import lzma
import struct
import zlib

MOST_BYTES = 1 << 30
"""No section of a server's executable comes near 1 GiB; what claims more is damaged or a trap."""

_COMPRESSION_HEADER = struct.Struct("<IIQQ")
_ZLIB, _ZSTD = 1, 2
_ZDEBUG_HEADER = struct.Struct(">4sQ")
_MOST_XZ_MEMORY = 256 << 20


class UnpackError(Exception):
    """Completes the sentence "section .debug_info …"."""


def unpack_section(raw: memoryview) -> memoryview:
    """The content of a section with the flag ``SHF_COMPRESSED``: zlib or Zstandard."""
    if len(raw) < _COMPRESSION_HEADER.size:
        raise UnpackError("ends inside its compression header")
    kind, _, size, _ = _COMPRESSION_HEADER.unpack_from(raw)
    packed = raw[_COMPRESSION_HEADER.size :]
    if kind == _ZLIB:
        return _inflate(packed, size)
    if kind == _ZSTD:
        return _unzstd(packed, size)
    raise UnpackError(f"is compressed by an unknown method ({kind})")


def unpack_zdebug(raw: memoryview) -> memoryview:
    """The content of a ``.zdebug_*`` section, as binutils before 2.26 compressed them."""
    if len(raw) < _ZDEBUG_HEADER.size:
        raise UnpackError("ends inside its compression header")
    magic, size = _ZDEBUG_HEADER.unpack_from(raw)
    if magic != b"ZLIB":
        raise UnpackError("is not compressed as its name says")
    return _inflate(raw[_ZDEBUG_HEADER.size :], size)


def unpack_xz(raw: memoryview) -> bytes:
    """The content of ``.gnu_debugdata``, an xz stream."""
    try:
        unpacker = lzma.LZMADecompressor(memlimit=_MOST_XZ_MEMORY)
        content = unpacker.decompress(raw, MOST_BYTES)
    except (lzma.LZMAError, EOFError) as error:
        raise UnpackError(f"cannot be decompressed ({error})") from error
    if not unpacker.eof:
        raise UnpackError("ends too early, or grows beyond all measure")
    return content


def _inflate(packed: memoryview, size: int) -> memoryview:
    _check(size)
    try:
        content = zlib.decompressobj().decompress(packed, size + 1)
    except zlib.error as error:
        raise UnpackError(f"cannot be decompressed ({error})") from error
    return _of_size(content, size)


def _unzstd(packed: memoryview, size: int) -> memoryview:
    import zstandard

    _check(size)
    try:
        with zstandard.ZstdDecompressor(max_window_size=MOST_BYTES).stream_reader(packed) as reader:
            content = reader.read(size)
    except zstandard.ZstdError as error:
        raise UnpackError(f"cannot be decompressed ({error})") from error
    return _of_size(content, size)


def _check(size: int) -> None:
    if size > MOST_BYTES:
        raise UnpackError(f"claims to hold {size} bytes once decompressed")


def _of_size(content: bytes, size: int) -> memoryview:
    if len(content) != size:
        raise UnpackError(f"says that it holds {size} bytes and does not")
    return memoryview(content)
