"""Workbooks go to CARP and come back; nothing is written where CARP writes."""

from pathlib import Path

import pytest

from connectors.aef_files.workbook_reader import read_workbook
from connectors.contract import Connector, HealthState, LeftForPickUp
from connectors.errors import NotSupported
from connectors.international.answers import CarpAnswer, Verdict, read_answer
from connectors.international.carp_cells import filled_by_carp
from connectors.international.incoming import Document, ListFile, matches
from connectors.international.names import (
    AefNameError,
    SubmissionName,
    parse_file_name,
)
from connectors.international.outgoing import NotPutDownError
from schema.aef.fields import Table
from schema.aef.rows import Report, Row
from schema.aef.tables import AUTHORIZATIONS, SUBMISSION
from tests import builders
from tests.aef.hostile import honest
from tests.connectors.file_exchange.world import World
from tests.connectors.international.world import NAME, answered, bring, connector, report


def changed(old: Report, table: Table, name: str, value: str) -> Report:
    """The same report with one cell of the first record changed."""
    spec = {Table.SUBMISSION: SUBMISSION, Table.AUTHORIZATIONS: AUTHORIZATIONS}[table]
    row = old.rows(table)[0]
    cells = list(row.values)
    cells[spec[name].index] = value
    new = Row(values=tuple(cells), number=row.number)
    if table is Table.SUBMISSION:
        return Report(
            submission=new,
            authorizations=old.authorizations,
            actions=old.actions,
            holdings=old.holdings,
            entities=old.entities,
        )
    return Report(
        submission=old.submission,
        authorizations=(new, *old.authorizations[1:]),
        actions=old.actions,
        holdings=old.holdings,
        entities=old.entities,
    )


async def test_a_submission_is_put_down_once_and_reads_back(tmp_path: Path) -> None:
    carp = connector(tmp_path)
    first, again = await carp.put_down(NAME, report()), await carp.put_down(NAME, report())
    assert first.path.name == "MNG_2025_1_0_AEF.xlsx"
    assert first.digest == again.digest
    read = read_workbook(first.path.read_bytes()).report
    assert list(filled_by_carp(read)) == []
    assert len(read.actions) == 2
    assert [path.name for path in (tmp_path / "to-carp").iterdir()] == [first.path.name]


async def test_a_submission_is_never_replaced(tmp_path: Path) -> None:
    carp = connector(tmp_path)
    await carp.put_down(NAME, report())
    other = changed(report(), Table.AUTHORIZATIONS, "terms", "other terms")
    with pytest.raises(NotPutDownError, match="other content"):
        await carp.put_down(NAME, other)
    corrected = await carp.put_down(SubmissionName("MNG", 2025, 1, 1), other)
    assert corrected.path.name == "MNG_2025_1_1_AEF.xlsx"


@pytest.mark.parametrize(
    ("table", "name"),
    [
        (Table.SUBMISSION, "check_result"),
        (Table.SUBMISSION, "review_status"),
        (Table.SUBMISSION, "review_report"),
        (Table.AUTHORIZATIONS, "documentation"),
    ],
)
async def test_a_cell_of_carp_is_never_written(tmp_path: Path, table: Table, name: str) -> None:
    carp = connector(tmp_path)
    with pytest.raises(NotPutDownError, match="CARP"):
        await carp.put_down(NAME, changed(report(), table, name, "Consistency checks passed"))
    assert list((tmp_path / "to-carp").iterdir()) == []


async def test_an_answer_is_read_and_put_away(tmp_path: Path) -> None:
    carp = connector(tmp_path)
    sent = await carp.put_down(NAME, report())
    path = bring(
        tmp_path,
        "MNG_2025_1_0_inconsistent.xlsx",
        answered(sent.path.read_bytes(), verdict="failed"),
    )
    (brought,) = await carp.brought()
    answer = brought.content
    assert isinstance(answer, CarpAnswer)
    assert (answer.submission, answer.verdict) == (NAME, Verdict.FAILED)
    assert answer.words.startswith("Consistency checks failed")
    assert {(cell.table, cell.field.name) for cell in answer.cells} == {
        (Table.SUBMISSION, "check_result"),
        (Table.ACTIONS, "check_result"),
    }
    assert answer.results == (
        ("Check", "Table", "Message"),
        ("II04", "Table 3", "metric differs for overlapping blocks"),
    )
    assert answer.differences(report()) == ()
    assert path.exists()
    await carp.keep(brought)
    assert not path.exists()
    assert await carp.brought() == ()


