"""The year of a Party as the ledger's history tells it, streamed with server-side cursors.

All queries of one report run in one repeatable-read transaction, so that they see one state.
"""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import asyncpg
import msgspec

from hub.domain.aef.ledger_source import Birth, Happening, Held, StatedAuthorization
from hub.domain.aef.position import Placing, by_birth, holdings_of
from hub.domain.state import EventKind, Interval
from schema.authorization import AuthorizationRecord
from schema.codes import Metric, MitigationType, Purpose
from schema.identifiers import ApproachId, ItmoSeries, PartyId, RegistryId

CHUNK_ROWS: Final = 2_000

# A Party's registry speaks for its Party; in a shared registry the holder of the account does.
_OWNERS: Final = """
owner AS (
    SELECT a.account_id, a.registry,
           CASE WHEN r.kind IN ('party registry', 'JCM registry') THEN r.party
                ELSE a.holder_party END AS party
    FROM account a JOIN registry r USING (registry)
)
"""
_EVENTS: Final = f"""
WITH {_OWNERS}, told AS (
    SELECT e.event_id, e.kind, e.series_id, e.first, e.last, e.registry, e.authorization_ref,
           e.happened_at, e.message_id, e.transfer_id, e.purpose, e.using_party, e.using_entity,
           e.year_of_use, s.approach, s.registry AS origin, s.first_party, s.vintage,
           coalesce(e.from_account_id = e.to_account_id, e.from_account_id IS NULL) AS at_birth,
           f.party AS from_party, t.party AS to_party,
           CASE WHEN e.kind = 'acquisition' OR f.registry IS DISTINCT FROM e.registry
                THEN t.party ELSE f.party END AS reporter
    FROM unit_event e
    JOIN series s USING (series_id)
    LEFT JOIN owner f ON f.account_id = e.from_account_id
    LEFT JOIN owner t ON t.account_id = e.to_account_id
    WHERE e.happened_at BETWEEN $2 AND $3
      AND e.authorization_ref IS NOT NULL
      AND e.kind NOT IN ('issuance', 'authorization')
)
SELECT told.*, b.first AS birth_first, b.last AS birth_last, b.activity, b.mitigation_type,
       b.metric, b.unit, b.quantity, b.underlying_registry, b.underlying_first_unit,
       b.underlying_last_unit
FROM told
JOIN LATERAL (
    SELECT i.* FROM issuance i
    WHERE i.series_id = told.series_id AND i.last >= told.first AND i.first <= told.last
      AND i.first >= coalesce((SELECT max(j.first) FROM issuance j
                               WHERE j.series_id = told.series_id AND j.first <= told.first),
                              told.first)
) b ON true
WHERE told.reporter = $1 OR (told.kind = 'first transfer' AND told.first_party = $1)
ORDER BY told.happened_at, told.event_id, b.first
"""  # noqa: S608 - our own text
_UNDONE: Final = """
SELECT t.transfer_id AS original, t.corrected_by AS undoing
FROM transfer t JOIN transfer b ON b.transfer_id = t.corrected_by
WHERE t.decided_at BETWEEN $1 AND $2 AND b.decided_at BETWEEN $1 AND $2 AND b.state = 'completed'
UNION
SELECT a.message_id, a.corrected_by
FROM action_record a
JOIN unit_event e ON e.message_id = a.message_id
JOIN unit_event u ON u.message_id = a.corrected_by
WHERE e.happened_at BETWEEN $1 AND $2 AND u.happened_at BETWEEN $1 AND $2
"""
_PLACINGS: Final = f"""
WITH {_OWNERS}
SELECT e.series_id, e.first, e.last, e.kind, t.party, t.registry, e.authorization_ref
FROM unit_event e LEFT JOIN owner t ON t.account_id = e.to_account_id
WHERE e.happened_at <= $2 AND e.series_id = $1
ORDER BY e.event_id DESC
"""  # noqa: S608 - our own text
_SERIES_HELD: Final = f"""
WITH {_OWNERS}
SELECT s.series_id, s.approach, s.registry, s.first_party, s.vintage
FROM series s
WHERE EXISTS (
    SELECT FROM unit_event e JOIN owner t ON t.account_id = e.to_account_id
    WHERE e.series_id = s.series_id AND t.party = $1 AND e.happened_at <= $2)
ORDER BY s.approach, s.first_party, s.registry, s.vintage
"""  # noqa: S608 - our own text
_BIRTHS: Final = """
SELECT first AS birth_first, last AS birth_last, activity, mitigation_type, metric, unit, quantity,
       underlying_registry, underlying_first_unit, underlying_last_unit
FROM issuance WHERE series_id = $1 ORDER BY first
"""
_AUTHORIZATIONS: Final = """
SELECT r.authorization_ref, r.record::text, r.recorded_at,
       coalesce(a.sectors, '{}') AS sectors, coalesce(a.activity_types, '{}') AS activity_types
FROM authorization_record r LEFT JOIN activity a USING (approach, activity)
ORDER BY r.authorization_ref, r.version
"""

