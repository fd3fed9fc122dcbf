"""``dataclass``, as the standard library has it, without its price at every start.

The standard library writes and compiles up to eight functions for a class, half a millisecond, and a run on a small
log loads 170 classes: a fifth of its time. Here ``__init__`` is compiled when the first instance is made, and nothing
else is compiled at all. ``fields``, ``replace`` and matching are the standard library's.
"""

import dataclasses
from collections.abc import Callable
from functools import cache
from operator import attrgetter
from reprlib import recursive_repr
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dataclasses import dataclass as dataclass  # noqa: PLC0414 - told to be for others
else:

    def dataclass(cls=None, /, *, frozen=False, slots=False, eq=True):  # noqa: ANN001, ANN201 - as declared above
        """A dataclass; a frozen one with ``eq`` can be hashed, as in the standard library."""
        if cls is None:
            return lambda later: dataclass(later, frozen=frozen, slots=slots, eq=eq)
        # For want of a docstring the standard library would put the signature together, at the price of all the rest.
        cls.__doc__ = cls.__doc__ or cls.__name__
        methods = {"__repr__": _repr}
        if eq:
            methods |= {"__eq__": _equal, "__hash__": _hash if frozen else None}
        if frozen:
            methods |= {"__setattr__": _refuse, "__delattr__": _refuse}
        if frozen and slots:
            methods |= {"__getstate__": _state, "__setstate__": _restore}
        for name in methods.keys() - vars(cls).keys():
            setattr(cls, name, methods[name])
        made = dataclasses.dataclass(init=False, repr=False, eq=False, slots=slots)(cls)
        made.__init__ = _compiled_later(made)
        return made


def _compiled_later(cls: type) -> Callable[..., None]:
    def init(self: object, *positional: object, **named: object) -> None:
        compiled = _compiled(cls)
        cls.__init__ = compiled  # type: ignore[misc]
        compiled(self, *positional, **named)

    return init


def _compiled(cls: type) -> Callable[..., None]:
    """The constructor. That of a frozen class sets attributes past the ``__setattr__`` that refuses to."""
    known: dict[str, Any] = {"_set": object.__setattr__, "_absent": object()}
    positional, named, lines = ["self"], ["*"], []
    for field in dataclasses.fields(cls):
        name, value, default = field.name, field.name, ""
        if field.default_factory is not dataclasses.MISSING:
            known[f"_make_{name}"] = field.default_factory
            default, value = "=_absent", f"_make_{name}() if {name} is _absent else {name}"
        elif field.default is not dataclasses.MISSING:
            known[f"_default_{name}"] = field.default
            default = f"=_default_{name}"
        if field.init:
            (named if field.kw_only else positional).append(name + default)
            frozen = cls.__setattr__ is _refuse
            lines.append(f"_set(self, {name!r}, {value})" if frozen else f"self.{name} = {value}")
    if hasattr(cls, "__post_init__"):
        lines.append("self.__post_init__()")
    parameters = ", ".join(positional + (named if len(named) > 1 else []))
    exec(f"def __init__({parameters}):\n " + "\n ".join(lines or ["pass"]), known)
    compiled: Callable[..., None] = known["__init__"]
    compiled.__qualname__ = f"{cls.__qualname__}.__init__"
    return compiled


@cache
def _compared(cls: type) -> Callable[[object], object]:
    names = [field.name for field in dataclasses.fields(cls) if field.compare]
    return attrgetter(*names) if names else lambda _: ()


def _values(self: object) -> object:
    """The values by which instances are equal."""
    return _compared(type(self))(self)  # type: ignore[arg-type]  # classes can be hashed


def _equal(self: object, other: object) -> bool:
    return bool(_values(self) == _values(other)) if type(other) is type(self) else NotImplemented


def _hash(self: object) -> int:
    return hash(_values(self))


@recursive_repr()
def _repr(self: Any) -> str:  # noqa: ANN401 - an instance of any dataclass
    shown = (f"{field.name}={getattr(self, field.name)!r}" for field in dataclasses.fields(self) if field.repr)
    return f"{type(self).__qualname__}({', '.join(shown)})"


def _refuse(self: object, name: str, *_: object) -> None:
    raise dataclasses.FrozenInstanceError(f"{type(self).__qualname__} is frozen: {name!r} stays as it is")


def _state(self: Any) -> list[object]:  # noqa: ANN401 - likewise
    return [getattr(self, field.name) for field in dataclasses.fields(self)]


def _restore(self: Any, state: list[object]) -> None:  # noqa: ANN401 - likewise
    for field, value in zip(dataclasses.fields(self), state, strict=True):
        object.__setattr__(self, field.name, value)
