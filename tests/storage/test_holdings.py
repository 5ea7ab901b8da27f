"""Holdings change without losing or doubling a serial, or not at all."""

import asyncpg
import pytest

from hub.domain.needs import Needs
from hub.domain.state import Account, AccountKey, Interval, Units
from hub.storage.database import Database
from hub.storage.errors import IntegrityRefusedError
from hub.storage.slice.applied import Applied
from schema.codes import AccountKind, AccountStatus, UnitStatus
from schema.identifiers import ItmoSeries, parse_approach_id, parse_party_id, parse_registry_id
from tests.builders import (
    APPROACH,
    HOST,
    HOST_ACCOUNT,
    HOST_REGISTRY,
    NOW,
    VINTAGE,
    issuance_notice,
    issued_block,
)

SERIES = ItmoSeries(
    parse_approach_id(APPROACH), parse_registry_id(HOST_REGISTRY), parse_party_id(HOST), VINTAGE
)
ACCOUNT = AccountKey(HOST_REGISTRY, HOST_ACCOUNT)
NEEDS = Needs(intervals={Interval(SERIES, 1, 1_000_000)}, accounts={ACCOUNT})
DIFFERENCES = "SELECT units_issued::int, units_held::int FROM coverage_differences()"


async def issue(database: Database, first: int, last: int) -> None:
    """Issue a block into the host's account, as the rules would."""
    async with database.unit_of_work() as work:
        ledger = await work.load(NEEDS, changes_register=True)
        ledger.accounts[ACCOUNT] = Account(
            key=ACCOUNT,
            kind=AccountKind.HOLDING,
            status=AccountStatus.OPEN,
            holder_party=HOST,
            holder_entity=None,
        )
        notice = issuance_notice(
            authorization_party=None, authorization_id=None, blocks=(issued_block(first, last),)
        )
        ledger.bear(
            Units(
                series=SERIES,
                first=first,
                last=last,
                account=ACCOUNT,
                status=UnitStatus.HELD,
                issuance=notice.message_id,
                activity=notice.activity,
                authorization=None,
                first_transfer=None,
                reserved_by=None,
                last_record=notice.message_id,
            )
        )
        await work.flush(
            applied=[Applied(message=notice, sender=HOST_REGISTRY, received_at=NOW)], at=NOW
        )


@pytest.fixture
async def issued(database: Database) -> Database:
    """A database in which serials 1 to 100 and 101 to 200 were issued."""
    await issue(database, 1, 100)
    await issue(database, 101, 200)
    return database


async def _change(
    database: Database,
    *,
    removed: tuple[int, ...] = (),
    changed: tuple[tuple[int, int], ...] = (),
    added: tuple[tuple[int, int], ...] = (),
) -> None:
    """Call the one function that writes holdings, with blocks as (first, last)."""
    rows = [*changed, *added]
    async with database.unit_of_work() as work:
        await work.connection.execute(
            """SELECT change_holdings(
                   array_fill(s.series_id, ARRAY[cardinality($1::bigint[])]), $1, $2,
                   array_fill(s.series_id, ARRAY[cardinality($3::bigint[])]), $3, $4,
                   array_fill(h.account_id, ARRAY[cardinality($3::bigint[])]),
                   array_fill('held'::text, ARRAY[cardinality($3::bigint[])]),
                   array_fill(h.issuance, ARRAY[cardinality($3::bigint[])]),
                   array_fill(h.activity, ARRAY[cardinality($3::bigint[])]),
                   array_fill(NULL::int, ARRAY[cardinality($3::bigint[])]),
                   array_fill(NULL::uuid, ARRAY[cardinality($3::bigint[])]),
                   array_fill(NULL::uuid, ARRAY[cardinality($3::bigint[])]),
                   array_fill(h.last_record, ARRAY[cardinality($3::bigint[])]),
                   array_fill(NULL::numeric, ARRAY[cardinality($3::bigint[])]),
                   array_fill(NULL::text, ARRAY[cardinality($3::bigint[])]),
                   '{}')
               FROM series s JOIN holding h USING (series_id) WHERE h.first = 1""",
            list(removed),
            len(changed),
            [first for first, _ in rows],
            [last for _, last in rows],
        )


