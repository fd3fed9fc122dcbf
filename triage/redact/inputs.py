"""Names of inputs: where they lay says who and for whom, so only the file's own name is shown."""

from collections.abc import Mapping, Sequence

from triage.model import Input
from triage.redact.texts import Texts


def safe_names(inputs: Sequence[Input], texts: Texts) -> Mapping[str, str]:
    """The name shown for each input; at ``strict`` a number. Files of one name are told apart by a number."""
    names: dict[str, str] = {}
    for entry in inputs:
        if entry.name in names:
            continue
        base = entry.name.replace("\\", "/").rstrip("/").rsplit("/", 1)[-1]
        name = f"input-{len(names) + 1}" if texts.strict else texts.prose(base)
        taken = set(names.values())
        number = 2
        unique = name
        while unique in taken:
            unique, number = f"{name} ({number})", number + 1
        names[entry.name] = unique
    return names
