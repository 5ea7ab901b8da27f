"""Writing authorizations: the latest state with its counters, and every version as stated."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

import asyncpg

from hub.domain.ledger import Ledger
from hub.domain.state import Authorization, AuthorizationKey
from hub.storage.ids import Ids
from hub.storage.json_text import json_text
from hub.storage.rows import bulk_copy, bulk_insert, columns_of
from hub.storage.slice.applied import Applied
from hub.storage.slice.changes import Snapshot, changed
from hub.storage.tables import authorizations, participants
from schema.authorization import AuthorizationRecord
from schema.messages import AuthorizationNotice, JointCommitteeDecision

_STATE_COLUMNS: Final = (
    "party",
    "authorization_id",
    "version",
    "step",
    "status",
    "approach",
    "activity",
    "record",
    "message_id",
    "recorded_at",
    "issued",
    "first_transferred",
    "first_transfer_reserved",
    "used",
    "confirmed",
)
_NEW: Final = bulk_insert(
    authorizations.authorization_state,
    *_STATE_COLUMNS,
    ending="RETURNING authorization_ref, party, authorization_id",
)
_NEW_VERSION: Final = """
UPDATE authorization_state a
SET version = n.version, step = n.step, status = n.status, approach = n.approach,
    activity = n.activity, record = n.record, message_id = n.message_id,
    recorded_at = n.recorded_at
FROM unnest($1::text[], $2::text[], $3::int[], $4::text[], $5::text[], $6::text[], $7::text[],
            $8::jsonb[], $9::uuid[], $10::timestamptz[])
     AS n (party, authorization_id, version, step, status, approach, activity, record,
           message_id, recorded_at)
WHERE a.party = n.party AND a.authorization_id = n.authorization_id
"""
_COUNT: Final = """
UPDATE authorization_state a
SET issued = n.issued, first_transferred = n.first_transferred,
    first_transfer_reserved = n.first_transfer_reserved, used = n.used, confirmed = n.confirmed
