"""The connector to a national registry of the UNDP make."""

import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from connectors.contract import (
    CapabilitySheet,
    Delivered,
    DeliveryAnswer,
    Evidence,
    Fetched,
    Health,
    HealthState,
    Maintenance,
    Outgoing,
    StatementPage,
    StatementScope,
)
from connectors.errors import (
    CircuitOpen,
    NotSupported,
    RegistryBusy,
    RegistryError,
    RegistryRefused,
)
from connectors.http_client import RegistryHttp
from connectors.stated_rows import statement_of, within
from connectors.undp.budget import RequestBudget, RequestPace
from connectors.undp.cross_border import (
    CrossBorder,
    CrossBorderResult,
    CrossBorderRules,
)
from connectors.undp.intents import IntentStore
from connectors.undp.planning import CrossBorderOrder
from connectors.undp.registry import UndpCredits
from connectors.undp.session import Credentials, UndpSession
from connectors.undp.sheet import capability_sheet
from connectors.undp.stating import StatedUnits, Teller
from connectors.vouched import VouchedSerials
from schema.aef.rows import Report, report_from_rows, row_from_keys
from schema.aef.tables import SPEC
from schema.codes import TransferState
from schema.messages import TransferOutcome

RETIREMENT_FAILED: Final = "retirement_failed"
OTHER_SERIALS_LEFT: Final = "other_serials_left"

