"""Evidence: one file that proves, offline and years later, what was received and answered.

It holds the envelopes as received, the hub's receipts, the journal entries with their inclusion
proofs, and the public keys. `hub.services.verify` checks it without network or database.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta

from hub.journal.proofs import plan_inclusion
from hub.journal.receipts import InclusionProof, prove_inclusion
from hub.journal.tiles import node_reader, tiles_for
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
from schema.wire import Few, Instant, Name, WireStruct
from signing.base64url import decode_base64url
from signing.jwk import PublicKey
from signing.note import parse_note

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


class Evidence(WireStruct, frozen=True):
    """The file."""

    subject: Name
    """What it is about, such as `transfer 3f…`."""
    hub_id: Name
    items: Items
    keys: tuple[EvidenceKey, ...]
    log_keys: Few[Name]
    """Verifier keys of the journal (C2SP vkeys)."""


class NotCoveredYetError(Exception):
    """A published checkpoint does not cover the newest message yet; ask again in seconds."""


class EvidenceDesk:
    """Puts evidence together from the database."""

    def __init__(
        self,
        *,
        database: Database,
        keys: TrustedKeys,
        hub_id: str,
        hub_keys: Sequence[tuple[PublicKey, datetime]],
        log_keys: Sequence[str],
    ) -> None:
        self._database = database
        self._keys = keys
        self._hub_id = hub_id
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
        return await self._evidence(f"transfer {transfer_id}", found)

    async def _evidence(self, subject: str, messages: Sequence[KnownMessage]) -> Evidence | None:
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
        return Evidence(
            subject=subject,
            hub_id=self._hub_id,
            items=tuple(items),
            keys=tuple(self._known_keys()),
            log_keys=self._log_keys,
        )

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


def encode_evidence(evidence: Evidence) -> bytes:
    """Write evidence as a file."""
    return msgspec.json.format(msgspec.json.encode(evidence, order="sorted"), indent=1) + b"\n"
