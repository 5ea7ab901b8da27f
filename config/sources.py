"""Descriptions of foreign sources: the TOML files in `sources/`, or one that a person names."""

import tomllib
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path


class UnknownSourceError(LookupError):
    """There is no such description; the text names those that exist."""


def source_names() -> tuple[str, ...]:
    """Return the names of the descriptions that come with the hub, sorted."""
    return tuple(sorted(entry.name.removesuffix(".toml") for entry in _entries()))


def read_source(name: str) -> dict[str, object]:
    """Return a description as it is written; a name that ends in `.toml` is a file of one's own.

    Raises:
        UnknownSourceError: no such name or file, or it is no TOML.
    """
    try:
        if name.endswith(".toml"):
            return tomllib.loads(Path(name).read_text("utf-8"))
        for entry in _entries():
            if entry.name == f"{name}.toml":
                return tomllib.loads(entry.read_text("utf-8"))
    except (OSError, ValueError) as cause:
        raise UnknownSourceError(f"{name}: {cause}") from cause
    known = ", ".join(source_names())
    raise UnknownSourceError(f"no source {name!r}; there are {known}, or a file NAME.toml")


def _entries() -> list[Traversable]:
    folder = files("config") / "sources"
    return [entry for entry in folder.iterdir() if entry.name.endswith(".toml")]
