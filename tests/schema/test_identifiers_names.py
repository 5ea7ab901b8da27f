"""Parties, registries, approaches, accounts and authorizations by name."""

from collections.abc import Callable

import pytest

from schema.identifiers import (
    MECHANISM_REGISTRY,
    AuthorizationId,
    IdentifierError,
    alpha_2_of,
    fits_narrow_authorization_form,
    is_verified_registry,
    parse_account_id,
    parse_approach_id,
    parse_authorization_id,
    parse_country_code,
    parse_party_id,
    parse_registry_id,
    registry_party,
)


@pytest.mark.parametrize(
    ("parse", "text"),
    [
        pytest.param(parse_party_id, "JPN", id="a country by its alpha-3 code"),
        pytest.param(parse_party_id, "EUE", id="the European Union by its reserved code"),
        pytest.param(parse_registry_id, "CHE01", id="a Party's registry"),
        pytest.param(parse_registry_id, "EUE99", id="a registry of the European Union"),
        pytest.param(parse_registry_id, "UN01", id="the mechanism registry"),
        pytest.param(parse_approach_id, "CA0051", id="a cooperative approach"),
        pytest.param(parse_account_id, "JP-100 1/A", id="an account with anything printable"),
        pytest.param(parse_account_id, "x", id="an account of one character"),
        pytest.param(parse_account_id, "x" * 64, id="an account of 64 characters"),
        pytest.param(parse_authorization_id, "JPN VNM-2025-1", id="an authorization"),
        pytest.param(parse_authorization_id, "B.2/2025", id="the wider authorization form"),
    ],
)
def test_a_good_name_is_returned_unchanged(parse: Callable[[str], str], text: str) -> None:
    assert parse(text) == text


@pytest.mark.parametrize(
    ("parse", "text", "fault"),
    [
        pytest.param(parse_party_id, "XXX", "party_unknown", id="no such Party"),
        pytest.param(parse_party_id, "JP", "party_form", id="alpha-2 is not a Party id"),
        pytest.param(parse_party_id, "jpn", "party_form", id="lower case"),
        pytest.param(parse_registry_id, "XXX01", "party_unknown", id="registry of no Party"),
        pytest.param(parse_registry_id, "JPN1", "registry_form", id="one digit"),
        pytest.param(parse_registry_id, "JPN01\n", "registry_form", id="a newline at the end"),
        pytest.param(parse_registry_id, "UN02", "registry_form", id="only UN01 is known"),
        pytest.param(parse_approach_id, "CA0NNN", "approach_form", id="a placeholder approach"),
        pytest.param(parse_approach_id, "CA00071", "approach_form", id="five digits"),
        pytest.param(parse_account_id, "", "account_form", id="an empty account"),
        pytest.param(parse_account_id, "x" * 65, "account_form", id="a long account"),
        pytest.param(parse_account_id, " x", "account_form", id="a space in front"),
        pytest.param(parse_account_id, "Ä1", "account_form", id="not ASCII"),
        pytest.param(parse_account_id, "a\tb", "account_form", id="a control character"),
        pytest.param(parse_authorization_id, "A_1", "authorization_form", id="an underscore"),
        pytest.param(parse_authorization_id, "A ", "authorization_form", id="a space at the end"),
        pytest.param(parse_country_code, "XX", "party_unknown", id="a placeholder country"),
        pytest.param(parse_country_code, "vn", "party_form", id="a lower-case country"),
        pytest.param(parse_country_code, "", "party_form", id="no country at all"),
    ],
)
def test_a_bad_name_is_refused_with_its_fault(
    parse: Callable[[str], object], text: str, fault: str
) -> None:
    with pytest.raises(IdentifierError) as refused:
        parse(text)
    assert (refused.value.code, refused.value.text) == (fault, text)


@pytest.mark.parametrize(
    ("text", "party"),
    [("VN", "VNM"), ("VNM", "VNM"), ("EU", "EUE"), ("EUE", "EUE"), ("UK", "GBR"), ("GB", "GBR")],
)
def test_a_country_code_keeps_what_was_written(text: str, party: str) -> None:
    country = parse_country_code(text)
    assert (country.party, country.original) == (party, text)


@pytest.mark.parametrize("alpha_2", ["VN", "JP", "EU", "GB", "TZ"])
def test_alpha_2_codes_return_from_alpha_3(alpha_2: str) -> None:
    assert alpha_2_of(parse_country_code(alpha_2).party) == alpha_2


def test_a_registry_belongs_to_the_party_in_its_name() -> None:
    assert registry_party(parse_registry_id("CHE01")) == "CHE"
    assert registry_party(MECHANISM_REGISTRY) is None


def test_the_mechanism_registry_is_marked_unverified() -> None:
    assert not is_verified_registry(MECHANISM_REGISTRY)
    assert is_verified_registry(parse_registry_id("JPN01"))


def test_the_wider_authorization_form_is_told_apart() -> None:
    assert fits_narrow_authorization_form(AuthorizationId("A-1 2"))
    assert not fits_narrow_authorization_form(AuthorizationId("A/1.2"))
