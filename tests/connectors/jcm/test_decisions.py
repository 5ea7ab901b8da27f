"""Notices become decisions with allotments by vintage; what contradicts itself is set aside."""

from collections import defaultdict
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.sources import read_source
from connectors.declarative.dates import Period
from connectors.declarative.load import Loaded, load
from connectors.declarative.profile import parse_profile
from connectors.jcm.decisions import Scheme, decisions_of
from connectors.jcm.published import (
    Notice,
    compare_tables,
    methodologies_of,
    notices_of,
    projects_of,
)

NOTICE = Notice(
    project="MN900",
    title="Illustrative",
    monitored=Period(date(2021, 7, 1), date(2022, 6, 30)),
    decided_on=date(2023, 1, 10),
    party="JPN",
    notified=1000,
    issued=1000,
    issued_on=date(2023, 1, 20),
    project_total=1000,
    source="https://example.org/decisions",
    row=2,
)
SCHEME = Scheme(
    approach="CA0007",
    registries={"JPN": "JPN01", "MNG": "MNG01"},
    hosts={"MN900": "MNG", **{f"MN00{number}": "MNG" for number in range(1, 8)}},
)


def notice(**changes: Any) -> Notice:
    return replace(NOTICE, **changes)


def test_the_shares_of_one_decision_stand_together() -> None:
    found = decisions_of([notice(), notice(party="MNG", notified=201, issued=201)], SCHEME)
    (decision,) = found.decisions
    assert [(each.registry, each.vintage, each.tonnes) for each in decision.allotments] == [
        ("JPN01", 2021, 504),
        ("JPN01", 2022, 496),
        ("MNG01", 2021, 101),
        ("MNG01", 2022, 100),
    ]
    assert (decision.first_party, decision.activity) == ("MNG", "MN900")


def test_the_same_decision_has_the_same_id_and_a_changed_one_another() -> None:
    first, again = decisions_of([notice()], SCHEME), decisions_of([notice()], SCHEME)
    changed = decisions_of([notice(notified=999)], SCHEME)
    assert first.decisions == again.decisions
    assert first.decisions[0].message_id != changed.decisions[0].message_id


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        pytest.param({"issued_on": date(2022, 12, 1)}, "another decision", id="issued too early"),
        pytest.param({"decided_on": None}, "no date", id="no decision"),
        pytest.param({"party": "KHM"}, "no registry", id="a Party without registry"),
        pytest.param({"project": "MN999"}, "host", id="a project of nowhere"),
    ],
)
def test_a_doubtful_notice_is_set_aside_with_its_tonnes(
    changes: dict[str, Any], words: str
) -> None:
    found = decisions_of([notice(**changes)], SCHEME)
    assert found.decisions == ()
    assert words in found.set_aside[0].words
    assert found.tonnes_set_aside == 1000


NOTICES = st.lists(
    st.builds(
        notice,
        project=st.sampled_from(["MN001", "MN002", "MN999"]),
        party=st.sampled_from(["JPN", "MNG", "KHM"]),
        notified=st.integers(0, 10_000),
        issued=st.none() | st.integers(0, 10_000),
        decided_on=st.none() | st.dates(date(2022, 1, 1), date(2022, 1, 3)),
        issued_on=st.none() | st.dates(date(2022, 1, 1), date(2022, 1, 3)),
    ),
    max_size=12,
)


@given(NOTICES)
def test_decided_plus_set_aside_is_what_was_notified(notices: list[Notice]) -> None:
    found = decisions_of(notices, SCHEME)
    assert found.tonnes_decided + found.tonnes_set_aside == sum(each.notified for each in notices)


def published(shared_data: Path, name: str, file: str) -> Loaded:
    path = shared_data / "jcm" / file
    if not path.is_file():
        pytest.skip(f"no file {path}")
    return load(path.read_bytes(), parse_profile(read_source(name)), source=file)


def test_the_published_issuances_of_mongolia_are_accounted_for(shared_data: Path) -> None:
    notices = notices_of(published(shared_data, "jcm-issuances", "issuance_records.csv"))
    found = decisions_of(notices, SCHEME)
    assert (found.tonnes_decided, found.tonnes_set_aside) == (129_254 - 166 - 94, 166 + 94)
    assert len(found.decisions) == 10
    by_vintage: dict[int, int] = defaultdict(int)
    for decision in found.decisions:
        for allotment in decision.allotments:
            by_vintage[allotment.vintage] += allotment.tonnes
    assert max(by_vintage) == 2020, "none of them can become ITMOs"
    open_shares = [remark for remark in found.remarks if "not published" in remark.words]
    assert len(open_shares) == 3


def test_the_published_tables_are_compared(shared_data: Path) -> None:
    projects = projects_of(published(shared_data, "jcm-projects", "projects_all_jcm.csv"))
    methodologies = methodologies_of(
        published(shared_data, "jcm-methodologies", "methodologies.csv")
    )
    notices = notices_of(published(shared_data, "jcm-issuances", "issuance_records.csv"))
    assert len(projects) == 147
    assert {methodology.number for methodology in methodologies} == {
        f"MN_AM00{number}" for number in range(1, 5)
    }
    remarks = compare_tables(projects, methodologies, notices)
    mongolian = [each for each in remarks if each.about.startswith("MN")]
    assert all("unknown project" not in each.words for each in remarks)
    assert all("not in the table" not in each.words for each in mongolian)
