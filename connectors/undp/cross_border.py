"""The cross-border step: a retirement request by the owner, accepted by the authority, read back.

Each step is written down before it is taken. What the registry did is read from the status of the
request, and only when its cache can no longer show the time before.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from connectors.contract import Evidence
from connectors.errors import NotSupported, RegistryBusy, RegistryError, RegistryRefused
from connectors.undp.budget import RequestPace
from connectors.undp.intents import Intent, IntentState, IntentStore
from connectors.undp.planning import (
    CannotPlan,
    CrossBorderOrder,
    PlanFault,
    owners_missing,
    placed_rows,
    plan,
)
from connectors.undp.refusals import UndpRefusal
from connectors.undp.registry import RetirementOrder, UndpCredits
from connectors.undp.rows import Listing, RequestStatus, RetirementRow, RetirementType
from connectors.undp.session import UndpSession
from connectors.vouched import VouchedSerials
from schema.faults import IdentifierError
from schema.formats.undp import SERIAL_RULE

MARK: Final = "itmo-hub"
STEPS_MAX: Final = 20
LATE_ARRIVAL: Final = timedelta(seconds=60)
"""A request whose answer was lost may still be acted on for so long."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CrossBorderRules:
    """What the steps depend on besides the registry."""

    pace: RequestPace
    vouched: VouchedSerials
    now: Callable[[], datetime]
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    late_arrival: timedelta = LATE_ARRIVAL


@dataclass(frozen=True, slots=True, kw_only=True)
class CrossBorderResult:
    """What became of orders; every part is final."""

    parts: tuple[Intent, ...]
    evidence: Evidence
    """The registry's list of requests as last read."""

    @property
    def failed(self) -> tuple[Intent, ...]:
        """Parts whose units did not leave."""
        return tuple(part for part in self.parts if part.state is IntentState.FAILED)

    @property
    def other_serials(self) -> tuple[Intent, ...]:
        """Parts for which other units left than were asked for: `words` says which."""
        return tuple(
            part for part in self.parts if part.state is IntentState.COMPLETED and part.words
        )


