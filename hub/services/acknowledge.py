"""Acknowledge: a registry that reads the outbox says what it keeps, which ends the delivery."""

from datetime import datetime
from hashlib import sha256

import asyncpg

from hub.services.batch_plan import BatchPlan
from hub.storage.queries.outbox import Delivery, find_deliveries, mark_done
from schema.messages import Acknowledgement
from schema.refusals import Refusal, RefusalCode, refuse


async def end_deliveries(connection: asyncpg.Connection, plan: BatchPlan, now: datetime) -> None:
    """End what the acknowledgements of a batch are about; refuse those that are about nothing."""
    acknowledgements = list(plan.acknowledgements())
    if not acknowledgements:
        return
    known = await find_deliveries(connection, {one.in_reply_to for _, _, one in acknowledgements})
    done: list[tuple[int, bytes | None]] = []
    for planned, told, message in acknowledgements:
        delivery = known.get(message.in_reply_to)
        refusal = _fault(delivery, message, planned.sender)
        if refusal is not None:
            told.refusals = (refusal,)
        elif delivery is not None:
            done.append((delivery.outbox_id, planned.pending.envelope.raw))
    await mark_done(connection, sorted(done), at=now)


def _fault(delivery: Delivery | None, message: Acknowledgement, sender: str) -> Refusal | None:
    if delivery is None or delivery.destination != sender or delivery.envelope is None:
        words = f"no envelope {message.in_reply_to} waits for {sender}"
        return refuse(RefusalCode.RECORD_UNKNOWN, words)
    if sha256(delivery.envelope).hexdigest() != message.envelope_digest:
        words = f"envelope {message.in_reply_to} has other bytes"
        return refuse(RefusalCode.RECORD_UNKNOWN, words)
    return None
