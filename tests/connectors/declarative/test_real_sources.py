"""The published tables of the real world load through their descriptions, to the row and tonne."""

from pathlib import Path

import pytest

from config.sources import read_source, source_names
from connectors.declarative.faults import Fault
from connectors.declarative.load import Loaded, load
from connectors.declarative.profile import parse_profile

FILES = {
    "article6-authorized-credits": "article6/authorized_credits.csv",
    "jcm-issuances": "jcm/issuance_records.csv",
    "jcm-projects": "jcm/projects_all_jcm.csv",
    "jcm-methodologies": "jcm/methodologies.csv",
}


def loaded(name: str, shared_data: Path) -> Loaded:
    path = shared_data / FILES[name]
    if not path.is_file():
        pytest.skip(f"no file {path}")
    profile = parse_profile(read_source(name), name=name)
    return load(path.read_bytes(), profile, source=path.name, name=name)


@pytest.mark.parametrize("name", source_names())
def test_every_description_is_a_good_profile(name: str) -> None:
    assert parse_profile(read_source(name), name=name).title


@pytest.mark.parametrize("name", FILES)
def test_every_row_and_tonne_is_accounted_for(name: str, shared_data: Path) -> None:
    report = loaded(name, shared_data).report
    assert report.balanced
    assert report.rows.refused == 0


def test_the_authorized_credits_are_601_blocks_of_14_hosts(shared_data: Path) -> None:
    report = loaded("article6-authorized-credits", shared_data).report
    (tonnes,) = report.amounts
    assert (report.rows.taken, tonnes.taken, tonnes.in_file) == (601, 23_240_850, 23_240_850)
    assert len(report.counts["host_party"]) == 14
    assert report.counts["approach"]["(blank)"] == 239
    assert report.counts["first_transfer"] == {
        "Authorisation": 381,
        "Issuance": 205,
        "international transfer": 15,
    }
    assert report.oddities == {Fault.ODD_IDENTIFIER: 1}


def test_the_jcm_has_147_projects_with_their_methodologies(shared_data: Path) -> None:
    projects = loaded("jcm-projects", shared_data)
    assert projects.report.rows.taken == 147
    assert projects.report.counts["status"] == {"registered": 94, "validation": 49, "withdrawn": 4}
    assert projects.report.oddities == {}
    two = next(record for record in projects.records if record.values["project"].raw == "VN012")  # type: ignore[union-attr]
    assert isinstance(two.values["methodologies"], tuple)


def test_notified_and_issued_are_two_totals_and_blank_is_not_zero(shared_data: Path) -> None:
    report = loaded("jcm-issuances", shared_data).report
    notified, issued, by_project = report.amounts
    assert (notified.taken, issued.taken, issued.blank) == (129_254, 123_096, 3)
    assert by_project.taken == 30_312 + 1 + 53_764 + 44_299 + 637 + 307


def test_what_the_table_itself_gets_wrong_is_found(shared_data: Path) -> None:
    found = {
        (each.row, each.fault) for each in loaded("jcm-issuances", shared_data).report.findings
    }
    assert found == {
        (14, Fault.TOTAL_DIFFERS),
        (16, Fault.BEFORE),
        (19, Fault.TOTAL_DIFFERS),
        (21, Fault.BEFORE),
    }
