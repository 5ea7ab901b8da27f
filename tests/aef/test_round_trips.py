"""What is written to a file is read back equal, but for the losses that the profile declares."""

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from config.aef import latest_nomenclature, load_profiles
from connectors.aef_files.content import Content
from connectors.aef_files.csv_files import read_csv, write_csv
from connectors.aef_files.json_files import read_json, write_json
from connectors.aef_files.reading import ReadFile
from connectors.aef_files.workbook_reader import read_workbook
from connectors.aef_files.workbook_writer import write_workbook
from schema.aef.fields import Table
from schema.aef.interpret import Interpreter
from schema.aef.profile import ActionDates, BlockIds, Profile
from schema.aef.records import ActionRecord, BlockRecord, Submission
from schema.aef.render import Renderer
from schema.aef.rows import Report
from tests.aef import strategies

Block = TypeVar("Block", bound=BlockRecord)
Write = Callable[[Path, Content], None]
Read = Callable[[bytes], ReadFile]
FORMATS: dict[str, tuple[Write, Read]] = {
    "workbook": (write_workbook, read_workbook),
    "CSV": (write_csv, read_csv),
    "JSON": (write_json, read_json),
}
PROFILES = load_profiles()

whole = st.builds(
    Submission,
    submission=strategies.submissions,
    authorizations=st.lists(strategies.authorizations, max_size=2).map(tuple),
    actions=st.lists(strategies.actions, max_size=3).map(tuple),
    holdings=st.lists(strategies.holdings, max_size=2).map(tuple),
    entities=st.lists(strategies.entities, max_size=2).map(tuple),
)


def rendered(submission: Submission, profile: Profile) -> Content:
    renderer = Renderer(profile)
    return Content(
        heading=renderer.row(submission.submission),
        rows={
            Table.AUTHORIZATIONS: map(renderer.row, submission.authorizations),
            Table.ACTIONS: map(renderer.row, submission.actions),
            Table.HOLDINGS: map(renderer.row, submission.holdings),
            Table.ENTITIES: map(renderer.row, submission.entities),
        },
    )


def without_losses(submission: Submission, profile: Profile) -> Submission:
    return msgspec.structs.replace(
        submission,
        actions=tuple(_kept_action(record, profile) for record in submission.actions),
        holdings=tuple(_kept(record, profile) for record in submission.holdings),
    )


def _kept(record: Block, profile: Profile) -> Block:
    if profile.block_ids is BlockIds.FULL:
        return record
    return msgspec.structs.replace(record, series=None)


def _kept_action(record: ActionRecord, profile: Profile) -> ActionRecord:
    kept = _kept(record, profile)
    merged = kept.type in profile.merged.get("action_type", ())
    moment = kept.date
    if profile.action_dates is ActionDates.DATE and isinstance(moment, dt.datetime):
        moment = moment.date()
    return msgspec.structs.replace(kept, date=moment, type="Cancellation" if merged else kept.type)


@pytest.mark.parametrize("format_name", FORMATS)
@pytest.mark.parametrize("profile", PROFILES.values(), ids=lambda profile: profile.name)
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(submission=whole)
def test_a_submission_is_read_back_as_it_was_filled(
    submission: Submission, profile: Profile, format_name: str, tmp_path: Path
) -> None:
    write, read = FORMATS[format_name]
    path = tmp_path / "aef"
    write(path, rendered(submission, profile))
    back = Interpreter(latest_nomenclature()).submission(read(path.read_bytes()).report)
    assert back == without_losses(submission, profile)


@pytest.mark.parametrize("profile", PROFILES.values(), ids=lambda profile: profile.name)
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(submission=whole)
def test_a_workbook_gives_back_every_cell(
    submission: Submission, profile: Profile, tmp_path: Path
) -> None:
    path = tmp_path / "aef.xlsx"
    write_workbook(path, rendered(submission, profile))
    assert _cells(read_workbook(path.read_bytes()).report) == {
        table: [row.values for row in rendered(submission, profile).of(table)] for table in Table
    }


def _cells(report: Report) -> dict[Table, list[tuple[object, ...]]]:
    return {table: [row.values for row in report.rows(table)] for table in Table}


def test_the_same_submission_gives_the_same_bytes(tmp_path: Path) -> None:
    submission = Submission(submission=strategies.SubmissionRecord(party="VUT", version="1.0"))
    written = []
    for name in ("one.xlsx", "two.xlsx"):
        write_workbook(tmp_path / name, rendered(submission, PROFILES["library"]))
        written.append((tmp_path / name).read_bytes())
    assert written[0] == written[1]
