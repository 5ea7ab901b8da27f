"""What is owed, and its envelopes: sent again as they are, issued anew when they have expired."""

from datetime import datetime, timedelta
from typing import Final
from uuid import uuid4

from hub.domain.state import Outgoing
from hub.services.identity import HubIdentity
from hub.storage.queries.outbox import Delivery, Owed, SignedDelivery
from schema.codec import decode_body, encode_body
from schema.messages import TransferOutcome, TransferRequest, kind_of
from schema.refusals import Refusal

FRESH_FOR_SECONDS_MIN: Final = 30
"""An envelope that would expire sooner is issued anew before it is sent."""


def sign_anew(delivery: Delivery, identity: HubIdentity, now: datetime) -> SignedDelivery | None:
    """Return a new envelope under a new `jti`, or None while the one of before is fresh."""
    expires = delivery.envelope_expires_at
    if expires is not None and expires > now + timedelta(seconds=FRESH_FOR_SECONDS_MIN):
        return None
    message = decode_body(delivery.kind, delivery.body)
    assert not isinstance(message, Refusal), "the outbox holds what we encoded"
    jti = uuid4()
    return SignedDelivery(
        outbox_id=delivery.outbox_id,
        jti=jti,
        envelope=identity.seal(message, delivery.destination, now, jti),
        expires_at=now + identity.envelope_life,
    )


def owed(outgoing: Outgoing) -> Owed:
    """Return a message of the rules as a row of the outbox."""
    message = outgoing.message
    return Owed(
        destination=outgoing.to,
        message_id=message.message_id,
        kind=kind_of(message),
        body=encode_body(message),
        transfer_id=(
            message.transfer_id if isinstance(message, TransferRequest | TransferOutcome) else None
        ),
    )
