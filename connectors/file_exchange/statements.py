"""Statements that stand in the folder: the newest one of a level of which every page is there."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

import msgspec

from connectors.contract import Evidence, StatementPage, StatementScope
from connectors.durable_files import NotAPlainFileError, TooLargeError, read_plain
from connectors.file_exchange.folder import ExchangeFolder, is_good_name, names_in
from connectors.file_exchange.pickup import is_whole
from connectors.protocol import ENVELOPE_MEDIA_TYPE
from schema.codec import decode_body
from schema.messages import StatementNotice
from schema.refusals import Refusal
from schema.statements import StatedBlock, StatedEvent, StatedTotal, Statement
from signing.envelope import VerifiedEnvelope

Pages = Mapping[int, StatementPage]
OpenAnswer = Callable[[bytes, datetime], VerifiedEnvelope | Refusal]


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementShelf:
    """Reads statements of one registry; the files stay where they are."""

    folder: ExchangeFolder
    registry: str
    open_answer: OpenAnswer
    envelope_bytes_max: int

    def find(self, scope: StatementScope, now: datetime) -> tuple[StatementPage, ...]:
        """Return the pages of the newest whole statement of a level, none when there is none.

        Raises:
            OSError: the folder cannot be read.
        """
        whole: dict[datetime, tuple[StatementPage, ...]] = {}
        for stated_at, pages in self._by_instant(scope, now).items():
            count = pages[min(pages)].statement.pages
            if all(number in pages for number in range(1, count + 1)):
                whole[stated_at] = tuple(pages[number] for number in range(1, count + 1))
        if not whole:
            return ()
        chosen = whole[max(whole)]
        return tuple(
            StatementPage(statement=narrowed(page.statement, scope), evidence=page.evidence)
            for page in chosen
        )

    def _by_instant(self, scope: StatementScope, now: datetime) -> Mapping[datetime, Pages]:
        found: dict[datetime, dict[int, StatementPage]] = defaultdict(dict)
        for page in self._pages(now):
            stated = page.statement
            if stated.level is scope.level and scope.at in {None, stated.stated_at}:
                found[stated.stated_at].setdefault(stated.page, page)
        return found

    def _pages(self, now: datetime) -> Iterable[StatementPage]:
        for name in names_in(self.folder.statements):
            if not is_good_name(name):
                continue
            path = self.folder.statements / name
            try:
                content = read_plain(path, size_bytes_max=self.envelope_bytes_max)
            except (NotAPlainFileError, TooLargeError, FileNotFoundError):
                continue
            page = self._open(content.rstrip(b"\r\n"), now) if is_whole(content) else None
            if page is not None:
                yield page

    def _open(self, raw: bytes, now: datetime) -> StatementPage | None:
        opened = self.open_answer(raw, now)
        if isinstance(opened, Refusal) or opened.claims.iss != self.registry:
            return None
        message = decode_body(opened.claims.kind, opened.body)
        if not isinstance(message, StatementNotice) or message.statement.registry != self.registry:
            return None
        evidence = Evidence(
            content=raw, media_type=ENVELOPE_MEDIA_TYPE, signed=True, received_at=now
        )
        return StatementPage(statement=message.statement, evidence=evidence)


def narrowed(statement: Statement, scope: StatementScope) -> Statement:
    """Return the rows of the series asked for; the evidence beside it is the whole page."""
    wanted = (scope.approach, scope.registry, scope.first_party, scope.vintage)
    if wanted == (None, None, None, None):
        return statement

    def fits(row: StatedTotal | StatedBlock | StatedEvent) -> bool:
        told = (row.approach, row.registry, row.first_party, row.vintage)
        return all(asked in {None, part} for asked, part in zip(wanted, told, strict=True))

    return msgspec.structs.replace(
        statement,
        totals=tuple(filter(fits, statement.totals)),
        blocks=tuple(filter(fits, statement.blocks)),
        trail=tuple(filter(fits, statement.trail)),
    )
