"""The letters of a client's ``flags=`` field and what they mean."""

_FLAGS = {
    "S": "replica",
    "M": "primary",
    "O": "monitor",
    "P": "pubsub",
    "x": "multi",
    "b": "blocked",
    "t": "tracking",
    "R": "tracking-broken-redirection",
    "B": "tracking-bcast",
    "d": "dirty-cas",
    "c": "close-after-reply",
    "u": "unblocked",
    "A": "close-asap",
    "U": "unix-socket",
    "r": "readonly",
    "e": "no-evict",
    "T": "no-touch",
    "I": "import-source",
    "i": "slot-import",
    "E": "slot-export",
}


def flag_names(letters: str) -> tuple[str, ...]:
    """The flags' names in the order printed; ``N`` (none) gives an empty tuple, an unknown letter stays as it is."""
    return tuple(_FLAGS.get(letter, letter) for letter in letters if letter != "N")