async def test_a_changed_cell_in_an_answer_is_found(tmp_path: Path) -> None:
    carp = connector(tmp_path)
    sent = await carp.put_down(NAME, report())
    answer = read_answer(
        answered(sent.path.read_bytes(), touch=True), "MNG_2025_1_0_consistent.xlsx"
    )
    (difference,) = answer.differences(report())
    assert (difference.table, difference.record, difference.answered) == (Table.ACTIONS, 0, "CHE")


def test_the_name_of_an_answer_is_compared_with_what_it_says(tmp_path: Path) -> None:
    data = honest(tmp_path)
    told = read_answer(data, "nothing-of-ours.xlsx")
    assert told.submission is not None
    assert not told.name_disagrees
    assert read_answer(data, "KHM_2030_1_0_consistent.xlsx").name_disagrees


@pytest.mark.parametrize(
    ("name", "read"),
    [
        ("MNG_2025_1_0_AEF.xlsx", NAME),
        ("MNG-2025-1-0 consistent.xlsx", NAME),
        ("XXX_2025_1_0_AEF.xlsx", None),
        ("MNG_2025_10_0_AEF.xlsx", None),
        ("readme.txt", None),
    ],
)
def test_a_name_is_read_by_position(name: str, read: SubmissionName | None) -> None:
    assert parse_file_name(name) == read


def test_a_version_that_the_checker_would_misread_gets_no_name() -> None:
    with pytest.raises(AefNameError):
        SubmissionName("MNG", 2025, 1, 10).file_name()


async def test_lists_and_documents_are_recognised_by_what_is_in_them(tmp_path: Path) -> None:
    carp = connector(tmp_path)
    document = b"%PDF-1.7 a letter of authorization"
    bring(tmp_path, "letter.pdf", document)
    bring(
        tmp_path,
        "approaches.csv",
        b"Cooperative approach ID,Participating Parties,Title\nCA0007,Japan; Mongolia,JCM\n",
    )
    bring(
        tmp_path,
        "authorizations.csv",
        b"Party,Authorization ID,Cooperative approach ID,File\nMongolia,MNG 1,CA0007,letter.pdf\n",
    )
    bring(tmp_path, "lunch.csv", b"Monday,soup\n")
    found = {each.file.name: each.content for each in await carp.brought()}
    assert set(found) == {"letter.pdf", "approaches.csv", "authorizations.csv"}
    approaches, authorizations, letter = (
        found["approaches.csv"],
        found["authorizations.csv"],
        found["letter.pdf"],
    )
    assert isinstance(approaches, ListFile)
    assert approaches.profile == "carp-approaches"
    assert approaches.loaded.records[0].values["parties"] == ("JPN", "MNG")
    assert isinstance(authorizations, ListFile)
    assert isinstance(letter, Document)
    assert matches(authorizations.loaded.records[0], letter)
    assert [name for name, _ in carp.incoming.refused] == ["lunch.csv"]


async def test_a_hostile_workbook_is_put_aside(tmp_path: Path) -> None:
    carp = connector(tmp_path)
    bring(tmp_path, "bomb.xlsx", b"PK\x03\x04 not really")
    assert await carp.brought() == ()
    assert len(list((tmp_path / "from-carp" / "refused").glob("*.reason.txt"))) == 1


async def test_it_says_plainly_that_no_interface_is_published(tmp_path: Path) -> None:
    carp: Connector = connector(tmp_path)
    sheet = carp.capabilities
    assert sheet.accepts == frozenset()
    assert any(loss.subject == "live interface" for loss in sheet.data_loss)
    assert (await carp.health()).state is HealthState.NOT_CALLED
    world = World(tmp_path / "shared")
    with pytest.raises(NotSupported):
        await carp.deliver(world.outgoing(builders.transfer_outcome()))


async def test_a_carrier_takes_envelopes_once_there_is_one(tmp_path: Path) -> None:
    world = World(tmp_path / "shared")
    carp = connector(tmp_path, world.connector)
    answer = await carp.deliver(world.outgoing(builders.transfer_outcome()))
    assert isinstance(answer, LeftForPickUp)
    envelope = world.put(builders.account_notice())
    assert (await carp.fetch(None)).envelopes == (envelope,)
