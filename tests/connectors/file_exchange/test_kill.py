"""Kill -9 of the taking side, again and again, loses no file and spoils none."""

import asyncio
import random
import signal
import sys
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

from tests import builders
from tests.connectors.file_exchange.world import World

TAKER = Path(__file__).with_name("taker.py")
ROOT = Path(__file__).parents[3]
FILES, KILLS = 120, 12


async def taker(world: World, kept: Path) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable,
        str(TAKER),
        str(world.root),
        str(kept),
        cwd=ROOT,
        env={"PYTHONPATH": str(ROOT)},
    )


def seen(kept: Path) -> set[str]:
    log = kept / "log"
    lines = log.read_text().splitlines() if log.exists() else []
    return {line for line in lines if len(line) == 64}


async def until(happened: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not happened():  # noqa: ASYNC110 (a file has no event)
            await asyncio.sleep(0.01)


async def test_every_file_is_taken_whatever_is_killed(tmp_path: Path) -> None:
    world, kept = World(tmp_path / "shared"), tmp_path / "kept"
    kept.mkdir()
    chance = random.Random(7)  # noqa: S311 (no secret)
    wanted: set[str] = set()
    for _ in range(KILLS):
        process = await taker(world, kept)
        for _ in range(FILES // KILLS):
            wanted.add(sha256(world.put(builders.account_notice())).hexdigest())
        before = len(seen(kept))
        await until(lambda before=before: len(seen(kept)) > before)
        await asyncio.sleep(chance.uniform(0, 0.02))
        process.send_signal(signal.SIGKILL)
        await process.wait()
    process = await taker(world, kept)
    await until(lambda: wanted <= seen(kept))
    process.kill()
    await process.wait()
    assert seen(kept) == wanted
    assert list((world.root / "hub" / "refused").iterdir()) == []
