"""Dates, HTML and names of Parties as tables write them."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.declarative.cells import has_html, lines, links_in, without_html
from connectors.declarative.dates import Period, parse_day, parse_period
from connectors.declarative.faults import CellError
from connectors.declarative.parties import parse_party

TWO_METHODOLOGIES = '<a href="/jc/a/">VN_AM011 Ver1.0</a><br>\n<a href="/jc/b/">VN_AM012 Ver1.0</a>'


@pytest.mark.parametrize(
    ("text", "pattern", "day"),
    [
        pytest.param("06 Jul 19", "DD MMM YY", date(2019, 7, 6), id="short month, short year"),
        pytest.param("7 May 25", "DD MMM YY", date(2025, 5, 7), id="one digit"),
        pytest.param("20240731", "YYYYMMDD", date(2024, 7, 31), id="nothing between"),
        pytest.param("2024年12月20日", "YYYY年MM月DD日", date(2024, 12, 20), id="Japanese"),
        pytest.param("31/12/2020", "DD/MM/YYYY", date(2020, 12, 31), id="day first"),
        pytest.param("September 3, 2021", "MMM DD, YYYY", date(2021, 9, 3), id="month in full"),
        pytest.param("2019-07-06", "DD MMM YY", date(2019, 7, 6), id="ISO is always read"),
    ],
)
def test_a_day_is_read_by_its_pattern(text: str, pattern: str, day: date) -> None:
    assert parse_day(text, (pattern,)) == day


@pytest.mark.parametrize("text", ["07/06/2019", "06 Juillet 19", "30 Feb 20", "2019", "N/A"])
def test_a_day_is_never_guessed(text: str) -> None:
    with pytest.raises(CellError):
        parse_day(text, ("DD MMM YY",))


@given(st.dates(date(2000, 1, 1), date(2099, 12, 31)))
def test_every_day_is_read_back(day: date) -> None:
    written = f"{day.day:02} {day.strftime('%b')} {day.year % 100:02}"
    assert parse_day(written, ("DD MMM YY",)) == day


def test_a_period_has_two_days_in_order() -> None:
    period = Period(date(2019, 7, 6), date(2020, 12, 31))
    assert parse_period("06 Jul 19 - 31 Dec 20", ("DD MMM YY",)) == period
    assert parse_period("2019-07-06 \u2013 2020-12-31", ()) == period
    with pytest.raises(CellError):
        parse_period("31 Dec 20 - 06 Jul 19", ("DD MMM YY",))


def test_html_becomes_lines_of_text_and_links() -> None:
    assert lines(without_html(TWO_METHODOLOGIES)) == ["VN_AM011 Ver1.0", "VN_AM012 Ver1.0"]
    assert links_in(TWO_METHODOLOGIES) == ("/jc/a/", "/jc/b/")
    assert without_html("<script>alert(1)</script>A &amp; B") == "A & B"


def test_a_comparison_is_no_html() -> None:
    assert not has_html("less than 5 < 10 and 7 > 6")
    assert has_html("<br>")


@pytest.mark.parametrize(
    ("text", "party"),
    [
        ("Lao", "LAO"),
        ("Laos", "LAO"),
        ("Viet Nam", "VNM"),
        ("MN", "MNG"),
        ("jpn", "JPN"),
        ("Tanzania", "TZA"),
        ("The Gambia", "GMB"),
        ("UK", "GBR"),
        ("European Union", "EUE"),
    ],
)
def test_a_party_is_known_by_name_and_code(text: str, party: str) -> None:
    assert parse_party(text, {}) == party


@pytest.mark.parametrize("text", ["Mongolie", "Atlantis", "XX", "Guinea Bissau Mali"])
def test_a_party_is_never_matched_by_likeness(text: str) -> None:
    with pytest.raises(CellError):
        parse_party(text, {})
