"""A database with the story's Parties, registries and accounts, for the tests of storage."""

from collections.abc import AsyncIterator

import pytest

from hub.storage.database import Database
from hub.storage.queries.participants import RegistryEntry, put_registries
from schema.codes import RegistryKind
from tests.builders import ACQUIRER, ACQUIRER_REGISTRY, HOST, HOST_REGISTRY, NOW

REGISTRIES = [
    RegistryEntry(
        registry=HOST_REGISTRY,
        party=HOST,
        party_name="Mongolia",
        kind=RegistryKind.PARTY,
        name="Registry of Mongolia",
    ),
    RegistryEntry(
        registry=ACQUIRER_REGISTRY,
        party=ACQUIRER,
        party_name="Japan",
        kind=RegistryKind.JCM,
        name="JCM registry",
    ),
]


@pytest.fixture
async def database(migrated_database_url: str) -> AsyncIterator[Database]:
    """The hub's database with two registries and nothing else."""
    database = Database(migrated_database_url)
    async with database.unit_of_work() as work:
        await put_registries(work.connection, REGISTRIES, at=NOW)
    yield database
    await database.close()
