"""A submission of the AEF as v2 records, and back.

The AEF form is what the hub keeps; the node's form is made and undone here. What the node cannot
hold is counted, row by row that is left out included.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import ROUND_DOWN, Decimal
from typing import Final

from connectors.cadtrust.answers import JsonValue, Record
from connectors.cadtrust.drafts import Draft, DraftKey
from connectors.cadtrust.resources import (
    AEF_RESOURCES,
    AUTHORIZATION_REFERENCE,
    SUBMISSION_REFERENCE,
    Resource,
)
from schema.aef.fields import Field, Table
from schema.aef.profile import Profile
from schema.aef.records import Submission
from schema.aef.render import Loss, Renderer
from schema.aef.render import Record as AefRecord
from schema.aef.rows import Report, Row, report_from_rows, row_from_keys
from schema.aef.tables import SPEC
from schema.aef.values import Value, print_value

NOTHING: Final = "NA"
"""Written where the node requires a value and the AEF has none; read back as empty."""
CENTS: Final = Decimal("0.01")

_KEYS: Final[Mapping[Table, tuple[str, ...]]] = {
    Table.SUBMISSION: ("party", "reported_year", "version"),
    Table.ENTITIES: ("entity_id", "approach_id"),
    Table.AUTHORIZATIONS: ("authorization_id", "version", "approach_id"),
    Table.ACTIONS: (
        "date",
        "type",
        "approach_id",
        "authorization_id",
        "first_transferring_party",
        "registry_id",
        "first_id",
        "last_id",
        "vintage",
    ),
    Table.HOLDINGS: (
        "approach_id",
        "authorization_id",
        "first_transferring_party",
        "registry_id",
        "first_id",
        "last_id",
        "vintage",
    ),
}
"""What names a row for life, beside the submission that it belongs to."""


class Spelling:
    """How one node spells the keys that have two spellings; learnt from the node itself."""

    def __init__(self) -> None:
        """Start with the usual spellings."""
        self._other: dict[str, str] = {}

    def learn(self, resource: Resource, record: Record | None) -> None:
        """Take over the spelling of a record that the node gave out."""
        for usual, other in resource.aliases.items():
            if record is not None and other in record and usual not in record:
                self._other[usual] = other

    def learn_from_refusal(self, detail: str) -> bool:
        """Take over the spelling that a refusal asks for; False when it asks for none."""
        for resource in AEF_RESOURCES.values():
            for usual, other in resource.aliases.items():
                unwanted = f'"{usual}" is not allowed' in detail
                if usual not in self._other and (unwanted or f'"{other}" is required' in detail):
                    self._other[usual] = other
                    return True
        return False

    def of(self, key: str) -> str:
        """Return the node's spelling of a key."""
        return self._other.get(key, key)


@dataclass(frozen=True, slots=True, kw_only=True)
class AefDrafts:
    """Rows ready to be published, and what the node cannot hold of them."""

    drafts: tuple[Draft, ...]
    losses: Counter[Loss] = field(default_factory=Counter)


