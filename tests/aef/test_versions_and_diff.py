"""Versions are ordered as numbers, refused when they are not new, and compared record by record."""

from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.domain.aef.diff import ChangeKind, differences
from hub.domain.aef.versions import (
    FIRST_VERSION,
    Standing,
    SubmissionKey,
    Version,
    admit_version,
    beside,
    current_of,
    read_version,
    version_findings,
)
from tests.aef.bilateral import filed, japan, mongolia
from tests.aef.samples import build

versions = st.builds(Version, st.integers(1, 999), st.integers(0, 999))


@given(version=versions)
def test_a_printed_version_is_read_back(version: Version) -> None:
    assert read_version(version.print()) == version


@pytest.mark.parametrize("text", ["0.1", "01.0", "1", "1.", "v1.0", "1.0.0", "", None, "1,0"])
def test_other_texts_are_no_version(text: str | None) -> None:
    assert read_version(text) is None


def test_ten_comes_after_nine() -> None:
    assert Version(1, 10) > Version(1, 9)
    assert FIRST_VERSION.next_minor() == Version(1, 1)
    assert Version(1, 9).next_major() == Version(2, 0)


def _key(version: Version, party: str = "JPN", year: int = 2025) -> SubmissionKey:
    return SubmissionKey(party, year, version)


@pytest.mark.parametrize(
    ("version", "before", "standing"),
    [
        pytest.param((1, 0), [], Standing.FIRST, id="nothing was filed"),
        pytest.param((1, 1), [(1, 0)], Standing.SUPERSEDES, id="a higher version replaces"),
        pytest.param((1, 0), [(1, 0)], Standing.DUPLICATE, id="the same version again"),
        pytest.param((1, 0), [(1, 0), (1, 1)], Standing.DUPLICATE, id="an old version again"),
        pytest.param((1, 2), [(2, 0)], Standing.OBSOLETE, id="a version below the last"),
        pytest.param((1, 10), [(1, 9)], Standing.SUPERSEDES, id="ten after nine"),
    ],
)
def test_a_version_is_admitted_by_those_before_it(
    version: tuple[int, int], before: list[tuple[int, int]], standing: Standing
) -> None:
    filed_before = [_key(Version(*one)) for one in before]
    others = [_key(Version(9, 0), party="MNG"), _key(Version(9, 0), year=2024)]
    admission = admit_version(_key(Version(*version)), [*filed_before, *others])
    assert admission.standing is standing
    assert admission.is_admitted is (standing in {Standing.FIRST, Standing.SUPERSEDES})
    assert bool(version_findings(build(), admission)) is not admission.is_admitted


@given(chosen=st.lists(versions, min_size=1, max_size=5))
def test_filing_in_any_order_admits_only_rising_versions(chosen: list[Version]) -> None:
    admitted: list[SubmissionKey] = []
    for version in chosen:
        if admit_version(_key(version), admitted).is_admitted:
            admitted.append(_key(version))
    assert [key.version for key in admitted] == sorted({key.version for key in admitted})


def test_only_the_highest_version_is_compared(tmp_path: Path) -> None:
    first = filed(japan(), tmp_path)
    second_heading = msgspec.structs.replace(japan().submission, version="1.10")
    second = filed(msgspec.structs.replace(japan(), submission=second_heading), tmp_path)
    other = filed(mongolia(), tmp_path)
    assert current_of([second, first, other]) == (second, other)
    assert beside(second, [first, second, other]) == (other,)


def test_a_submission_does_not_differ_from_itself(tmp_path: Path) -> None:
    one = filed(japan(), tmp_path)
    assert differences(one, filed(japan(), tmp_path, "carp")) == ()


def test_a_difference_names_the_record_the_field_and_both_values(tmp_path: Path) -> None:
    before = filed(japan(), tmp_path)
    rows = list(japan().actions)
    rows[3] = msgspec.structs.replace(rows[3], ndc_use_year=2024)
    changed = msgspec.structs.replace(japan(), actions=tuple(rows[1:]))
    (removed, altered) = differences(before, filed(changed, tmp_path))
    assert (removed.kind, str(removed.before)) == (ChangeKind.REMOVED, "Table 3 Actions, record 1")
    assert altered.kind is ChangeKind.CHANGED
    assert [(one.field.name, one.before, one.after) for one in altered.fields] == [
        ("ndc_use_year", "2025", "2024")
    ]


def test_the_other_way_round_an_added_record_is_added(tmp_path: Path) -> None:
    before = filed(msgspec.structs.replace(japan(), holdings=()), tmp_path)
    (added,) = differences(before, filed(japan(), tmp_path))
    assert (added.kind, str(added.after)) == (ChangeKind.ADDED, "Table 4 Holdings, record 1")
