"""The tags of whole columns: one table per field of a word, combined row by row."""

from collections.abc import Iterable, Sequence
from typing import assert_never

import msgspec
import numpy as np

from hub.domain.reconciliation.axis import Int64s
from hub.domain.reconciliation.digest_keys import EDGE_BITS, DigestKey, Tag, UInt64s
from hub.domain.reconciliation.vocabulary import Field, Vocabulary, field_numbers
from schema.codes import AccountKind, UnitStatus

_NO_TAG = Tag(0, 0)


class TagTables:
    """The tags of every value that a vocabulary has numbered so far."""

    def __init__(self, vocabulary: Vocabulary, key: DigestKey) -> None:
        """Hash each distinct value once."""
        self._projection = vocabulary.projection(key.facets)
        self._series = _table(key.series_tag(series) for series in vocabulary.series.values)
        self._fields = {
            field: _table([_NO_TAG, *(key.field_tag(field, value) for value in values)])
            for field in Field
            for values in [_values_of(vocabulary, field)]
        }

    def of_rows(self, series_id: Int64s, words: Int64s) -> tuple[UInt64s, UInt64s]:
        """Return the tag of each row: the high half, and the low half shifted past the edge."""
        reduced = self._projection.apply(words)
        high, low = (table[series_id] for table in self._series)
        for field, (high_table, low_table) in self._fields.items():
            number = field_numbers(reduced, field)
            high ^= high_table[number]
            low ^= low_table[number]
        return high, low


def _values_of(vocabulary: Vocabulary, field: Field) -> Sequence[object]:
    """Return the values behind the numbers from 1 on, as they are hashed."""
    match field:
        case Field.REGISTRY:
            return vocabulary.registries.values
        case Field.ACCOUNT:
            return vocabulary.accounts.values
        case Field.ACCOUNT_KIND:
            return list(AccountKind)
        case Field.STATUS:
            return list(UnitStatus)
        case Field.AUTHORIZATION:
            return [msgspec.structs.astuple(view) for view in vocabulary.authorizations.values]
        case Field.FIRST_TRANSFER:
            return [True]
        case Field.MEASURE:
            return [msgspec.structs.astuple(measure) for measure in vocabulary.measures.values]
        case _:
            assert_never(field)


def _table(tags: Iterable[Tag]) -> tuple[UInt64s, UInt64s]:
    known = list(tags)
    high = np.array([tag.high for tag in known], dtype=np.uint64)
    low = np.array([tag.low << EDGE_BITS for tag in known], dtype=np.uint64)
    return high, low
