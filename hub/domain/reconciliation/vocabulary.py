"""One 64-bit word for everything that is said about a serial, and the numbers behind the words.

A word holds one small number per facet, so that two statements are compared with one operation and
`left ^ right` tells which facets differ. The number 0 stands for "nothing is stated".
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum, unique
from typing import Final, Generic, TypeVar

import numpy as np

from hub.domain.reconciliation.attributes import (
    AUTHORIZATION_FACETS,
    GHG,
    SPENT_STATUSES,
    AuthorizationView,
    Facet,
    Measure,
    UnitState,
)
from hub.domain.reconciliation.axis import SERIES_LIMIT, Int64s
from schema.codes import AccountKind, UnitStatus
from schema.identifiers import AccountId, ItmoSeries, RegistryId

Value = TypeVar("Value")


@unique
class Field(StrEnum):
    """The parts of a word."""

    REGISTRY = "registry"
    ACCOUNT = "account"
    ACCOUNT_KIND = "account_kind"
    STATUS = "status"
    AUTHORIZATION = "authorization"
    FIRST_TRANSFER = "first_transfer"
    MEASURE = "measure"


_WIDTHS: Final[dict[Field, int]] = {
    Field.FIRST_TRANSFER: 1,
    Field.STATUS: 4,
    Field.ACCOUNT_KIND: 4,
    Field.MEASURE: 4,
    Field.REGISTRY: 10,
    Field.AUTHORIZATION: 18,
    Field.ACCOUNT: 22,
}
LIMIT: Final[dict[Field, int]] = {field: 1 << width for field, width in _WIDTHS.items()}
SHIFT: Final[dict[Field, int]] = {
    field: sum(list(_WIDTHS.values())[:index]) for index, field in enumerate(_WIDTHS)
}
MASK: Final[dict[Field, int]] = {field: (LIMIT[field] - 1) << SHIFT[field] for field in _WIDTHS}
FULL_MASK: Final = (1 << sum(_WIDTHS.values())) - 1

_KIND_NUMBER: Final = {kind: number for number, kind in enumerate(AccountKind, start=1)}
_STATUS_NUMBER: Final = {status: number for number, status in enumerate(UnitStatus, start=1)}
_KINDS: Final[tuple[AccountKind | None, ...]] = (None, *AccountKind)
_STATUSES: Final[tuple[UnitStatus | None, ...]] = (None, *UnitStatus)
SPENT_NUMBERS: Final = tuple(sorted(_STATUS_NUMBER[status] for status in SPENT_STATUSES))


def field_numbers(words: Int64s, field: Field) -> Int64s:
    """Return the number in one field of every word."""
    numbers: Int64s = (words & MASK[field]) >> SHIFT[field]
    return numbers


def pack(numbers: Mapping[Field, Int64s | int]) -> Int64s:
    """Return the words of rows from the numbers in their fields, one array or value a field.

    A field that is left out states nothing. Numbers come from a vocabulary, `status_number` and
    `kind_number`; what a database keeps under its own ids is translated by one indexing each.
    """
    packed: Int64s = np.zeros(1, dtype=np.int64)
    for field, number in numbers.items():
        packed = packed | (np.asarray(number, dtype=np.int64) << SHIFT[field])
    return packed


def status_number(status: UnitStatus) -> int:
    """Return the number that stands for a status in every vocabulary."""
    return _STATUS_NUMBER[status]


def kind_number(kind: AccountKind) -> int:
    """Return the number that stands for an account kind in every vocabulary."""
    return _KIND_NUMBER[kind]


class VocabularyFullError(Exception):
    """More distinct values than a word can number: compare fewer registries at once."""


class Interner(Generic[Value]):
    """Gives each distinct value one number, in order of arrival."""

    def __init__(self, name: str, *, first: int, limit: int) -> None:
        """Number from `first` up to below `limit`."""
        self.values: list[Value] = []
        self._name = name
        self._first = first
        self._limit = limit
        self._numbers: dict[Value, int] = {}

    def __len__(self) -> int:
        """Return how many values have a number."""
        return len(self.values)

    def number(self, value: Value) -> int:
        """Return the number of `value`, a new one when it is new.

        Raises:
            VocabularyFullError: there is no number left.
        """
        known = self._numbers.get(value)
        if known is not None:
            return known
        number = self._first + len(self.values)
        if number >= self._limit:
            raise VocabularyFullError(f"more than {self._limit} distinct values of {self._name}")
        self._numbers[value] = number
        self.values.append(value)
        return number

    def value(self, number: int) -> Value:
        """Return the value behind a number that was given out."""
        return self.values[number - self._first]


class Vocabulary:
    """The numbers behind the words of one comparison; both sides must share it.

    It only grows: a number once given keeps its meaning.
    """

    def __init__(self) -> None:
        """Begin with no value numbered."""
        self.series: Interner[ItmoSeries] = Interner("series", first=0, limit=SERIES_LIMIT)
        self.registries: Interner[str] = Interner("registry", first=1, limit=LIMIT[Field.REGISTRY])
        self.accounts: Interner[str] = Interner("account", first=1, limit=LIMIT[Field.ACCOUNT])
        self.authorizations: Interner[AuthorizationView] = Interner(
            "authorization", first=1, limit=LIMIT[Field.AUTHORIZATION]
        )
        self.measures: Interner[Measure] = Interner("measure", first=1, limit=LIMIT[Field.MEASURE])
        self.ghg = self.measures.number(GHG)
        self._words: dict[UnitState, int] = {}

    def word(self, state: UnitState) -> int:
        """Return the word that stands for a state.

        Raises:
            VocabularyFullError: too many distinct values.
        """
        known = self._words.get(state)
        if known is None:
            known = self._words[state] = self._pack(state)
        return known

    def _pack(self, state: UnitState) -> int:
        view = state.authorization
        numbers = {
            Field.REGISTRY: self.registries.number(state.registry),
            Field.ACCOUNT: 0 if state.account is None else self.accounts.number(state.account),
            Field.ACCOUNT_KIND: _KIND_NUMBER[state.account_kind] if state.account_kind else 0,
            Field.STATUS: _STATUS_NUMBER[state.status] if state.status else 0,
            Field.AUTHORIZATION: 0 if view is None else self.authorizations.number(view),
            Field.FIRST_TRANSFER: int(state.first_transferred),
            Field.MEASURE: self.measures.number(state.measure),
        }
        return sum(number << SHIFT[field] for field, number in numbers.items())

    def state(self, word: int) -> UnitState:
        """Return the state behind a word of this vocabulary; never for 0."""
        account = (word & MASK[Field.ACCOUNT]) >> SHIFT[Field.ACCOUNT]
        view = (word & MASK[Field.AUTHORIZATION]) >> SHIFT[Field.AUTHORIZATION]
        measure = (word & MASK[Field.MEASURE]) >> SHIFT[Field.MEASURE]
        registry = (word & MASK[Field.REGISTRY]) >> SHIFT[Field.REGISTRY]
        return UnitState(
            registry=RegistryId(self.registries.value(registry)),
            account=AccountId(self.accounts.value(account)) if account else None,
            account_kind=_KINDS[(word & MASK[Field.ACCOUNT_KIND]) >> SHIFT[Field.ACCOUNT_KIND]],
            status=_STATUSES[(word & MASK[Field.STATUS]) >> SHIFT[Field.STATUS]],
            authorization=self.authorizations.value(view) if view else None,
            first_transferred=bool(word & MASK[Field.FIRST_TRANSFER]),
            measure=self.measures.value(measure) if measure else GHG,
        )

    def account(self, word: int) -> tuple[AccountId | None, AccountKind | None]:
        """Return the account behind a word, and its kind."""
        account = (word & MASK[Field.ACCOUNT]) >> SHIFT[Field.ACCOUNT]
        kind = _KINDS[(word & MASK[Field.ACCOUNT_KIND]) >> SHIFT[Field.ACCOUNT_KIND]]
        return (AccountId(self.accounts.value(account)) if account else None), kind

    def projection(self, facets: frozenset[Facet]) -> "Projection":
        """Return the operation that blanks whatever is not in `facets`."""
        mask = FULL_MASK
        for facet, field in _FIELD_OF_FACET.items():
            if facet not in facets:
                mask &= ~MASK[field]
        if facets >= AUTHORIZATION_FACETS:
            return Projection(mask=mask, authorizations=None)
        known = list(self.authorizations.values)
        views = [view.only_with(facets) for view in known]
        numbers = [0 if view is None else self.authorizations.number(view) for view in views]
        return Projection(mask=mask, authorizations=np.array([0, *numbers], dtype=np.int64))


_FIELD_OF_FACET: Final[dict[Facet, Field]] = {
    Facet.ACCOUNT: Field.ACCOUNT,
    Facet.ACCOUNT_KIND: Field.ACCOUNT_KIND,
    Facet.STATUS: Field.STATUS,
    Facet.FIRST_TRANSFER: Field.FIRST_TRANSFER,
    Facet.METRIC: Field.MEASURE,
}
"""The facets that are a field of their own; the registry is always stated."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Projection:
    """Reduces words to the facets that both sides of a comparison state."""

    mask: int
    authorizations: Int64s | None
    """The number of the reduced authorization for each number, or None to keep all."""

    @property
    def keeps_all(self) -> bool:
        """Whether words pass unchanged."""
        return self.mask == FULL_MASK and self.authorizations is None

    def apply(self, words: Int64s) -> Int64s:
        """Return the reduced words; the same array when nothing is to be reduced."""
        if self.keeps_all:
            return words
        reduced: Int64s = words & self.mask
        if self.authorizations is None:
            return reduced
        numbers = self.authorizations[field_numbers(words, Field.AUTHORIZATION)]
        rest: Int64s = reduced & ~MASK[Field.AUTHORIZATION]
        return rest | (numbers << SHIFT[Field.AUTHORIZATION])
