"""Jinja as the reports use it: strict, every value through one function, compiled templates kept between runs."""

from collections.abc import Callable
from contextlib import suppress

from jinja2 import BytecodeCache, Environment, FileSystemBytecodeCache, FileSystemLoader, StrictUndefined
from jinja2.bccache import Bucket

from triage.resources import cache_dir, resource_dir


class _Cache(FileSystemBytecodeCache):
    """Does without what it cannot read or write: a full disk or a foreign directory must not cost the report."""

    def load_bytecode(self, bucket: Bucket) -> None:
        with suppress(OSError):
            super().load_bytecode(bucket)

    def dump_bytecode(self, bucket: Bucket) -> None:
        with suppress(OSError):
            super().dump_bytecode(bucket)


def environment(finalize: Callable[[object], object]) -> Environment:
    """The templates of ``reports``; ``finalize`` makes every value fit to be shown before HTML escaping sees it."""
    return Environment(
        loader=FileSystemLoader(resource_dir("reports")),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=finalize,
        bytecode_cache=_cache(),
    )


def _cache() -> BytecodeCache | None:
    directory = cache_dir()
    return None if directory is None else _Cache(str(directory), "report-%s.cache")
