"""Every envelope as it is stored: signature, content, messages, and the receipt it was given."""

from collections.abc import Sequence
from dataclasses import replace
from hashlib import sha256

import msgspec

from hub.journal.entries import JournalEntry, MalformedEntryError, decode_entry, instant_text
from hub.services.arrivals import Arrival, unpack_messages
from hub.services.audit.report import DifferenceError, Step
from hub.storage.queries.audit import AuditedEntry, AuditedEnvelope
from schema.codec import decode_body
from schema.codes import ReceiptResult
from schema.messages import Receipt
from schema.refusals import Refusal
from signing.envelope import EnvelopeLimits, VerifiedEnvelope, verify_envelope
from signing.keyring import Keyring

_NO_LIMIT = EnvelopeLimits(size_bytes_max=2**31)


class Opened(msgspec.Struct, frozen=True, kw_only=True):
    """An envelope that is what its row says, with the messages in it."""

    envelope: AuditedEnvelope
    digest: str
    arrivals: tuple[Arrival, ...]
    receipt: Receipt | None


class EvidencePass:
    """Checks envelopes and the message rows that were made of them."""

    def __init__(self, keyring: Keyring, *, hub_id: str) -> None:
        """Trust these keys for the times in which they were valid.

        Revocations are left out: the order of the journal decides what they reach, and the
        replay of the rules follows it.
        """
        self._keyring = Keyring.of(replace(entry, revoked_from=None) for entry in keyring.entries)
        self._hub_id = hub_id

    def open(self, stored: AuditedEnvelope) -> Opened:
        """Check an envelope and its receipt by themselves (DifferenceError)."""
        subject = f"envelope {stored.jti}"
        verified = self._verified(subject, stored.raw, stored, audience=self._hub_id)
        claims = verified.claims
        said = (claims.jti, claims.iss, claims.kind, verified.key_id, verified.content_digest)
        kept = (stored.jti, stored.sender, stored.kind, stored.key_id, stored.digest)
        if said != kept:
            raise DifferenceError(Step.EVIDENCE, subject, "its row says otherwise than its bytes")
        arrivals = unpack_messages(verified)
        if isinstance(arrivals, Refusal):
            raise DifferenceError(Step.EVIDENCE, subject, f"cannot be read: {arrivals.detail}")
        return Opened(
            envelope=stored,
            digest=verified.digest.hex(),
            arrivals=arrivals,
            receipt=self._receipt(subject, stored),
        )

    def check_message(self, entry: AuditedEntry, opened: Opened | None) -> JournalEntry:
        """Check a message's row and its journal entry against the envelope (DifferenceError)."""
        subject = f"entry {entry.leaf_index}"
        if opened is None or entry.kind is None or entry.position is None:
            raise DifferenceError(Step.EVIDENCE, subject, "its envelope or message is gone")
        try:
            read = decode_entry(entry.entry)
        except MalformedEntryError as cause:
            raise DifferenceError(Step.EVIDENCE, subject, str(cause)) from cause
        stored, arrival = opened.envelope, opened.arrivals[entry.position]
        told = ReceiptResult.REFUSED if read.refusals else ReceiptResult.APPLIED
        codes = tuple(dict.fromkeys(refusal.code.value for refusal in entry.refusals))
        _same(subject, "message id", read.message_id, str(arrival.message.message_id))
        _same(subject, "message id", read.message_id, str(entry.message_id))
        _same(subject, "kind", read.kind, arrival.kind.value)
        _same(subject, "kind", read.kind, entry.kind)
        _same(subject, "jti", read.jti, str(stored.jti))
        _same(subject, "sender", read.sender, stored.sender)
        _same(subject, "sender", read.sender, entry.sender)
        _same(subject, "receiver", read.receiver, self._hub_id)
        _same(subject, "time of receipt", read.received_at, instant_text(stored.received_at))
        _same(subject, "time of receipt", stored.received_at, entry.received_at)
        _same(subject, "digest of the body", arrival.body_digest, entry.body_digest)
        _same(subject, "outcome", told, entry.outcome)
        _same(subject, "refusals", read.refusals, codes)
        if opened.receipt is not None:
            self._check_receipt(subject, entry, opened.receipt)
        return read

    def _check_receipt(self, subject: str, entry: AuditedEntry, receipt: Receipt) -> None:
        assert entry.position is not None, "checked before"
        if entry.position >= len(receipt.results):
            raise DifferenceError(Step.EVIDENCE, subject, "the receipt has no result for it")
        result = receipt.results[entry.position]
        _same(subject, "outcome in the receipt", result.result, entry.outcome)
        _same(subject, "refusals in the receipt", result.refusals, entry.refusals)
        _same(subject, "leaf in the receipt", result.leaf.leaf_index, entry.leaf_index)

    def _receipt(self, subject: str, stored: AuditedEnvelope) -> Receipt | None:
        if stored.receipt is None:
            if stored.sender == self._hub_id:
                return None
            raise DifferenceError(Step.EVIDENCE, subject, "its receipt is gone")
        verified = self._verified(
            f"receipt of {subject}", stored.receipt, stored, audience=stored.sender
        )
        receipt = decode_body(verified.claims.kind, verified.body)
        if not isinstance(receipt, Receipt) or verified.claims.iss != self._hub_id:
            raise DifferenceError(Step.EVIDENCE, subject, "its receipt is no receipt of this hub")
        _same(subject, "digest in the receipt", receipt.envelope_digest, _digest(stored.raw))
        _same(subject, "jti in the receipt", receipt.in_reply_to, stored.jti)
        _same(subject, "time in the receipt", receipt.received_at, stored.received_at)
        return receipt

    def _verified(
        self, subject: str, raw: bytes, stored: AuditedEnvelope, *, audience: str
    ) -> VerifiedEnvelope:
        found = verify_envelope(
            raw,
            self._keyring,
            audience=audience,
            received_at=stored.received_at,
            limits=_NO_LIMIT,
        )
        if isinstance(found, Refusal):
            words = f"does not verify: {found.code}, {found.detail}"
            raise DifferenceError(Step.EVIDENCE, subject, words)
        return found


def _digest(raw: bytes) -> str:
    return sha256(raw).hexdigest()


def _same(subject: str, what: str, said: object, stored: object) -> None:
    if said != stored:
        words = f"the {what} is {_shown(said)} here and {_shown(stored)} there"
        raise DifferenceError(Step.EVIDENCE, subject, words)


def _shown(value: object) -> str:
    if isinstance(value, bytes):
        return value.hex()[:16]
    if isinstance(value, Sequence) and not isinstance(value, str):
        return ", ".join(map(str, value)) or "none"
    return str(value)