Row = Any
"""A record of asyncpg, which publishes no types."""


async def load_authorizations(connection: asyncpg.Connection) -> list[StatedAuthorization]:
    """Load every version of every authorization: few beside the events under them."""
    return [
        StatedAuthorization(
            number=row["authorization_ref"],
            record=msgspec.json.decode(row["record"], type=AuthorizationRecord),
            recorded_at=row["recorded_at"],
            activity_sectors=tuple(row["sectors"]),
            activity_types=tuple(row["activity_types"]),
        )
        for row in await connection.fetch(_AUTHORIZATIONS)
    ]


async def stream_events(
    connection: asyncpg.Connection, party: str, since: datetime, until: datetime
) -> AsyncIterator[Happening]:
    """Yield what a Party reports of a time, both ends included, in order of time.

    What was done and taken back within the time is left out, the taking back too.
    """
    undone = await _undone(connection, since, until)
    async for row in connection.cursor(_EVENTS, party, since, until, prefetch=CHUNK_ROWS):
        if row["transfer_id"] not in undone and row["message_id"] not in undone:
            yield _happening(row)


async def _undone(connection: asyncpg.Connection, since: datetime, until: datetime) -> set[UUID]:
    rows = await connection.fetch(_UNDONE, since, until)
    return {number for row in rows for number in (row["original"], row["undoing"])}


async def stream_holdings(
    connection: asyncpg.Connection, party: str, at: datetime
) -> AsyncIterator[Held]:
    """Yield what a Party held at an instant, series by series; memory holds one series at a time.

    The history alone counts; what the tables say about today's holdings is never read.
    """
    for row in await connection.fetch(_SERIES_HELD, party, at):
        series = _series(row["approach"], row["registry"], row["first_party"], row["vintage"])
        placings = [
            Placing(first, last, EventKind(kind), holder, registry, authorization)
            for _, first, last, kind, holder, registry, authorization in await connection.fetch(
                _PLACINGS, row["series_id"], at
            )
        ]
        pieces = holdings_of(party, placings)
        if not pieces:
            continue
        births = map(_birth, await connection.fetch(_BIRTHS, row["series_id"]))
        for piece, birth in by_birth(pieces, births):
            yield Held(
                interval=Interval(series, piece.first, piece.last),
                birth=birth,
                registry=piece.registry,
                authorization=piece.authorization,
            )


def _happening(row: Row) -> Happening:
    birth = _birth(row)
    purpose = row["purpose"]
    series = _series(row["approach"], row["origin"], row["first_party"], row["vintage"])
    return Happening(
        kind=EventKind(row["kind"]),
        interval=Interval(series, max(row["first"], birth.first), min(row["last"], birth.last)),
        birth=birth,
        registry=row["registry"],
        reporter=row["reporter"],
        is_at_birth=row["at_birth"],
        from_party=row["from_party"],
        to_party=row["to_party"],
        authorization=row["authorization_ref"],
        happened_at=row["happened_at"],
        message_id=row["message_id"],
        transfer_id=row["transfer_id"],
        purpose=None if purpose is None else Purpose(purpose),
        using_party=row["using_party"],
        using_entity=row["using_entity"],
        year_of_use=row["year_of_use"],
    )


def _birth(row: Row) -> Birth:
    return Birth(
        first=row["birth_first"],
        last=row["birth_last"],
        activity=row["activity"],
        mitigation_type=MitigationType(row["mitigation_type"]),
        metric=Metric(row["metric"]),
        unit=row["unit"],
        quantity=row["quantity"],
        underlying_registry=row["underlying_registry"],
        underlying_first=row["underlying_first_unit"],
        underlying_last=row["underlying_last_unit"],
    )


def _series(approach: str, registry: str, first_party: str, vintage: int) -> ItmoSeries:
    return ItmoSeries(ApproachId(approach), RegistryId(registry), PartyId(first_party), vintage)
