"""Loads the dated nomenclature and the AEF profiles that stand beside this module as TOML."""

import dataclasses
import tomllib
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

import msgspec

from schema.aef.nomenclature import CodeList, Nomenclature
from schema.aef.profile import Profile


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


@cache
def load_profiles() -> dict[str, Profile]:
    """Load every profile by its name, which is the name of its file.

    Raises msgspec.ValidationError when a file has a setting that no profile has.
    """
    folder = files("config") / "profiles"
    names = sorted(entry.name for entry in folder.iterdir() if entry.name.endswith(".toml"))
    return {
        name.removesuffix(".toml"): _profile(name.removesuffix(".toml"), folder / name)
        for name in names
    }


def _profile(name: str, entry: Traversable) -> Profile:
    data = tomllib.loads(entry.read_text("utf-8"))
    known = {field.name for field in dataclasses.fields(Profile)}
    if unknown := data.keys() - known:
        message = f"profile {name} has unknown settings: {sorted(unknown)}"
        raise msgspec.ValidationError(message)
    return msgspec.convert({"name": name} | data, Profile)


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
