"""The connector to a registry with which the hub shares a folder."""

import asyncio
import contextlib
import errno
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Final, TypeVar

from connectors.contract import (
    CapabilitySheet,
    DataLoss,
    Delivered,
    DeliveryAnswer,
    Evidence,
    Fetched,
    Health,
    HealthState,
    Holds,
    LeftForPickUp,
    Maintenance,
    Outgoing,
    Reach,
    StatementPage,
    StatementScope,
)
from connectors.durable_files import (
    NotAPlainFileError,
    TooLargeError,
    read_plain,
    write_whole,
)
from connectors.errors import (
    AnswerNotTrusted,
    ConnectionCut,
    NotSupported,
    RegistryBusy,
    RegistryError,
    RegistryTimeout,
    RegistryUnreachable,
)
from connectors.file_exchange.folder import (
    SUFFIX,
    ExchangeFolder,
    FolderError,
    Marker,
    Side,
    names_in,
)
from connectors.file_exchange.pickup import PickUp, PickUpLimits, RefusedFile, is_whole
from connectors.file_exchange.putting import Putting
from connectors.file_exchange.statements import OpenAnswer, StatementShelf
from connectors.protocol import ENVELOPE_MEDIA_TYPE
from schema.codec import decode_body
from schema.codes import RegistryKind, StatementLevel
from schema.messages import HUB_MESSAGE_TYPES, Acknowledgement, Receipt
from schema.refusals import Refusal

DATA_LOSS: Final = (
    DataLoss(
        subject="acknowledgement",
        consequence="A delivery ends when the registry's signed acknowledgement lies in the folder;"
        " until then the hub offers the message again.",
    ),
    DataLoss(
        subject="state at a past instant",
        consequence="A statement speaks of the instant for which the registry has put it down; no"
        " other instant can be asked for.",
    ),
    DataLoss(
        subject="clock of the registry",
        consequence="No clock difference is measured; the times in its messages are its own.",
    ),
)
_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM})

_Answer = TypeVar("_Answer")


@dataclass(frozen=True, slots=True, kw_only=True)
class FilePeer:
    """The registry on the other side, and how its envelopes are trusted."""

    registry: str
    kind: RegistryKind
    hub: str
    open_answer: OpenAnswer
    """Verifies an envelope addressed to us that was received at an instant."""
    now: Callable[[], datetime]
    maintenance: tuple[Maintenance, ...] = ()
    call_seconds: float = 30.0
    """Deadline of one call: a file system over a network can hang."""
    limits: PickUpLimits = field(default_factory=PickUpLimits)
    statement_levels: frozenset[StatementLevel] = frozenset({StatementLevel.BLOCKS})
    """What the registry puts down; totals are worked out from the blocks where it does not."""


