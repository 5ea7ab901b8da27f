"""The connector to a CAD Trust node: our state published, everybody's claims read."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from connectors.cadtrust.aef import AefOnNode, AefWriter, Spelling, read_submissions
from connectors.cadtrust.answers import Organisation, Record, StagingRow
from connectors.cadtrust.claims import (
    ClaimPage,
    claimant_code,
    read_claims,
)
from connectors.cadtrust.drafts import Draft
from connectors.cadtrust.node import CadTrustNode, NodeAccess
from connectors.cadtrust.publisher import (
    Finality,
    Publication,
    PublicationNote,
    Publisher,
    PublishingPace,
)
from connectors.cadtrust.resources import AEF_RESOURCES, UNITS, DataModel
from connectors.cadtrust.sheet import capability_sheet
from connectors.cadtrust.units import (
    PublishedUnits,
    cut_for_life,
    is_ours,
    unit_draft,
    unit_there,
)
from connectors.contract import (
    CapabilitySheet,
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
    AnswerTooLarge,
    CircuitOpen,
    NotSupported,
    RegistryBusy,
    RegistryError,
    RegistryRefused,
)
from connectors.http_client import RegistryHttp
from connectors.stated_rows import statement_of, within
from connectors.vouched import VouchedSerials
from schema.aef.fields import Table
from schema.aef.profile import Profile
from schema.aef.records import Submission
from schema.aef.render import Loss
from schema.codes import StatementLevel
from schema.statements import StatedBlock, Statement

UNIT_PAGES_MAX: Final = 1_000
READINGS_MAX: Final = 3
"""How often the units are read again because the ledger moved in between."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CadTrustPeer:
    """What differs between nodes, besides the address."""

    access: NodeAccess
    organisations: Mapping[str, str] = field(default_factory=dict)
    """Registry codes of the organisations that are registries of the federation, by orgUid."""
    vouched: VouchedSerials = field(default_factory=VouchedSerials)
    pace: PublishingPace = field(default_factory=PublishingPace)
    generations_behind_max: int = 0
    """A statement is refused while the node is further behind the ledger than this."""
    maintenance: tuple[Maintenance, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Claims:
    """All units of all organisations, read while the ledger stood still."""

    pages: tuple[ClaimPage, ...]
    organisations: Mapping[str, Organisation]
    stated_at: datetime
    """When the first page was asked for; the ledger did not move until the last one was here."""
    generations_behind: int

    def statements(self, known: Mapping[str, str]) -> dict[str, Statement]:
        """Return one statement an organisation, by the code that it is compared under."""
        rows: dict[str, list[StatedBlock]] = {
            claimant_code(uid, known): [] for uid in self.organisations
        }
        for page in self.pages:
            for claim in page.claims:
                rows.setdefault(claimant_code(claim.organisation, known), []).append(claim.stated)
        return {
            code: statement_of(code, self.stated_at, StatementLevel.BLOCKS, tuple(stated))
            for code, stated in rows.items()
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedAef:
    """What became of a submission."""

    heading: Publication
    rows: Publication | None
    """None: there are none, or the heading is not final yet; call again to go on."""
    losses: Counter[Loss]
    """What the node cannot hold of it, by field."""


class CadTrustConnector:
    """A `connectors.contract.Connector`, and more: `publish` and `claims`."""

    def __init__(self, peer: CadTrustPeer, http: RegistryHttp) -> None:
        """Take the peer and the client that leads to its node."""
        self._peer = peer
        self._node = CadTrustNode(http, peer.access)
        self._publisher = Publisher(self._node, peer.pace, monotonic=time.monotonic)
        self._publishing = asyncio.Lock()
        self._read_last: Claims | None = None
        self._capabilities = capability_sheet(
            self._node.registry, self._node.model, peer.maintenance
        )

    @property
    def capabilities(self) -> CapabilitySheet:
        """What the node cannot hold is listed in it."""
        return self._capabilities

    @property
    def node(self) -> CadTrustNode:
        """The calls of the node."""
        return self._node

    async def deliver(self, outgoing: Outgoing) -> DeliveryAnswer:
        """A node takes no messages.

        Raises:
            NotSupported: always; `publish` is the way to tell a node something.
        """
        raise NotSupported(self._node.registry, f"takes records, not {outgoing.envelope_id}")

    async def fetch(self, cursor: str | None) -> Fetched:
        """Return nothing: a node offers no envelopes. Its records come with `claims`."""
        return Fetched(envelopes=(), cursor=cursor or "", complete=True)

    async def statement(self, scope: StatementScope) -> AsyncIterator[StatementPage]:
        """State the claims of all organisations; the account is the organisation.

        The blocks behind stated totals can be asked for by the instant of the totals.

        Raises:
            NotSupported: another level, or an instant that was not just stated, is asked for.
            RegistryBusy: the node is behind the ledger, or the ledger moves too fast.
        """
        registry = self._node.registry
        if scope.level not in self._capabilities.statement_levels:
            raise NotSupported(registry, "a node states blocks and totals")
        claims = await self._claims_at(scope.at)
        if claims.generations_behind > self._peer.generations_behind_max:
            words = f"the node is {claims.generations_behind} generations behind the ledger"
            raise RegistryBusy(registry, words)
        if scope.level is StatementLevel.TOTALS:
            rows = within((row for page in claims.pages for row in page.rows), scope)
            content = b"\n".join(page.evidence.content for page in claims.pages)
            yield StatementPage(
                statement=statement_of(registry, claims.stated_at, scope.level, rows),
                evidence=Evidence(
                    content=content,
                    media_type="application/x-ndjson",
                    signed=False,
                    received_at=claims.stated_at,
                ),
            )
            return
        pages = claims.pages
        for number, page in enumerate(pages, start=1):
            stated = statement_of(
                registry,
                claims.stated_at,
                scope.level,
                within(page.rows, scope),
                page=number,
                pages=len(pages),
            )
            yield StatementPage(statement=stated, evidence=page.evidence)

    async def _claims_at(self, at: datetime | None) -> Claims:
        """Read anew, or return the last reading when its instant is the one asked for."""
        if at is None:
            self._read_last = await self.claims()
        elif self._read_last is None or self._read_last.stated_at != at:
            raise NotSupported(self._node.registry, "a node states no past instant")
        return self._read_last

    async def claims(self) -> Claims:
        """Read the units of all organisations, again when the ledger moved in between.

        Raises:
            RegistryBusy: it moved each time.
            AnswerTooLarge: there are more units than are read at once.
        """
        for _ in range(READINGS_MAX):
            before = await self._node.organisations()
            pages = [page async for page in self._unit_pages()]
            after = await self._node.organisations()
            if _hashes(before.value) == _hashes(after.value):
                seen = [before.readiness, *(page.readiness for page in pages), after.readiness]
                return Claims(
                    pages=tuple(pages),
                    organisations=before.value,
                    stated_at=before.readiness.observed_at,
                    generations_behind=max(each.generations_behind for each in seen),
                )
        raise RegistryBusy(self._node.registry, "the ledger moves faster than it can be read")

    async def publish(
        self, wanted: Sequence[PublishedUnits], note: PublicationNote, *, also: Sequence[Draft] = ()
    ) -> Publication:
        """Bring the node to show these units as ours, and no others; `also` are further records.

        Units that are no longer wanted become gone; nothing is ever removed. Repeat after any
        failure: what the node already has is not sent again.

        Raises:
            RegistryError: see `Publisher.publish`.
        """
        async with self._publishing:
            model = self._node.model
            there = [unit_there(model, each, self._peer.vouched) for each in await self._ours()]
            pieces = cut_for_life(wanted, [unit for unit in there if unit is not None])
            drafts = [*also, *(unit_draft(model, piece) for piece in pieces)]
            return await self._publisher.publish(drafts, note, is_stale=self._is_stale)

    async def publish_records(self, drafts: Sequence[Draft], note: PublicationNote) -> Publication:
        """Bring the node to show these records, such as AEF tables; others stay as they are.

        Raises:
            RegistryError: see `Publisher.publish`.
        """
        async with self._publishing:
            return await self._publisher.publish(drafts, note)

    async def publish_aef(
        self, submission: Submission, profile: Profile, note: PublicationNote
    ) -> PublishedAef:
        """Publish a submission of the AEF by v2; each submission has rows of its own.

        Raises:
            NotSupported: the node is spoken to by v1, which has no such tables.
            RegistryError: see `Publisher.publish`.
        """
        if self._node.model is not DataModel.V2:
            raise NotSupported(self._node.registry, "v1 has no AEF tables")
        spelling = Spelling()
        for resource in AEF_RESOURCES.values():
            spelling.learn(resource, await self._node.newest(resource))
        while True:
            try:
                return await self._publish_aef(AefWriter(submission, profile, spelling), note)
            except RegistryRefused as refused:
                # A node without any row shows its spelling only in what it refuses.
                told = refused.body.decode("utf-8", "replace").replace('\\"', '"')
                if not spelling.learn_from_refusal(told):
                    raise

    async def read_aef(self, profile: Profile) -> tuple[AefOnNode, ...]:
        """Read the submissions of all organisations, whichever spelling each row has.

        Raises:
            NotSupported: the node is spoken to by v1.
        """
        if self._node.model is not DataModel.V2:
            raise NotSupported(self._node.registry, "v1 has no AEF tables")
        records = {}
        for table, resource in AEF_RESOURCES.items():
            pages = [page.value.data async for page in self._node.records(resource)]
            records[table] = [record for page in pages for record in page]
        return read_submissions(records, profile)

    async def _publish_aef(self, writer: AefWriter, note: PublicationNote) -> PublishedAef:
        heading = writer.heading()
        first = await self.publish_records(heading.drafts, note)
        name = AEF_RESOURCES[Table.SUBMISSION].name
        ids = [each.record_id for each in first.records if each.key[0] == name]
        if first.finality is not Finality.FINAL or not ids:
            return PublishedAef(heading=first, rows=None, losses=heading.losses)
        rows = writer.rows(ids[0])
        second = await self.publish_records(rows.drafts, note) if rows.drafts else None
        return PublishedAef(heading=first, rows=second, losses=heading.losses + rows.losses)

    async def health(self) -> Health:
        """Ask the node; a resync or a lag is told in words."""
        asked_at = self._peer.access.now()
        away = self._capabilities.away_at(asked_at) is not None
        try:
            ready = await self._node.health()
        except CircuitOpen as open_circuit:
            state = HealthState.AWAY if away else HealthState.BREAKER_OPEN
            return Health(state=state, words=str(open_circuit), checked_at=asked_at)
        except RegistryError as error:
            state = HealthState.AWAY if away else HealthState.DOWN
            return Health(state=state, words=str(error), checked_at=asked_at)
        words = [
            f"{ready.generations_behind} generations behind",
            *(["wallet syncing"] if not ready.wallet_synced else []),
            *(["own organisation syncing"] if ready.home_synced is False else []),
            *(["read-only"] if ready.read_only else []),
        ]
        return Health(
            state=HealthState.UP, words=", ".join(words), checked_at=self._peer.access.now()
        )

    async def close(self) -> None:
        """Close the connections."""
        await self._node.close()

    async def _unit_pages(self) -> AsyncIterator[ClaimPage]:
        number = 0
        async for page in self._node.records(UNITS[self._node.model]):
            number += 1
            if number > UNIT_PAGES_MAX:
                raise AnswerTooLarge(self._node.registry, f"more than {UNIT_PAGES_MAX} pages")
            yield read_claims(self._node.model, page, self._peer.vouched)

    async def _ours(self) -> list[Record]:
        known = (await self._node.organisations()).value
        homes = [uid for uid, each in known.items() if each.is_home]
        if not homes:
            words = "the node has no organisation to publish for"
            raise RegistryRefused(self._node.registry, status=0, code="no_home", detail=words)
        resource = UNITS[self._node.model]
        return [
            record
            async for page in self._node.records(resource, organisation=homes[0])
            for record in page.value.data
        ]

    def _is_stale(self, row: StagingRow) -> bool:
        model = self._node.model
        if row.table.lower() != UNITS[model].table.lower() or not row.diff.records:
            return False
        return all(is_ours(model, record) for record in row.diff.records)


def _hashes(organisations: Mapping[str, Organisation]) -> dict[str, str | None]:
    return {uid: each.registry_hash or each.org_hash for uid, each in organisations.items()}
