"""Reads the pages of a plain REST interface: endpoints and paging by configuration."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum, unique
from itertools import chain
from typing import Annotated, Final, Protocol

import msgspec
from msgspec import Meta

from connectors.declarative.faults import SourceFault, SourceRefusedError
from connectors.declarative.grids import Grid, Line, at_pointer, json_lines, parse_json
from connectors.declarative.profile import Part
from connectors.errors import AnswerMalformed, RegistryBusy
from connectors.http_answers import HttpRequest, HttpSender

ITEMS_MAX: Final = 1_000_000


@unique
class PagingKind(StrEnum):
    """How an interface cuts its list."""

    NONE = "none"
    PAGE = "page"
    """By the number of the page."""
    OFFSET = "offset"
    """By how many records to pass over."""
    CURSOR = "cursor"
    """By a word that each answer gives for the next question."""


class Paging(Part, frozen=True):
    """How to ask for the next page."""

    kind: PagingKind = PagingKind.NONE
    parameter: str = "page"
    """The name of the number or cursor in the query."""
    first: int = 1
    """The number of the first page (0 for offsets that start there)."""
    size_parameter: str = ""
    """Empty: the size is the interface's own affair."""
    size: Annotated[int, Meta(ge=1, le=100_000)] = 500
    cursor: str = ""
    """Where an answer has the next cursor: names with `/` between them."""
    total: str = ""
    """Where an answer has the number of all records, if it tells."""
    pages_max: Annotated[int, Meta(ge=1, le=100_000)] = 10_000


class RestReading(Part, frozen=True):
    """Where the records are."""

    path: str
    """Below the registry's address."""
    items: str = ""
    """Where an answer has its list; empty: the answer is the list."""
    query: dict[str, str] = msgspec.field(default_factory=dict)
    health_path: str = ""
    """Asked to see whether the registry is there; empty: the first page is."""
    paging: Paging = Paging()
    read_again: bool = True
    """Whether the first page is read again after the last: if it has changed, all is discarded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pages:
    """All pages of a list, read within one call."""

    raw: tuple[bytes, ...]
    items: tuple[list[dict[str, object]], ...]

    def grid(self, headers: Sequence[str]) -> Grid:
        """Return all records as one grid; row 1 is the header, the first record is row 2.

        An interface without records shows no names: `headers` stand in for them.

        Raises:
            SourceRefusedError: more columns or longer cells than the limit.
        """
        records = list(chain.from_iterable(self.items))
        return Grid(
            lines=json_lines(records) if records else (Line(1, headers),),
            words=f"{len(self.raw)} pages",
            encoding="utf-8",
        )


class Source(Protocol):
    """Where the bytes of a declarative source come from."""

    async def read(self) -> Pages | bytes:
        """Return all pages of an interface, or the bytes of a file.

        Raises:
            RegistryError: it cannot be read now.
            SourceRefusedError: what came is not what the profile says.
        """
        ...

    async def ask(self) -> None:
        """Look whether the source is there.

        Raises:
            RegistryError: it is not.
        """
        ...

    async def close(self) -> None:
        """Give back connections."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class RestSource:
    """Reads from one registry; owns its HTTP client."""

    http: HttpSender
    reading: RestReading
    headers: tuple[tuple[str, str], ...] = ()
    """Sent with every request, such as an API key."""

    async def read(self) -> Pages:
        """Read all pages.

        Raises:
            RegistryError: as always; `RegistryBusy` when the list changed while it was read.
            SourceRefusedError: an answer is not the list of objects that the profile says.
        """
        raw: list[bytes] = []
        items: list[list[dict[str, object]]] = []
        count, total, mark = 0, None, ""
        paging = self.reading.paging
        while True:
            if len(raw) == paging.pages_max:
                raise AnswerMalformed(self._registry, f"more than {paging.pages_max} pages")
            body = await self._page(len(raw), count, mark)
            content = parse_json(body)
            page = _objects(at_pointer(content, self.reading.items))
            raw.append(body)
            items.append(page)
            count += len(page)
            if count > ITEMS_MAX:
                raise SourceRefusedError(SourceFault.TOO_MANY_ROWS, str(ITEMS_MAX))
            total = _whole(at_pointer(content, paging.total)) if paging.total else None
            mark = _mark(content, paging)
            if self._is_last(page, count, total, mark):
                break
        if total is not None and total != count:
            raise RegistryBusy(self._registry, f"{total} records announced, {count} came")
        await self._refuse_changed(raw)
        return Pages(raw=tuple(raw), items=tuple(items))

    async def ask(self) -> None:
        """Ask for the health address, or for the first page.

        Raises:
            RegistryError: there was no good answer.
        """
        if self.reading.health_path:
            request = HttpRequest(method="GET", path=self.reading.health_path, headers=self.headers)
            await self.http.send(request)
        else:
            await self._page(0, 0, "")

    async def close(self) -> None:
        """Close the connections."""
        await self.http.close()

    @property
    def _registry(self) -> str:
        return self.http.endpoint.registry

    async def _page(self, index: int, count: int, mark: str) -> bytes:
        paging = self.reading.paging
        query = list(self.reading.query.items())
        match paging.kind:
            case PagingKind.PAGE:
                query.append((paging.parameter, str(paging.first + index)))
            case PagingKind.OFFSET:
                query.append((paging.parameter, str(paging.first + count)))
            case PagingKind.CURSOR:
                query += [(paging.parameter, mark)] if mark else []
            case PagingKind.NONE:
                pass
        if paging.kind is not PagingKind.NONE and paging.size_parameter:
            query.append((paging.size_parameter, str(paging.size)))
        request = HttpRequest(
            method="GET",
            path=self.reading.path,
            query=tuple(query),
            accept="application/json",
            headers=self.headers,
        )
        return (await self.http.send(request)).body

    def _is_last(self, page: Sequence[object], count: int, total: int | None, mark: str) -> bool:
        paging = self.reading.paging
        match paging.kind:
            case PagingKind.NONE:
                return True
            case PagingKind.CURSOR:
                return not mark
            case PagingKind.PAGE | PagingKind.OFFSET:
                if total is not None:
                    return count >= total or not page
                return not page or (bool(paging.size_parameter) and len(page) < paging.size)

    async def _refuse_changed(self, raw: list[bytes]) -> None:
        # Pages that are cut anew while they are read lose or repeat records; the first shows it.
        if self.reading.read_again and len(raw) > 1 and await self._page(0, 0, "") != raw[0]:
            raise RegistryBusy(self._registry, "the list changed while it was read")


def _objects(items: object) -> list[dict[str, object]]:
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise SourceRefusedError(SourceFault.NOT_THIS_FORMAT, "not a list of objects")
    return items


def _whole(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise SourceRefusedError(SourceFault.NOT_THIS_FORMAT, f"{value!r} is no total")
    return value


def _mark(content: object, paging: Paging) -> str:
    if paging.kind is not PagingKind.CURSOR:
        return ""
    try:
        mark = at_pointer(content, paging.cursor)
    except SourceRefusedError:
        return ""
    return "" if mark is None else str(mark)


def parse_rest(data: object) -> RestReading:
    """Check the part of a profile that says where the records are.

    Raises:
        ValueError: an unknown name, or cursor paging without the place of the cursor.
    """
    try:
        reading = msgspec.convert(data, RestReading)
    except msgspec.ValidationError as cause:
        raise ValueError(f"rest: {cause}") from cause
    if reading.paging.kind is PagingKind.CURSOR and not reading.paging.cursor:
        raise ValueError("rest: cursor paging needs the place of the cursor")
    return reading
