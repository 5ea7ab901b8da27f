"""The ITMO unique identifier, its parts, and both readings of First ID and Last ID."""

import contextlib
from functools import partial

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schema.identifiers import (
    FIRST_ITMO_VINTAGE,
    SERIAL_LIMIT,
    FirstLastReading,
    IdentifierError,
    IdentifierFault,
    ItmoBlock,
    ItmoSeries,
    ItmoUnit,
    SerialRange,
    parse_approach_id,
    parse_first_last,
    parse_itmo_id,
    parse_party_id,
    parse_registry_id,
    parse_serial,
    print_first_last,
    print_itmo_id,
)


def series(
    approach: str = "CA0007", registry: str = "JPN01", party: str = "VNM", vintage: int = 2023
) -> ItmoSeries:
    return ItmoSeries(
        parse_approach_id(approach), parse_registry_id(registry), parse_party_id(party), vintage
    )


def fault_of(*texts: str | int, context: ItmoSeries | None = None) -> IdentifierFault:
    read = parse_itmo_id if len(texts) == 1 else partial(parse_first_last, context=context)
    with pytest.raises(IdentifierError) as refused:
        read(*texts)
    return refused.value.code


all_series = st.builds(
    series,
    approach=st.integers(0, 9999).map(lambda number: f"CA{number:04}"),
    registry=st.sampled_from(["JPN01", "CHE01", "GHA99", "EUE01", "UN01"]),
    party=st.sampled_from(["VNM", "GHA", "EUE", "VUT"]),
    vintage=st.integers(FIRST_ITMO_VINTAGE, 2100),
)
all_serials = st.integers(1, SERIAL_LIMIT - 1)
all_ranges = st.tuples(all_serials, all_serials).map(lambda ends: SerialRange(min(ends), max(ends)))


@pytest.mark.parametrize(
    ("text", "serial"),
    [
        pytest.param("CA0007-JPN01-VNM-1-2023", 1, id="the smallest serial is read"),
        pytest.param("CA0007-JPN01-VNM-1000-2023", 1000, id="a serial needs no commas"),
        pytest.param("CA0007-JPN01-VNM-1,000-2023", 1000, id="thousands commas are dropped"),
        pytest.param("CA0007-JPN01-VNM-12,345,678-2023", 12345678, id="every group has a comma"),
        pytest.param(f"CA0007-JPN01-VNM-{SERIAL_LIMIT - 1}-2023", SERIAL_LIMIT - 1, id="the limit"),
    ],
)
def test_an_itmo_identifier_names_one_unit(text: str, serial: int) -> None:
    unit = parse_itmo_id(text)
    assert unit == ItmoUnit(series(), serial)
    assert print_itmo_id(unit.series, unit.serial) == text.replace(",", "")


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        pytest.param("CA0007-JPN01-VNM-01-2023", "itmo_form", id="a leading zero is refused"),
        pytest.param("CA0007-JPN01-VNM-0-2023", "itmo_form", id="serials begin at one"),
        pytest.param("CA0007-JPN01-VNM-10,00-2023", "itmo_form", id="a misplaced comma is refused"),
        pytest.param(
            "CA0007-JPN01-VNM-1000,000-2023", "itmo_form", id="commas are all there or none is"
        ),
        pytest.param(
            "CA0001-CHE01-GHA-1-1000-2021",
            "range_as_identifier",
            id="the display form of a range is never read as serial 1 of vintage 1000",
        ),
        pytest.param("CA0001-CHE01-GHA-1-1000", "vintage_out_of_range", id="a year before 2021"),
        pytest.param("CA0007-JPN01-VNM-1-2020", "vintage_out_of_range", id="the year before"),
        pytest.param("CA0007-JPN01-VNM-1-2023 ", "itmo_form", id="trailing space"),
        pytest.param("CA0007-JPN01-VNM-1-2023\n", "itmo_form", id="trailing newline"),
        pytest.param(" CA0007-JPN01-VNM-1-2023", "itmo_form", id="leading space"),
        pytest.param("ca0007-JPN01-VNM-1-2023", "itmo_form", id="lower case"),
        pytest.param("CA0007-JPN01-VNM-\u0661-2023", "itmo_form", id="digits of another script"),
        pytest.param(
            "CA0007-JPN01-VNM-1-\uff12\uff10\uff12\uff13", "itmo_form", id="full-width digits"
        ),
        pytest.param("CA007-JPN01-VNM-1-2023", "itmo_form", id="three digits in the approach"),
        pytest.param("CA0007-JP01-VNM-1-2023", "itmo_form", id="an alpha-2 registry"),
        pytest.param("CA0007-JPN01-VN-1-2023", "itmo_form", id="an alpha-2 Party"),
        pytest.param("CA0007-QQQ01-VNM-1-2023", "party_unknown", id="a registry of no Party"),
        pytest.param("CA0007-JPN01-XXX-1-2023", "party_unknown", id="a Party nobody knows"),
        pytest.param(
            f"CA0007-JPN01-VNM-{SERIAL_LIMIT}-2023", "serial_out_of_range", id="beyond 40 bits"
        ),
        pytest.param("CA0007-JPN01-VNM-" + "9" * 9000 + "-2023", "itmo_form", id="a huge serial"),
        pytest.param("", "itmo_form", id="nothing"),
    ],
)
def test_what_is_not_an_itmo_identifier_is_refused(text: str, fault: str) -> None:
    assert fault_of(text) == fault


