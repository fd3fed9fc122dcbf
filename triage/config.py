"""The user's configuration file: ``config.toml`` in the directory that the platform sets aside for it."""

from pathlib import Path

APP = "triage"


def config_file() -> Path:
    """Where the file is looked for: ``~/.config/triage/config.toml`` on Linux."""
    import platformdirs

    return Path(platformdirs.user_config_dir(APP)) / "config.toml"


def knowledge_dirs() -> tuple[str, ...]:
    """Directories with knowledge files that the file names under ``knowledge``; relative ones start beside the file.

    Raises:
        KnowledgeError: the file is no TOML or states something impossible; it names file, line and key.
    """
    path = config_file()
    try:
        if not path.is_file():
            return ()
    except OSError:  # a home directory that this user may not look into holds nothing for him
        return ()
    from triage.knowledge.reading import read_table

    table = read_table(path)
    dirs = tuple(str(path.parent / Path(text).expanduser()) for text in table.strings("knowledge"))
    table.finish()
    missing = [place for place in dirs if not Path(place).is_dir()]
    if missing:
        raise table.error(f"{missing[0]} is not a directory", "knowledge")
    return dirs
