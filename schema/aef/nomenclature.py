"""The dated code lists of the AEF as a value that checks and readers take as an argument.

Source: list of common nomenclatures under Article 6.2. A new date of the list is a new data file;
the lists are never part of the code.
"""

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from schema.aef.values import collapse


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeList:
    """One list: its official values in order, and known other spellings of them.

    `table` is the number of the list in the published nomenclature.
    """

    table: str
    values: tuple[str, ...]
    variants: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Nomenclature:
    """All code lists of one publication date.

    `subtype_types` says which action types a subtype may stand with; a type in `free_types`
    stands with every subtype.
    """

    date: dt.date
    source: str
    lists: Mapping[str, CodeList]
    subtype_types: Mapping[str, frozenset[str]]
    free_types: frozenset[str]

    def knows(self, list_name: str) -> bool:
        """Say whether the list is known; an unknown list is no evidence against any value."""
        return list_name in self.lists

    def holds(self, list_name: str, value: str) -> bool:
        """Say whether a value is in the list, letter by letter."""
        return value in self.lists[list_name].values

    def official(self, list_name: str, value: str) -> str | None:
        """Return the official spelling of a value, None when it is no known variant either.

        Case and runs of white space never matter; other variants are listed in the data.
        """
        if list_name not in self.lists:
            return collapse(value)
        return _spellings(self.lists[list_name]).get(_fold(value))

    def allows_subtype(self, action_type: str, subtype: str) -> bool:
        """Say whether a known subtype may stand with the type; an unknown subtype may."""
        if action_type in self.free_types or subtype not in self.subtype_types:
            return True
        return action_type in self.subtype_types[subtype]

    def with_approaches(self, approaches: Iterable[str]) -> "Nomenclature":
        """Return the same lists with an operator's list of cooperative approach IDs."""
        listed = CodeList(table="", values=tuple(approaches), variants={})
        return Nomenclature(
            date=self.date,
            source=self.source,
            lists={**self.lists, "cooperative_approach": listed},
            subtype_types=self.subtype_types,
            free_types=self.free_types,
        )


def nomenclature_at(published: Iterable[Nomenclature], day: dt.date) -> Nomenclature:
    """Return the lists valid on a day: the latest published by then, or else the earliest.

    Raises ValueError when nothing is published.
    """
    ordered = sorted(published, key=lambda nomenclature: nomenclature.date)
    if not ordered:
        message = "no nomenclature is published"
        raise ValueError(message)
    valid = [nomenclature for nomenclature in ordered if nomenclature.date <= day]
    return valid[-1] if valid else ordered[0]


def _fold(text: str) -> str:
    return collapse(text).casefold()


def _spellings(code_list: CodeList) -> dict[str, str]:
    known = {_fold(variant): value for variant, value in code_list.variants.items()}
    return known | {_fold(value): value for value in code_list.values}
