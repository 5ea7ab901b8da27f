"""Collect: a registry's statement, taken and kept like any message that it sends.

Each signed page goes through the same door as everything else: it is verified, journalled and
receipted, so that what was compared can be proven later.
"""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Final
from uuid import UUID

import msgspec

from connectors.contract import Connector, StatementPage, StatementScope
from connectors.errors import RegistryError
from hub.services.arrivals import Answer
from hub.storage.database import Database
from hub.storage.queries.reconciliation_statements import (
    KeptPage,
    KeptStatement,
    envelopes_of,
    keep_statement,
    keep_unsigned,
)
from schema.codes import StatementLevel
from schema.refusals import Refusal, RefusalCode
from schema.statements import Statement
from signing.base64url import decode_base64url
from signing.claims import Claims

PAGES_MAX: Final = 10_000
"""Pages of one statement at one level."""


class Collected(msgspec.Struct, frozen=True, kw_only=True):
    """What one registry has stated, or why there is nothing. Times are aware UTC."""

    registry: str
    asked_at: datetime
    """By the hub's clock, before the first question: the statement is not older."""
    stated_at: datetime | None = None
    """By the registry's clock."""
    pages: tuple[Statement, ...] = ()
    failure: str | None = None
    contradictions: tuple[str, ...] = ()
    """Why the statement was refused: what it says against itself, rows named."""

    @property
    def states_nothing(self) -> bool:
        """Whether the registry has no units at all to tell of."""
        return not any(page.blocks for page in self.pages)


class _NotKeptError(Exception):
    """The hub could not keep a page as evidence; nothing is compared without it."""


class _ContradictionError(Exception):
    """A page was kept and refused, because it contradicts itself."""

    def __init__(self, refusals: Iterable[Refusal]) -> None:
        super().__init__()
        self.words = tuple(refusal.detail for refusal in refusals)


@dataclass(frozen=True, slots=True, kw_only=True)
class Collector:
    """Reads statements of registries and keeps them."""

    database: Database
    receive: Callable[[bytes], Awaitable[Answer]]
    clock: Callable[[], datetime]

    async def collect(self, registry: str, connector: Connector) -> Collected:
        """Read what a registry states about itself now; failures are told, never raised."""
        asked_at = self.clock()
        levels = connector.capabilities.statement_levels
        try:
            totals: list[Statement] = []
            at = None
            if StatementLevel.TOTALS in levels:
                totals = await self._level(registry, connector, StatementLevel.TOTALS, None)
                at = totals[0].stated_at
            blocks = await self._level(registry, connector, StatementLevel.BLOCKS, at)
        except (RegistryError, _NotKeptError) as cause:
            return Collected(registry=registry, asked_at=asked_at, failure=str(cause))
        except _ContradictionError as cause:
            return Collected(registry=registry, asked_at=asked_at, contradictions=cause.words)
        return Collected(
            registry=registry,
            asked_at=asked_at,
            stated_at=blocks[0].stated_at,
            pages=(*totals, *blocks),
        )

    async def _level(
        self, registry: str, connector: Connector, level: StatementLevel, at: datetime | None
    ) -> list[Statement]:
        pages: list[Statement] = []
        kept: list[KeptPage] = []
        signed = True
        async for page in connector.statement(StatementScope(level=level, at=at)):
            if len(pages) == PAGES_MAX:
                raise _NotKeptError(f"{registry} states more than {PAGES_MAX} pages")
            pages.append(page.statement)
            kept.append(await self._keep(registry, page))
            signed = signed and page.evidence.signed
        if not pages:
            raise _NotKeptError(f"{registry} states no page at all")
        statement = KeptStatement(
            registry=registry,
            level=level,
            source=connector.capabilities.connector,
            scope="",
            signature="verified" if signed else "unsigned",
            stated_at=pages[0].stated_at,
            observed_at=kept[-1].observed_at,
            pages=tuple(kept),
        )
        async with self.database.unit_of_work() as work:
            await keep_statement(work.connection, statement)
        return pages

    async def _keep(self, registry: str, page: StatementPage) -> KeptPage:
        evidence = page.evidence
        if not evidence.signed:
            digest = sha256(evidence.content).digest()
            async with self.database.unit_of_work() as work:
                number = await keep_unsigned(
                    work.connection,
                    registry=registry,
                    content=evidence.content,
                    digest=digest,
                    at=evidence.received_at,
                )
            return KeptPage(
                page=page.statement.page,
                envelope_id=number,
                message_id=None,
                observed_at=evidence.received_at,
            )
        answer = await self.receive(evidence.content)
        if answer.refusal is not None:
            raise _NotKeptError(_words(registry, answer.refusal))
        async with self.database.reading() as connection:
            (stored,) = await envelopes_of(connection, [_jti_of(evidence.content)])
        if any(one.code is RefusalCode.STATEMENT_CONTRADICTS_ITSELF for one in stored.refusals):
            raise _ContradictionError(stored.refusals)
        if stored.refusals:
            raise _NotKeptError(_words(registry, stored.refusals[0]))
        return KeptPage(
            page=page.statement.page,
            envelope_id=stored.envelope_id,
            message_id=stored.message_id,
            observed_at=evidence.received_at,
        )


def _jti_of(envelope: bytes) -> UUID:
    """Return the id of an envelope that was verified already."""
    return Claims.decode(decode_base64url(envelope.split(b".")[1])).jti


def _words(registry: str, refusal: Refusal) -> str:
    return f"{registry}: its statement could not be taken: {refusal.code} {refusal.detail}"
