"""What comes from the hub: verified, kept and acted on in one transaction, then acknowledged."""

import sqlite3
from dataclasses import dataclass
from hashlib import sha256
from typing import Final
from uuid import uuid4

from connectors.simulator.mailbox import Received, keep_received, note_receipt
from connectors.simulator.reactions import HubSaid, react
from connectors.simulator.registry import Registry
from connectors.simulator.store import to_ticks
from schema.codec import decode_body
from schema.messages import (
    Acknowledgement,
    DiscrepancyNotice,
    MaintenanceNotice,
    Receipt,
    TransferOutcome,
    TransferRequest,
)
from schema.refusals import Refusal, RefusalCode, refuse
from signing.envelope import VerifiedEnvelope, check_freshness, verify_envelope

STATUS_OF_REFUSAL: Final = {
    RefusalCode.ENVELOPE_TOO_LARGE: 413,
    RefusalCode.KEY_UNKNOWN: 401,
    RefusalCode.SIGNATURE_INVALID: 401,
    RefusalCode.ISSUER_WRONG: 401,
    RefusalCode.AUDIENCE_WRONG: 403,
    RefusalCode.MESSAGE_ID_REUSED: 409,
    RefusalCode.KIND_UNKNOWN: 422,
    RefusalCode.BODY_MALFORMED: 422,
}
"""HTTP statuses; 400 for all others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """The envelope is kept; `acknowledgement` is the signed answer, the same every time."""

    acknowledgement: bytes
    repeated: bool


def receive(registry: Registry, raw: bytes) -> Accepted | Refusal:
    """Take one envelope of the hub.

    The same envelope again gets the same answer byte for byte; the same message in another
    envelope gets an answer of its own and is acted on once.
    """
    now = registry.clock.true_now()
    told = registry.told(now)
    envelope = verify_envelope(
        raw, registry.keyring, audience=registry.profile.registry, received_at=now
    )
    if isinstance(envelope, Refusal):
        return envelope
    digest = sha256(raw).hexdigest()
    before = registry.mailbox.received(envelope.claims.jti)
    if before is not None:
        if before.digest == digest:
            return Accepted(acknowledgement=before.answer, repeated=True)
        return refuse(RefusalCode.MESSAGE_ID_REUSED, "this jti came with other bytes before")
    stale = check_freshness(envelope, received_at=told)
    if stale is not None:
        return stale
    message = _decode(envelope)
    if isinstance(message, Refusal):
        return message
    acknowledgement = Acknowledgement(
        message_id=uuid4(),
        in_reply_to=envelope.claims.jti,
        envelope_digest=digest,
        received_at=told,
    )
    with registry.store.transaction() as connection:
        answer = registry.signer.seal(acknowledgement, envelope.claims.iss, uuid4())
        if not registry.mailbox.knows_message(message.message_id):
            react(registry, message)
            _note_pulled_receipt(registry, connection, message, raw)
        keep_received(
            connection,
            Received(
                jti=envelope.claims.jti,
                digest=digest,
                message_id=message.message_id,
                kind=envelope.claims.kind,
                envelope=raw,
                answer=answer,
                received_at=to_ticks(now),
            ),
        )
    return Accepted(acknowledgement=answer, repeated=False)


def _decode(envelope: VerifiedEnvelope) -> HubSaid | Refusal:
    message = decode_body(envelope.claims.kind, envelope.body)
    match message:
        case Refusal():
            return message
        case (
            TransferRequest()
            | TransferOutcome()
            | DiscrepancyNotice()
            | MaintenanceNotice()
            | Receipt()
        ):
            return message
        case _:
            return refuse(RefusalCode.KIND_UNKNOWN, "the hub sends no such message to a registry")


def _note_pulled_receipt(
    registry: Registry, connection: sqlite3.Connection, message: HubSaid, raw: bytes
) -> None:
    """Keep a receipt that came as a message, since the hub has read our outbox."""
    if isinstance(message, Receipt):
        letter = registry.mailbox.letter_in(message.in_reply_to)
        if letter is not None:
            note_receipt(connection, letter.seq, raw)
