"""What goes into a file: the heading and the rows of the four other tables, as they come."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from connectors.aef_files.limits import CELL_CHARS_MAX
from connectors.aef_files.refusals import FileFault, FileRefusedError
from schema.aef.fields import Table
from schema.aef.rows import Report, Row

_UNWRITABLE = re.compile("[\0\ud800-\udfff\ufffe\uffff]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """One submission to be written; the rows may be generators and are walked once, in order."""

    heading: Row
    rows: Mapping[Table, Iterable[Row]] = field(default_factory=dict)

    def of(self, table: Table) -> Iterable[Row]:
        """Return the rows of a table, none when it is empty."""
        return (self.heading,) if table is Table.SUBMISSION else self.rows.get(table, ())


def content_of(report: Report) -> Content:
    """Return the content of a report that is in memory."""
    return Content(
        heading=report.submission,
        rows={
            Table.AUTHORIZATIONS: report.authorizations,
            Table.ACTIONS: report.actions,
            Table.HOLDINGS: report.holdings,
            Table.ENTITIES: report.entities,
        },
    )


def check_writable(text: str, where: str) -> None:
    """Refuse a text that one of the formats cannot hold, so that all of them hold the same.

    Raises:
        FileRefusedError: `CELL_TOO_LONG` or `UNWRITABLE`.
    """
    if len(text) > CELL_CHARS_MAX:
        raise FileRefusedError(FileFault.CELL_TOO_LONG, where)
    if _UNWRITABLE.search(text):
        raise FileRefusedError(FileFault.UNWRITABLE, where)