OrdersOf = Callable[[TransferOutcome], Awaitable[tuple[CrossBorderOrder, ...]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class UndpPeer:
    """What differs between registries, besides the address."""

    authority: Credentials
    """A user of the national authority: sees all rows and accepts requests."""
    owners: Mapping[int, Credentials]
    """Users who may ask for retirement, by the company that they belong to."""
    intents: IntentStore
    vouched: VouchedSerials
    orders_of: OrdersOf
    """What a completed transfer takes out of this registry, and where it goes: the outcome
    itself does not say."""
    now: Callable[[], datetime]
    pace: RequestPace = field(default_factory=RequestPace)
    late_arrival: timedelta = timedelta(seconds=60)
    maintenance: tuple[Maintenance, ...] = ()


class UndpConnector:
    """A `connectors.contract.Connector`, and more: `cross_border` and `aef`."""

    def __init__(self, peer: UndpPeer, http: RegistryHttp) -> None:
        """Take the peer and a client with the limits of `undp_limits`."""
        assert http.limits.attempts_max == 1, "repeats are made here, where each one is counted"
        self._peer = peer
        self._http = http
        budget = RequestBudget(http.endpoint.registry, peer.pace, monotonic=time.monotonic)

        def session(credentials: Credentials) -> UndpSession:
            return UndpSession(http, credentials, budget, time.monotonic)

        self._credits = UndpCredits(session(peer.authority), peer.now)
        self._cross_border = CrossBorder(
            self._credits,
            {company: session(credentials) for company, credentials in peer.owners.items()},
            peer.intents,
            CrossBorderRules(
                pace=peer.pace,
                vouched=peer.vouched,
                now=peer.now,
                late_arrival=peer.late_arrival,
            ),
        )
        self._read_last: tuple[StatedUnits, Evidence] | None = None
        self._capabilities = capability_sheet(http.endpoint.registry, peer.maintenance)

    @property
    def capabilities(self) -> CapabilitySheet:
        """What the registry cannot hold is listed in it."""
        return self._capabilities

    async def deliver(self, outgoing: Outgoing) -> DeliveryAnswer:
        """Let the units of a completed transfer leave; return when the registry shows it.

        Delivering the same message again, in whatever envelope, asks for nothing twice.

        Raises:
            NotSupported: it is another message, or an outcome without units of this registry.
            RegistryBusy: it is under way; deliver again after `retry_after_seconds`.
            RegistryRefused: the units did not leave (`retirement_failed`), or other units did
                (`other_serials_left`): people must look, the registry and the hub disagree.
        """
        registry, message = self._http.endpoint.registry, outgoing.message
        if not isinstance(message, TransferOutcome) or message.state is not TransferState.COMPLETED:
            raise NotSupported(registry, "only completed transfers concern it")
        orders = await self._peer.orders_of(message)
        if not orders:
            raise NotSupported(registry, "the transfer takes no units out of it")
        result = await self.cross_border(*orders)
        return Delivered(evidence=result.evidence, acknowledgement=None)

    async def cross_border(self, *orders: CrossBorderOrder) -> CrossBorderResult:
        """Let units leave, once for an order's key, however often and from wherever it is called.

        Raises:
            RegistryError: as `deliver`.
        """
        result = await self._cross_border.carry_out(orders)
        registry = self._http.endpoint.registry
        if failed := result.failed:
            words = "; ".join(part.words for part in failed)
            raise RegistryRefused(registry, status=0, code=RETIREMENT_FAILED, detail=words)
        if others := result.other_serials:
            words = "; ".join(f"{part.words} instead of {part.serial}" for part in others)
            raise RegistryRefused(registry, status=0, code=OTHER_SERIALS_LEFT, detail=words)
        return result

    async def fetch(self, cursor: str | None) -> Fetched:
        """Return nothing: the registry offers no envelopes. Its state comes with `statement`."""
        return Fetched(envelopes=(), cursor=cursor or "", complete=True)

    async def statement(self, scope: StatementScope) -> AsyncIterator[StatementPage]:
        """State balances and cancellations; the account is the company.

        The blocks behind stated totals can be asked for by the instant of the totals.

        Raises:
            NotSupported: another level, or an instant that was not just stated, is asked for.
            RegistryBusy: its answers are of different instants, or the budget is spent.
        """
        registry = self._http.endpoint.registry
        if scope.level not in self._capabilities.statement_levels:
            raise NotSupported(registry, "it states blocks and totals")
        stated, evidence = await self._units_at(scope.at)
        rows = within(stated.blocks, scope)
        yield StatementPage(
            statement=statement_of(registry, stated.stated_at, scope.level, rows),
            evidence=evidence,
        )

    async def _units_at(self, at: datetime | None) -> tuple[StatedUnits, Evidence]:
        """Read anew, or return the last reading when its instant is the one asked for."""
        if at is None:
            self._read_last = await self.units()
        elif self._read_last is None or self._read_last[0].stated_at != at:
            raise NotSupported(self._http.endpoint.registry, "it states no past instant")
        return self._read_last

    async def units(self) -> tuple[StatedUnits, Evidence]:
        """Read everything that the registry says about units.

        Raises:
            RegistryBusy: a serial stands twice, because one answer came from an older cache.
        """
        balances = await self._credits.balances()
        retirements = await self._credits.retirements()
        teller = Teller(self._peer.vouched)
        teller.balances(balances.rows)
        teller.retirements(retirements.rows)
        cache = timedelta(seconds=self._peer.pace.cache_seconds)
        stated = teller.told(balances.asked_at - cache)
        if stated.overlaps:
            words = "balances and retirements are of different instants"
            pause = self._peer.pace.cache_seconds
            registry = self._http.endpoint.registry
            raise RegistryBusy(registry, words, retry_after_seconds=pause)
        evidence = Evidence(
            content=b"\n".join((*balances.pages, *retirements.pages)),
            media_type="application/x-ndjson",
            signed=False,
            received_at=self._peer.now(),
        )
        return stated, evidence

    async def aef(self, year: int) -> Report:
        """Read the registry's own AEF rows of a year; a provisional year can still change."""
        rows = {}
        for table, spec in SPEC.items():
            fields = spec.by_key()
            told = await self._credits.aef(table, year)
            rows[table] = [
                row_from_keys(
                    spec,
                    {
                        key: str(value) if isinstance(value, float) else value
                        for key, value in row.items()
                        if key in fields
                    },
                    fields,
                    number=number,
                )
                for number, row in enumerate(told.data, start=1)
            ]
        return report_from_rows(rows, source=f"{self._http.endpoint.registry} {year}")

    async def health(self) -> Health:
        """Ask `GET /national/ping`."""
        asked_at = self._peer.now()
        away = self._capabilities.away_at(asked_at) is not None
        try:
            await self._credits.ping()
        except CircuitOpen as open_circuit:
            state = HealthState.AWAY if away else HealthState.BREAKER_OPEN
            return Health(state=state, words=str(open_circuit), checked_at=asked_at)
        except RegistryError as error:
            state = HealthState.AWAY if away else HealthState.DOWN
            return Health(state=state, words=str(error), checked_at=asked_at)
        return Health(state=HealthState.UP, words="ping", checked_at=self._peer.now())

    async def close(self) -> None:
        """Close the connections and the store of intents."""
        await self._http.close()
        self._peer.intents.close()
