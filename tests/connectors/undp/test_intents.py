"""Both stores of intents keep the same promises."""

import asyncio
import multiprocessing
import os
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from connectors.undp.file_intents import FileIntents, FileInUseError
from connectors.undp.intents import Intent, IntentState, IntentStore
from connectors.undp.sqlite_intents import SqliteIntents

Open = Callable[[Path], IntentStore]


@pytest.fixture(params=[SqliteIntents, FileIntents], ids=["SQLite", "file"])
def open_store(request: pytest.FixtureRequest) -> Open:
    store: Open = request.param
    return store


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "intents"


@pytest.fixture
def store(open_store: Open, file: Path) -> Iterator[IntentStore]:
    with closing(open_store(file)) as opened:
        yield opened


def intent(key: str, parts: int = 1) -> Intent:
    return Intent(
        key=key,
        parts=parts,
        block_id="CA0007-MN-MN-1-1",
        owner=2,
        serial="CA0007-MN-MN-1-901-1000-2022",
        amount=100,
        country="JP",
        organization="Japan",
    )


async def test_an_order_is_kept_with_all_its_parts_or_not_at_all(store: IntentStore) -> None:
    parts = (intent("m1/0001", 2), intent("m1/0002", 2))
    assert await store.plan(parts)
    assert not await store.plan((intent("m2/0001"), intent("m1/0002")))
    assert await store.of_order("m1") == parts
    assert await store.of_order("m2") == ()
    assert await store.of_order("m") == ()


async def test_of_two_who_move_an_intent_one_succeeds(store: IntentStore) -> None:
    await store.plan((intent("m1/0001"),))
    before = intent("m1/0001")
    moved = await asyncio.gather(
        store.move(before, before.moved(IntentState.SENDING, unseen_until=datetime.now(UTC))),
        store.move(before, before.moved(IntentState.FAILED, words="no")),
    )
    assert sorted(moved) == [False, True]


async def test_what_is_final_is_not_unfinished(store: IntentStore) -> None:
    await store.plan((intent("m1/0001", 2), intent("m1/0002", 2)))
    await store.move(intent("m1/0001", 2), intent("m1/0001", 2).moved(IntentState.COMPLETED))
    assert [each.key for each in await store.unfinished()] == ["m1/0002"]


async def test_what_was_kept_is_there_after_a_restart(open_store: Open, file: Path) -> None:
    sending = intent("m1/0001").moved(IntentState.SENDING, unseen_until=datetime.now(UTC))
    with closing(open_store(file)) as store:
        await store.plan((intent("m1/0001"),))
        await store.move(intent("m1/0001"), sending)
    with closing(open_store(file)) as store:
        assert await store.of_order("m1") == (sending,)


@pytest.mark.parametrize("lost", [1, 7, 60])
async def test_half_a_line_was_never_acknowledged(file: Path, lost: int) -> None:
    with closing(FileIntents(file)) as store:
        await store.plan((intent("m1/0001"),))
        await store.plan((intent("m2/0001", 2), intent("m2/0002", 2)))
    size_bytes = len(file.read_bytes())  # noqa: ASYNC240 (a test may block)
    os.truncate(file, size_bytes - lost)
    with closing(FileIntents(file)) as store:
        assert await store.of_order("m2") == ()
        assert await store.plan((intent("m3/0001"),))
    with closing(FileIntents(file)) as store:
        assert [each.key for each in await store.unfinished()] == ["m1/0001", "m3/0001"]


def test_a_file_serves_one_process(file: Path) -> None:
    with closing(FileIntents(file)):
        outcome = multiprocessing.get_context("spawn").Pool(1)
        try:
            assert outcome.apply(_is_in_use, (file,))
        finally:
            outcome.terminate()
            outcome.join()


def _is_in_use(file: Path) -> bool:
    try:
        FileIntents(file).close()
    except FileInUseError:
        return True
    return False
