"""Loads the dated nomenclature and the AEF profiles that stand beside this module as TOML."""

import tomllib
from functools import cache
from importlib.resources import files
from typing import Any

from schema.aef.nomenclature import CodeList, Nomenclature


@cache
def load_nomenclatures() -> tuple[Nomenclature, ...]:
    """Load every published list, oldest first."""
    folder = files("config") / "nomenclature"
    loaded = [
        _nomenclature(tomllib.loads(entry.read_text("utf-8")))
        for entry in folder.iterdir()
        if entry.name.endswith(".toml")
    ]
    return tuple(sorted(loaded, key=lambda nomenclature: nomenclature.date))


def latest_nomenclature() -> Nomenclature:
    """Load the newest published lists."""
    return load_nomenclatures()[-1]


def _nomenclature(data: dict[str, Any]) -> Nomenclature:
    lists = {
        name: CodeList(
            table=entry["table"],
            values=tuple(entry["values"]),
            variants=entry.get("variants", {}),
        )
        for name, entry in data["lists"].items()
    }
    subtypes = data["subtypes"]
    return Nomenclature(
        date=data["date"],
        source=data["source"],
        lists=lists,
        subtype_types={name: frozenset(types) for name, types in subtypes["types"].items()},
        free_types=frozenset(subtypes["free_types"]),
    )
