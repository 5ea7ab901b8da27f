"""Expire: only the hub ends a transfer whose acquirer has not answered, by its own clock."""

from collections.abc import Callable
from datetime import datetime
from typing import Final

from hub.domain.admission import Desk, Moment
from hub.domain.needs import Needs
from hub.domain.state import Outgoing, Policy
from hub.domain.transfers import expire
from hub.services.hub_acts import record_acts
from hub.services.identity import HubIdentity
from hub.services.outgoing_envelopes import owed
from hub.storage.database import Database
from hub.storage.queries.outbox import enqueue
from hub.storage.queries.transfers import due_transfers

EXPIRE_COUNT_MAX: Final = 200


async def expire_due(
    database: Database, identity: HubIdentity, policy: Policy, clock: Callable[[], datetime]
) -> int:
    """Expire what is due, in one transaction; return how many transfers ended.

    Several hubs may do this at once: a transfer is locked and looked at again before it ends.
    """
    now = clock()
    async with database.reading() as connection:
        due = await due_transfers(connection, at=now, limit=EXPIRE_COUNT_MAX)
    if not due:
        return 0
    async with database.unit_of_work() as work:
        ledger = await work.load(Needs(transfers=set(due)), changes_register=False)
        desk = Desk(
            ledger=ledger, moment=Moment(sender=identity.hub_id, received_at=now), policy=policy
        )
        outgoing: list[Outgoing] = []
        ended = []
        for transfer in list(ledger.transfers.values()):
            told = expire(desk, transfer).outgoing
            if told:
                outgoing.extend(told)
                ended.append(told[0].message)
        await work.flush(applied=[], at=now)
        await record_acts(work, identity, ended, now)
        await enqueue(work.connection, [owed(one) for one in outgoing], at=now)
    return len(ended)
