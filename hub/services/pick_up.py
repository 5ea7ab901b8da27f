"""Pick-up: registries that cannot be called read what the hub owes them, page by page."""

from collections.abc import Callable
from datetime import datetime

from connectors.protocol import OUTBOX_PAGE_MAX, OutboxPage
from hub.services.identity import HubIdentity
from hub.services.outgoing_envelopes import sign_anew
from hub.storage.database import Database
from hub.storage.queries.outbox import pull, store_signed


async def read_outbox(
    database: Database,
    identity: HubIdentity,
    clock: Callable[[], datetime],
    *,
    registry: str,
    after: int,
) -> OutboxPage:
    """Return the next page for `registry`; an envelope that has expired is issued anew."""
    now = clock()
    async with database.unit_of_work() as work:
        deliveries = await pull(
            work.connection, destination=registry, after=after, limit=OUTBOX_PAGE_MAX
        )
        signed = {delivery.outbox_id: sign_anew(delivery, identity, now) for delivery in deliveries}
        await store_signed(work.connection, [one for one in signed.values() if one is not None])
    envelopes = []
    for delivery in deliveries:
        anew = signed[delivery.outbox_id]
        envelope = delivery.envelope if anew is None else anew.envelope
        assert envelope is not None, "signed above"
        envelopes.append(envelope.decode("ascii"))
    cursor = deliveries[-1].outbox_id if deliveries else after
    return OutboxPage(
        envelopes=tuple(envelopes),
        cursor=str(cursor),
        complete=len(deliveries) < OUTBOX_PAGE_MAX,
    )
