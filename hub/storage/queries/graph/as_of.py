"""Holdings as the hub knew them at a moment: what stands now, with what happened since undone.

Blocks are cut and never joined, so all serials of a block that is held now have one history, and it
is enough to ask for that of its first serial. A series in which nothing happened since the moment
is taken as it stands: the cost grows with what has changed, not with what is held. Reservations
are no part of the history, so none is told.
"""

from datetime import datetime
from typing import Final

from sqlalchemy import FromClause, bindparam, column, text

from hub.storage.queries.graph.model import SQL_TYPES
from hub.storage.tables.units import holding

_THEN: Final = """
WITH since AS MATERIALIZED (
    SELECT e.series_id, e.first, e.last FROM unit_event e WHERE e.recorded_at > :moment
)
SELECT {as_they_are} FROM holding h WHERE h.series_id NOT IN (SELECT s.series_id FROM since s)
UNION ALL
SELECT {as_they_were}
FROM holding h
LEFT JOIN LATERAL (
    SELECT true AS changed FROM since s
    WHERE s.series_id = h.series_id AND s.first <= h.first AND s.last >= h.first
    LIMIT 1
) c ON true
LEFT JOIN LATERAL (
    SELECT e.to_account_id, e.kind, e.authorization_ref, e.message_id, e.transfer_id
    FROM unit_event e
    WHERE c.changed AND e.series_id = h.series_id AND e.first <= h.first AND e.last >= h.first
      AND e.recorded_at <= :moment
    ORDER BY e.event_id DESC
    LIMIT 1
) l ON true
LEFT JOIN LATERAL (
    SELECT coalesce(f.transfer_id, f.message_id) AS record
    FROM unit_event f
    WHERE c.changed AND f.kind = 'first transfer' AND f.series_id = h.series_id
      AND f.first <= h.first AND f.last >= h.first AND f.recorded_at <= :moment
      AND NOT EXISTS (
          SELECT FROM unit_event r JOIN correction x ON x.message_id = r.message_id
          WHERE r.kind = 'reversal' AND r.series_id = h.series_id AND r.first <= h.first
            AND r.last >= h.first AND r.recorded_at <= :moment AND r.event_id > f.event_id
            AND x.corrects IN (f.message_id, f.transfer_id)
      )
    ORDER BY f.event_id DESC
    LIMIT 1
) t ON true
WHERE h.series_id IN (SELECT s.series_id FROM since s)
  AND (c.changed IS NULL OR l.to_account_id IS NOT NULL)
"""

_STATUS: Final = """CASE l.kind
    WHEN 'use towards NDC' THEN 'used towards NDC'
    WHEN 'use for OIMP' THEN 'used for OIMP'
    WHEN 'voluntary cancellation' THEN 'cancelled'
    WHEN 'cancellation for OMGE' THEN 'cancelled for OMGE'
    WHEN 'adaptation share' THEN 'cancelled for adaptation'
    WHEN 'retirement' THEN 'retired'
    ELSE 'held' END"""
_THEIRS: Final = {
    "account_id": "l.to_account_id",
    "status": _STATUS,
    "authorization_ref": "l.authorization_ref",
    "first_transfer": "t.record",
    "last_record": "coalesce(l.transfer_id, l.message_id)",
}
"""What may have been otherwise, and how it was."""


def _now(name: str) -> str:
    return "NULL::uuid AS reserved_by" if name == "reserved_by" else f"h.{name}"


def _then(name: str) -> str:
    if name not in _THEIRS:
        return _now(name)
    return f"CASE WHEN c.changed THEN {_THEIRS[name]} ELSE h.{name} END AS {name}"


_NAMES: Final = tuple(held.name for held in holding.columns)
_STATEMENT: Final = _THEN.format(
    as_they_are=", ".join(map(_now, _NAMES)), as_they_were=", ".join(map(_then, _NAMES))
)


def holdings_at(parameter: str) -> FromClause:
    """Return the rows of `holding` as they were at the moment that the parameter gives."""
    statement = text(_STATEMENT.replace(":moment", f":{parameter}"))
    typed = statement.bindparams(bindparam(parameter, type_=SQL_TYPES[datetime]))
    kinds = [column(held.name, held.type) for held in holding.columns]
    return typed.columns(*kinds).subquery()
