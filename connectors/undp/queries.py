"""Bodies of query calls. The registry puts what it is given into SQL as it stands.

So nothing of what others chose goes in: keys and operations are closed lists, and values are plain
words without quotes.
"""

import re
from dataclasses import dataclass
from enum import StrEnum, unique
from typing import Final

PAGE_ROWS: Final = 500
VALUE_CHARS_MAX: Final = 128
_PLAIN: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._@:/-]*")
_WORDS_OF_SQL: Final = frozenset({"null", "true", "false"})


_NOT_PLAIN: Final = re.compile(r"[^A-Za-z0-9 .,()-]+")


def plain_words(text: str) -> str:
    """Return a text for people with everything taken out that could leave its quotes there."""
    return _NOT_PLAIN.sub(" ", text).replace("--", "-").strip()[:VALUE_CHARS_MAX]


@unique
class Key(StrEnum):
    """Columns that are asked for."""

    ID = "id"
    STATUS = "status"
    PROJECT = "projectId"
    SERIAL = "serialNumber"
    REMARKS = "remarks"


@unique
class Operation(StrEnum):
    """Comparisons that are used."""

    EQUAL = "="
    NOT_EQUAL = "!="


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """One condition; all conditions of a query must hold.

    Raises:
        ValueError: the value is not a plain word, and would not stay a value over there.
    """

    key: Key
    value: str | int
    operation: Operation = Operation.EQUAL

    def __post_init__(self) -> None:
        """Refuse what could leave its quotes, or is read as something else than text."""
        if isinstance(self.value, bool):
            raise ValueError("a truth value is no word")  # noqa: TRY004 (one error for all values)
        if isinstance(self.value, int):
            return
        plain = len(self.value) <= VALUE_CHARS_MAX and _PLAIN.fullmatch(self.value)
        if not plain or "--" in self.value or self.value.lower() in _WORDS_OF_SQL:
            raise ValueError(f"{self.value[:VALUE_CHARS_MAX]!r} is not a plain word")


def query_body(page: int, *filters: Filter, rows: int = PAGE_ROWS) -> dict[str, object]:
    """Return the body of a query call, in a stable order of rows."""
    body: dict[str, object] = {
        "page": page,
        "size": rows,
        "sort": {"key": Key.ID, "order": "ASC"},
    }
    if filters:
        body["filterAnd"] = [
            {"key": each.key, "operation": each.operation, "value": each.value} for each in filters
        ]
    return body
