"""How a simulated registry signs, tells the time, and knows the hub."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Final
from uuid import UUID, uuid4

import msgspec
from msgspec import Meta

from connectors.driving.misbehaviour import Misbehaviour
from connectors.protocol import seal_message, seal_read_request
from connectors.simulator.conduct import Conduct
from connectors.simulator.store import Store, keep_setting
from schema.messages import Message
from schema.wire import Code, WireStruct
from signing.jwk import Algorithm, Jwk, PublicKey
from signing.keyring import KeyEntry, Keyring
from signing.keys import KeyFileMissingError, PrivateKey, create_key_file, load_key_file
from signing.purposes import KeyPurpose

ENVELOPE_LIFETIME: Final = timedelta(hours=1)
KEY_FOLDER: Final = "keys"
_SIGNING_KEY: Final = "signing key"
_ALWAYS: Final = datetime(2000, 1, 1, tzinfo=UTC)


class Hub(WireStruct, frozen=True):
    """The hub that the registry takes part in."""

    hub_id: Code
    url: Annotated[str, Meta(max_length=500)]
    keys: tuple[Jwk, ...]
    """The hub's public keys for messages; pinned, never fetched in passing."""

    def keyring(self) -> Keyring:
        """Return the keys as a keyring.

        Raises:
            KeyFormatError: one of them is not a key that we accept.
        """
        return Keyring.of(
            KeyEntry(
                issuer=self.hub_id,
                purpose=KeyPurpose.MESSAGES,
                key=PublicKey.from_jwk(jwk),
                valid_from=_ALWAYS,
            )
            for jwk in self.keys
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """The true time, and the time that the registry tells."""

    conduct: Conduct
    true_now: Callable[[], datetime] = lambda: datetime.now(UTC)

    def offset(self) -> timedelta:
        """Return how far the registry's clock is ahead, by order."""
        order = self.conduct.standing(Misbehaviour.WRONG_CLOCK)
        return timedelta(seconds=order.seconds if order else 0.0)

    def told_now(self) -> datetime:
        """Return the time by the registry's clock."""
        return self.true_now() + self.offset()


class KeyBox:
    """The registry's message keys: files in its data folder, of which one signs."""

    def __init__(self, folder: Path, store: Store) -> None:
        """Open the folder; make the first key when there is none."""
        self._folder = folder / KEY_FOLDER
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._store = store
        self.keys: list[PrivateKey] = []
        while (key := self._load(len(self.keys) + 1)) is not None:
            self.keys.append(key)
        if not self.keys:
            self.make(Algorithm.ES256)
        signing = store.setting(_SIGNING_KEY)
        self._current = 0 if signing is None else int(signing)

    @property
    def current(self) -> PrivateKey:
        """The key that signs."""
        return self.keys[self._current]

    def make(self, algorithm: Algorithm) -> PrivateKey:
        """Write a new key to its file; it signs once `use_newest` is called."""
        key = PrivateKey.generate(algorithm, KeyPurpose.MESSAGES)
        create_key_file(self._file(len(self.keys) + 1), key)
        self.keys.append(key)
        return key

    def use_newest(self) -> None:
        """Sign with the newest key from now on, after a restart too."""
        with self._store.transaction() as connection:
            keep_setting(connection, _SIGNING_KEY, str(len(self.keys) - 1).encode())
        self._current = len(self.keys) - 1

    def _load(self, number: int) -> PrivateKey | None:
        try:
            return load_key_file(self._file(number), KeyPurpose.MESSAGES)
        except KeyFileMissingError:
            return None

    def _file(self, number: int) -> Path:
        return self._folder / f"message-{number}.pem"


@dataclass(frozen=True, slots=True, kw_only=True)
class Signer:
    """Signs what the registry says, by its own clock, and badly when told so."""

    registry: str
    keys: KeyBox
    clock: Clock
    conduct: Conduct

    def seal(self, message: Message, audience: str, jti: UUID) -> bytes:
        """Sign a message to `audience`."""
        envelope = seal_message(
            message,
            self.keys.current,
            issuer=self.registry,
            audience=audience,
            jti=jti,
            at=self.clock.told_now(),
            lifetime=ENVELOPE_LIFETIME,
        )
        return spoiled(envelope) if self.conduct.take(Misbehaviour.BAD_SIGNATURE) else envelope

    def authorize_read(self, target: str, audience: str) -> str:
        """Return the `Authorization` header for a `GET` of `target`."""
        return seal_read_request(
            target,
            self.keys.current,
            issuer=self.registry,
            audience=audience,
            jti=uuid4(),
            at=self.clock.told_now(),
        )


def spoiled(envelope: bytes) -> bytes:
    """Return the envelope with a signature of the right form that does not hold."""
    signed, _, signature = envelope.rpartition(b".")
    return signed + b"." + (b"B" if signature[:1] == b"A" else b"A") + signature[1:]


def encode_hub(hub: Hub) -> bytes:
    """Write what is known of the hub."""
    return msgspec.json.encode(hub)


def decode_hub(text: bytes) -> Hub:
    """Read what `encode_hub` wrote."""
    return msgspec.json.decode(text, type=Hub)
