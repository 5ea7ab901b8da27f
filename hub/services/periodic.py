"""Work that is done again and again for as long as the hub lives."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

log = structlog.get_logger(__name__)


async def repeat(name: str, seconds: float, work: Callable[[], Awaitable[object]]) -> None:
    """Do `work` every `seconds`, for ever; a failure is told and does not end it."""
    while True:
        try:
            await work()
        except Exception as cause:  # this loop must outlive every failure
            log.exception("periodic.failed", work=name, cause=str(cause))
        await asyncio.sleep(seconds)
