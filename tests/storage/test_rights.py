"""The running hub has no more rights than it needs, where the deployment gives it a role."""

import asyncio
import secrets
from collections.abc import AsyncIterator

import asyncpg
import pytest

from hub.storage import migrate
from hub.storage.database import Database
from hub.storage.queries.journal import NewLeaf, append_leaves
from hub.storage.queries.leases import take_lease
from hub.storage.queries.messages import store_envelopes, store_receipts
from hub.storage.queries.outbox import enqueue
from tests.builders import NOW
from tests.storage.test_holdings import issue
from tests.storage.test_leases import LASTS
from tests.storage.test_messages import a_message, an_envelope
from tests.storage.test_outbox import an_owed_message

NOTHING = "'{}', '{}', 0" + ", '{}'" * 14
FORBIDDEN = [
    "INSERT INTO holding SELECT * FROM holding",
    "UPDATE holding SET status = 'retired'",
    "DELETE FROM holding",
    "TRUNCATE holding",
    "UPDATE unit_event SET kind = kind",
    "DELETE FROM message",
    "UPDATE journal_leaf SET entry = ''",
    "DELETE FROM transfer",
    "TRUNCATE envelope CASCADE",
    "UPDATE alembic_version SET version_num = '0'",
    "ALTER TABLE holding DISABLE TRIGGER ALL",
    "DROP TRIGGER append_only ON message",
    "CREATE TABLE mine (a int)",
    "SELECT grant_application('postgres')",
]


@pytest.fixture
async def limited(database: Database) -> AsyncIterator[Database]:
    """The same database for a process that does not own its tables."""
    role = f"app_{secrets.token_hex(6)}"
    owner = await asyncpg.connect(database.dsn)
    await owner.execute(f"CREATE ROLE {role}")
    await asyncio.to_thread(migrate.upgrade, database.dsn, application_role=role)
    separator = "&" if "?" in database.dsn else "?"
    limited = Database(f"{database.dsn}{separator}role={role}")
    yield limited
    await limited.close()
    await owner.execute(f"DROP OWNED BY {role}; DROP ROLE {role}")
    await owner.close()


async def test_the_role_of_the_hub_can_do_the_work_of_the_hub(limited: Database) -> None:
    await issue(limited, 1, 100)
    async with limited.unit_of_work() as work:
        (envelope_id,) = await store_envelopes(work.connection, [an_envelope(a_message())])
        await append_leaves(work.connection, [NewLeaf(entry=b"%d" % n) for n in range(600)], at=NOW)
        await append_leaves(work.connection, [NewLeaf(entry=b"x")] * 256, at=NOW)
        await enqueue(work.connection, [an_owed_message()], at=NOW)
        await store_receipts(work.connection, [(envelope_id, b"receipt")])
        await take_lease(work.connection, "nightly", holder="one", at=NOW, lasts=LASTS)


@pytest.mark.parametrize("statement", FORBIDDEN)
async def test_the_role_of_the_hub_can_do_nothing_else(limited: Database, statement: str) -> None:
    await issue(limited, 1, 100)
    async with limited.reading() as connection:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute(statement)


async def test_no_other_role_may_change_holdings(database: Database) -> None:
    role = f"stranger_{secrets.token_hex(6)}"
    owner = await asyncpg.connect(database.dsn)
    await owner.execute(f"CREATE ROLE {role}; SET ROLE {role}")
    for statement in ["SELECT * FROM holding", f"SELECT change_holdings({NOTHING})"]:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await owner.execute(statement)
    await owner.execute(f"RESET ROLE; DROP ROLE {role}")
    await owner.close()
