"""The connector to a simple source that is described by configuration alone: read, no more."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import datetime
from itertools import accumulate
from pathlib import Path
from typing import Final

from connectors.contract import (
    CapabilitySheet,
    DataLoss,
    DeliveryAnswer,
    Evidence,
    Fetched,
    Health,
    HealthState,
    Holds,
    Maintenance,
    Outgoing,
    Reach,
    StatementPage,
    StatementScope,
)
from connectors.declarative.faults import SourceRefusedError
from connectors.declarative.holdings import NotAStatementError, blocks_of
from connectors.declarative.limits import FILE_BYTES_MAX
from connectors.declarative.load import Loaded, load, load_grids
from connectors.declarative.profile import FileFormat, SourceProfile
from connectors.declarative.records import RecordKind
from connectors.declarative.rest import Pages, Source
from connectors.durable_files import NotAPlainFileError, TooLargeError, read_plain
from connectors.errors import (
    AnswerMalformed,
    AnswerTooLarge,
    CircuitOpen,
    NotSupported,
    RegistryError,
    RegistryUnreachable,
)
from schema.codes import RegistryKind, StatementLevel
from schema.statements import StatedBlock, Statement

_MEDIA_TYPES: Final = {
    FileFormat.CSV: "text/csv",
    FileFormat.JSON: "application/json",
    FileFormat.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
DATA_LOSS: Final = (
    DataLoss(
        subject="signatures",
        consequence="The source signs nothing: what it says is kept byte for byte and marked as"
        " unsigned, and proves nothing against its registry.",
    ),
    DataLoss(
        subject="messages",
        consequence="The source is read only: transfers with this registry need another connector,"
        " such as a shared folder.",
    ),
    DataLoss(
        subject="state at a past instant",
        consequence="It tells its state of now; statements are of the time at which it was read.",
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclarativePeer:
    """The registry on the other side, and how its records are read."""

    registry: str
    kind: RegistryKind
    profile: SourceProfile
    profile_name: str
    now: Callable[[], datetime]
    maintenance: tuple[Maintenance, ...] = ()


class DeclarativeConnector:
    """A `connectors.contract.Connector` over a file or a plain REST interface."""

    def __init__(self, peer: DeclarativePeer, source: Source) -> None:
        """Take the description and where the bytes come from; owns the source."""
        self._peer = peer
        self._source = source
        states = peer.profile.record is RecordKind.HOLDING
        self._capabilities = CapabilitySheet(
            registry=peer.registry,
            kind=peer.kind,
            connector="declarative",
            reach=Reach.PUSH,
            holds=frozenset({Holds.SERIALS, Holds.ACCOUNTS}) if states else frozenset(),
            accepts=frozenset(),
            statement_levels=frozenset({StatementLevel.BLOCKS}) if states else frozenset(),
            data_loss=DATA_LOSS,
            maintenance=peer.maintenance,
        )

    @property
    def capabilities(self) -> CapabilitySheet:
        """Read only, unsigned; holdings where the profile maps them."""
        return self._capabilities

    async def deliver(self, outgoing: Outgoing) -> DeliveryAnswer:
        """Nothing can be delivered.

        Raises:
            RegistryError: `NotSupported`, always.
        """
        del outgoing
        raise NotSupported(self._peer.registry, "the source is read only")

    async def fetch(self, cursor: str | None) -> Fetched:
        """The source has no envelopes; nothing is there to be read."""
        return Fetched(envelopes=(), cursor=cursor or "0", complete=True)

    async def statement(self, scope: StatementScope) -> AsyncIterator[StatementPage]:
        """State all holdings, unsigned; one page for each page of the interface, or one file.

        Raises:
            RegistryError: `NotSupported` for another level or a past instant; `AnswerMalformed`
                when a row cannot be read: a statement with gaps would be a false one.
        """
        if scope.level not in self._capabilities.statement_levels or scope.at is not None:
            raise NotSupported(self._peer.registry, "it states the blocks of now, nothing else")
        received_at = self._peer.now()
        loaded, raw, sizes = await self._load()
        try:
            blocks = blocks_of(loaded)
        except NotAStatementError as cause:
            raise AnswerMalformed(self._peer.registry, str(cause)) from cause
        if len(blocks) != sum(sizes):
            raise AnswerMalformed(self._peer.registry, "a record says nothing at all")
        ends = list(accumulate(sizes))
        for number, (content, size, end) in enumerate(zip(raw, sizes, ends, strict=True), start=1):
            yield self._page(
                [block for block in blocks[end - size : end] if _fits(block, scope)],
                content,
                (number, len(raw)),
                received_at,
            )

    async def load(self) -> Loaded:
        """Read the source and return its records with the report of what was taken and refused.

        Raises:
            RegistryError: it cannot be read now, or is not what the profile says.
        """
        loaded, _, _ = await self._load()
        return loaded

    async def health(self) -> Health:
        """Look whether the source is there."""
        now = self._peer.now()
        away = self._capabilities.away_at(now)
        try:
            await self._source.ask()
        except CircuitOpen as error:
            return Health(state=HealthState.BREAKER_OPEN, words=str(error), checked_at=now)
        except RegistryError as error:
            state = HealthState.DOWN if away is None else HealthState.AWAY
            return Health(state=state, words=str(error), checked_at=now)
        return Health(state=HealthState.UP, words="it answers", checked_at=now)

    async def close(self) -> None:
        """Close the source."""
        await self._source.close()

    async def _load(self) -> tuple[Loaded, tuple[bytes, ...], tuple[int, ...]]:
        profile, name = self._peer.profile, self._peer.profile_name
        try:
            read = await self._source.read()
            if isinstance(read, Pages):
                mapped = profile.fields.values()
                headers = [mapping.columns[0] for mapping in mapped if mapping.columns]
                loaded = await asyncio.to_thread(
                    load_grids,
                    [read.grid(headers)],
                    profile,
                    data=b"\n".join(read.raw),
                    source=self._peer.registry,
                    name=name,
                )
                return loaded, read.raw, tuple(len(page) for page in read.items)
            loaded = await asyncio.to_thread(
                load, read, profile, source=self._peer.registry, name=name
            )
        except SourceRefusedError as cause:
            raise AnswerMalformed(self._peer.registry, str(cause)) from cause
        return loaded, (read,), (len(loaded.records),)

    def _page(
        self,
        blocks: list[StatedBlock],
        content: bytes,
        place: tuple[int, int],
        received_at: datetime,
    ) -> StatementPage:
        page, pages = place
        statement = Statement(
            registry=self._peer.registry,
            stated_at=received_at,
            level=StatementLevel.BLOCKS,
            page=page,
            pages=pages,
            totals=(),
            blocks=tuple(blocks),
            trail=(),
            authorizations=(),
        )
        evidence = Evidence(
            content=content,
            media_type=_MEDIA_TYPES[self._peer.profile.reading.format],
            signed=False,
            received_at=received_at,
        )
        return StatementPage(statement=statement, evidence=evidence)


@dataclass(frozen=True, slots=True, kw_only=True)
class FileSource:
    """Reads one file, which its registry replaces whenever it likes."""

    registry: str
    path: Path
    size_bytes_max: int = FILE_BYTES_MAX

    async def read(self) -> bytes:
        """Return the whole file.

        Raises:
            RegistryError: it is not there, is no plain file, or is too large.
        """
        return await asyncio.to_thread(self._read)

    async def ask(self) -> None:
        """Look whether the file is there.

        Raises:
            RegistryError: it is not.
        """
        if not await asyncio.to_thread(self.path.is_file):
            raise RegistryUnreachable(self.registry, f"no file {self.path.name}")

    async def close(self) -> None:
        """Nothing is held open."""

    def _read(self) -> bytes:
        try:
            return read_plain(self.path, size_bytes_max=self.size_bytes_max)
        except (NotAPlainFileError, OSError) as cause:
            raise RegistryUnreachable(self.registry, f"{self.path.name}: {cause}") from cause
        except TooLargeError as cause:
            raise AnswerTooLarge(self.registry, str(cause)) from cause


def _fits(block: StatedBlock, scope: StatementScope) -> bool:
    wanted = (scope.approach, scope.registry, scope.first_party, scope.vintage)
    told = (block.approach, block.registry, block.first_party, block.vintage)
    return all(asked in {None, part} for asked, part in zip(wanted, told, strict=True))
