"""Micro-batches: requests that wait together share one transaction.

Nobody waits for a batch to fill: a batch is whatever has gathered while the one before was being
committed. Without load a batch has one item; under load it grows and shares the cost of the commit.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


class OverloadedError(Exception):
    """More items wait than allowed; the caller is told to come back."""


class Batcher(Generic[Item, Result]):
    """Hands waiting items to `process` in batches, several batches in flight.

    `process` must return one result per item, in order. If it raises, every item of that batch gets
    the exception; it is `process` that must keep a bad item from harming its neighbours.
    """

    def __init__(
        self,
        process: Callable[[list[Item]], Awaitable[list[Result]]],
        *,
        size_max: int,
        in_flight: int,
        queue_max: int,
    ) -> None:
        self._process = process
        self._size_max = size_max
        self._queue: asyncio.Queue[tuple[Item, asyncio.Future[Result]]] = asyncio.Queue(queue_max)
        self._in_flight = in_flight
        self._workers: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> "Batcher[Item, Result]":
        """Start the workers."""
        self._workers = [
            asyncio.create_task(self._work(), name=f"batch-worker-{number}")
            for number in range(self._in_flight)
        ]
        return self

    async def __aexit__(self, *_: object) -> None:
        """Finish what waits, then stop."""
        await self._queue.join()
        for worker in self._workers:
            worker.cancel()
        await asyncio.gather(*self._workers, return_exceptions=True)

    async def submit(self, item: Item) -> Result:
        """Wait for the result of `item`.

        Raises:
            OverloadedError: the queue is full; nothing was done.
        """
        future: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        try:
            self._queue.put_nowait((item, future))
        except asyncio.QueueFull as cause:
            raise OverloadedError(f"{self._queue.maxsize} items wait") from cause
        return await future

    @property
    def waiting(self) -> int:
        """How many items wait for a batch."""
        return self._queue.qsize()

    async def _work(self) -> None:
        while True:
            batch = [await self._queue.get()]
            while len(batch) < self._size_max and not self._queue.empty():
                batch.append(self._queue.get_nowait())
            await self._run(batch)
            for _ in batch:
                self._queue.task_done()

    async def _run(self, batch: list[tuple[Item, asyncio.Future[Result]]]) -> None:
        try:
            results = await self._process([item for item, _ in batch])
        except Exception as cause:  # noqa: BLE001 - handed to every waiting caller, who raises it
            for _, future in batch:
                if not future.done():
                    future.set_exception(cause)
            return
        assert len(results) == len(batch), "one result per item"
        for (_, future), result in zip(batch, results, strict=True):
            if not future.done():
                future.set_result(result)