async def _blocks(database: Database) -> list[tuple[int, int]]:
    async with database.reading() as connection:
        rows = await connection.fetch("SELECT first, last FROM holding ORDER BY first")
    return [tuple(row) for row in rows]


async def _differences(database: Database) -> list[tuple[int, int]]:
    async with database.reading() as connection:
        return [tuple(row) for row in await connection.fetch(DIFFERENCES)]


async def test_cutting_and_joining_blocks_leaves_the_coverage_as_it_is(issued: Database) -> None:
    await _change(issued, changed=((1, 40),), added=((41, 60), (61, 100)))
    assert await _blocks(issued) == [(1, 40), (41, 60), (61, 100), (101, 200)]
    assert await _differences(issued) == []
    await _change(issued, removed=(41, 61, 101), changed=((1, 200),))
    assert await _blocks(issued) == [(1, 200)]
    assert await _differences(issued) == []


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"changed": ((1, 99),)}, id="a serial is lost at the end of a block"),
        pytest.param({"removed": (101,)}, id="a block is lost"),
        pytest.param({"added": ((201, 300),)}, id="serials appear that were never issued"),
        pytest.param({"changed": ((1, 40),), "added": ((42, 100),)}, id="a serial falls between"),
        pytest.param(
            {"changed": ((1, 50),), "added": ((50, 99),)}, id="one is doubled and one lost"
        ),
        pytest.param(
            {"removed": (101,), "added": ((301, 400),)}, id="as many other serials take their place"
        ),
    ],
)
async def test_a_change_that_loses_or_doubles_a_serial_is_refused_as_a_whole(
    issued: Database, change: dict[str, tuple[tuple[int, int], ...]]
) -> None:
    with pytest.raises(IntegrityRefusedError):
        await _change(issued, **change)  # type: ignore[arg-type]
    assert await _blocks(issued) == [(1, 100), (101, 200)]


async def test_an_issuance_cannot_be_claimed_a_second_time(issued: Database) -> None:
    async with issued.reading() as connection:
        born = await connection.fetchval("SELECT message_id FROM issuance WHERE first = 101")
    with pytest.raises(IntegrityRefusedError):
        async with issued.unit_of_work() as work:
            await work.connection.execute(
                """SELECT change_holdings('{}', '{}', 0, ARRAY[h.series_id], '{101}', '{200}',
                       ARRAY[h.account_id], '{held}', ARRAY[h.issuance], ARRAY[h.activity],
                       '{NULL}', '{NULL}', '{NULL}', ARRAY[h.last_record], '{NULL}', '{NULL}',
                       ARRAY[$1::uuid])
                   FROM holding h WHERE h.first = 101""",
                born,
            )


@pytest.mark.parametrize(
    ("statement", "found"),
    [
        pytest.param("DELETE FROM holding WHERE first = 101", (200, 100), id="lost"),
        pytest.param("UPDATE holding SET last = 99 WHERE first = 1", (200, 199), id="cut off"),
        pytest.param("UPDATE holding SET last = 199 WHERE first = 101", (200, 199), id="one lost"),
        pytest.param(
            "UPDATE holding SET first = 301, last = 400 WHERE first = 101",
            (200, 200),
            id="others in their place",
        ),
        pytest.param(
            """ALTER TABLE holding DROP CONSTRAINT holding_no_serial_twice;
               INSERT INTO holding (series_id, first, last, account_id, status, issuance, activity,
                   last_record)
               SELECT series_id, 50, 60, account_id, status, issuance, activity, last_record
               FROM holding
               WHERE first = 1""",
            (200, 211),
            id="doubled",
        ),
        pytest.param(
            """ALTER TABLE holding DROP CONSTRAINT holding_no_serial_twice,
                   DROP CONSTRAINT holding_pkey;
               INSERT INTO holding (series_id, first, last, account_id, status, issuance, activity,
                   last_record)
               SELECT series_id, first, last, account_id, status, issuance, activity, last_record
               FROM holding, generate_series(1, 2) WHERE first = 1""",
            (200, 400),
            id="trebled",
        ),
    ],
)
async def test_the_audit_finds_what_was_changed_around_the_function(
    issued: Database, statement: str, found: tuple[int, int]
) -> None:
    connection = await asyncpg.connect(issued.dsn)
    await connection.execute(statement)
    await connection.close()
    assert await _differences(issued) == [found]