FROM unnest($1::int[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[])
     AS n (authorization_ref, issued, first_transferred, first_transfer_reserved, used, confirmed)
WHERE a.authorization_ref = n.authorization_ref
"""
_VERSIONS: Final = bulk_copy(
    authorizations.authorization_record,
    "authorization_ref",
    "version",
    "step",
    "status",
    "approach",
    "activity",
    "confirms",
    "decision",
    "uses",
    "quantity",
    "metric",
    "parties",
    "vintages",
    "sectors",
    "activity_types",
    "authorized_on",
    "from_day",
    "until_day",
    "first_transfer_for_ndc",
    "first_transfer_for_oimp",
    "tracking_registry",
    "underlying_registry",
    "document_digest",
    "record",
    "message_id",
    "recorded_at",
)
_ENTITIES: Final = bulk_insert(
    participants.entity,
    "country",
    "entity_id",
    "name",
    "message_id",
    "recorded_at",
    ending="ON CONFLICT (country, entity_id) DO NOTHING",
)
_NAMED_ENTITIES: Final = """
INSERT INTO authorization_entity (authorization_ref, version, entity_ref, name, conditions,
                                  change_conditions)
SELECT n.authorization_ref, n.version, e.entity_ref, n.name, n.conditions, n.change_conditions
FROM unnest($1::int[], $2::int[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[])
     AS n (authorization_ref, version, country, entity_id, name, conditions, change_conditions)
JOIN entity e USING (country, entity_id)
"""
_POINT: Final = bulk_copy(
    authorizations.approach_authorization,
    "party",
    "approach",
    "authorization_ref",
    "from_day",
    "until_day",
)
_UNPOINT: Final = "DELETE FROM approach_authorization WHERE party = $1 AND approach = $2"
_APPROACHES: Final = """
INSERT INTO approach (approach, parties, recorded_at)
SELECT n.approach, array_agg(DISTINCT n.party ORDER BY n.party), $3
FROM unnest($1::text[], $2::text[]) AS n (approach, party)
GROUP BY n.approach
ON CONFLICT (approach) DO UPDATE
SET parties = ARRAY(SELECT DISTINCT unnest(approach.parties || excluded.parties) ORDER BY 1)
WHERE NOT approach.parties @> excluded.parties
"""


async def write_authorizations(
    connection: asyncpg.Connection,
    ids: Ids,
    before: Snapshot,
    after: Ledger,
    applied: Sequence[Applied],
) -> None:
    """Write states, counters, versions, entities, and which one an approach points to."""
    pairs = list(changed(before.authorizations, after.authorizations))
    new = [authorization for old, authorization in pairs if old is None]
    for number, party, name in await _NEW.fetch(connection, [_state(one) for one in new]):
        ids.authorizations.learn(AuthorizationKey(party, name), number)
    restated = [
        _state(authorization)[:10]
        for old, authorization in pairs
        if old is not None and _said(old) != _said(authorization)
    ]
    if restated:
        await connection.execute(_NEW_VERSION, *columns_of(restated))
    counted = sorted(
        (ids.authorizations.require(authorization.key), *_counters(authorization))
        for old, authorization in pairs
        if old is not None and _counters(old) != _counters(authorization)
    )
    if counted:
        await connection.execute(_COUNT, *columns_of(counted))
    await _write_versions(connection, ids, applied)
    await _write_approaches(connection, ids, before, after)


def _said(authorization: Authorization) -> object:
    return authorization.record, authorization.message_id, authorization.recorded_at


def _counters(authorization: Authorization) -> tuple[int, int, int, int, int]:
    return (
        authorization.issued,
        authorization.first_transferred,
        authorization.first_transfer_reserved,
        authorization.used,
        authorization.confirmed,
    )


def _state(authorization: Authorization) -> tuple[object, ...]:
    key, record = authorization.key, authorization.record
    return (
        key.party,
        key.authorization_id,
        record.version,
        record.step,
        record.status,
        record.elements.approach,
        record.activity,
        json_text(record),
        authorization.message_id,
        authorization.recorded_at,
        *_counters(authorization),
    )


async def _write_versions(
    connection: asyncpg.Connection, ids: Ids, applied: Sequence[Applied]
) -> None:
    stated = [
        (one, one.message.authorization)
        for one in applied
        if isinstance(one.message, AuthorizationNotice)
    ]
    await _VERSIONS.run(connection, [_version(ids, one, record) for one, record in stated])
    named = [(one, record, entity) for one, record in stated for entity in record.elements.entities]
    await _ENTITIES.run(
        connection,
        [
            (entity.country, entity.entity_id, entity.name, one.message.message_id, one.received_at)
            for one, _, entity in named
        ],
    )
    rows = {
        (number, record.version, entity.country, entity.entity_id): (
            entity.name,
            entity.conditions,
            entity.change_conditions,
        )
        for _, record, entity in named
        for number in (_number(ids, record),)
    }
    if rows:
        columns = columns_of([(*key, *words) for key, words in rows.items()])
        await connection.execute(_NAMED_ENTITIES, *columns)


def _number(ids: Ids, record: AuthorizationRecord) -> int:
    return ids.authorizations.require(AuthorizationKey(record.party, record.authorization_id))


def _version(ids: Ids, one: Applied, record: AuthorizationRecord) -> tuple[object, ...]:
    elements = record.elements
    return (
        _number(ids, record),
        record.version,
        record.step,
        record.status,
        elements.approach,
        record.activity,
        record.confirms,
        record.decision,
        elements.uses,
        elements.quantity,
        elements.metric,
        elements.parties,
        elements.vintages,
        elements.sectors,
        elements.activity_types,
        elements.dates.authorized_on,
        elements.dates.from_day,
        elements.dates.until_day,
        elements.first_transfer.for_ndc,
        elements.first_transfer.for_oimp,
        elements.tracking_registry,
        elements.underlying_registry,
        record.document_digest,
        json_text(record),
        one.message.message_id,
        one.received_at,
    )


async def _write_approaches(
    connection: asyncpg.Connection, ids: Ids, before: Snapshot, after: Ledger
) -> None:
    old, new = before.approach_authorizations, after.approach_authorizations
    stale = sorted(place for place in old if new.get(place) != old[place])
    for place in stale:
        await connection.execute(_UNPOINT, *place)
    rows = [
        (
            *place,
            ids.authorizations.require(permit.authorization),
            permit.from_day,
            permit.until_day,
        )
        for place, permits in sorted(new.items())
        if old.get(place) != permits
        for permit in permits
    ]
    await _POINT.run(connection, rows)


async def write_seen_approaches(connection: asyncpg.Connection, applied: Sequence[Applied]) -> None:
    """Remember which approaches there are and which Parties were seen in each."""
    seen = sorted(set(_seen(applied)))
    if seen:
        first_at: datetime = applied[0].received_at
        await connection.execute(_APPROACHES, *columns_of(seen), first_at)


def _seen(applied: Iterable[Applied]) -> Iterable[tuple[str, str]]:
    for one in applied:
        match one.message:
            case AuthorizationNotice(authorization=record):
                for party in (record.party, *record.elements.parties):
                    yield record.elements.approach, party
            case JointCommitteeDecision():
                yield one.message.approach, one.message.first_party
            case _:
                pass
