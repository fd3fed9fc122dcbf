"""Numbers with what they count, in the form that the number asks for."""


def numbered(count: int, one: str, many: str | None = None) -> str:
    """``1 client``, ``2 clients``; ``many`` where an s does not make the plural."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def times(count: int) -> str:
    """``once``, ``2 times``."""
    return "once" if count == 1 else f"{count:,} times"
