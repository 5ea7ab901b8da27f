"""Arrivals: everything about an incoming envelope that needs no database.

    size gate -> verify these bytes -> decode the same bytes

A refusal here comes before the journal (a bad signature, an unknown kind) and changes nothing.
"""

from collections.abc import Callable
from datetime import datetime
from hashlib import sha256

import msgspec

from schema.codec import decode_body
from schema.messages import (
    REGISTRY_MESSAGE_TYPES,
    Acknowledgement,
    Batch,
    HubMessage,
    MessageKind,
    RegistryMessage,
)
from schema.refusals import Refusal, RefusalCode, refuse
from schema.wire import MAX_BATCH
from signing.envelope import EnvelopeLimits, VerifiedEnvelope, check_freshness, verify_envelope
from signing.keyring import Keyring

Clock = Callable[[], datetime]


class Arrival(msgspec.Struct, frozen=True, kw_only=True):
    """One message as it arrived: its place in the envelope, its bytes and what they mean."""

    position: int
    kind: MessageKind
    body_digest: bytes
    message: RegistryMessage | HubMessage | Acknowledgement


class Pending(msgspec.Struct, frozen=True, kw_only=True):
    """A verified and decoded envelope that waits for its transaction."""

    envelope: VerifiedEnvelope
    received_at: datetime
    arrivals: tuple[Arrival, ...]
    stale: Refusal | None
    """Why the envelope is too old or too new, should its `jti` be unknown."""


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What the sender gets: a signed receipt, or a refusal before the journal."""

    receipt: bytes | None = None
    refusal: Refusal | None = None


class Arrivals:
    """Opens envelopes: everything that needs no database."""

    def __init__(
        self,
        *,
        hub_id: str,
        keyring: Callable[[], Keyring],
        limits: EnvelopeLimits,
        clock: Clock,
    ) -> None:
        self._hub_id = hub_id
        self._keyring = keyring
        self._limits = limits
        self._clock = clock

    def open(self, raw: bytes) -> Pending | Refusal:
        """Verify, then decode the same bytes; the first refusal in precedence order."""
        now = self._clock()
        envelope = verify_envelope(
            raw, self._keyring(), audience=self._hub_id, received_at=now, limits=self._limits
        )
        if isinstance(envelope, Refusal):
            return envelope
        stale = check_freshness(envelope, received_at=now, limits=self._limits)
        arrivals = unpack_messages(envelope)
        if not isinstance(arrivals, Refusal) and isinstance(arrivals[0].message, HubMessage):
            words = f"{envelope.claims.kind} is not for the hub"
            arrivals = refuse(RefusalCode.KIND_UNKNOWN, words)
        if isinstance(arrivals, Refusal):
            return stale or arrivals
        return Pending(envelope=envelope, received_at=now, arrivals=arrivals, stale=stale)


def unpack_messages(envelope: VerifiedEnvelope) -> tuple[Arrival, ...] | Refusal:
    """Return the messages of an envelope, whoever it is from, or why they cannot be read."""
    body = envelope.body
    message = decode_body(envelope.claims.kind, body)
    if isinstance(message, Refusal):
        return message
    if isinstance(message, Batch):
        return _unpack(message)
    return (_arrival(0, MessageKind(envelope.claims.kind), body, message),)


def _unpack(batch: Batch) -> tuple[Arrival, ...] | Refusal:
    if not 0 < len(batch.messages) <= MAX_BATCH:
        words = f"{len(batch.messages)} messages, allowed are 1 to {MAX_BATCH}"
        return refuse(RefusalCode.BATCH_TOO_LARGE, words)
    arrivals = []
    for position, entry in enumerate(batch.messages):
        if entry.kind not in REGISTRY_MESSAGE_TYPES:
            return refuse(RefusalCode.KIND_UNKNOWN, f"message {position}: {entry.kind}")
        body = bytes(entry.body)
        message = decode_body(entry.kind, body)
        if isinstance(message, Refusal):
            return refuse(message.code, f"message {position}: {message.detail}")
        assert not isinstance(message, Batch | HubMessage | Acknowledgement), "kinds are checked"
        arrivals.append(_arrival(position, entry.kind, body, message))
    return tuple(arrivals)


def _arrival(
    position: int,
    kind: MessageKind,
    body: bytes,
    message: RegistryMessage | HubMessage | Acknowledgement,
) -> Arrival:
    return Arrival(position=position, kind=kind, body_digest=sha256(body).digest(), message=message)
