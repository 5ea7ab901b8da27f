import asyncio

import pytest

from hub.services.batcher import Batcher, OverloadedError


async def test_items_that_wait_together_share_a_batch_and_get_their_own_results() -> None:
    batches: list[list[int]] = []

    async def double(items: list[int]) -> list[int]:
        batches.append(items)
        await asyncio.sleep(0.01)
        return [item * 2 for item in items]

    async with Batcher(double, size_max=50, in_flight=1, queue_max=200) as batcher:
        results = await asyncio.gather(*(batcher.submit(number) for number in range(120)))
    assert results == [number * 2 for number in range(120)]
    assert len(batches) < 10
    assert max(map(len, batches)) == 50


async def test_a_failing_batch_tells_its_own_callers_and_nobody_else() -> None:
    async def refuse_odd(items: list[int]) -> list[int]:
        if items[0] % 2:
            raise ValueError("odd")
        return items

    async with Batcher(refuse_odd, size_max=1, in_flight=2, queue_max=10) as batcher:
        results = await asyncio.gather(
            *(batcher.submit(number) for number in range(4)), return_exceptions=True
        )
    assert [type(result) for result in results] == [int, ValueError, int, ValueError]


async def test_a_full_queue_refuses_at_once() -> None:
    gate = asyncio.Event()

    async def wait(items: list[int]) -> list[int]:
        await gate.wait()
        return items

    async with Batcher(wait, size_max=1, in_flight=1, queue_max=1) as batcher:
        first = asyncio.create_task(batcher.submit(1))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        second = asyncio.create_task(batcher.submit(2))
        await asyncio.sleep(0)
        with pytest.raises(OverloadedError):
            await batcher.submit(3)
        gate.set()
        assert await asyncio.gather(first, second) == [1, 2]


async def test_leaving_finishes_what_waits() -> None:
    done: list[int] = []

    async def keep(items: list[int]) -> list[int]:
        await asyncio.sleep(0.01)
        done.extend(items)
        return items

    async with Batcher(keep, size_max=2, in_flight=1, queue_max=10) as batcher:
        waiting = [asyncio.create_task(batcher.submit(number)) for number in range(5)]
        await asyncio.sleep(0)
    assert sorted(done) == list(range(5))
    assert await asyncio.gather(*waiting) == list(range(5))