class AefWriter:
    """Writes the rows of one submission for one node."""

    def __init__(self, submission: Submission, profile: Profile, spelling: Spelling) -> None:
        """Take the submission in the AEF's own form; the profile is that of CAD Trust v2."""
        self._submission = submission
        self._profile = profile
        self._spelling = spelling

    def heading(self) -> AefDrafts:
        """Write entities and the submission itself, to which all other rows belong."""
        renderer = Renderer(self._profile)
        records: list[AefRecord] = [*self._submission.entities, self._submission.submission]
        tables = [*(Table.ENTITIES for _ in self._submission.entities), Table.SUBMISSION]
        drafts = [
            self._draft(table, renderer, record)
            for table, record in zip(tables, records, strict=True)
        ]
        return AefDrafts(drafts=tuple(drafts), losses=renderer.losses)

    def rows(self, submission_id: str) -> AefDrafts:
        """Write the authorizations, actions and holdings of the submission with that id."""
        renderer = Renderer(self._profile)
        belongs: dict[str, JsonValue] = {SUBMISSION_REFERENCE: submission_id}
        authorizations: dict[str | None, DraftKey] = {}
        drafts = []
        for authorization in self._submission.authorizations:
            draft = self._draft(Table.AUTHORIZATIONS, renderer, authorization, belongs)
            authorizations[authorization.authorization_id] = draft.key
            drafts.append(draft)
        left_out: Counter[Loss] = Counter()
        for action in self._submission.actions:
            refers_to = authorizations.get(action.authorization_id)
            if refers_to is None:
                reason = "the node holds no action without a row of Table 2 for its authorization"
                left_out[Loss(Table.ACTIONS, "authorization_id", reason)] += 1
                continue
            references = {AUTHORIZATION_REFERENCE: refers_to}
            drafts.append(self._draft(Table.ACTIONS, renderer, action, belongs, references))
        drafts += [
            self._draft(Table.HOLDINGS, renderer, holding, belongs)
            for holding in self._submission.holdings
        ]
        return AefDrafts(drafts=tuple(drafts), losses=renderer.losses + left_out)

    def _draft(
        self,
        table: Table,
        renderer: Renderer,
        record: AefRecord,
        belongs: Mapping[str, JsonValue] | None = None,
        references: Mapping[str, DraftKey] | None = None,
    ) -> Draft:
        resource, spec = AEF_RESOURCES[table], SPEC[table]
        body = dict(self._cells(resource, renderer.row(record), spec.fields))
        key_names = (self._spelling.of(spec[name].key) for name in _KEYS[table])
        belongs = {} if belongs is None else belongs
        return Draft(
            resource=resource,
            key_fields=(*belongs, *(name for name in key_names if name in body)),
            body={**body, **belongs},
            references={} if references is None else references,
        )

    def _cells(
        self, resource: Resource, row: Row, fields: Iterable[Field]
    ) -> Iterator[tuple[str, JsonValue]]:
        for each, value in zip(fields, row.values, strict=True):
            if value is not None:
                yield self._spelling.of(each.key), _json_of(each, value)
            elif each.key in resource.required:
                yield self._spelling.of(each.key), NOTHING


def _json_of(of: Field, value: Value) -> JsonValue:
    if of.name == "version":
        return str(value)
    match value:
        case Decimal():
            # The profile counts the loss; rounding down never states more than there is.
            return float(value.quantize(CENTS, ROUND_DOWN))
        case int() | str():
            return value
        case _:
            return print_value(value)


@dataclass(frozen=True, slots=True, kw_only=True)
class AefOnNode:
    """One submission as a node holds it."""

    organisation: str
    submission_id: str
    report: Report
    """The rows in the AEF's form; `schema.aef.interpret` says what they mean."""
    originals: Mapping[Table, tuple[Record, ...]]


def read_submissions(
    records: Mapping[Table, Iterable[Record]], profile: Profile
) -> tuple[AefOnNode, ...]:
    """Put the rows of each submission together; entities belong to their organisation."""
    known = {table: tuple(rows) for table, rows in records.items()}
    id_field = AEF_RESOURCES[Table.SUBMISSION].id_field
    found = []
    for heading in known.get(Table.SUBMISSION, ()):
        submission_id, organisation = str(heading[id_field]), str(heading.get("orgUid"))
        originals = {
            table: tuple(row for row in rows if row.get(SUBMISSION_REFERENCE) == submission_id)
            for table, rows in known.items()
        }
        originals[Table.SUBMISSION] = (heading,)
        entities = known.get(Table.ENTITIES, ())
        originals[Table.ENTITIES] = tuple(
            row for row in entities if str(row.get("orgUid")) == organisation
        )
        rows = {
            table: [_row(table, row, profile, number) for number, row in enumerate(those, start=1)]
            for table, those in originals.items()
        }
        found.append(
            AefOnNode(
                organisation=organisation,
                submission_id=submission_id,
                report=report_from_rows(rows, source=f"CAD Trust {organisation}"),
                originals=originals,
            )
        )
    return tuple(found)


def _row(table: Table, record: Record, profile: Profile, number: int) -> Row:
    spec = SPEC[table]
    fields = spec.by_key()
    return row_from_keys(
        spec,
        {
            key: _value_of(fields[key], value, profile)
            for key, value in record.items()
            if key in fields and value is not None
        },
        fields,
        number=number,
    )


def _value_of(of: Field, value: JsonValue, profile: Profile) -> Value:
    """Undo the node's spelling of a value; two spellings of one key are never both filled."""
    match value:
        case bool() | list() | dict():
            return str(value)
        case float():
            return Decimal(str(value))
        case str() if of.code_list is not None:
            return _official(profile, of.code_list, value)
        case _:
            return value


def _official(profile: Profile, code_list: str, value: str) -> str:
    merged = profile.merged.get(code_list, ())
    for official, own in profile.values.get(code_list, {}).items():
        if own == value and official not in merged:
            return official
    return value