class CrossBorder:
    """Carries out orders; several may run at once, also in several processes on one store."""

    def __init__(
        self,
        credits_there: UndpCredits,
        owners: Mapping[int, UndpSession],
        intents: IntentStore,
        rules: CrossBorderRules,
    ) -> None:
        """Take the registry, the sessions of owners by company id, and our memory."""
        self._credits = credits_there
        self._owners = owners
        self._intents = intents
        self._rules = rules

    async def carry_out(self, orders: Sequence[CrossBorderOrder]) -> CrossBorderResult:
        """Take orders to their end, or as far as it goes now; repeat with the same keys.

        All are planned before anything is asked for: either each can be carried out, or none is
        begun.

        Raises:
            RegistryBusy: the registry's cache or limit makes us wait; `retry_after_seconds`.
            RegistryRefused: the units are not there, or not where they can be retired.
            NotSupported: nobody can ask for the company that owns them.
        """
        await self._plan([each for each in orders if not await self._intents.of_order(each.key)])
        for order in orders:
            for part in await self._parts(order):
                await self._finish(part)
        done = [part for order in orders for part in await self._parts(order)]
        return CrossBorderResult(parts=tuple(done), evidence=await self._evidence())

    async def _parts(self, order: CrossBorderOrder) -> tuple[Intent, ...]:
        parts = await self._intents.of_order(order.key)
        assert len(parts) == parts[0].parts, "all parts of an order are kept together"
        return parts

    async def _plan(self, orders: Sequence[CrossBorderOrder]) -> None:
        if not orders:
            return
        registry = self._credits.registry
        listing = await self._credits.balances()
        rows = tuple(placed_rows(listing.rows, self._rules.vouched))
        plans = []
        for order in orders:
            planned = plan(order, rows)
            if isinstance(planned, CannotPlan):
                if planned.fault is PlanFault.RESERVED:
                    raise RegistryBusy(registry, f"{planned.fault}: {planned.words}")
                raise RegistryRefused(registry, status=0, code=planned.fault, detail=planned.words)
            plans.append(planned)
        if missing := owners_missing((each for one in plans for each in one), self._owners):
            raise NotSupported(registry, f"no credentials of companies {sorted(missing)}")
        for planned in plans:
            # False: another process has planned the same order meanwhile, and its plan counts.
            await self._intents.plan(planned)

    async def _finish(self, intent: Intent) -> None:
        for _ in range(STEPS_MAX):
            match intent.state:
                case IntentState.PLANNED:
                    intent = await self._request(intent)
                case IntentState.SENDING:
                    intent = await self._find(intent)
                case IntentState.REQUESTED:
                    intent = await self._decide(intent)
                case _:
                    return
        raise RegistryBusy(self._credits.registry, f"{intent.key} has taken many steps; later")

    async def _request(self, intent: Intent) -> Intent:
        sending = await self._move(
            intent, intent.moved(IntentState.SENDING, unseen_until=self._unseen(late=True))
        )
        if sending.state is not IntentState.SENDING:
            return sending
        order = RetirementOrder(
            block_id=intent.block_id,
            amount=intent.amount,
            country=intent.country,
            organization=intent.organization,
            remarks=f"{MARK} {intent.key}",
        )
        try:
            request_id = await self._credits.request_retirement(self._owners[intent.owner], order)
        except RegistryRefused as refused:
            return await self._move(sending, sending.moved(IntentState.FAILED, words=str(refused)))
        except RegistryError as error:
            if not error.may_have_acted:
                await self._move(sending, sending.moved(IntentState.PLANNED, unseen_until=None))
                raise
            lost = sending.moved(IntentState.SENDING, unseen_until=self._unseen(late=True))
            return await self._move(sending, lost)
        return await self._move(
            sending,
            sending.moved(
                IntentState.REQUESTED, request_id=request_id, unseen_until=self._unseen()
            ),
        )

    async def _find(self, intent: Intent) -> Intent:
        """Look for a request whose answer was lost; only a fresh list can prove its absence."""
        rows = (await self._fresh(intent)).rows
        ours = sorted(row.id for row in rows if _is_ours(row, intent))
        if not ours:
            return await self._move(intent, intent.moved(IntentState.PLANNED, unseen_until=None))
        return await self._move(intent, intent.moved(IntentState.REQUESTED, request_id=ours[0]))

    async def _decide(self, intent: Intent) -> Intent:
        rows = (await self._fresh(intent)).rows
        row = next((row for row in rows if row.id == intent.request_id), None)
        if row is None:
            return await self._move(
                intent, intent.moved(IntentState.REQUESTED, unseen_until=self._unseen())
            )
        match row.status:
            case RequestStatus.PENDING:
                return await self._accept(intent, row)
            case RequestStatus.COMPLETED:
                words = "" if row.serial_number == intent.serial else row.serial_number
                return await self._move(intent, intent.moved(IntentState.COMPLETED, words=words))
            case _:
                # The block itself would say retired; the request says the truth.
                words = f"the request is {row.status}: {row.remarks or ''}"
                return await self._move(intent, intent.moved(IntentState.FAILED, words=words))

    async def _accept(self, intent: Intent, row: RetirementRow) -> Intent:
        if not _ends_alike(row.serial_number, intent.serial):
            words = f"{row.serial_number} would lose other units than {intent.serial}"
            await self._credits.cancel(self._owners[intent.owner], row.id, f"{MARK}: {words}")
            return await self._move(intent, intent.moved(IntentState.FAILED, words=words))
        try:
            await self._credits.accept(row.id)
        except RegistryRefused as refused:
            # Somebody has decided meanwhile, perhaps we ourselves: the status will say what.
            if refused.code != UndpRefusal.NOT_PENDING:
                raise
        except RegistryError as error:
            if not error.may_have_acted:
                raise
        return await self._move(
            intent, intent.moved(IntentState.REQUESTED, unseen_until=self._unseen())
        )

    async def _fresh(self, intent: Intent) -> Listing[RetirementRow]:
        """Read the requests when nothing from before the last attempt can be shown any more."""
        if intent.unseen_until is not None:
            wait = (intent.unseen_until - self._rules.now()).total_seconds()
            if wait > self._rules.pace.patience_seconds:
                words = f"what became of {intent.key} cannot be seen yet"
                raise RegistryBusy(self._credits.registry, words, retry_after_seconds=wait)
            if wait > 0:
                await self._rules.sleep(wait)
        return await self._credits.retirements()

    async def _move(self, before: Intent, after: Intent) -> Intent:
        """Write a step down; when somebody else was faster, go on from where they are."""
        if await self._intents.move(before, after):
            return after
        order, _, _ = before.key.rpartition("/")
        return next(each for each in await self._intents.of_order(order) if each.key == before.key)

    def _unseen(self, *, late: bool = False) -> datetime:
        cached = timedelta(seconds=self._rules.pace.cache_seconds)
        return self._rules.now() + cached + (self._rules.late_arrival if late else timedelta())

    async def _evidence(self) -> Evidence:
        listing = await self._credits.retirements()
        return Evidence(
            content=b"\n".join(listing.pages),
            media_type="application/x-ndjson",
            signed=False,
            received_at=listing.asked_at,
        )


def _is_ours(row: RetirementRow, intent: Intent) -> bool:
    if row.remarks == f"{MARK} {intent.key}":
        return True
    # A decision made by people may have replaced the remarks; the serials cannot lie.
    completed = row.status is RequestStatus.COMPLETED and row.serial_number == intent.serial
    return completed and row.retirement_type == RetirementType.CROSS_BORDER


def _ends_alike(told: str, wanted: str) -> bool:
    """Tell whether a block ends with the wanted serials, or is just them."""
    try:
        block, part = SERIAL_RULE.read(told), SERIAL_RULE.read(wanted)
    except IdentifierError:
        return False
    if block.key != part.key or block.serials is None or part.serials is None:
        return False
    return block.serials.last == part.serials.last and block.serials.first <= part.serials.first
