"""Evidence: one file that proves, offline and years later, what was received and answered.

It holds the envelopes as received, the hub's receipts, the journal entries with their inclusion
proofs, and the public keys. `hub.services.verify` checks it without network or database.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from hashlib import sha256
from typing import Annotated, Final
from uuid import UUID, uuid4

import msgspec
from msgspec import Meta

from hub.journal.proofs import plan_inclusion
from hub.journal.receipts import InclusionProof, prove_inclusion
from hub.journal.tiles import node_reader, tiles_for
from hub.services.identity import HubIdentity
from hub.services.trusted_keys import TrustedKeys
from hub.storage.database import Database
from hub.storage.queries.checkpoints import latest_published
from hub.storage.queries.journal import read_leaves, read_tiles
from hub.storage.queries.messages import (
    KeptEnvelope,
    KnownMessage,
    find_messages,
    messages_of_transfer,
    read_envelopes,
)
from hub.storage.queries.outbox import Delivery, deliveries_of_transfer
from schema.wire import Few, Instant, Name, WireStruct
from signing.base64url import decode_base64url
from signing.claims import Claims
from signing.compact import CompactFormError, split_compact
from signing.envelope import seal
from signing.jwk import PublicKey
from signing.note import parse_note

SEAL_KIND: Final = "evidence-seal"
Items = Annotated[tuple["EvidenceItem", ...], Meta(max_length=10_000)]


class EvidenceKey(WireStruct, frozen=True):
    """A public key, and for whom it speaks from when to when."""

    issuer: Name
    jwk: dict[str, str]
    valid_from: Instant
    valid_until: Instant | None
    revoked_from: Instant | None


class EvidenceLeaf(WireStruct, frozen=True):
    """A journal entry, and the proof that a published checkpoint covers it."""

    entry: str
    proof: InclusionProof


class EvidenceItem(WireStruct, frozen=True):
    """One envelope with everything that belongs to it."""

    envelope: str
    received_at: Instant
    receipt: str | None
    leaves: tuple[EvidenceLeaf, ...]


class EvidenceDelivery(WireStruct, frozen=True):
    """A message of the hub as it was last sent, and the registry's signed answer to it."""

    to: Name
    sent_at: Instant
    """When the hub owed it: its envelope is not older."""
    envelope: str
    acknowledgement: str | None
    """None while there is none, and for registries that know no signatures."""
    acknowledged_at: Instant | None


class Evidence(WireStruct, frozen=True):
    """The file."""

    subject: Name
    """What it is about, such as `transfer 3f…`."""
    hub_id: Name
    items: Items
    deliveries: Annotated[tuple[EvidenceDelivery, ...], Meta(max_length=10_000)]
    """What the hub sent about it."""
    keys: tuple[EvidenceKey, ...]
    log_keys: Few[Name]
    """Verifier keys of the journal (C2SP vkeys)."""
    sealed_at: Instant
    seal: str = ""
    """The hub's envelope to itself around the digest of the file with an empty seal."""


class NotCoveredYetError(Exception):
    """A published checkpoint does not cover the newest message yet; ask again in seconds."""


