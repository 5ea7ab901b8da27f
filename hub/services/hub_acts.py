"""What the hub decides itself is recorded like any message: signed, kept, and in the journal.

The envelope is addressed to the hub, so that the audit finds the act in the order in which it
happened and can repeat it.
"""

from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256
from uuid import uuid4

from hub.journal.entries import EntryOutcome, JournalEntry, encode_entry, instant_text
from hub.services.identity import HubIdentity
from hub.storage.queries.journal import NewLeaf, append_leaves
from hub.storage.queries.messages import NewEnvelope, NewMessage, store_envelopes
from hub.storage.unit_of_work import UnitOfWork
from schema.codec import encode_body
from schema.codes import ReceiptResult
from schema.messages import HubMessage, TransferOutcome, kind_of


async def record_acts(
    work: UnitOfWork, identity: HubIdentity, acts: Sequence[HubMessage], now: datetime
) -> None:
    """Keep and journal acts of the hub, in order; call it late in the transaction."""
    envelopes, entries = [], []
    for act in acts:
        jti, kind, body = uuid4(), kind_of(act), encode_body(act)
        raw = identity.seal(act, identity.hub_id, now, jti)
        transfer_id = act.transfer_id if isinstance(act, TransferOutcome) else None
        envelopes.append(
            NewEnvelope(
                jti=jti,
                digest=sha256(raw[: raw.rindex(b".")]).digest(),
                sender=identity.hub_id,
                key_id=identity.message_key.public.key_id,
                kind=kind,
                message_id=act.message_id,
                received_at=now,
                raw=raw,
                messages=(
                    NewMessage(
                        message_id=act.message_id,
                        body_digest=sha256(body).digest(),
                        kind=kind,
                        outcome=ReceiptResult.APPLIED,
                        transfer_id=transfer_id,
                    ),
                ),
            )
        )
        entries.append(
            JournalEntry(
                envelope_digest=sha256(raw).hexdigest(),
                jti=str(jti),
                message_id=str(act.message_id),
                kind=kind,
                sender=identity.hub_id,
                receiver=identity.hub_id,
                received_at=instant_text(now),
                outcome=EntryOutcome.ACCEPTED,
            )
        )
    numbers = await store_envelopes(work.connection, envelopes)
    leaves = [
        NewLeaf(
            entry=encode_entry(entry), envelope_id=number, position=0, message_id=act.message_id
        )
        for number, entry, act in zip(numbers, entries, acts, strict=True)
    ]
    await append_leaves(work.connection, leaves, at=now)
