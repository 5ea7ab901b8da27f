"""A small world in the database, and a gateway over it."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from typing import Any

import asyncpg
import orjson
import pytest

from hub.gateway.answers import Answer
from hub.gateway.building import build_gateway
from hub.gateway.executing import Executing
from hub.gateway.limits import GatewayLimits
from hub.gateway.viewer import ANONYMOUS, Viewer
from hub.storage.database import Database
from tests.conftest import DatabaseServer

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)

WORLD = """
INSERT INTO party VALUES ('MNG', 'Mongolia'), ('JPN', 'Japan');
INSERT INTO registry (registry, party, kind, name, endpoint, fresh_for_seconds, recorded_at)
VALUES ('MNG01', 'MNG', 'JCM registry', 'Mongolia', 'https://mng.example', 60,
        '2026-01-01T00:00:00Z'),
       ('JPN01', 'JPN', 'JCM registry', 'Japan', 'https://jpn.example', NULL,
        '2026-01-01T00:00:00.25Z');
INSERT INTO approach VALUES ('CA0007', '{JPN,MNG}', 'JCM', '2026-01-01T00:00:00Z');
INSERT INTO account (account_id, registry, account, kind, status, holder_party, holder_entity)
VALUES (1, 'MNG01', 'MN-100', 'holding', 'open', 'MNG', 'Illustrative "Solar" LLC'),
       (2, 'JPN01', 'JP-100', 'holding', 'open', 'JPN', NULL),
       (3, 'JPN01', 'JP-200', 'retirement NDC', 'open', 'JPN', NULL);
INSERT INTO series (series_id, approach, registry, first_party, vintage)
VALUES (1, 'CA0007', 'MNG01', 'MNG', 2021), (2, 'CA0007', 'MNG01', 'MNG', 2022);
INSERT INTO issuance (series_id, first, last, message_id, registry, account_id, activity,
    mitigation_type, metric, unit, issued_at, recorded_at)
VALUES (1, 1, 1000, '00000000-0000-0000-0000-000000000001', 'MNG01', 1, 'MN099',
        'Emission reductions', 'GHG', 'tCO2e', '2026-01-10T00:00:00Z', '2026-01-10T00:00:01Z'),
       (2, 1, 500, '00000000-0000-0000-0000-000000000001', 'MNG01', 1, 'MN099',
        'Emission reductions', 'GHG', 'tCO2e', '2026-01-10T00:00:00Z', '2026-01-10T00:00:01Z');
INSERT INTO holding (series_id, first, last, account_id, status, issuance, activity, last_record)
VALUES (1, 1, 400, 1, 'held', '00000000-0000-0000-0000-000000000001', 'MN099',
        '00000000-0000-0000-0000-000000000001'),
       (1, 401, 1000, 2, 'held', '00000000-0000-0000-0000-000000000001', 'MN099',
        '00000000-0000-0000-0000-000000000001'),
       (2, 1, 500, 3, 'used towards NDC', '00000000-0000-0000-0000-000000000001', 'MN099',
        '00000000-0000-0000-0000-000000000001');
INSERT INTO unit_event (kind, series_id, first, last, registry, to_account_id, happened_at,
    recorded_at, message_id)
VALUES ('issuance', 1, 1, 1000, 'MNG01', 1, '2026-01-10T00:00:00Z', '2026-01-10T00:00:01Z',
        '00000000-0000-0000-0000-000000000001');
"""


class Asker:
    """Asks a gateway and reads its answers."""

    def __init__(self, executing: Executing) -> None:
        self.executing = executing

    async def answer(
        self,
        query: str,
        variables: dict[str, Any] | None = None,
        *,
        viewer: Viewer = ANONYMOUS,
        operation: str | None = None,
    ) -> tuple[Answer, dict[str, Any]]:
        answer = await self.executing.execute(query, variables, operation, viewer)
        return answer, orjson.loads(answer.body)

    async def data(self, query: str, variables: dict[str, Any] | None = None, **more: Any) -> Any:
        _, told = await self.answer(query, variables, **more)
        assert "errors" not in told, told["errors"]
        return told["data"]

    async def codes(self, query: str, variables: dict[str, Any] | None = None) -> list[str]:
        _, told = await self.answer(query, variables)
        return [fault["extensions"]["code"] for fault in told["errors"]]


@pytest.fixture(scope="session")
def small_world_url(postgres: DatabaseServer, migrated_template: str) -> Iterator[str]:
    """The address of a database with the small world; the tests only read it."""
    name = f"world_{secrets.token_hex(6)}"
    url = postgres.create(name, template=migrated_template)

    async def seed() -> None:
        connection = await asyncpg.connect(url)
        await connection.execute(WORLD)
        await connection.close()

    with asyncio.Runner(loop_factory=asyncio.new_event_loop) as runner:
        runner.run(seed())
    yield url
    postgres.drop(name)


@pytest.fixture
async def database(small_world_url: str) -> AsyncIterator[Database]:
    database = Database(small_world_url)
    yield database
    await database.close()


@pytest.fixture
def ask(database: Database) -> Asker:
    return asker(database)


def asker(database: Database, **limits: Any) -> Asker:
    return Asker(build_gateway(database, GatewayLimits(**limits), lambda: NOW).executing)