class EvidenceDesk:
    """Puts evidence together from the database."""

    def __init__(
        self,
        *,
        database: Database,
        keys: TrustedKeys,
        identity: HubIdentity,
        hub_keys: Sequence[tuple[PublicKey, datetime]],
        log_keys: Sequence[str],
        clock: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._keys = keys
        self._identity = identity
        self._hub_id = identity.hub_id
        self._clock = clock
        self._hub_keys = hub_keys
        self._log_keys = tuple(log_keys)

    async def of_message(self, message_id: UUID) -> Evidence | None:
        """Return the evidence about one message; None when it is unknown.

        Raises:
            NotCoveredYetError: see there.
        """
        async with self._database.reading() as connection:
            found = await find_messages(connection, [message_id])
        return await self._evidence(f"message {message_id}", list(found.values()))

    async def of_transfer(self, transfer_id: UUID) -> Evidence | None:
        """Return the evidence about a transfer: every message that named it, in order.

        Raises:
            NotCoveredYetError: see there.
        """
        async with self._database.reading() as connection:
            found = await messages_of_transfer(connection, transfer_id)
            owed = await deliveries_of_transfer(connection, transfer_id)
        return await self._evidence(f"transfer {transfer_id}", found, owed)

    async def _evidence(
        self, subject: str, messages: Sequence[KnownMessage], owed: Sequence[Delivery] = ()
    ) -> Evidence | None:
        if not messages:
            return None
        async with self._database.reading() as connection:
            kept = await read_envelopes(
                connection, sorted({message.envelope_id for message in messages})
            )
        leaves = {
            message.envelope_id: [
                one.leaf_index
                for one in messages
                if one.envelope_id == message.envelope_id and one.leaf_index is not None
            ]
            for message in messages
        }
        items = [await self._item(envelope, leaves[envelope.envelope_id]) for envelope in kept]
        evidence = Evidence(
            subject=subject,
            hub_id=self._hub_id,
            items=tuple(items),
            deliveries=tuple(_delivery(one) for one in owed if one.envelope is not None),
            keys=tuple(self._known_keys()),
            log_keys=self._log_keys,
            sealed_at=self._clock(),
        )
        return sealed(evidence, self._identity)

    async def _item(self, envelope: KeptEnvelope, leaves: Sequence[int]) -> EvidenceItem:
        return EvidenceItem(
            envelope=envelope.raw.decode("ascii"),
            received_at=envelope.received_at,
            receipt=None if envelope.receipt is None else envelope.receipt.decode("ascii"),
            leaves=tuple([await self._leaf(index) for index in leaves]),
        )

    async def _leaf(self, index: int) -> EvidenceLeaf:
        async with self._database.reading() as connection:
            published = await latest_published(connection)
            if published is None or published.size <= index:
                raise NotCoveredYetError(f"entry {index} is not covered by a checkpoint yet")
            (leaf,) = await read_leaves(connection, index, 1)
            nodes = plan_inclusion(index, published.size).nodes()
            tiles = await read_tiles(connection, tiles_for(nodes))
        proof = prove_inclusion(
            leaf.leaf_hash,
            index=index,
            published=parse_note(published.note),
            read=node_reader(tiles),
        )
        return EvidenceLeaf(entry=leaf.entry.decode("ascii"), proof=proof)

    def _known_keys(self) -> list[EvidenceKey]:
        registries = [
            EvidenceKey(
                issuer=entry.issuer,
                jwk=dict(entry.key.to_jwk()),
                valid_from=entry.valid_from,
                valid_until=entry.valid_until,
                revoked_from=entry.revoked_from,
            )
            for entry in self._keys.keyring.entries
        ]
        own = [
            EvidenceKey(
                issuer=self._hub_id,
                jwk=dict(key.to_jwk()),
                valid_from=since,
                valid_until=None,
                revoked_from=None,
            )
            for key, since in self._hub_keys
        ]
        return [*registries, *own]


def parties_of(evidence: Evidence) -> frozenset[str]:
    """Return the registries that sent a message of this evidence: who may read it."""
    claims = (item.envelope.encode().split(b".")[1] for item in evidence.items)
    return frozenset(
        msgspec.json.decode(decode_base64url(part), type=_Issuer).iss for part in claims
    )


class _Issuer(msgspec.Struct, frozen=True):
    iss: str


def _delivery(owed: Delivery) -> EvidenceDelivery:
    assert owed.envelope is not None, "left out before"
    signed = is_compact(owed.acknowledgement)
    return EvidenceDelivery(
        to=owed.destination,
        sent_at=owed.created_at,
        envelope=owed.envelope.decode("ascii"),
        acknowledgement=owed.acknowledgement.decode("ascii")
        if signed and owed.acknowledgement is not None
        else None,
        acknowledged_at=owed.ended_at if signed else None,
    )


def is_compact(answer: bytes | None) -> bool:
    """Tell whether an answer has the form of a signed envelope."""
    if answer is None:
        return False
    try:
        split_compact(answer)
    except CompactFormError:
        return False
    return True


def sealed(evidence: Evidence, identity: HubIdentity) -> Evidence:
    """Return the evidence with the hub's signature over all of it."""
    claims = Claims.of(
        issuer=identity.hub_id,
        audience=identity.hub_id,
        kind=SEAL_KIND,
        body=seal_body(evidence),
        jti=uuid4(),
        issued_at=evidence.sealed_at,
        lifetime=identity.envelope_life,
    )
    return msgspec.structs.replace(
        evidence, seal=seal(claims, identity.message_key).decode("ascii")
    )


def seal_body(evidence: Evidence) -> bytes:
    """Return what the seal says: the digest of the file without it."""
    bare = encode_evidence(msgspec.structs.replace(evidence, seal=""))
    return msgspec.json.encode({"content_digest": sha256(bare).hexdigest()})


def encode_evidence(evidence: Evidence) -> bytes:
    """Write evidence as a file."""
    return msgspec.json.format(msgspec.json.encode(evidence, order="sorted"), indent=1) + b"\n"
