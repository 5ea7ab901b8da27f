"""The keys that the hub trusts, as the database has them, kept at hand by every process."""

from datetime import datetime

from hub.storage.database import Database
from hub.storage.queries.participants import StoredKey, list_keys, trust_key
from signing.canonical import canonical_json
from signing.jwk import PublicKey
from signing.keyring import KeyEntry, Keyring
from signing.purposes import KeyPurpose


class TrustedKeys:
    """The keyring of this process; `refresh` brings it up to date."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.keyring = Keyring()

    async def refresh(self) -> None:
        """Read the keys again."""
        async with self._database.reading() as connection:
            stored = await list_keys(connection)
        self.keyring = Keyring.of(map(_entry, stored))

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
