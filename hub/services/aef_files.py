"""From a filled year to a file, row by row: memory does not grow with the rows."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from connectors.aef_files.content import Content
from connectors.aef_files.formats import FileFormat, write_submission
from connectors.aef_files.template import fill_template
from hub.services.aef_report import REPORT_ORDER, Filled, chunks_of
from schema.aef.profile import Profile
from schema.aef.record_json import Record
from schema.aef.render import Loss, Renderer
from schema.aef.rows import Row


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenFile:
    """What became of the rows: what the profile cannot hold, and what a template has no place for.

    Nothing is dropped silently: every such value is counted here.
    """

    losses: Mapping[Loss, int]
    unplaced: tuple[str, ...] = ()


async def write_filled(
    filled: Filled,
    path: Path,
    profile: Profile,
    file_format: FileFormat,
    template: bytes | None = None,
) -> WrittenFile:
    """Write a filled year to `path`, in a thread that asks for the rows as it needs them.

    A template is the user's own official workbook; without it the shape is built.

    Raises:
        FileRefusedError: a value that no file can hold, or a template that is none.
        OSError: the file cannot be written.
    """
    renderer = Renderer(profile)
    loop = asyncio.get_running_loop()
    content = Content(
        heading=renderer.row(filled.submission.heading),
        rows={table: _Pulled(loop, filled.rows(table), renderer) for table in REPORT_ORDER},
    )
    if template is not None:
        unplaced = await asyncio.to_thread(fill_template, template, path, content)
        return WrittenFile(losses=dict(renderer.losses), unplaced=unplaced)
    await asyncio.to_thread(write_submission, path, content, file_format, profile)
    return WrittenFile(losses=dict(renderer.losses))


class _Pulled:
    """Rows of one table for a writer in another thread, pulled a chunk at a time."""

    def __init__(
        self, loop: asyncio.AbstractEventLoop, records: AsyncIterator[Record], renderer: Renderer
    ) -> None:
        self._loop = loop
        self._chunks = chunks_of(records)
        self._renderer = renderer

    def __iter__(self) -> Iterator[Row]:
        while chunk := asyncio.run_coroutine_threadsafe(self._next(), self._loop).result():
            yield from map(self._renderer.row, chunk)

    async def _next(self) -> list[Record]:
        return await anext(self._chunks, [])
