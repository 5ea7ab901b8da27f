"""Who this hub is when it speaks: its id, its message key, and how long its envelopes live."""

from datetime import datetime, timedelta
from uuid import UUID, uuid4

import msgspec

from schema.codec import encode_body
from schema.messages import Message, kind_of
from signing.claims import Claims
from signing.envelope import seal
from signing.keys import PrivateKey


class HubIdentity(msgspec.Struct, frozen=True, kw_only=True):
    """The hub as issuer of envelopes."""

    hub_id: str
    origin: str
    """The origin line of its journal."""
    message_key: PrivateKey
    envelope_life: timedelta

    def seal(self, message: Message, to: str, now: datetime, jti: UUID | None = None) -> bytes:
        """Return `message` in a signed envelope for registry `to`."""
        claims = Claims.of(
            issuer=self.hub_id,
            audience=to,
            kind=kind_of(message),
            body=encode_body(message),
            jti=jti or uuid4(),
            issued_at=now,
            lifetime=self.envelope_life,
        )
        return seal(claims, self.message_key)
