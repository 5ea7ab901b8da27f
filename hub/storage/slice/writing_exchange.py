"""Writing the exchange: transfers, actions and corrections."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import asyncpg

from hub.domain.ledger import Ledger
from hub.domain.state import Interval, Transfer
from hub.storage.ids import Ids
from hub.storage.json_text import json_text
from hub.storage.rows import bulk_copy, bulk_insert, columns_of
from hub.storage.slice.changes import Snapshot, changed
from hub.storage.tables import exchange

_TRANSFERS: Final = bulk_copy(
    exchange.transfer,
    "transfer_id",
    "message_id",
    "state",
    "from_registry",
    "from_account",
    "to_registry",
    "to_account",
    "purpose",
    "authorization_party",
    "authorization_id",
    "units",
    "proposed_at",
    "answer_until",
    "decided_at",
    "reason",
    "proposal",
    "outcomes",
    "asked",
    "reverses",
    "corrected_by",
    "changed_at",
)
_MOVE_ON: Final = """
UPDATE transfer t
SET state = n.state, answer_until = n.answer_until, decided_at = n.decided_at,
    reason = n.reason, outcomes = n.outcomes, corrected_by = n.corrected_by, changed_at = $8
FROM unnest($1::uuid[], $2::text[], $3::timestamptz[], $4::timestamptz[], $5::text[],
            $6::jsonb[], $7::uuid[])
     AS n (transfer_id, state, answer_until, decided_at, reason, outcomes, corrected_by)
WHERE t.transfer_id = n.transfer_id
"""
_BLOCKS: Final = bulk_copy(
    exchange.transfer_block,
    "transfer_id",
    "position",
    "series_id",
    "first",
    "last",
    "quantity",
    "unit",
)
_FIRST_TRANSFERS: Final = bulk_copy(
    exchange.transfer_first_transfer, "transfer_id", "position", "series_id", "first", "last"
)
_ACTIONS: Final = bulk_insert(
    exchange.action_record,
    "message_id",
    "registry",
    "action",
    "from_account",
    "to_account",
    "authorization_party",
    "authorization_id",
    "corrected_by",
    "recorded_at",
    ending="ON CONFLICT (message_id) DO UPDATE SET corrected_by = excluded.corrected_by",
)
_ACTION_BLOCKS: Final = bulk_copy(
    exchange.action_block, "message_id", "position", "series_id", "first", "last"
)
_CORRECTIONS: Final = bulk_copy(
    exchange.correction,
    "message_id",
    "registry",
    "kind",
    "corrects",
    "replacement",
    "approvers",
    "reason",
    "recorded_at",
)


async def write_transfers(
    connection: asyncpg.Connection, ids: Ids, before: Snapshot, after: Ledger, at: datetime
) -> None:
    """Write new transfers with their blocks, and move known ones on."""
    pairs = list(changed(before.transfers, after.transfers))
    new = [transfer for old, transfer in pairs if old is None]
    await _TRANSFERS.run(connection, [_new(transfer, at) for transfer in new])
    await _BLOCKS.run(
        connection,
        [
            (
                one.transfer_id,
                position,
                *_serials(ids, block.interval),
                block.quantity,
                block.unit,
            )
            for one in new
            for position, block in enumerate(one.blocks)
        ],
    )
    await _FIRST_TRANSFERS.run(
        connection,
        [
            (one.transfer_id, position, *_serials(ids, interval))
            for one in new
            for position, interval in enumerate(one.first_transfer)
        ],
    )
    moved = [_moved_on(old, transfer) for old, transfer in pairs if old is not None]
    if moved:
        await connection.execute(_MOVE_ON, *columns_of(moved), at)


def _serials(ids: Ids, interval: Interval) -> tuple[int, int, int]:
    return ids.series.require(interval.series), interval.first, interval.last


def _new(transfer: Transfer, at: datetime) -> tuple[object, ...]:
    return (
        transfer.transfer_id,
        transfer.message_id,
        transfer.state,
        transfer.from_account.registry,
        transfer.from_account.account,
        transfer.to_account.registry,
        transfer.to_account.account,
        transfer.purpose,
        transfer.authorization.party,
        transfer.authorization.authorization_id,
        sum(block.interval.count for block in transfer.blocks),
        transfer.proposed_at,
        transfer.answer_until,
        transfer.decided_at,
        transfer.reason,
        None if transfer.proposal is None else json_text(transfer.proposal),
        json_text(transfer.outcomes),
        transfer.asked,
        transfer.reverses,
        transfer.corrected_by,
        at,
    )


def _moved_on(old: Transfer, transfer: Transfer) -> tuple[object, ...]:
    assert (old.blocks, old.first_transfer) == (transfer.blocks, transfer.first_transfer), (
        "the serials of a transfer never change"
    )
    return (
        transfer.transfer_id,
        transfer.state,
        transfer.answer_until,
        transfer.decided_at,
        transfer.reason,
        json_text(transfer.outcomes),
        transfer.corrected_by,
    )


async def write_actions(
    connection: asyncpg.Connection, ids: Ids, before: Snapshot, after: Ledger, at: datetime
) -> None:
    """Write new actions with their serials, and which of the known ones were corrected."""
    pairs = list(changed(before.actions, after.actions))
    rows = [
        (
            action.message_id,
            action.from_account.registry,
            action.action,
            action.from_account.account,
            action.to_account.account,
            action.authorization and action.authorization.party,
            action.authorization and action.authorization.authorization_id,
            action.corrected_by,
            at,
        )
        for _, action in pairs
    ]
    await _ACTIONS.run(connection, rows)
    await _ACTION_BLOCKS.run(
        connection,
        [
            (action.message_id, position, *_serials(ids, interval))
            for old, action in pairs
            if old is None
            for position, interval in enumerate(action.intervals)
        ],
    )


async def write_corrections(
    connection: asyncpg.Connection, before: Snapshot, after: Ledger, at: datetime
) -> None:
    """Write new corrections; a correction itself never changes."""
    rows: Sequence[tuple[object, ...]] = [
        (
            one.message_id,
            one.registry,
            one.kind,
            one.corrects,
            one.replacement,
            one.approvers,
            one.reason,
            at,
        )
        for _, one in changed(before.corrections, after.corrections)
    ]
    await _CORRECTIONS.run(connection, rows)
