"""Typed rows as JSON that reads back equal: how a frozen submission is kept.

Not a published format: that is the JSON of raw rows with the official keys.
"""

import datetime as dt
from typing import Any, Final

import msgspec

from schema.aef.fields import Table
from schema.aef.records import (
    ActionRecord,
    AuthorizationRecord,
    EntityRecord,
    HoldingRecord,
    SubmissionRecord,
)

Record = SubmissionRecord | AuthorizationRecord | ActionRecord | HoldingRecord | EntityRecord

RECORD_OF: Final[dict[Table, type[Record]]] = {
    Table.SUBMISSION: SubmissionRecord,
    Table.AUTHORIZATIONS: AuthorizationRecord,
    Table.ACTIONS: ActionRecord,
    Table.HOLDINGS: HoldingRecord,
    Table.ENTITIES: EntityRecord,
}
_ENCODER: Final = msgspec.json.Encoder(order="deterministic")
_DECODER: Final = msgspec.json.Decoder(dict[str, Any])
_DATE_CHARS: Final = 10


def record_to_json(record: Record) -> str:
    """Write a row; fields without a value are left out."""
    values = msgspec.to_builtins(record)
    kept = {name: value for name, value in values.items() if value is not None and value != []}
    return _ENCODER.encode(kept).decode()


def record_from_json(table: Table, text: str) -> Record:
    """Read a row back.

    Raises:
        msgspec.ValidationError: the text is no row of this table.
    """
    values = _DECODER.decode(text)
    if table is not Table.ACTIONS or "date" not in values:
        return msgspec.convert(values, RECORD_OF[table])
    # A calendar date or a timestamp: no decoder can choose between the two by type.
    moment = values.pop("date")
    record = msgspec.convert(values, ActionRecord)
    return msgspec.structs.replace(record, date=_moment(moment))


def _moment(text: str) -> dt.date:
    if len(text) == _DATE_CHARS:
        return dt.date.fromisoformat(text)
    return dt.datetime.fromisoformat(text)
