"""A reporting Party's files, and a platform that answers as the known checker does."""

import io
import os
from datetime import UTC, datetime
from pathlib import Path

import openpyxl

from config.aef import load_profiles
from config.sources import read_source
from connectors.contract import Connector
from connectors.declarative.profile import parse_profile
from connectors.drop_folder import DropFolder
from connectors.international.connector import InternationalConnector, InternationalPeer
from connectors.international.custody import CustodyRules
from connectors.international.incoming import IncomingFiles
from connectors.international.names import SubmissionName
from connectors.international.outgoing import OutgoingWorkbooks, prepare
from schema.aef.fields import Table
from schema.aef.render import Renderer
from schema.aef.rows import Report, report_from_rows
from schema.codes import RegistryKind
from tests.aef.bilateral import mongolia

NAME = SubmissionName("MNG", 2025, 1, 0)
NOW = datetime(2026, 4, 11, tzinfo=UTC)
LISTS = ("carp-approaches", "carp-authorizations")


def report() -> Report:
    """Mongolia's submission in the spelling of CARP."""
    submission = mongolia()
    renderer = Renderer(load_profiles()["carp"])
    return report_from_rows(
        {
            Table.SUBMISSION: [renderer.row(submission.submission)],
            Table.AUTHORIZATIONS: [renderer.row(each) for each in submission.authorizations],
            Table.ACTIONS: [renderer.row(each) for each in submission.actions],
            Table.HOLDINGS: [renderer.row(each) for each in submission.holdings],
            Table.ENTITIES: [renderer.row(each) for each in submission.entities],
        }
    )


def connector(root: Path, carrier: Connector | None = None) -> InternationalConnector:
    prepare(root / "to-carp")
    folder = DropFolder(root=root / "from-carp", size_bytes_max=5_000_000, settle_seconds=1.0)
    folder.prepare()
    return InternationalConnector(
        InternationalPeer(
            registry="INT01",
            kind=RegistryKind.INTERNATIONAL,
            custody=CustodyRules(international="INT01", users=frozenset({"MNG"})),
            now=lambda: NOW,
        ),
        OutgoingWorkbooks(folder=root / "to-carp"),
        IncomingFiles(
            folder=folder, profiles={name: parse_profile(read_source(name)) for name in LISTS}
        ),
        carrier,
    )


def bring(root: Path, name: str, content: bytes) -> Path:
    """Somebody puts a file into the folder; it has lain there for a while."""
    path = root / "from-carp" / name
    path.write_bytes(content)
    os.utime(path, (1_700_000_000, 1_700_000_000))
    return path


def answered(workbook: bytes, *, verdict: str = "passed", touch: bool = False) -> bytes:
    """The workbook as the platform gives it back."""
    book = openpyxl.load_workbook(io.BytesIO(workbook))
    book["Table 1 Submission"]["C9"] = f"Consistency checks {verdict} 2026-04-11 10:00:00 GMT"
    actions = book["Table 3 Actions"]
    header = next(row for row in actions.iter_rows() if any(c.value == "Action date" for c in row))
    result = next(c for c in header if c.value == "Result of the consistency checks")
    actions.cell(header[0].row + 1, result.column, "II04: metric differs")
    if touch:
        acquirer = next(c for c in header if str(c.value).startswith("Acquiring"))
        actions.cell(header[0].row + 1, acquirer.column, "CHE")
    sheet = book.create_sheet("Consistency check results")
    sheet.append(["Check", "Table", "Message"])
    sheet.append(["II04", "Table 3", "metric differs for overlapping blocks"])
    told = io.BytesIO()
    book.save(told)
    return told.getvalue()
