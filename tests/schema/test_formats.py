"""Identifiers of other registries: every known example, both ways, and what must not be read."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schema.formats import cadtrust, kyoto, undp
from schema.formats.detection import (
    RULE_BY_FORMAT,
    RULES,
    detect,
    print_as,
    print_with_serials,
    read_as,
    readings,
)
from schema.formats.parsed import Certainty, Finding, IdentifierFormat, ParsedIdentifier
from schema.formats.rules import FormatRule, guessed
from schema.identifiers import IdentifierError, ItmoBlock, RegistryId, SerialRange, parse_first_last

VERRA = "18688-909531652-909548449-VCS-VCU-997-VER-MG-3-2778-08062022-31122022-1"
VERRA_OLDER = "0001-000001-000100-VCS-VCU-003-VER-US-0003-01012020-31122020-1"
GOLD_STANDARD = "GS1-1-TZ-GS11732-16-2023-28108-103008-103599"
RESERVE = "CAR-1-US-293-1-120-CA-2006-102-1 to 29251"
UNDP = "CA0004-VU-CH-356-1-3000-2023"
UNDP_PLACEHOLDER = "CA0NNN-NG-XX-1-1-500-2024"
NIGERIA = "NG-BCR-0007-VERRA_VM0033_V2_1-2025-1-3000"
UUID = "51ca9638-22b0-4e14-ae7a-c09d23b37b58"

EXAMPLES = [
    pytest.param("CA0007-JPN01-VNM-1-2023", "itmo", 1, id="an ITMO identifier is one unit"),
    pytest.param("UN01", "mechanism_registry", None, id="the mechanism registry is a name"),
    pytest.param(UNDP, "undp_serial", 3000, id="a UNDP serial is a range"),
    pytest.param(UNDP_PLACEHOLDER, "undp_serial", 500, id="a placeholder serial is still read"),
    pytest.param("CA0NNN-NG-XX-1-1", "undp_block_id", None, id="a UNDP block id has no end"),
    pytest.param("VU-ITMO-2022-356-27:35", "undp_new_serial", 9, id="the design with a colon"),
    pytest.param("VU-ITMO-11-356-2022-0-27-35", "undp_old_serial", 9, id="the older package"),
    pytest.param("080625VU356", "undp_authorization", None, id="a UNDP authorization"),
    pytest.param(UUID, "cadtrust_record", None, id="a CAD Trust record key"),
    pytest.param(
        "AXJJFSLGHSHEJ1000-AXJJFSLGHSHEJ1010", "cadtrust_v1_unit", 11, id="a CAD Trust v1 unit"
    ),
    pytest.param("GB123", "kyoto_transaction", None, id="a Kyoto transaction"),
    pytest.param("UK1000000", "kyoto_transaction", None, id="a Kyoto transaction by UK"),
    pytest.param("GB-100-1001-1-89", "kyoto_account", None, id="a Kyoto account"),
    pytest.param("UK132584430680", "kyoto_user", None, id="a user of the UK registry"),
    pytest.param(VERRA, "verra", 16_798, id="a current Verra serial"),
    pytest.param(VERRA_OLDER, "verra_older", 100, id="a zero-padded Verra serial"),
    pytest.param(GOLD_STANDARD, "gold_standard", 592, id="a Gold Standard serial"),
    pytest.param(RESERVE, "climate_action_reserve", 29_251, id="a Reserve serial counts both ends"),
    pytest.param("ACR-US-192-2010-203-1-5000", "american_carbon_registry", 5000, id="an ACR one"),
    pytest.param(NIGERIA, "nigeria_blue_carbon", 3000, id="a Nigerian blue carbon serial"),
    pytest.param("VN001", "jcm_project", None, id="a JCM project"),
    pytest.param("CR_PM002", "jcm_methodology_proposed", None, id="a proposed methodology"),
    pytest.param("SA_AM001", "jcm_methodology_approved", None, id="an approved methodology"),
    pytest.param("VN_AM007 Ver1.0", "jcm_methodology_version", None, id="one of its versions"),
    pytest.param("TPE-ET-001", "jcm_third_party_entity", None, id="a third-party entity"),
]


def is_read(text: str) -> bool:
    try:
        return detect(text) is not None
    except IdentifierError:
        return False


def texts_of(parsed: ParsedIdentifier) -> dict[str, str]:
    return {part.name: part.text for part in parsed.parts}


@pytest.mark.parametrize(("text", "of_format", "count"), EXAMPLES)
def test_an_example_is_detected_counted_and_printed_back(
    text: str, of_format: str, count: int | None
) -> None:
    parsed = detect(text)
    assert (parsed.format, parsed.count, parsed.raw) == (of_format, count, text)
    assert print_as(parsed.format, texts_of(parsed)) == text
    assert readings(text)[0] == read_as(parsed.format, text) == parsed


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        pytest.param("", "format_unknown", id="nothing"),
        pytest.param("hello", "format_unknown", id="a word"),
        pytest.param("1-2-3", "format_unknown", id="numbers without a scheme"),
        pytest.param(VERRA + "\n", "format_unknown", id="a newline at the end"),
        pytest.param("GB123" + " " * 300, "format_unknown", id="more than any identifier has"),
        pytest.param("CA0007-JPN01-VNM-01-2023", "itmo_form", id="a leading zero in an ITMO"),
        pytest.param("CA0001-CHE01-GHA-1-1000-2021", "range_as_identifier", id="a displayed range"),
        pytest.param("CA0007-JPN01-VNM-1-2017", "vintage_out_of_range", id="too old for an ITMO"),
        pytest.param("CA0004-VU-CH-356-0-3000-2023", "serial_out_of_range", id="serial zero"),
        pytest.param("CA0004-VU-CH-356-9-3-2023", "first_after_last", id="the end first"),
        pytest.param("VU-ITMO-16-356-2022-0-27-35", "format_unknown", id="sector 16 of 15"),
        pytest.param("310225VU356", "date_invalid", id="authorized on 31 February"),
        pytest.param(VERRA.replace("0806", "3102"), "date_invalid", id="a period from 31 February"),
        pytest.param(VERRA.replace("08062022", "08062023"), "date_invalid", id="a period reversed"),
        pytest.param("UK132584430681", "check_digits_wrong", id="a user with a wrong digit"),
    ],
)
def test_what_has_a_shape_but_no_sense_is_refused(text: str, fault: str) -> None:
    with pytest.raises(IdentifierError) as refused:
        detect(text)
    assert refused.value.code == fault


@pytest.mark.parametrize(
    "text",
    [
        *("GB-210-10000013-1-70", "GB-210-10000014-2-62", "GB-220-10000015-1-67"),
        *("GB-411-10000017-1-84", "GB-421-10000019-1-81", "GB-423-10000024-2-35"),
        *("GB-100-1001-1-89", "GB-100-1003-2-76", "GB-230-1020-2-82", "GB-250-1024-2-76"),
        *("UK-100-900000025-2-60", "UK-100-1013-0-32", "UK-100-900000930-2-94"),
        "UK-100-900000140-2-67",
    ],
)
def test_a_british_account_computes_with_uk_whatever_it_writes(text: str) -> None:
    parsed = detect(text)
    assert parsed.format is IdentifierFormat.KYOTO_ACCOUNT
    registry, account_type, number, period, _ = text.split("-")
    assert kyoto.print_account(registry, account_type, number, period) == text


@pytest.mark.parametrize(
    "text",
    [
        *("GB-100-12345-0-22", "GB-100-12345-0-12", "GB-121-2-0-22", "GB-100-10000002-2-99"),
        "DE-100-1001-1-89",
    ],
)
def test_an_account_with_wrong_check_digits_is_refused(text: str) -> None:
    with pytest.raises(IdentifierError) as refused:
        detect(text)
    assert refused.value.code == "check_digits_wrong"


def test_a_british_account_computed_with_its_own_letters_is_accepted_too() -> None:
    # 1001 1611 100 01 85 leaves 1 when divided by 97.
    assert 100116111000185 % 97 == 1
    assert detect("GB-100-1001-1-85").format is IdentifierFormat.KYOTO_ACCOUNT


@given(
    st.sampled_from(["DE", "JP", "GB", "UK"]),
    st.integers(100, 423),
    st.integers(1, 10**15 - 1),
    st.integers(0, 2),
)
def test_every_printed_account_is_read_and_no_other_check_is(
    registry: str, account_type: int, number: int, period: int
) -> None:
    printed = kyoto.print_account(registry, str(account_type), str(number), str(period))
    assert detect(printed).format is IdentifierFormat.KYOTO_ACCOUNT
    stem = printed.rpartition("-")[0]
    read = [check for check in range(100) if is_read(f"{stem}-{check:02}")]
    assert len(read) == (2 if registry in {"GB", "UK"} else 1)


def test_users_are_printed_with_their_check_digits() -> None:
    assert kyoto.print_user("1325844306") == "UK132584430680"


@pytest.mark.parametrize("parts", [("GBR", "100", "1", "0"), ("É1", "100", "1", "0")])
def test_parts_that_make_no_account_are_not_printed(parts: tuple[str, str, str, str]) -> None:
    with pytest.raises(IdentifierError, match="format_unknown"):
        kyoto.print_account(*parts)


@pytest.mark.parametrize("number", ["132584430", "13258443068", "x"])
def test_a_user_has_ten_digits(number: str) -> None:
    with pytest.raises(IdentifierError, match="format_unknown"):
        kyoto.print_user(number)


def test_the_off_by_one_of_the_reserve_is_told() -> None:
    parsed = detect(RESERVE)
    assert parsed.compare_quantity(29_250) == (29_251, 29_250)
    assert parsed.compare_quantity(29_251) is None


def test_a_move_of_the_high_end_leaves_and_creates_the_known_serials() -> None:
    parsed = detect(NIGERIA)
    left = print_with_serials(parsed, SerialRange(1, 2000))
    created = print_with_serials(parsed, SerialRange(2001, 3000))
    assert left == "NG-BCR-0007-VERRA_VM0033_V2_1-2025-1-2000"
    assert created == "NG-BCR-0007-VERRA_VM0033_V2_1-2025-2001-3000"


def test_zero_padding_survives_a_split() -> None:
    whole = detect("0001-000001-100000-VCS-VCU-003-VER-US-0003-01012020-31122020-1")
    low = print_with_serials(whole, SerialRange(1, 50))
    assert low == "0001-000001-000050-VCS-VCU-003-VER-US-0003-01012020-31122020-1"


def test_one_serial_of_a_block_prints_as_itself() -> None:
    one = print_with_serials(detect(UNDP), SerialRange(7, 7))
    assert one == "CA0004-VU-CH-356-7-7-2023"


@pytest.mark.parametrize(
    ("text", "serials"),
    [
        pytest.param("VN001", SerialRange(1, 1), id="a format without serials"),
        pytest.param("CA0007-JPN01-VNM-1-2023", SerialRange(1, 2), id="two units in one name"),
    ],
)
def test_a_range_that_the_format_cannot_name_is_not_printed(
    text: str, serials: SerialRange
) -> None:
    with pytest.raises(IdentifierError, match="not_mappable"):
        print_with_serials(detect(text), serials)


def test_blocks_of_one_space_share_the_key_and_others_never_do() -> None:
    parsed = [detect(case.values[0]) for case in EXAMPLES]  # type: ignore[arg-type]
    assert len({one.key for one in parsed}) == len(parsed)
    assert detect(UNDP).key == detect("CA0004-VU-CH-356-3001-4000-2023").key
    assert detect(UNDP).key != detect("CA0004-VU-CH-357-1-3000-2023").key
    assert detect(UNDP).key != detect("CA0004-VU-CH-356-1-3000-2024").key


def test_a_period_within_one_year_gives_the_vintage() -> None:
    assert detect(VERRA).vintage() == 2022
    assert detect(GOLD_STANDARD).vintage() == 2023
    assert detect("VN001").vintage() is None


def test_a_period_that_spans_years_is_flagged_and_gives_no_vintage() -> None:
    parsed = detect(VERRA.replace("31122022", "28022023"))
    assert parsed.findings == (Finding.PERIOD_SPANS_YEARS,)
    with pytest.raises(IdentifierError, match="period_spans_years"):
        parsed.vintage()


def test_surrounding_spaces_are_read_over_kept_and_told() -> None:
    parsed = detect(VERRA + " ")
    assert parsed.raw == VERRA + " "
    assert parsed.findings == (Finding.SURROUNDING_SPACE,)
    assert parsed.key == detect(VERRA).key


def test_countries_convert_to_alpha_3_and_keep_what_was_written() -> None:
    country = detect(GOLD_STANDARD).country()
    assert country is not None
    assert (country.party, country.original) == ("TZA", "TZ")
    unknown = detect(GOLD_STANDARD.replace("TZ", "QQ"))
    assert (unknown.country(), unknown.findings) == (None, (Finding.COUNTRY_UNKNOWN,))


def test_parts_say_whether_their_meaning_is_verified() -> None:
    marks = {part.name: part.certainty for part in detect(VERRA).parts}
    assert (marks["first"], marks["batch"]) == (Certainty.VERIFIED, Certainty.GUESSED)


def test_only_an_itmo_identifier_is_a_block_of_itmos_by_itself() -> None:
    first = "CA0007-JPN01-VNM-1-2023"
    assert detect(first).block == parse_first_last(first, first)
    assert detect(UNDP).block is None


def test_a_undp_serial_maps_with_registry_and_offset() -> None:
    block = undp.map_to_itmos(detect(UNDP), registry=RegistryId("VUT01"), serial_offset=10_000)
    assert block.display() == "CA0004-VUT01-CHE-10001-13000-2023"
    assert isinstance(block, ItmoBlock)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        pytest.param(UNDP_PLACEHOLDER, "placeholder", id="an approach that was never set"),
        pytest.param("CA0004-VU-XX-356-1-3000-2023", "placeholder", id="a partner never set"),
        pytest.param("CA0004-KE-CH-356-1-3000-2023", "context_differs", id="another's registry"),
        pytest.param("CA0004-VU-QQ-356-1-3000-2023", "party_unknown", id="a partner nobody knows"),
        pytest.param("CA0NNN-NG-XX-1-1", "not_mappable", id="a block without an end"),
        pytest.param(VERRA, "not_mappable", id="a serial of another format"),
    ],
)
def test_a_serial_that_names_no_itmos_is_not_mapped(text: str, fault: str) -> None:
    with pytest.raises(IdentifierError) as refused:
        undp.map_to_itmos(detect(text), registry=RegistryId("VUT01"), serial_offset=0)
    assert refused.value.code == fault


def test_cad_trust_units_are_kept_with_serials_where_there_are_any() -> None:
    numbered = cadtrust.read_v1_unit("A-1000", "A-1010")
    assert (numbered.serials, numbered.key.constants) == (SerialRange(1000, 1010), ("A-",))
    opaque = cadtrust.read_v1_unit("start", "end")
    assert (opaque.serials, opaque.raw) == (None, "start-end")
    assert cadtrust.read_v1_unit("B9", "B1").serials is None


def test_cad_trust_v2_units_belong_to_their_serial_id() -> None:
    one = cadtrust.read_v2_unit("S1", "1", "100")
    other = cadtrust.read_v2_unit("S2", "1", "100")
    assert one.serials == other.serials == SerialRange(1, 100)
    assert one.key != other.key


def test_formats_without_a_shape_are_read_only_by_name() -> None:
    unit_block = read_as(IdentifierFormat.KYOTO_UNIT_BLOCK, "GB 1-100")
    assert unit_block.count == 100
    serial = read_as(IdentifierFormat.JCM_CREDIT_SERIAL, "anything at all")
    assert serial.serials is None
    with pytest.raises(IdentifierError, match="format_unknown"):
        detect("anything at all")
    with pytest.raises(IdentifierError, match="format_unknown"):
        read_as(IdentifierFormat.CADTRUST_V2_UNIT, "S1 1-100")


def test_an_installation_may_add_the_layout_it_knows() -> None:
    layout = FormatRule(
        format=IdentifierFormat.JCM_CREDIT_SERIAL,
        template="JCM/{first}~{last}",
        parts=(guessed("first", "[0-9]+"), guessed("last", "[0-9]+")),
    )
    assert detect("JCM/1~12", more_rules=[layout]).count == 12


def test_a_number_that_fits_two_schemes_has_two_readings() -> None:
    assert [one.format for one in readings("UA123")] == ["kyoto_transaction", "jcm_project"]
    assert [one.format for one in readings("UA001")] == ["jcm_project"]


def test_every_format_has_one_rule_or_its_own_reader() -> None:
    assert len(RULE_BY_FORMAT) == len(RULES)
    assert set(IdentifierFormat) - set(RULE_BY_FORMAT) == {IdentifierFormat.CADTRUST_V2_UNIT}


@given(st.data(), st.sampled_from(RULES))
def test_any_text_of_a_shape_is_refused_or_printed_back(
    data: st.DataObject, rule: FormatRule
) -> None:
    text = data.draw(st.from_regex(rule.shape, fullmatch=True))
    with contextlib.suppress(IdentifierError):
        parsed = rule.read(text)
        assert rule.print(texts_of(parsed)) == text.strip(" ")


@given(st.text(max_size=60) | st.sampled_from([case.values[0] for case in EXAMPLES]))
def test_detection_knows_no_other_error_than_its_own(text: str) -> None:
    with contextlib.suppress(IdentifierError):
        assert detect(text).raw == text
