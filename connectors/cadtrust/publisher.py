"""How drafts get onto the ledger: stage, compare, commit, wait, and believe only the audit.

Every round begins by looking at the node and decides from that alone, so a lost answer, a failed
push, an emptied staging table and the death of either side all end in one more round.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum, unique
from typing import Final

from connectors.cadtrust.answers import AuditRow, Record, StagingRow, StagingState
from connectors.cadtrust.drafts import (
    Assessment,
    Draft,
    DraftKey,
    NodeView,
    Standing,
    assess,
    holds,
)
from connectors.cadtrust.node import CadTrustNode
from connectors.cadtrust.readiness import Readiness
from connectors.cadtrust.refusals import NodeRefusal
from connectors.cadtrust.resources import RESOURCES, Resource
from connectors.errors import (
    NotSupported,
    RegistryBusy,
    RegistryError,
    RegistryFailed,
    RegistryRefused,
    RegistryTimeout,
)

UNIX_SECONDS_DIGITS_MAX: Final = 11


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishingPace:
    """How long and how often one publication asks a node."""

    poll_seconds: float = 10.0
    """A node itself looks at the ledger about every 10 s."""
    patience_seconds: float = 900.0
    """Afterwards the publication is given back as pending; call again to go on."""
    steps_max: int = 40
    """Rounds that changed something there, in one publication."""
    retries_max: int = 3
    """How often a failed push is tried anew within one publication."""
    audit_pages_max: int = 50


@unique
class Finality(StrEnum):
    """How sure it is that the world can see what was published."""

    FINAL = "final"
    """The audit of the node shows every record on the ledger."""
    PENDING = "pending"
    """Committed, and not yet confirmed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedRecord:
    """Where one draft stands on the ledger."""

    key: DraftKey
    record_id: str
    """The node's id: the same for life."""
    generation: int
    root_hash: str
    confirmed_at: datetime | None
    """When the ledger took it, as the audit tells."""
    content: str
    """The change as the audit holds it: JSON text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Publication:
    """What became of the drafts."""

    finality: Finality
    records: tuple[PublishedRecord, ...]
    """Those that the audit proves: all of them when final."""
    committed: int
    """Commits that this call has sent; 0 when nothing had to change."""
    pushes_retried: int
    doubles: tuple[str, ...]
    """Ids of further records of ours with the same key: a person must look."""
    readiness: Readiness


@dataclass(slots=True)
class _Tally:
    steps: int = 0
    committed: int = 0
    retried: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicationNote:
    """What the ledger shows beside a commit, for everybody to read."""

    author: str
    comment: str


IsStale = Callable[[StagingRow], bool]


def _never(_: StagingRow) -> bool:
    return False


class Publisher:
    """Publishes drafts through one node; one publication at a time."""

    def __init__(
        self,
        node: CadTrustNode,
        pace: PublishingPace,
        *,
        monotonic: Callable[[], float],
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """Take the node and the pace."""
        self._node = node
        self._pace = pace
        self._monotonic = monotonic
        self._sleep = sleep
        self._one_at_a_time = asyncio.Lock()

    async def publish(
        self, drafts: Sequence[Draft], note: PublicationNote, *, is_stale: IsStale = _never
    ) -> Publication:
        """Bring the ledger to say what the drafts say; repeat after any failure.

        Rows of staging for which `is_stale` are left over from an earlier publication that was
        never committed; they are dropped.

        Raises:
            RegistryBusy: the node syncs, or staging holds the work of somebody else, which a
                confirmation would destroy.
            RegistryFailed: the push failed again and again.
            RegistryRefused: a draft is refused, or the node has no organisation of its own.
            NotSupported: the node is read-only.
        """
        async with self._one_at_a_time:
            until = self._monotonic() + self._pace.patience_seconds
            tally = _Tally()
            while True:
                home, readiness = await self._home()
                if not await self._settled(until):
                    return _publication(Assessment((), ()), [], tally, readiness)
                found = assess(drafts, await self._look(home, drafts))
                if await self._step(found, tally, note, is_stale):
                    tally.steps += 1
                    if tally.steps > self._pace.steps_max:
                        words = "the node never shows what was staged"
                        raise RegistryTimeout(self._node.registry, words)
                    continue
                records = await self._audited(found.standings, home)
                publication = _publication(found, records, tally, readiness)
                if publication.finality is Finality.FINAL or self._monotonic() >= until:
                    return publication
                # The audit may lag behind the tables, and a push may still turn out to fail.
                await self._sleep(self._pace.poll_seconds)

    async def _home(self) -> tuple[str, Readiness]:
        answered = await self._node.organisations()
        readiness, registry = answered.readiness, self._node.registry
        if readiness.read_only:
            raise NotSupported(registry, "the node is read-only")
        if readiness.home_synced is False or not readiness.wallet_synced:
            raise RegistryBusy(registry, "the node's organisation or wallet is still syncing")
        homes = [uid for uid, each in answered.value.items() if each.is_home]
        if not homes:
            words = "the node has no organisation to publish for"
            raise RegistryRefused(registry, status=0, code=NodeRefusal.NO_HOME, detail=words)
        return homes[0], readiness

    async def _settled(self, until: float) -> bool:
        """Wait until no commit pends; False when patience ends first."""
        while await self._node.commits_pend():
            if self._monotonic() >= until:
                return False
            await self._sleep(self._pace.poll_seconds)
        return True

    async def _look(self, home: str, drafts: Iterable[Draft]) -> NodeView:
        records: dict[str, list[Record]] = {}
        for resource in {draft.resource for draft in drafts}:
            records[resource.name] = [
                record
                async for page in self._node.records(resource, organisation=home)
                for record in page.value.data
            ]
        return NodeView(records=records, staging=await self._node.staging())

    async def _step(
        self, found: Assessment, tally: _Tally, note: PublicationNote, is_stale: IsStale
    ) -> bool:
        """Take the next step towards what is wanted; False when there is none left."""
        failed = [
            each.staged.uuid
            for each in found.standings
            if each.staged is not None and each.staged.state is StagingState.FAILED
        ]
        if failed:
            await self._retry(failed, tally)
            return True
        if stale := [row.uuid for row in found.strangers if is_stale(row)]:
            for each in stale:
                await self._node.unstage(each)
            return True
        ids = _ids(found)
        if found.strangers and not all(each.is_done(ids) for each in found.standings):
            words = f"staging holds {len(found.strangers)} rows of others, which would be lost"
            raise RegistryBusy(self._node.registry, words)
        if await self._staged_anything(found):
            return True
        waiting = [
            each.staged.uuid
            for each in found.standings
            if each.staged is not None and each.staged.state is StagingState.STAGED
        ]
        if not waiting:
            return False
        await self._outlive(self._node.commit(waiting, author=note.author, comment=note.comment))
        tally.committed += 1
        return True

    async def _retry(self, failed: list[str], tally: _Tally) -> None:
        tally.retried += 1
        if tally.retried > self._pace.retries_max:
            words = f"the push of {len(failed)} records failed {tally.retried} times"
            raise RegistryFailed(self._node.registry, words)
        for each in failed:
            await self._node.restage(each)

    async def _staged_anything(self, found: Assessment) -> bool:
        """Stage what is missing, referred records first; True when staging was touched."""
        ids = _ids(found)
        touched = False
        for standing in sorted(found.standings, key=_write_order):
            for row in standing.surplus:
                await self._node.unstage(row.uuid)
                touched = True
            if not ids.keys() >= set(standing.draft.references.values()):
                # A record that this one refers to was staged, and its id was lost on the way.
                return True
            if standing.is_staged(ids) or (standing.staged is None and standing.is_done(ids)):
                continue
            touched = True
            if not await self._stage(standing, ids):
                return True
        return touched

    async def _stage(self, standing: Standing, ids: dict[DraftKey, str]) -> bool:
        """Stage one draft; False when the answer was lost and the node must be looked at."""
        draft, body = standing.draft, standing.wanted(ids)
        if standing.staged is not None and (standing.confirmed is None or standing.is_done(ids)):
            # Something else waits under our key: it is dropped, and the next round looks again.
            await self._node.unstage(standing.staged.uuid)
            ids.pop(draft.key, None)
            return False
        if standing.confirmed is not None:
            record_id = str(standing.confirmed[draft.resource.id_field])
            await self._node.stage_change(draft.resource, record_id, body)
            return True
        try:
            ids[draft.key] = await self._node.stage_new(draft.resource, body)
        except RegistryError as lost:
            if not lost.may_have_acted:
                raise
            return False
        return True

    async def _outlive(self, commit: Awaitable[None]) -> None:
        """Send a commit; what became of it is read from the node, never from the answer."""
        try:
            await commit
        except RegistryRefused as refused:
            if refused.code not in {NodeRefusal.NOTHING_STAGED, NodeRefusal.NOTHING_MATCHES}:
                raise
        except RegistryError as lost:
            if not lost.may_have_acted:
                raise

    async def _audited(self, standings: Sequence[Standing], home: str) -> list[PublishedRecord]:
        wanted = {each.record_id: each for each in standings if each.record_id is not None}
        proven: dict[str, PublishedRecord] = {}
        pages = 0
        async for page in self._node.audit(home):
            pages += 1
            for row in page.value.data:
                change = _change_of(row)
                about = _id_in(change, RESOURCES[self._node.model].values())
                if about in wanted and about not in proven:
                    proven[about] = _published(wanted[about], row, change)
            if len(proven) == len(wanted) or pages == self._pace.audit_pages_max:
                break
        return [each for each in proven.values() if each.generation >= 0]


def read_unix_seconds(text: str) -> datetime | None:
    """Read a time as the audit tells it; None when it tells none."""
    if not (text.isascii() and text.isdigit() and len(text) <= UNIX_SECONDS_DIGITS_MAX):
        return None
    return datetime.fromtimestamp(int(text), UTC)


def _publication(
    found: Assessment, records: list[PublishedRecord], tally: _Tally, readiness: Readiness
) -> Publication:
    final = bool(found.standings) and len(records) == len(found.standings)
    return Publication(
        finality=Finality.FINAL if final else Finality.PENDING,
        records=tuple(records),
        committed=tally.committed,
        pushes_retried=tally.retried,
        doubles=tuple(each for one in found.standings for each in one.doubles),
        readiness=readiness,
    )


_NOT_PROVEN: Final = -1


def _ids(found: Assessment) -> dict[DraftKey, str]:
    known = ((each.draft.key, each.record_id) for each in found.standings)
    return {key: record_id for key, record_id in known if record_id is not None}


def _write_order(standing: Standing) -> int:
    resource = standing.draft.resource
    return list(RESOURCES[resource.model]).index(resource.name)


def _change_of(row: AuditRow) -> Record:
    try:
        change = json.loads(row.change or "{}")
    except ValueError:
        return {}
    return change if isinstance(change, dict) else {}


def _id_in(change: Record, resources: Iterable[Resource]) -> str | None:
    """Return the id of the record that a change is about, not of one that it refers to."""
    there = [resource for resource in resources if resource.id_field in change]
    referred = {name for resource in there for name in resource.references}
    about = [resource.id_field for resource in there if resource.id_field not in referred]
    return str(change[about[0]]) if about else None


def _published(standing: Standing, row: AuditRow, change: Record) -> PublishedRecord:
    """Tell what the newest audit row of a record proves: another content proves nothing yet."""
    proves = row.type == "INSERT" and holds(change, standing.draft.body)
    told = row.onchain_confirmation_time_stamp or ""
    return PublishedRecord(
        key=standing.draft.key,
        record_id=standing.record_id or "",
        generation=row.generation if proves else _NOT_PROVEN,
        root_hash=row.root_hash,
        confirmed_at=read_unix_seconds(told),
        content=row.change or "",
    )
