"""The keys that the hub trusts, as the database has them, kept at hand by every process."""

import asyncio
from datetime import datetime
from typing import Final

import structlog

from hub.storage.database import Database
from hub.storage.errors import StorageError
from hub.storage.listening import Channel, listening
from hub.storage.queries.participants import StoredKey, list_keys, trust_key
from signing.canonical import canonical_json
from signing.jwk import PublicKey
from signing.keyring import KeyEntry, Keyring
from signing.purposes import KeyPurpose

log = structlog.get_logger(__name__)

LOOK_AGAIN_SECONDS: Final = 0.05
FOLLOW_AGAIN_SECONDS: Final = 1.0


class TrustedKeys:
    """The keyring of this process; `refresh` brings it up to date."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._one_at_a_time = asyncio.Lock()
        self._looking: asyncio.Task[None] | None = None
        self.keyring = Keyring()

    async def refresh(self) -> None:
        """Read the keys again."""
        async with self._one_at_a_time:
            async with self._database.reading() as connection:
                stored = await list_keys(connection)
            self.keyring = Keyring.of(map(_entry, stored))

    async def look_again(self) -> None:
        """Read the keys again for a message whose key is not known: it may be a moment old.

        All who ask meanwhile share one reading, so that unknown keys cost the database little.
        """
        if self._looking is None:
            self._looking = asyncio.create_task(self._look())
        await asyncio.shield(self._looking)

    async def _look(self) -> None:
        await asyncio.sleep(LOOK_AGAIN_SECONDS)
        self._looking = None
        await self.refresh()

    async def follow(self) -> None:
        """Refresh whenever another process says that the register has changed; cancel to stop."""
        while True:
            try:
                async with listening(self._database.dsn, [Channel.REGISTER]) as notices:
                    await self.refresh()
                    while await notices.get() is not None:
                        await self.refresh()
            except StorageError as cause:
                log.info("trusted_keys.not_followed", cause=str(cause))
            await asyncio.sleep(FOLLOW_AGAIN_SECONDS)

    async def changed(self) -> None:
        """Take a change of the register in, and tell all other processes."""
        await self.refresh()
        await self._database.notify(Channel.REGISTER)

    async def enter(self, entries: list[KeyEntry], at: datetime) -> None:
        """Enter the keys that the operator's settings name; known ones stay as they are."""
        async with self._database.unit_of_work() as work:
            for entry in entries:
                await trust_key(work.connection, _stored(entry), at=at)
        await self.refresh()


def _entry(stored: StoredKey) -> KeyEntry:
    return KeyEntry(
        issuer=stored.issuer,
        purpose=KeyPurpose(stored.purpose),
        key=PublicKey.from_jwk_json(stored.jwk.encode()),
        valid_from=stored.valid_from,
        valid_until=stored.valid_until,
        revoked_from=stored.revoked_from,
    )


def _stored(entry: KeyEntry) -> StoredKey:
    return StoredKey(
        key_id=entry.key.key_id,
        issuer=entry.issuer,
        purpose=entry.purpose,
        jwk=_json(entry.key),
        valid_from=entry.valid_from,
        valid_until=entry.valid_until,
    )


def _json(key: PublicKey) -> str:
    return canonical_json(dict(key.to_jwk())).decode()
