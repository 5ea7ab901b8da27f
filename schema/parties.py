"""Parties by ISO 3166-1: alpha-3 as Article 6.2 writes them, alpha-2 as most registries do."""

from functools import cache
from types import MappingProxyType
from typing import Final, NewType

import msgspec
import pycountry

from schema.faults import IdentifierError, IdentifierFault

PartyId = NewType("PartyId", str)
"""A Party to the Paris Agreement: ISO 3166-1 alpha-3, or a reserved code such as `EUE`."""

# The nomenclature publishes no list of Party codes; `EUE` is the reserved code of the European
# Union, which is a Party in its own right.
RESERVED_PARTIES: Final = MappingProxyType({"EUE": "EU"})

# ISO 3166-1 reserves UK exceptionally for the United Kingdom, whose alpha-2 code is GB.
RESERVED_ALPHA_2: Final = MappingProxyType({"EU": "EUE", "UK": "GBR"})


class CountryCode(msgspec.Struct, frozen=True, order=True, gc=False):
    """A Party together with the code by which a registry named it, kept as it was written."""

    party: PartyId
    original: str


@cache
def _alpha_2_by_party() -> MappingProxyType[str, str]:
    known = {country.alpha_3: country.alpha_2 for country in pycountry.countries}
    return MappingProxyType(known | dict(RESERVED_PARTIES))


@cache
def _party_by_alpha_2() -> MappingProxyType[str, str]:
    known = {alpha_2: alpha_3 for alpha_3, alpha_2 in _alpha_2_by_party().items()}
    return MappingProxyType(known | dict(RESERVED_ALPHA_2))


def parse_party_id(text: str) -> PartyId:
    """Read an alpha-3 code, upper case only (6/CMA.4 annex I, para. 5: Party of first transfer).

    Raises:
        IdentifierError: `party_form` or `party_unknown`.
    """
    if text in _alpha_2_by_party():
        return PartyId(text)
    if len(text) == len("AAA") and text.isascii() and text.isalpha() and text.isupper():
        raise IdentifierError(IdentifierFault.PARTY_UNKNOWN, text)
    raise IdentifierError(IdentifierFault.PARTY_FORM, text)


def parse_country_code(text: str) -> CountryCode:
    """Read an alpha-2 or alpha-3 code, upper case only, and keep it beside the Party it names.

    Raises:
        IdentifierError: `party_form` or `party_unknown`; `XX` and its like are unknown.
    """
    if len(text) != len("AA"):
        return CountryCode(parse_party_id(text), text)
    party = _party_by_alpha_2().get(text)
    if party is not None:
        return CountryCode(PartyId(party), text)
    if text.isascii() and text.isalpha() and text.isupper():
        raise IdentifierError(IdentifierFault.PARTY_UNKNOWN, text)
    raise IdentifierError(IdentifierFault.PARTY_FORM, text)


def alpha_2_of(party: PartyId) -> str:
    """Return the alpha-2 code of a Party (`EU` for the European Union)."""
    return _alpha_2_by_party()[party]


def party_name(text: str) -> str:
    """Return the common English name of a Party; the code itself where none is known."""
    country = pycountry.countries.get(alpha_3=text)
    if country is None:
        return text
    name: str = getattr(country, "common_name", country.name)
    return name
