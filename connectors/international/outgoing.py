"""Workbooks on their way to CARP: put down once, never changed, and without a word in its cells."""

import secrets
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final

from connectors.aef_files.content import content_of
from connectors.aef_files.template import fill_template
from connectors.aef_files.workbook_reader import read_workbook
from connectors.aef_files.workbook_writer import write_workbook
from connectors.durable_files import PART_PREFIX, read_plain, write_whole
from connectors.international.carp_cells import filled_by_carp, own_cells
from connectors.international.names import SubmissionName
from schema.aef.fields import Table
from schema.aef.rows import Report

WORKBOOK_BYTES_MAX: Final = 128 * 2**20


class NotPutDownError(Exception):
    """A workbook is not put down; the text says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PutDown:
    """A workbook that lies where the reporting Party's staff takes it to the platform."""

    name: SubmissionName
    path: Path
    digest: str
    """SHA-256 of the file, in hexadecimal: what is filed can be compared with it."""
    notes: tuple[str, ...] = ()
    """What an official template did not have a place for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OutgoingWorkbooks:
    """Writes into one folder."""

    folder: Path
    template: bytes | None = None
    """The official workbook, where one is at hand; else the published shape is built."""

    def put(self, name: SubmissionName, report: Report) -> PutDown:
        """Write a submission; the same again is no new file.

        Raises:
            NotPutDownError: a cell of CARP is filled, or another workbook has this name: a
                submission is never replaced, a correction gets the next version.
            FileRefusedError: a text that no workbook can hold.
            AefNameError: the version does not fit a file name.
            OSError: the folder is away or full.
        """
        filled = next(filled_by_carp(report), None)
        if filled is not None:
            words = f"{filled.field.header} (record {filled.record + 1}) is for CARP to fill"
            raise NotPutDownError(words)
        path = self.folder / name.file_name()
        notes: tuple[str, ...] = ()
        if path.exists():
            content = read_plain(path, size_bytes_max=WORKBOOK_BYTES_MAX)
            there = read_workbook(content).report
            if any(own_cells(there, table) != own_cells(report, table) for table in Table):
                raise NotPutDownError(f"{path.name} is there with other content")
        else:
            content, notes = self._workbook(report)
            write_whole(self.folder, path.name, content)
        return PutDown(name=name, path=path, digest=sha256(content).hexdigest(), notes=notes)

    def _workbook(self, report: Report) -> tuple[bytes, tuple[str, ...]]:
        beside = self.folder / f"{PART_PREFIX}{secrets.token_hex(8)}"
        notes: tuple[str, ...] = ()
        try:
            if self.template is None:
                write_workbook(beside, content_of(report))
            else:
                notes = fill_template(self.template, beside, content_of(report))
            return beside.read_bytes(), notes
        finally:
            beside.unlink(missing_ok=True)


def prepare(folder: Path) -> None:
    """Make the folder, closed to others.

    Raises:
        OSError: it cannot be made.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o770)
