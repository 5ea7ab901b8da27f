"""The serials of a published list of authorized credits, where the file is at hand."""

import csv
import os
from pathlib import Path

import pytest

from schema.formats.detection import detect, print_as
from schema.formats.parsed import Finding, ParsedIdentifier
from schema.serials import repeated

SHARED_DATA = Path(
    os.environ.get("ITMO_SHARED_DATA", Path(__file__).parents[3] / "shared" / "data")
)
CREDITS = SHARED_DATA / "article6" / "authorized_credits.csv"

pytestmark = pytest.mark.skipif(
    not CREDITS.is_file(), reason=f"no file {CREDITS}; ITMO_SHARED_DATA names its folder"
)


@pytest.fixture(scope="module")
def credit_rows() -> list[tuple[ParsedIdentifier, dict[str, str]]]:
    with CREDITS.open(encoding="utf-8", newline="") as file:
        return [(detect(row["serial_number_text"]), row) for row in csv.DictReader(file)]


Rows = list[tuple[ParsedIdentifier, dict[str, str]]]


def test_every_serial_counts_the_volume_stated_beside_it(credit_rows: Rows) -> None:
    differing = [
        (parsed.raw, difference)
        for parsed, row in credit_rows
        if (difference := parsed.compare_quantity(int(row["volume_tco2e"])))
    ]
    assert (len(credit_rows), differing) == (601, [])
    assert sum(parsed.count or 0 for parsed, _ in credit_rows) == 23_240_850


def test_every_serial_names_the_vintage_and_project_stated_beside_it(credit_rows: Rows) -> None:
    differing = [
        parsed.raw
        for parsed, row in credit_rows
        if parsed.vintage() != int(row["vintage_year"])
        or parsed.text_of("project") != row["project_id"]
    ]
    assert differing == []


def test_every_serial_is_of_its_programme_and_prints_back(credit_rows: Rows) -> None:
    for parsed, row in credit_rows:
        assert parsed.format == {"GS": "gold_standard", "Verra": "verra"}[row["programme"]]
        texts = {part.name: part.text for part in parsed.parts}
        assert print_as(parsed.format, texts) == parsed.raw.strip(" ")


def test_the_only_oddity_is_a_space(credit_rows: Rows) -> None:
    odd = [finding for parsed, _ in credit_rows for finding in parsed.findings]
    assert odd == [Finding.SURROUNDING_SPACE]


def test_no_unit_is_listed_twice(credit_rows: Rows) -> None:
    keys = {parsed.key for parsed, _ in credit_rows}
    for key in keys:
        ranges = [p.serials for p, _ in credit_rows if p.key == key and p.serials is not None]
        assert not repeated(ranges)