def test_an_earlier_vintage_is_read_when_asked_for() -> None:
    unit = parse_itmo_id("CA0007-JPN01-VNM-1-2017", earliest_vintage=2000)
    assert unit.series.vintage == 2017


@given(all_series, all_serials)
def test_printing_and_reading_an_identifier_returns_it(a_series: ItmoSeries, serial: int) -> None:
    assert parse_itmo_id(print_itmo_id(a_series, serial)) == ItmoUnit(a_series, serial)


@given(all_serials)
def test_a_serial_reads_the_same_with_and_without_commas(serial: int) -> None:
    assert parse_serial(f"{serial:,}") == parse_serial(str(serial)) == serial


@given(st.text(max_size=80))
def test_any_text_is_read_whole_or_refused(text: str) -> None:
    with contextlib.suppress(IdentifierError):
        unit = parse_itmo_id(text)
        assert print_itmo_id(unit.series, unit.serial) == text.replace(",", "")


@given(all_series, all_ranges, st.sampled_from(FirstLastReading))
def test_a_block_survives_both_readings(
    a_series: ItmoSeries, serials: SerialRange, reading: FirstLastReading
) -> None:
    block = ItmoBlock(a_series, serials)
    first, last = print_first_last(block, reading)
    assert parse_first_last(first, last, context=a_series) == block


def test_full_identifiers_need_no_context() -> None:
    block = parse_first_last("CA0007-JPN01-VNM-1-2023", "CA0007-JPN01-VNM-1,000-2023")
    assert block == ItmoBlock(series(), SerialRange(1, 1000))
    assert block.count == 1000


def test_integers_and_texts_of_integers_are_one_reading() -> None:
    assert parse_first_last(5, "1,204", context=series()).serials == SerialRange(5, 1204)


FULL_1, FULL_9 = "CA0007-JPN01-VNM-1-2023", "CA0007-JPN01-VNM-9-2023"


@pytest.mark.parametrize(
    ("first", "last", "context", "fault"),
    [
        pytest.param("1", "9", None, "context_missing", id="integers alone name no series"),
        pytest.param("1", FULL_9, series(), "readings_mixed", id="one integer, one identifier"),
        pytest.param(FULL_9, FULL_1, None, "first_after_last", id="the last is before the first"),
        pytest.param("9", "1", series(), "first_after_last", id="integers the wrong way round"),
        pytest.param(
            FULL_1, "CA0007-JPN01-VNM-9-2024", None, "series_differ", id="two vintages, one block"
        ),
        pytest.param(
            FULL_1, FULL_9, series(vintage=2024), "context_differs", id="the row says otherwise"
        ),
        pytest.param("01", "9", series(), "serial_form", id="an integer with a leading zero"),
        pytest.param("1.0", "9", series(), "serial_form", id="a number with decimals"),
        pytest.param(0, 9, series(), "serial_form", id="serial zero"),
    ],
)
def test_a_first_and_last_that_make_no_block_are_refused(
    first: str | int, last: str | int, context: ItmoSeries | None, fault: str
) -> None:
    assert fault_of(first, last, context=context) == fault


@pytest.mark.parametrize(
    ("first", "last", "fault"),
    [
        (0, 5, "serial_out_of_range"),
        (-3, 5, "serial_out_of_range"),
        (5, 4, "first_after_last"),
        (1, SERIAL_LIMIT, "serial_out_of_range"),
    ],
)
def test_a_range_that_is_none_cannot_be_made(first: int, last: int, fault: str) -> None:
    with pytest.raises(IdentifierError) as refused:
        SerialRange(first, last)
    assert refused.value.code == fault


@pytest.mark.parametrize("vintage", [999, 10_000])
def test_a_vintage_has_four_digits(vintage: int) -> None:
    with pytest.raises(IdentifierError, match="vintage_out_of_range"):
        series(vintage=vintage)


@pytest.mark.parametrize("serial", [0, SERIAL_LIMIT])
def test_a_unit_has_a_serial_within_the_limits(serial: int) -> None:
    with pytest.raises(IdentifierError, match="serial_out_of_range"):
        ItmoUnit(series(), serial)


def test_a_range_counts_both_ends() -> None:
    assert SerialRange(28_950, 28_959).count == 10


def test_a_decoded_block_is_checked_like_a_built_one() -> None:
    block = ItmoBlock(series(), SerialRange(1, 7))
    wire = msgspec.json.encode(block)
    assert msgspec.json.decode(wire, type=ItmoBlock) == block
    with pytest.raises(msgspec.ValidationError, match=r"party_unknown.*series"):
        msgspec.json.decode(wire.replace(b"VNM", b"XXX"), type=ItmoBlock)
    with pytest.raises(msgspec.ValidationError, match="first_after_last"):
        msgspec.json.decode(wire.replace(b'"first":1', b'"first":9'), type=ItmoBlock)


def test_blocks_sort_by_series_then_serial() -> None:
    early, late = series(vintage=2021), series(vintage=2022)
    blocks = [
        ItmoBlock(late, SerialRange(1, 2)),
        ItmoBlock(early, SerialRange(7, 9)),
        ItmoBlock(early, SerialRange(1, 6)),
    ]
    assert [block.serials.first for block in sorted(blocks)] == [1, 7, 1]


def test_the_display_form_of_a_block_is_not_read_back() -> None:
    shown = ItmoBlock(series(), SerialRange(1, 1000)).display()
    assert shown == "CA0007-JPN01-VNM-1-1000-2023"
    assert fault_of(shown) == IdentifierFault.RANGE_AS_IDENTIFIER
