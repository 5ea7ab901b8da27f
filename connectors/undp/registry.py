"""The calls of the registry, typed."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final, TypeVar

from connectors.errors import AnswerTooLarge, RegistryBusy
from connectors.undp.queries import PAGE_ROWS, Filter, plain_words, query_body
from connectors.undp.rows import (
    AefAnswer,
    AefRows,
    BalancePage,
    BalanceRow,
    Decided,
    Listing,
    RequestCreated,
    RetirementPage,
    RetirementRow,
    RetirementType,
    Row,
)
from connectors.undp.session import UndpSession
from schema.aef.fields import Table

PAGES_MAX: Final = 200
READINGS_MAX: Final = 3
_CREDITS: Final = "creditTransactionsManagement"

PageType = TypeVar("PageType", BalancePage, RetirementPage)


@dataclass(frozen=True, slots=True, kw_only=True)
class RetirementOrder:
    """A request to retire the high end of a block, so that it can be held abroad."""

    block_id: str
    amount: int
    country: str
    """Alpha-2 code of the Party that will hold the units."""
    organization: str
    remarks: str
    """The mark by which the request is found again."""


class UndpCredits:
    """What is read and done; reading as the authority, requesting as the owner.

    Every method raises `RegistryError`: `RegistryBusy` when the budget is spent, and
    `RegistryRefused` with an `UndpRefusal`.
    """

    def __init__(self, authority: UndpSession, now: Callable[[], datetime]) -> None:
        """Take the session of the national authority, which sees every company's rows."""
        self._authority = authority
        self._now = now

    @property
    def registry(self) -> str:
        """The code of the registry."""
        return self._authority.registry

    async def ping(self) -> None:
        """Ask whether the registry is there."""
        await self._authority.ping()

    async def balances(self) -> Listing[BalanceRow]:
        """Return every block that somebody owns, retired ones left out."""
        return await self._listing("queryBalance", BalancePage, BalanceRow)

    async def retirements(self, *filters: Filter) -> Listing[RetirementRow]:
        """Return retirement requests."""
        return await self._listing("queryRetirements", RetirementPage, RetirementRow, *filters)

    async def request_retirement(self, owner: UndpSession, order: RetirementOrder) -> int:
        """Reserve credits for retirement abroad; return the id of the request. Never repeat it."""
        body = {
            "blockId": order.block_id,
            "amount": order.amount,
            "retirementType": RetirementType.CROSS_BORDER,
            "country": order.country,
            "organizationName": plain_words(order.organization),
            "remarks": order.remarks,
        }
        answer = await owner.act(f"{_CREDITS}/retireRequest", body, RequestCreated)
        return answer.data.id

    async def accept(self, request_id: int) -> None:
        """Accept a request; the registry refuses a second time, so asking again is safe."""
        body = {"transactionId": request_id, "action": "ACCEPT"}
        await self._authority.act(f"{_CREDITS}/performRetireAction", body, Decided)

    async def cancel(self, owner: UndpSession, request_id: int, remarks: str) -> None:
        """Take a request back, as the owner who made it."""
        body = {"transactionId": request_id, "action": "CANCEL", "remarks": remarks}
        await owner.act(f"{_CREDITS}/performRetireAction", body, Decided)

    async def aef(self, table: Table, year: int) -> AefRows:
        """Return the registry's own AEF rows of one table and year; dates are dd/mm/yyyy."""
        body = {"table": table, "reportedYear": year}
        answer, _ = await self._authority.read("aefV2/query", body, AefAnswer)
        return answer.data

    async def _listing(
        self, call: str, page_type: type[PageType], _: type[Row], *filters: Filter
    ) -> Listing[Row]:
        for _attempt in range(READINGS_MAX):
            asked_at, rows, total = self._now(), [], 1
            pages: list[bytes] = []
            while len(pages) * PAGE_ROWS < total:
                if len(pages) == PAGES_MAX:
                    raise AnswerTooLarge(self.registry, f"more than {PAGES_MAX} pages of {call}")
                body = query_body(len(pages) + 1, *filters)
                page, content = await self._authority.read(f"{_CREDITS}/{call}", body, page_type)
                total = page.total
                rows += page.data
                pages.append(content)
            if len(rows) == total and len({row.id for row in rows}) == total:
                return Listing(rows=tuple(rows), pages=tuple(pages), asked_at=asked_at)  # type: ignore[arg-type]
        raise RegistryBusy(self.registry, f"the rows of {call} change faster than they can be read")
