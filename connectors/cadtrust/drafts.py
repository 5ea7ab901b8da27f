"""What is to be published: records known by a key of ours, and how far the node has them.

A node gives ids of its own. A draft finds its record again by fields that never change in its
life, so that nothing needs to be remembered between two runs.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias, TypeVar

from connectors.cadtrust.answers import JsonValue, Record, StagingRow, StagingState
from connectors.cadtrust.resources import DataModel, Resource

DraftKey: TypeAlias = tuple[str, tuple[str, ...]]
"""Name of the resource and the values of the key fields."""
Found = TypeVar("Found")
Fields: TypeAlias = Mapping[str, JsonValue]


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """One record as it shall stand on the ledger."""

    resource: Resource
    key_fields: tuple[str, ...]
    """Fields of the body whose values name the record for life."""
    body: Fields
    references: Mapping[str, DraftKey] = field(default_factory=dict)
    """Fields that hold the id of another draft of the same publication."""

    @property
    def key(self) -> DraftKey:
        """What the record is known by."""
        return self.resource.name, tuple(str(self.body[name]) for name in self.key_fields)


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeView:
    """What a node has of our own: records on the ledger and rows in staging."""

    records: Mapping[str, Sequence[Record]]
    """By the name of the resource; our organisation's only."""
    staging: Sequence[StagingRow]


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How far the node has one draft."""

    draft: Draft
    confirmed: Record | None
    staged: StagingRow | None
    surplus: tuple[StagingRow, ...] = ()
    """Further rows of staging for the same draft."""
    doubles: tuple[str, ...] = ()
    """Ids of further records on the ledger with the same key."""

    @property
    def record_id(self) -> str | None:
        """The id that the node has given, if it has."""
        if self.confirmed is not None:
            return str(self.confirmed[self.draft.resource.id_field])
        return None if self.staged is None else self.staged.uuid

    def wanted(self, ids: Mapping[DraftKey, str]) -> Record:
        """Return the body to send: all that stands there, overlaid with what we say."""
        body = carried(self.draft.resource, self.confirmed or {})
        body |= self.draft.body
        body |= {name: ids[key] for name, key in self.draft.references.items()}
        return {name: value for name, value in body.items() if value is not None}

    def is_done(self, ids: Mapping[DraftKey, str]) -> bool:
        """Tell whether the ledger says what we say."""
        return self.confirmed is not None and holds(self.confirmed, self.wanted(ids))

    def is_staged(self, ids: Mapping[DraftKey, str]) -> bool:
        """Tell whether what waits in staging says what we say."""
        if self.staged is None or not self.staged.diff.records:
            return False
        return holds(self.staged.diff.records[0], self.wanted(ids))


class Assessment(NamedTuple):
    """Where a publication stands, by what the node shows."""

    standings: tuple[Standing, ...]
    strangers: tuple[StagingRow, ...]
    """Rows of staging that are not committed and are none of ours."""


def assess(drafts: Iterable[Draft], view: NodeView) -> Assessment:
    """Find each draft among the records and the staging rows."""
    by_key = {draft.key: draft for draft in drafts}
    forms = {(draft.resource, draft.key_fields) for draft in by_key.values()}
    records = _index(
        (resource, names, record, record)
        for resource, names in forms
        for record in view.records[resource.name]
    )
    rows = _index(
        (resource, names, record, row)
        for resource, names in forms
        for row in view.staging
        if row.table.lower() in {resource.table.lower(), resource.name}
        for record in row.diff.records[:1]
    )
    rows_by_id = {row.uuid: row for row in view.staging}
    standings = tuple(
        _standing(draft, records.get(key, []), rows.get(key, []), rows_by_id)
        for key, draft in by_key.items()
    )
    ours = {row.uuid for each in standings for row in (each.staged, *each.surplus) if row}
    strangers = (
        row for row in view.staging if row.state is StagingState.STAGED and row.uuid not in ours
    )
    return Assessment(standings, tuple(strangers))


def _index(
    entries: Iterable[tuple[Resource, tuple[str, ...], Record, Found]],
) -> dict[DraftKey, list[Found]]:
    index: dict[DraftKey, list[Found]] = {}
    for resource, names, record, found in entries:
        key = resource.name, tuple(str(record.get(name)) for name in names)
        index.setdefault(key, []).append(found)
    return index


def _standing(
    draft: Draft,
    known: list[Record],
    rows: list[StagingRow],
    rows_by_id: Mapping[str, StagingRow],
) -> Standing:
    known.sort(key=lambda record: str(record.get("createdAt", "")))
    ids = [str(record[draft.resource.id_field]) for record in known]
    mine = {row.uuid: row for row in rows}
    mine |= {each: rows_by_id[each] for each in ids if each in rows_by_id}
    staged = list(mine.values())
    return Standing(
        draft=draft,
        confirmed=known[0] if known else None,
        staged=staged[0] if staged else None,
        surplus=tuple(staged[1:]),
        doubles=tuple(ids[1:]),
    )


def carried(resource: Resource, record: Fields) -> Record:
    """Return the fields of a record that a change must carry, so that none is dropped.

    A v1 unit keeps its issuance, and any record its children, only when they are named again.
    """
    names = {*resource.fields, *resource.aliases.values()}
    body: Record = {
        name: value for name, value in record.items() if name in names and value is not None
    }
    if resource.model is DataModel.V1:
        for name, value in body.items():
            if isinstance(value, dict):
                body[name] = {"id": value.get("id")}
            elif isinstance(value, list):
                body[name] = [
                    {"id": child.get("id")} if isinstance(child, dict) else child for child in value
                ]
    return body


def holds(record: Fields, wanted: Fields) -> bool:
    """Tell whether a record says everything that is wanted; what it says besides does not count."""
    return all(_same(record.get(name), value) for name, value in wanted.items())


def _same(told: JsonValue, wanted: JsonValue) -> bool:
    match wanted:
        case dict():
            return isinstance(told, dict) and holds(told, wanted)
        case list():
            if not isinstance(told, list) or len(told) != len(wanted):
                return False
            return all(_same(each, want) for each, want in zip(told, wanted, strict=True))
        case _:
            # Builds differ in whether numbers come back as numbers or as text.
            return str(told) == str(wanted)