class FileExchangeConnector:
    """A `connectors.contract.Connector` over a shared folder.

    The registry cannot be called: `deliver` puts the envelope down, and says `Delivered` once the
    registry's signed acknowledgement lies beside it.
    """

    def __init__(self, peer: FilePeer, folder: ExchangeFolder) -> None:
        """Take a folder that `ExchangeFolder.prepare` has made; nothing is read yet."""
        self._peer = peer
        self._folder = folder
        self._marker = Marker(hub=peer.hub, registry=peer.registry)
        self._putting = Putting(folder, to=Side.REGISTRY)
        self._pick_up = PickUp(folder, side=Side.HUB, limits=peer.limits)
        self._shelf = StatementShelf(
            folder=folder,
            registry=peer.registry,
            open_answer=peer.open_answer,
            envelope_bytes_max=peer.limits.envelope_bytes_max,
        )
        self._one_at_a_time = asyncio.Lock()
        self._capabilities = CapabilitySheet(
            registry=peer.registry,
            kind=peer.kind,
            connector="file_exchange",
            reach=Reach.PULL,
            holds=frozenset(Holds) - {Holds.HISTORY},
            accepts=frozenset(HUB_MESSAGE_TYPES),
            statement_levels=peer.statement_levels,
            data_loss=DATA_LOSS,
            maintenance=peer.maintenance,
        )

    @property
    def capabilities(self) -> CapabilitySheet:
        """Everything but a live answer."""
        return self._capabilities

    @property
    def refused_files(self) -> tuple[RefusedFile, ...]:
        """Files put aside since this object was made: for the operator."""
        return tuple(self._pick_up.refused)

    async def deliver(self, outgoing: Outgoing) -> DeliveryAnswer:
        """Put the envelope down, durably; `Delivered` when the registry has acknowledged it.

        A receipt has nobody waiting to acknowledge it: it is delivered when it lies there.

        Raises:
            RegistryError: the folder is away or full, or the acknowledgement is not trusted.
        """
        return await self._run(lambda: self._deliver(outgoing))

    async def fetch(self, cursor: str | None) -> Fetched:
        """Take the next files, in the order of their names; those before `cursor` are kept.

        Raises:
            RegistryError: nothing was read, and nothing is lost.
        """
        try:
            taken = await self._run(lambda: self._pick_up.take(cursor))
        except ValueError as cause:
            raise NotSupported(self._peer.registry, str(cause)) from cause
        return Fetched(envelopes=taken.envelopes, cursor=taken.cursor, complete=taken.complete)

    async def statement(self, scope: StatementScope) -> AsyncIterator[StatementPage]:
        """Read the newest statement of which every page is there and signed by the registry.

        Raises:
            RegistryError: `RegistryBusy` when there is none (of the instant asked for).
        """
        now = self._peer.now()
        pages = await self._run(lambda: self._shelf.find(scope, now))
        if not pages:
            words = f"no whole statement of {scope.level} lies in the folder"
            raise RegistryBusy(self._peer.registry, words)
        for page in pages:
            yield page

    async def health(self) -> Health:
        """Look whether the folder is there, and how many messages wait in it."""
        now = self._peer.now()
        away = self._capabilities.away_at(now)
        try:
            waiting = await self._run(self._waiting)
        except RegistryError as error:
            state = HealthState.DOWN if away is None else HealthState.AWAY
            return Health(state=state, words=str(error), checked_at=now)
        return Health(state=HealthState.UP, words=waiting, checked_at=now)

    async def close(self) -> None:
        """Nothing is held open between calls."""

    def _deliver(self, outgoing: Outgoing) -> DeliveryAnswer:
        now = self._peer.now()
        if isinstance(outgoing.message, Receipt):
            name = f"{outgoing.message.in_reply_to}.{outgoing.envelope_id}{SUFFIX}"
            write_whole(self._folder.receipts, name, outgoing.envelope)
            evidence = Evidence(
                content=outgoing.envelope,
                media_type=ENVELOPE_MEDIA_TYPE,
                signed=False,
                received_at=now,
            )
            return Delivered(evidence=evidence, acknowledgement=None)
        self._putting.put(
            outgoing.envelope,
            message_id=outgoing.message.message_id,
            jti=outgoing.envelope_id,
            at=now,
        )
        found = self._acknowledgement(outgoing)
        if found is None:
            return LeftForPickUp(envelope_id=outgoing.envelope_id)
        raw, acknowledgement = found
        evidence = Evidence(
            content=raw, media_type=ENVELOPE_MEDIA_TYPE, signed=True, received_at=now
        )
        return Delivered(evidence=evidence, acknowledgement=acknowledgement)

    def _acknowledgement(self, outgoing: Outgoing) -> tuple[bytes, Acknowledgement] | None:
        path = self._folder.acknowledgements / f"{outgoing.envelope_id}{SUFFIX}"
        try:
            content = read_plain(path, size_bytes_max=self._peer.limits.envelope_bytes_max)
        except FileNotFoundError:
            return None
        except (NotAPlainFileError, TooLargeError) as cause:
            raise self._distrust(f"{path.name}: {cause}") from cause
        if not is_whole(content):
            return None
        raw = content.rstrip(b"\r\n")
        opened = self._peer.open_answer(raw, self._peer.now())
        if isinstance(opened, Refusal):
            raise self._distrust(f"{opened.code}: {opened.detail}")
        message = decode_body(opened.claims.kind, opened.body)
        if opened.claims.iss != self._peer.registry or not isinstance(message, Acknowledgement):
            raise self._distrust(f"{path.name} is not an acknowledgement of the registry")
        if message.in_reply_to != outgoing.envelope_id:
            raise self._distrust("the acknowledgement is of another envelope")
        if message.envelope_digest != sha256(outgoing.envelope).hexdigest():
            raise self._distrust("the acknowledgement is of other bytes")
        return raw, message

    def _waiting(self) -> str:
        to_hub = len(names_in(self._folder.messages_to(Side.HUB)))
        to_registry = len(names_in(self._folder.messages_to(Side.REGISTRY)))
        return f"{to_hub} wait for the hub, {to_registry} for the registry"

    async def _run(self, work: Callable[[], _Answer]) -> _Answer:
        """Do file work in a thread, one at a time, within the deadline."""

        def checked() -> _Answer:
            with self._translated():
                self._folder.check(self._marker)
                return work()

        try:
            async with asyncio.timeout(self._peer.call_seconds), self._one_at_a_time:
                return await asyncio.to_thread(checked)
        except TimeoutError as cause:
            words = f"the folder did not answer within {self._peer.call_seconds:g} s"
            raise RegistryTimeout(self._peer.registry, words) from cause

    @contextlib.contextmanager
    def _translated(self) -> Iterator[None]:
        registry = self._peer.registry
        try:
            yield
        except FolderError as cause:
            raise RegistryUnreachable(registry, str(cause)) from cause
        except OSError as cause:
            words = f"{cause.strerror or cause}"
            if cause.errno in _FULL:
                raise RegistryBusy(registry, words) from cause
            if isinstance(cause, FileNotFoundError):
                raise RegistryUnreachable(registry, words) from cause
            raise ConnectionCut(registry, words) from cause

    def _distrust(self, words: str) -> AnswerNotTrusted:
        return AnswerNotTrusted(self._peer.registry, words)
