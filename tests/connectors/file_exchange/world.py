"""A hub and a registry that share a folder, with real keys."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from uuid import UUID, uuid4

from connectors.contract import Outgoing
from connectors.file_exchange.connector import FileExchangeConnector, FilePeer
from connectors.file_exchange.desk import RegistryDesk
from connectors.file_exchange.folder import ExchangeFolder, Marker
from connectors.file_exchange.pickup import PickUpLimits
from connectors.protocol import seal_message
from schema.codes import RegistryKind
from schema.messages import Acknowledgement, Message
from schema.refusals import Refusal
from signing.envelope import VerifiedEnvelope, verify_envelope
from signing.jwk import Algorithm
from signing.keyring import KeyEntry, Keyring
from signing.keys import PrivateKey
from signing.purposes import KeyPurpose

HUB, REGISTRY = "HUB01", "MNG01"
MARKER = Marker(hub=HUB, registry=REGISTRY)
NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
LIFETIME = timedelta(hours=1)


def new_key() -> PrivateKey:
    return PrivateKey.generate(Algorithm.ES256, KeyPurpose.MESSAGES)


@dataclass
class World:
    """Both sides of one folder."""

    root: Path
    limits: PickUpLimits = field(default_factory=PickUpLimits)
    hub_key: PrivateKey = field(default_factory=new_key)
    registry_key: PrivateKey = field(default_factory=new_key)

    def __post_init__(self) -> None:
        self.folder = ExchangeFolder(root=self.root)
        self.folder.prepare(MARKER)
        self.desk = RegistryDesk.open(self.root, MARKER)
        self.connector = self.new_connector()

    def new_connector(self) -> FileExchangeConnector:
        """What a restarted hub has: the folder, and nothing remembered."""
        keys = Keyring.of(
            [
                KeyEntry(
                    issuer=REGISTRY,
                    purpose=KeyPurpose.MESSAGES,
                    key=self.registry_key.public,
                    valid_from=NOW - timedelta(days=1),
                )
            ]
        )

        def open_answer(raw: bytes, at: datetime) -> VerifiedEnvelope | Refusal:
            return verify_envelope(raw, keys, audience=HUB, received_at=at)

        peer = FilePeer(
            registry=REGISTRY,
            kind=RegistryKind.PARTY,
            hub=HUB,
            open_answer=open_answer,
            now=lambda: NOW,
            limits=self.limits,
        )
        return FileExchangeConnector(peer, self.folder)

    def from_registry(self, message: Message, *, jti: UUID | None = None) -> bytes:
        return seal_message(
            message,
            self.registry_key,
            issuer=REGISTRY,
            audience=HUB,
            jti=jti or uuid4(),
            at=NOW,
            lifetime=LIFETIME,
        )

    def outgoing(self, message: Message) -> Outgoing:
        jti = uuid4()
        envelope = seal_message(
            message,
            self.hub_key,
            issuer=HUB,
            audience=REGISTRY,
            jti=jti,
            at=NOW,
            lifetime=LIFETIME,
        )
        return Outgoing(envelope=envelope, envelope_id=jti, message=message)

    def put(self, message: Message, *, name: str | None = None) -> bytes:
        """Put a message of the registry down, under a name of its own choice if given."""
        jti = uuid4()
        envelope = self.from_registry(message, jti=jti)
        if name is None:
            self.desk.put(envelope, message_id=message.message_id, jti=jti, at=NOW)
        else:
            (self.root / "to-hub" / "messages" / name).write_bytes(envelope)
        return envelope

    def acknowledge(self, outgoing: Outgoing, **changes: object) -> bytes:
        fields = {
            "message_id": uuid4(),
            "in_reply_to": outgoing.envelope_id,
            "envelope_digest": sha256(outgoing.envelope).hexdigest(),
            "received_at": NOW,
        } | changes
        envelope = self.from_registry(Acknowledgement(**fields))  # type: ignore[arg-type]
        self.desk.acknowledge(outgoing.envelope_id, envelope)
        return envelope
