"""What changed between two versions of a submission, record by record.

Records are the same when their keys are: authorization ID and version; date, type, registry and
block of an action; registry and block of a holding; name, approach and date of an entity. Party and
year are part of every key, because two Parties may use one authorization ID.
"""

from collections import defaultdict
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from hub.domain.aef.findings import Locus, locate
from hub.domain.aef.world import Filed
from schema.aef.fields import Field, Table
from schema.aef.records import Submission
from schema.aef.tables import SPEC
from schema.aef.values import print_value

_BLOCK_KEY = ("registry_id", "series", "approach_id", "first_transferring_party", "vintage")
KEYS: dict[Table, tuple[str, ...]] = {
    Table.SUBMISSION: (),
    Table.AUTHORIZATIONS: ("authorization_id", "version"),
    Table.ACTIONS: ("date", "type", "first_id", "last_id", *_BLOCK_KEY),
    Table.HOLDINGS: ("first_id", "last_id", *_BLOCK_KEY),
    Table.ENTITIES: ("authorized_on", "name", "approach_id"),
}
"""The attributes that make two records of one Party and year the same record."""


class ChangeKind(StrEnum):
    """What happened to a record."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldChange:
    """One field of a record before and after, as printed."""

    field: Field
    before: str
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One record that differs; `before` and `after` say where it stands."""

    table: Table
    kind: ChangeKind
    before: Locus | None = None
    after: Locus | None = None
    fields: tuple[FieldChange, ...] = ()


def differences(before: Filed, after: Filed) -> tuple[Change, ...]:
    """Return every record that was added, removed or changed, table by table.

    Spellings that mean the same are no change: the interpreted values are compared.
    """
    return tuple(change for table in Table for change in _table(table, before, after))


def _table(table: Table, before: Filed, after: Filed) -> Iterator[Change]:
    old = _by_key(table, before.submission)
    new = _by_key(table, after.submission)
    for key, rows in old.items():
        others = new.get(key, [])
        for one, other in zip(rows, others, strict=False):
            yield from _changed(table, (before, one), (after, other))
        for row in rows[len(others) :]:
            place = locate(before.report, table, row)
            yield Change(table=table, kind=ChangeKind.REMOVED, before=place)
    for key, rows in new.items():
        for row in rows[len(old.get(key, [])) :]:
            yield Change(table=table, kind=ChangeKind.ADDED, after=locate(after.report, table, row))


def _by_key(table: Table, submission: Submission) -> dict[Hashable, list[int]]:
    rows: dict[Hashable, list[int]] = defaultdict(list)
    for index, record in enumerate(_records(table, submission)):
        rows[tuple(getattr(record, name) for name in KEYS[table])].append(index)
    return rows


def _records(table: Table, submission: Submission) -> Sequence[Any]:
    match table:
        case Table.SUBMISSION:
            return (submission.submission,)
        case Table.AUTHORIZATIONS:
            return submission.authorizations
        case Table.ACTIONS:
            return submission.actions
        case Table.HOLDINGS:
            return submission.holdings
        case Table.ENTITIES:
            return submission.entities


def _changed(table: Table, old: tuple[Filed, int], new: tuple[Filed, int]) -> Iterator[Change]:
    one, other = (_records(table, filed.submission)[row] for filed, row in (old, new))
    fields = tuple(
        FieldChange(
            field=field,
            before=_printed(old[0], table, old[1], field),
            after=_printed(new[0], table, new[1], field),
        )
        for field in SPEC[table].fields
        if getattr(one, field.name) != getattr(other, field.name)
    )
    if fields:
        yield Change(
            table=table,
            kind=ChangeKind.CHANGED,
            before=locate(old[0].report, table, old[1]),
            after=locate(new[0].report, table, new[1]),
            fields=fields,
        )


def _printed(filed: Filed, table: Table, row: int, field: Field) -> str:
    return print_value(filed.report.rows(table)[row].values[field.index])
