"""Verify evidence offline: step by step, numbered, in words; it ends at the first that fails."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import msgspec

from hub.journal.entries import MalformedEntryError, decode_entry
from hub.journal.receipts import Step, verify_inclusion_receipt
from hub.services.evidence import (
    SEAL_KIND,
    Evidence,
    EvidenceDelivery,
    EvidenceItem,
    EvidenceKey,
    encode_evidence,
    seal_body,
)
from schema.codec import decode_body
from schema.messages import Acknowledgement, Receipt
from schema.refusals import Refusal
from schema.strict_json import StrictJsonError, load_strict_json
from signing.envelope import VerifiedEnvelope, verify_envelope
from signing.jwk import KeyFormatError, PublicKey
from signing.keyring import KeyEntry, Keyring, KeyringError
from signing.note_keys import NoteError, VerifierKey
from signing.purposes import KeyPurpose

EVIDENCE_BYTES_MAX = 64 * 1024 * 1024


class _FailedError(Exception):
    """A step does not hold; the message says what was found."""


def verify_evidence(data: bytes, trusted_log_keys: tuple[str, ...] = ()) -> tuple[Step, ...]:
    """Check an evidence file; the last step tells whether everything holds.

    Without `trusted_log_keys` the journal keys in the file are taken; then the file proves that
    it agrees with itself, and the reader compares the keys that the steps name.
    """
    steps: list[Step] = []

    def tell(words: str) -> None:
        steps.append(Step(number=len(steps) + 1, words=words, holds=True))

    try:
        _check(data, trusted_log_keys, tell)
    except _FailedError as fault:
        steps.append(Step(number=len(steps) + 1, words=str(fault), holds=False))
    return tuple(steps)


def _check(data: bytes, trusted: tuple[str, ...], tell: Callable[[str], None]) -> None:
    evidence = _read(data)
    tell(f"The file is evidence about {evidence.subject}, with {len(evidence.items)} envelopes.")
    keyring = _keyring(evidence.keys)
    log_keys = _log_keys(trusted or evidence.log_keys)
    origin = "given by you" if trusted else "from the file"
    tell(f"Keys: {len(evidence.keys)} for messages; {len(log_keys)} of the journal, {origin}.")
    tell(_check_seal(evidence, keyring))
    if not evidence.items:
        raise _FailedError("The file holds no envelope.")
    for item in evidence.items:
        for words in _check_item(item, evidence.hub_id, keyring, log_keys):
            tell(words)
    for delivery in evidence.deliveries:
        for words in _check_delivery(delivery, evidence.hub_id, keyring):
            tell(words)


def _read(data: bytes) -> Evidence:
    if len(data) > EVIDENCE_BYTES_MAX:
        raise _FailedError(f"The file is larger than {EVIDENCE_BYTES_MAX} bytes.")
    try:
        load_strict_json(data)
        evidence = msgspec.json.decode(data, type=Evidence)
    except (msgspec.MsgspecError, StrictJsonError, UnicodeDecodeError) as fault:
        raise _FailedError(f"The file is not evidence: {fault}.") from fault
    if encode_evidence(evidence) != data:
        raise _FailedError("The file is not spelt as evidence is spelt: it was changed.")
    return evidence


def _check_seal(evidence: Evidence, keyring: Keyring) -> str:
    opened = _opened(evidence.seal, keyring, evidence.hub_id, evidence.sealed_at, "The seal")
    if (opened.claims.iss, opened.claims.kind) != (evidence.hub_id, SEAL_KIND):
        raise _FailedError("The seal is not a seal of the hub.")
    if opened.body != seal_body(evidence):
        raise _FailedError("The seal is of another content: the file was changed.")
    when = evidence.sealed_at.astimezone(UTC)
    return f"The whole file is sealed by {evidence.hub_id} at {when:%Y-%m-%d %H:%M:%S} UTC."


def _check_delivery(delivery: EvidenceDelivery, hub_id: str, keyring: Keyring) -> Iterator[str]:
    sent = _opened(
        delivery.envelope, keyring, delivery.to, delivery.sent_at, "A message of the hub"
    )
    claims = sent.claims
    if claims.iss != hub_id:
        raise _FailedError(f"{claims.kind} {claims.jti} is not of the hub.")
    yield f"{claims.kind} {claims.jti} was sent by {hub_id} to {delivery.to}."
    if delivery.acknowledgement is None or delivery.acknowledged_at is None:
        yield f"{delivery.to} has given no signed acknowledgement of it."
        return
    opened = _opened(
        delivery.acknowledgement,
        keyring,
        hub_id,
        delivery.acknowledged_at,
        "The acknowledgement",
    )
    answer = decode_body(opened.claims.kind, opened.body)
    if not isinstance(answer, Acknowledgement) or opened.claims.iss != delivery.to:
        raise _FailedError(f"The acknowledgement is not one of {delivery.to}.")
    if (answer.in_reply_to, answer.envelope_digest) != (claims.jti, sent.digest.hex()):
        raise _FailedError("The acknowledgement is of another envelope.")
    yield f"{delivery.to} acknowledges it: signed with key {opened.key_id[:12]}…"


def _keyring(keys: tuple[EvidenceKey, ...]) -> Keyring:
    try:
        return Keyring.of(
            KeyEntry(
                issuer=key.issuer,
                purpose=KeyPurpose.MESSAGES,
                key=PublicKey.from_jwk_json(msgspec.json.encode(key.jwk)),
                valid_from=key.valid_from,
                valid_until=key.valid_until,
                revoked_from=key.revoked_from,
            )
            for key in keys
        )
    except (KeyFormatError, KeyringError, ValueError) as fault:
        raise _FailedError(f"A key cannot be read: {fault}.") from fault


def _log_keys(texts: tuple[str, ...]) -> tuple[VerifierKey, ...]:
    try:
        return tuple(VerifierKey.parse(text) for text in texts)
    except NoteError as fault:
        raise _FailedError(f"A key of the journal cannot be read: {fault}.") from fault


def _check_item(
    item: EvidenceItem, hub_id: str, keyring: Keyring, log_keys: tuple[VerifierKey, ...]
) -> Iterator[str]:
    envelope = _opened(item.envelope, keyring, hub_id, item.received_at, "The envelope")
    claims = envelope.claims
    yield f"{claims.kind} {claims.jti} is signed by {claims.iss} with key {envelope.key_id[:12]}…"
    digest = envelope.digest.hex()
    if item.receipt is not None:
        yield _check_receipt(item, claims.iss, digest, keyring)
    if not item.leaves:
        raise _FailedError(f"No journal entry is given for {claims.jti}.")
    for leaf in item.leaves:
        yield _check_entry(leaf.entry.encode(), digest, claims.iss)
        steps = verify_inclusion_receipt(leaf.entry.encode(), leaf.proof, log_keys)
        for step in steps:
            if not step.holds:
                raise _FailedError(step.words)
            yield step.words


def _opened(raw: str, keyring: Keyring, audience: str, at: datetime, what: str) -> VerifiedEnvelope:
    found = verify_envelope(raw.encode(), keyring, audience=audience, received_at=at)
    if isinstance(found, Refusal):
        raise _FailedError(f"{what} does not verify: {found.code}, {found.detail}.")
    return found


def _check_receipt(item: EvidenceItem, sender: str, digest: str, keyring: Keyring) -> str:
    assert item.receipt is not None, "checked by the caller"
    opened = _opened(item.receipt, keyring, sender, item.received_at, "The receipt")
    receipt = decode_body(opened.claims.kind, opened.body)
    if not isinstance(receipt, Receipt):
        raise _FailedError("The receipt is not a receipt.")
    if receipt.envelope_digest != digest:
        raise _FailedError("The receipt is for another envelope.")
    results = ", ".join(
        result.result + (f" ({result.refusals[0].code})" if result.refusals else "")
        for result in receipt.results[:3]
    )
    when = receipt.received_at.astimezone(UTC)
    return f"The hub's receipt of {when:%Y-%m-%d %H:%M:%S} UTC says: {results}."


def _check_entry(entry: bytes, digest: str, sender: str) -> str:
    try:
        read = decode_entry(entry)
    except MalformedEntryError as fault:
        raise _FailedError(f"The journal entry cannot be read: {fault}.") from fault
    if (read.envelope_digest, read.sender) != (digest, sender):
        raise _FailedError("The journal entry is about another envelope.")
    return f"The journal entry names SHA-256 {sha256_short(digest)} and outcome {read.outcome}."


def sha256_short(digest: str) -> str:
    """Shorten a digest for people."""
    return f"{digest[:16]}…"
