"""Receive: an envelope in, a signed receipt out, after the commit that made it true."""

from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Self

from hub.services.apply import Applier
from hub.services.arrivals import Answer, Arrivals, Pending
from hub.services.batcher import Batcher, OverloadedError
from schema.refusals import Refusal, RefusalCode, refuse


class Receiver:
    """The door of the exchange; use it as an async context manager."""

    def __init__(
        self,
        arrivals: Arrivals,
        applier: Applier,
        *,
        batch_messages_max: int,
        batches_in_flight: int,
        queue_messages_max: int,
        look_again: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        """Take envelopes; `look_again` reads the trusted keys anew when one is not known."""
        self._arrivals = arrivals
        self._look_again = look_again
        self._batcher: Batcher[Pending, Answer] = Batcher(
            applier.apply,
            size_max=batch_messages_max,
            in_flight=batches_in_flight,
            queue_max=queue_messages_max,
        )

    async def __aenter__(self) -> Self:
        """Start taking envelopes."""
        await self._batcher.__aenter__()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Answer what waits, then stop."""
        await self._batcher.__aexit__(kind, error, trace)

    async def receive(self, raw: bytes) -> Answer:
        """Return the receipt for `raw`, or why there is none."""
        pending = self._arrivals.open(raw)
        if (
            isinstance(pending, Refusal)
            and pending.code is RefusalCode.KEY_UNKNOWN
            and self._look_again is not None
        ):
            await self._look_again()
            pending = self._arrivals.open(raw)
        if isinstance(pending, Refusal):
            return Answer(refusal=pending)
        try:
            return await self._batcher.submit(pending)
        except OverloadedError as cause:
            return Answer(refusal=refuse(RefusalCode.TRY_AGAIN_LATER, str(cause)))
