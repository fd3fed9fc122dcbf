"""Dataclasses that are made without compiling eight functions behave as the standard library's."""

import dataclasses
import pickle

import pytest

from triage.records import dataclass

OPTIONS = [
    {"frozen": frozen, "slots": slots, "eq": eq}
    for frozen in (False, True)
    for slots in (False, True)
    for eq in (True, False)
]
ARGUMENTS = [
    ((1,), {}),
    ((1, "a"), {"many": [1]}),
    ((), {"needed": 1, "given": "a", "named": 5}),
    ((1, "a", [], 2, 3), {}),
    ((), {}),
    ((1, "a", [], 2, 3, 4), {}),
    ((1,), {"unknown": 2}),
]


class Fields:
    """Fields of every kind."""

    needed: int
    given: str = "given"
    many: list[int] = dataclasses.field(default_factory=list)
    quiet: int = dataclasses.field(default=7, repr=False)
    aside: int = dataclasses.field(default=8, compare=False)
    named: int = dataclasses.field(default=9, kw_only=True)


@dataclass(frozen=True, slots=True)
class Kept:
    """One that a pickle can name."""

    needed: int
    given: str = "given"


def made(make, plain: type, options: dict[str, bool], *bases: type) -> type:
    """The class as a decorator makes it, without touching ``plain``."""
    body = {name: value for name, value in vars(plain).items() if name not in ("__dict__", "__weakref__")}
    return make(**options)(type(plain.__name__, bases, body))


def both(options: dict[str, bool]) -> list[type]:
    """``Fields`` as the standard library makes it, and as this package does."""
    return [made(make, Fields, options) for make in (dataclasses.dataclass, dataclass)]


def told(act):
    """What came of it: the value, or the kind of error."""
    try:
        return repr(act())
    except (TypeError, AttributeError) as error:
        return type(error)


@pytest.mark.parametrize("options", OPTIONS, ids=str)
@pytest.mark.parametrize(("positional", "named"), ARGUMENTS)
def test_an_instance_is_made_and_shown_as_the_standard_library_would(options, positional, named) -> None:
    theirs, ours = both(options)
    assert told(lambda: ours(*positional, **named)) == told(lambda: theirs(*positional, **named))
    assert told(lambda: ours(*positional, **named)) == told(lambda: theirs(*positional, **named)), (
        "the second time too"
    )


@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_equality_hash_and_freezing_are_the_standard_librarys(options) -> None:
    def facts(kind):
        one, same, aside, other = kind(1), kind(1), kind(1, aside=5), kind(2)
        return (
            [one == same, one == aside, one == other, one == 1],
            told(lambda: hash(kind(1, many=())) == hash(kind(1, many=()))),
            told(lambda: setattr(one, "needed", 3)),
            told(lambda: delattr(one, "needed")),
            [field.name for field in dataclasses.fields(kind)],
            kind.__match_args__,
            repr(dataclasses.replace(other, given="b")),
        )

    theirs, ours = both(options)
    assert facts(ours) == facts(theirs)


@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_a_class_keeps_its_own_methods_and_passes_its_fields_on(options) -> None:
    class Own:
        """One with methods."""

        more: int = 1

        def __repr__(self) -> str:
            return f"own {self.needed} {self.more}"

        def __post_init__(self) -> None:
            object.__setattr__(self, "more", self.more + 1)

    def shown(make) -> str:
        return repr(made(make, Own, options, made(make, Fields, options))(1, "a", [], 2, 3, 4))

    assert shown(dataclass) == shown(dataclasses.dataclass) == "own 1 5"


def test_a_class_may_have_no_fields() -> None:
    @dataclass(frozen=True, slots=True)
    class Empty:
        """No fields at all."""

    assert Empty() == Empty()
    assert repr(Empty()).endswith("Empty()")
    assert len({Empty(), Empty()}) == 1


def test_pickles_come_back_equal() -> None:
    one = Kept(1, "a")
    assert pickle.loads(pickle.dumps(one)) == one
    assert hash(pickle.loads(pickle.dumps(one))) == hash(one)


def test_one_that_holds_itself_can_be_shown() -> None:
    @dataclass(slots=True)
    class Knot:
        """Holds others."""

        inner: list[object] = dataclasses.field(default_factory=list)

    knot = Knot()
    knot.inner.append(knot)
    assert "..." in repr(knot)
