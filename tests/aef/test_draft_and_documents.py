"""The earlier draft is written and read back; the documentation follows the field table."""

from pathlib import Path

import msgspec

from config.aef import latest_nomenclature, load_profiles
from connectors.aef_files.draft_writer import write_draft
from connectors.aef_files.reading import Generation
from connectors.aef_files.workbook_reader import read_workbook
from hub.domain.aef.codes import describe_findings
from hub.domain.aef.references import check_unit_references
from hub.domain.aef.world import World
from schema.aef.document import describe_format
from schema.aef.draft import DRAFT_ACTIONS, DRAFT_HOLDINGS
from schema.aef.interpret import Interpreter
from schema.aef.records import ActionRecord
from schema.aef.render import Renderer
from schema.aef.tables import TABLES
from tests.aef.bilateral import filed, japan, mongolia

DOCUMENTS = Path(__file__).parents[2] / "hub/docs"


def _as_draft_holds(record: ActionRecord) -> ActionRecord:
    return msgspec.structs.replace(
        record,
        subtype=None,
        registry_id=None,
        unit_registry_id=None,
        mitigation_type=None,
        ndc_use_year=None,
        using_entity=None,
        date=None if record.date is None else record.date.date(),  # type: ignore[attr-defined]
    )


def test_actions_of_the_draft_are_read_back_but_for_what_it_cannot_hold(tmp_path: Path) -> None:
    renderer = Renderer(load_profiles()["carp"])
    submission, path = japan(), tmp_path / "actions.xlsx"
    write_draft(
        path,
        DRAFT_ACTIONS,
        renderer.row(submission.submission),
        map(renderer.row, submission.actions),
        map(renderer.row, submission.authorizations),
    )
    read = read_workbook(path.read_bytes())
    back = Interpreter(latest_nomenclature()).submission(read.report)
    assert read.generation is Generation.DRAFT
    assert read.notes == ()
    assert back.actions == tuple(map(_as_draft_holds, submission.actions))
    assert (back.submission.party, back.submission.reported_year) == ("JPN", 2025)
    assert back.authorizations[0].sectors == submission.authorizations[0].sectors


def test_holdings_of_the_draft_stand_in_a_workbook_of_their_own(tmp_path: Path) -> None:
    renderer = Renderer(load_profiles()["carp"])
    submission, path = mongolia(), tmp_path / "holdings.xlsx"
    write_draft(
        path,
        DRAFT_HOLDINGS,
        renderer.row(submission.submission),
        map(renderer.row, submission.holdings),
        map(renderer.row, submission.authorizations),
    )
    report = read_workbook(path.read_bytes()).report
    (holding,) = Interpreter(latest_nomenclature()).submission(report).holdings
    assert (holding.series, holding.first_id, holding.last_id) == (
        submission.holdings[0].series,
        1001,
        1200,
    )


def test_the_documentation_is_printed_from_the_field_table() -> None:
    text = (DOCUMENTS / "aef-fields.md").read_text("utf-8")
    assert text == describe_format(latest_nomenclature())


def test_the_list_of_findings_is_printed_from_the_catalogue() -> None:
    assert (DOCUMENTS / "aef-findings.md").read_text("utf-8") == describe_findings()


def test_the_documentation_names_every_field() -> None:
    text = describe_format(latest_nomenclature())
    assert all(field.header in text for spec in TABLES for field in spec.fields)


def test_a_unit_that_its_registry_does_not_know_is_told(tmp_path: Path) -> None:
    world = World.of(filed(mongolia(), tmp_path))
    answers = {"MN-7001": True, "MN-7600": False}
    found = list(check_unit_references(world, lambda _, unit: answers.get(unit)))
    assert [str(finding.locus) for finding in found] == ["Table 3 Actions!N9"]
